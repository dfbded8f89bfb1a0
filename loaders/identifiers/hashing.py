"""Keyed hashes that stand for raw identifiers."""

from __future__ import annotations

import hashlib
import os

import pyarrow as pa

from loaders.config import ConfigError

MIN_KEY_BYTES = 16
DIGEST_BYTES = 16


def key_from_environment(variable: str) -> bytes:
    """The secret key in an environment variable.

    Raises
    ------
    ConfigError
        If the variable is not set or holds less than 16 bytes.
    """
    key = os.environ.get(variable, "").encode()
    if len(key) < MIN_KEY_BYTES:
        found = f"has {len(key)} bytes" if key else "is not set"
        what = f"the environment variable {variable} {found}; set it to a secret of {MIN_KEY_BYTES} bytes or more"
        raise ConfigError([f"identifiers.hash_key_env: {what}"])
    return key if len(key) <= hashlib.blake2b.MAX_KEY_SIZE else hashlib.blake2b(key).digest()


def hash_identifiers(values: pa.LargeStringArray, key: bytes) -> pa.LargeStringArray:
    """Replace each identifier by BLAKE2b keyed with `key`, 128 bits as 32 hexadecimal digits; nulls stay null.

    Equal identifiers get equal hashes under one key, so they link as before; without the key nobody can try values.
    """
    keyed = hashlib.blake2b(key=key, digest_size=DIGEST_BYTES)
    hashed: list[str | None] = []
    for value in values.to_pylist():
        if value is None:
            hashed.append(None)
            continue
        one = keyed.copy()
        one.update(value.encode())
        hashed.append(one.hexdigest())
    return pa.array(hashed, pa.large_string())
