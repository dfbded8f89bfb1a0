"""Two scans of one ring, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphrisk.serve.masking import Names
from graphrisk.serve.ring_page import RingData

Row = dict[str, Any]

FACTS = {
    "typology": "typology",
    "band": "band",
    "score": "score",
    "score_low": "lower end of the score",
    "score_high": "upper end of the score",
    "q_value": "q-value",
    "n_members": "members",
    "n_signals": "shared signals",
    "value_at_stake": "value at stake",
    "first_seen": "first seen",
    "last_seen": "last seen",
}


@dataclass(frozen=True)
class Comparison:
    """How a ring differs between two scans.

    Parameters
    ----------
    facts : tuple of (name, before, now)
    evidence : tuple of (reason code, before, now)
        Nats; None where there was no such evidence.
    added, removed : tuple of dict
        Members that came and left, with the `name` that the page may show.
    n_stayed : int
    """

    facts: tuple[tuple[str, Any, Any], ...]
    evidence: tuple[tuple[str, float | None, float | None], ...]
    added: tuple[Row, ...]
    removed: tuple[Row, ...]
    n_stayed: int


def compare(before: RingData, now: RingData, names: Names) -> Comparison:
    """Compare a ring in two scans that both list it.

    Parameters
    ----------
    before, now : RingData
    names : Names

    Returns
    -------
    Comparison
    """
    one, other = before.ring or {}, now.ring or {}
    was, are = _weights(before), _weights(now)
    codes = sorted({**was, **are}, key=lambda code: -abs(are.get(code, was.get(code, 0.0))))
    return Comparison(
        facts=tuple((text, one.get(key), other.get(key)) for key, text in FACTS.items()),
        evidence=tuple((code, was.get(code), are.get(code)) for code in codes),
        added=_members(now, before, names),
        removed=_members(before, now, names),
        n_stayed=len(set(before.numbers) & set(now.numbers)),
    )


def _weights(data: RingData) -> dict[str, float]:
    out: dict[str, float] = {}
    for row in data.table("ring_evidence").to_pylist():
        out[row["reason_code"]] = out.get(row["reason_code"], 0.0) + row["weight"]
    return out


def _members(of: RingData, less: RingData, names: Names) -> tuple[Row, ...]:
    rows = [row for row in of.members if (row["entity_type"], row["entity_id"]) not in less.numbers]
    return tuple({**row, "name": names(row["entity_id"])} for row in rows)
