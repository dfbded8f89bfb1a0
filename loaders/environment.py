"""Environment variables inside paths, queries and connections."""

from __future__ import annotations

import os
import re

from loaders.config import ConfigError

VARIABLE = re.compile(r"\$\{(\w+)\}")


def missing_variables(text: str) -> list[str]:
    """Names in ``${NAME}`` that the environment does not have."""
    return sorted({name for name in VARIABLE.findall(text) if name not in os.environ})


def expand(text: str, key: str) -> str:
    """Put environment variables in for ``${NAME}``.

    Raises
    ------
    ConfigError
        If one is not set.
    """
    missing = missing_variables(text)
    if missing:
        raise ConfigError([f"{key}: {unset(name)}" for name in missing])
    return VARIABLE.sub(lambda match: os.environ[match[1]], text)


def unset(name: str) -> str:
    """The sentence about a variable that is not set."""
    return f"names ${{{name}}}, but the environment variable {name} is not set; set it before the run"
