"""Wallet addresses: Ethereum in lower case, Bitcoin with its checksum checked, others as they are."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pyarrow.compute as pc

from loaders.identifiers.parsed import Parsed, keep_all, matches, overlay, parse_each, refuse_where

ETHEREUM = r"^(?i:0x[0-9a-f]{40})$"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE58_BITCOIN = rf"^[13][{BASE58}]{{25,34}}$"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32_BITCOIN = r"^(?i:bc1)[0-9A-Za-z]{11,87}$"
BURNED = (
    r"^(?:0x0{38}[0-9a-f]{2}|0x0{36}dead|0x(?:dead){10}|0xf{40}|0xe{40}|1111111111111111111114oLvT2|"
    r"1BitcoinEaterAddressDontSendf59kuE)$"
)
BASE58_VALUE = {character: value for value, character in enumerate(BASE58)}
BECH32_VALUE = {character: value for value, character in enumerate(BECH32)}
GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
BECH32_SUM, BECH32M_SUM = 1, 0x2BC830A3


def parse_wallets(values: pa.LargeStringArray) -> Parsed:
    """Bring wallet addresses to one spelling.

    Ethereum addresses (``0x`` and 40 hexadecimal digits) are lower-cased; what has the shape of a Bitcoin address must
    have its checksum (base58check, bech32, bech32m); other chains' addresses and a platform's own wallet ids stay as
    they are. Burn addresses are refused.

    Parameters
    ----------
    values : pyarrow.LargeStringArray
        Trimmed, without nulls.
    """
    names = pc.if_else(matches(values, ETHEREUM), pc.utf8_lower(values), values)
    parsed = keep_all(names)
    reason = "a Bitcoin address with a wrong checksum"
    old = matches(values, BASE58_BITCOIN)
    parsed = overlay(parsed, old, parse_each(values.filter(old), _base58, reason))
    new = matches(values, BECH32_BITCOIN)
    parsed = overlay(parsed, new, parse_each(values.filter(new), _bech32, reason))
    return refuse_where(parsed, matches(names, BURNED), "placeholder")


def _base58(text: str) -> str | None:
    """The address if its last four bytes are the double SHA-256 of those before."""
    number = 0
    for character in text:
        number = number * 58 + BASE58_VALUE[character]
    if number >> 200:
        return None
    raw = number.to_bytes(25, "big")
    digest = hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()
    return text if raw[21:] == digest[:4] else None


def _bech32(text: str) -> str | None:
    """The address in lower case if its checksum holds (BIP 173 and 350)."""
    if text != text.lower() and text != text.upper():
        return None
    lower = text.lower()
    values = [BECH32_VALUE.get(character, -1) for character in lower[3:]]
    if -1 in values or len(lower) > 90:
        return None
    checksum = 1
    for value in (3, 3, 0, 2, 3, *values):  # the prefix "bc" expanded
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(GENERATORS):
            if top >> bit & 1:
                checksum ^= generator
    wanted = BECH32_SUM if values[0] == 0 else BECH32M_SUM
    return lower if checksum == wanted else None
