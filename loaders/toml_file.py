"""A load's config from a TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from loaders.config import ConfigError, LoadConfig
from loaders.validation import validate

SCAN_KEYS = ("max_rejected_share", "unlisted_accounts", "memory_limit", "threads", "temp_dir")


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises
    ------
    ConfigError
        If the file is missing, is not UTF-8 or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([f"{path}: the file cannot be read: {error.strerror}; check the path"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: the file is not UTF-8; save it as UTF-8"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path}: this is not TOML: {error}; mind quotes and brackets there"]) from error


def read_load_config(path: str | Path) -> LoadConfig:
    """Read ``[[source]]``, ``[identifiers]`` and what ``[scan]`` says about loading; other tables are passed over.

    Parameters
    ----------
    path : str or Path
        Relative paths in it start at its folder.

    Raises
    ------
    ConfigError
        With everything that is wrong at once.
    """
    file = Path(path)
    data = read_toml(file)
    problems = validate(data, file.name)
    if problems:
        raise ConfigError(problems)
    scan = dict(data.get("scan", {}))
    if isinstance(scan.get("temp_dir"), str):
        scan["temp_dir"] = file.parent / scan["temp_dir"]
    try:
        return LoadConfig.model_validate(
            {key: scan[key] for key in SCAN_KEYS if key in scan}
            | {"sources": data["source"], "identifiers": data.get("identifiers", {}), "base_dir": file.parent}
        )
    except ValueError as error:
        raise ConfigError([f"{file.name}: scan: {error}"]) from error
