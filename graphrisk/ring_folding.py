"""Hubs of a ring folded into one node per type, so that what says little does not cover what says much."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from graphrisk.view_page import clean

Node = tuple[str, str]
Row = dict[str, Any]

HUBS_NAMED = 12


@dataclass(frozen=True)
class Hub:
    """One of the folded hubs.

    Parameters
    ----------
    name : str
    n_members : int
        Members that use it.
    n_accounts : int
        Accounts that use it in all.
    """

    name: str
    n_members: int
    n_accounts: int


@dataclass(frozen=True)
class Fold:
    """All hubs of one type, drawn as one node.

    Parameters
    ----------
    kind : str
        Their type.
    hubs : tuple of Hub
        Those that most members use first.
    n_members : int
        Members that use at least one of them.
    """

    kind: str
    hubs: tuple[Hub, ...]
    n_members: int

    def label(self) -> str:
        """Say how many hubs it stands for."""
        return f"{len(self.hubs):,} {clean(self.kind, 40)} hubs"

    def about(self, name: Callable[[str], str]) -> list[str]:
        """Lines that tell of the hubs, each named as `name` shows it."""
        lines = [f"{self.label()}, folded into one: sharing them says little", f"used by {_members(self.n_members)}"]
        lines += [
            f"{name(hub.name)}: {_members(hub.n_members)}, {hub.n_accounts:,} accounts in all"
            for hub in self.hubs[:HUBS_NAMED]
        ]
        left_out = len(self.hubs) - HUBS_NAMED
        return [*lines, f"and {left_out:,} more"] if left_out > 0 else lines


def fold_hubs(links: Sequence[Row], members: Collection[Node]) -> tuple[list[Row], dict[Node, Fold]]:
    """Fold the hubs of each type that has at least two of them.

    Parameters
    ----------
    links : sequence of dict
        Rows of `ring_link`.
    members : collection of (type, id)
        Members stay what they are, even where they are hubs as well.

    Returns
    -------
    links : list of dict
        Rows to a folded hub are joined to one row per member and kind of link, with the number of hubs in `n_hubs`.
    folds : dict of node to Fold
    """
    rows: dict[str, dict[str, list[Row]]] = {}
    for row in links:
        if row["is_hub"] and row["n_accounts"] is not None and (row["target_type"], row["target_id"]) not in members:
            rows.setdefault(row["target_type"], {}).setdefault(row["target_id"], []).append(row)
    rows = {kind: hubs for kind, hubs in rows.items() if len(hubs) > 1}
    folds = {}
    place: dict[Node, Node] = {}
    taken = {(row["target_type"], row["target_id"]) for row in links} | set(members)
    for kind, hubs in rows.items():
        node = (kind, "hubs")
        while node in taken:
            node = (kind, node[1] + "'")
        found = [Hub(name, len(_users(uses)), uses[0]["n_accounts"]) for name, uses in hubs.items()]
        found.sort(key=lambda hub: (-hub.n_members, -hub.n_accounts, hub.name))
        folds[node] = Fold(kind, tuple(found), len(_users(row for uses in hubs.values() for row in uses)))
        place |= {(kind, name): node for name in hubs}
    kept = [row for row in links if (row["target_type"], row["target_id"]) not in place]
    uses_of: dict[tuple[str, ...], list[Row]] = {}
    for row in links:
        if (row["target_type"], row["target_id"]) in place:
            key = (row["source_type"], row["source_id"], row["target_type"], row["link_type"])
            uses_of.setdefault(key, []).append(row)
    joined = [_joined(uses, place[uses[0]["target_type"], uses[0]["target_id"]]) for uses in uses_of.values()]
    return kept + joined, folds


def _joined(uses: Sequence[Row], node: Node) -> Row:
    """One row for all hubs of a fold that a member uses."""
    firsts = [row["first_seen"] for row in uses if row["first_seen"] is not None]
    lasts = [row["last_seen"] for row in uses if row["last_seen"] is not None]
    return uses[0] | {
        "target_id": node[1],
        "weight": sum(row["weight"] for row in uses),
        "first_seen": min(firsts, default=None),
        "last_seen": max(lasts, default=None),
        "n_events": sum(row["n_events"] or 0 for row in uses),
        "n_accounts": max(row["n_accounts"] for row in uses),
        "n_hubs": len({row["target_id"] for row in uses}),
    }


def _users(rows: Iterable[Row]) -> set[Node]:
    return {(row["source_type"], row["source_id"]) for row in rows}


def _members(n: int) -> str:
    return f"{n:,} member{'s' if n != 1 else ''}"
