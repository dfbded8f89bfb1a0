"""graphrisk finds fraud rings in graphs of accounts, devices, addresses, wallets and payments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphrisk.api import scan

__version__ = "0.1.0"

__all__ = ["__version__", "scan"]


def __getattr__(name: str) -> Any:
    # the engine is imported when it is first used, so that `import graphrisk` and `--help` stay light
    if name == "scan":
        from graphrisk.api import scan

        return scan
    raise AttributeError(f"module 'graphrisk' has no attribute {name!r}")
