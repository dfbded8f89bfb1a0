"""Identifiers on the page: masked, unless the viewer may see them and has asked for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphrisk.view_page import clean

DOTS = "•••"
LONG = 9
"""Of names at least this long two characters at either end stay, so that people can tell them apart."""


def mask(name: str) -> str:
    """Hide the middle of an identifier, or nearly all of a short one."""
    text = clean(name)
    if len(text) >= LONG:
        return f"{text[:2]}{DOTS}{text[-2:]}"
    return f"{text[:1]}{DOTS}" if len(text) > 3 else DOTS


class Names:
    """Shows identifiers of one page.

    Parameters
    ----------
    shown : bool
        Whether they are shown as they are.
    """

    def __init__(self, shown: bool) -> None:
        self.shown = shown

    def __call__(self, name: object, longest: int = 120) -> str:
        """Text of an identifier, not yet escaped."""
        return clean(name, longest) if self.shown else mask(str(name))

    def exactly(self, name: str) -> str:
        """The identifier itself where it is shown, for files."""
        return name if self.shown else mask(name)

    def inside(self, text: str, names: Iterable[str]) -> str:
        """A sentence with the identifiers in it masked."""
        if self.shown:
            return text
        for name in sorted(set(names), key=len, reverse=True):
            if len(name) > 3:
                text = text.replace(name, mask(name))
        return text

    def rows(self, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows of any ring table with every identifier in them shown as this page may."""
        return [{key: self._value(key, value, row) for key, value in row.items()} for row in rows]

    def _value(self, key: str, value: Any, row: dict[str, Any]) -> Any:
        if self.shown or value is None:
            return value
        if key in ("entity_id", "source_id", "target_id"):
            return mask(value)
        if key == "entities":
            return [{**entity, "entity_id": mask(entity["entity_id"])} for entity in value]
        if key == "text":
            return self.inside(value, [entity["entity_id"] for entity in row.get("entities") or ()])
        return value
