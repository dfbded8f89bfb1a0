"""Small graphs by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from algorithms.entity_graph import EntityGraph, Events, Links
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers

DAY = 86400


def build_graph(
    n_accounts: int,
    links: Iterable[tuple[int, str, str]] = (),
    *,
    created: Iterable[int] | None = None,
    referrals: Iterable[tuple[int, int, int]] = (),
    claims: Iterable[tuple[int, int]] = (),
    transfers: Iterable[tuple[str, str, int | None]] = (),
    uses: dict[tuple[int, str], tuple[int, int]] | None = None,
    wallets: Iterable[str] = (),
) -> EntityGraph:
    """Make an entity graph from readable rows.

    Links are (account, signal type, signal name); referrals (invitee, inviter, seconds); claims (account, seconds);
    transfers (source name, target name, seconds) between accounts ``a000…`` and wallets.
    """
    links, uses = sorted(set(links)), uses or {}
    names = [f"a{k:03d}" for k in range(n_accounts)]
    kinds = sorted({kind for _, kind, _ in links} | ({"wallet"} if wallets else set()))
    by_kind = [
        sorted({s for _, k, s in links if k == kind} | (set(wallets) if kind == "wallet" else set())) for kind in kinds
    ]
    node = {name: k for k, name in enumerate(names)}
    for of_kind in by_kind:
        for name in of_kind:
            node[name] = len(node)
    rows = sorted(
        (account, node[signal], *uses.get((account, signal), (MISSING_TIME, MISSING_TIME)))
        for account, _, signal in links
    )
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    acts = sorted([(a, 0, t, b, np.nan) for a, b, t in referrals] + [(a, 1, t, -1, 10.0) for a, t in claims])
    parts: dict[str, Any] = {"links": Links(*columns, np.ones(len(rows), np.int32))}
    if acts:
        account, kind, seconds, target, value = zip(*acts, strict=True)
        parts["events"] = Events(
            np.array(account),
            np.array(kind),
            np.array(seconds),
            np.array(target),
            np.array(value),
            ("referral", "claim"),
        )
    payments = list(transfers)
    if payments:
        source, target, seconds = zip(*payments, strict=True)
        parts["transfers"] = Transfers(
            np.array([node[s] for s in source]),
            np.array([node[t] for t in target]),
            np.array([MISSING_TIME if s is None else s for s in seconds]),
        )
    if created is not None:
        parts["created_at"] = np.array(list(created), dtype=np.int64)
    return EntityGraph.from_nodes(("account", *kinds), [names, *by_kind], **parts)


@pytest.fixture(scope="session")
def make_graph() -> Callable[..., EntityGraph]:
    """Return the builder; the scope is one that Hypothesis accepts."""
    return build_graph
