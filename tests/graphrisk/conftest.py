"""A world, scanned once for all tests, and tables and graphs by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from algorithms.entity_graph import EntityGraph, Events, Links
from algorithms.times import MISSING_TIME
from algorithms.transfers import Transfers
from graphrisk.tables import SCHEMAS

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small simulated world."""
    from loaders.simulate import WorldSettings, simulate

    folder = tmp_path_factory.mktemp("worlds") / "world"
    simulate(folder, WorldSettings(n_accounts=5_000, seed=3))
    return folder


@pytest.fixture(scope="session")
def scanned(world: Path) -> Any:
    """Result of one scan of the world."""
    from graphrisk.config import read_config
    from graphrisk.pipeline import run_scan

    return run_scan(read_config(world / "scan.toml"))


def _row(table: str, **values: Any) -> dict[str, Any]:
    return dict.fromkeys(SCHEMAS[table].names) | {"scan_id": "s1", "ring_id": "r1"} | values


def build_tables(
    members: list[str], links: list[tuple[str, str, str, float]], *, ring_id: str = "r1", hubs: tuple[str, ...] = ()
) -> dict[str, pa.Table]:
    """Make result tables of one ring.

    Links are (member, link type, signal or member, nats); a `shared_` link leads to a signal.
    """
    ring = _row("ring", ring_id=ring_id, typology="multi_account", score=0.9, score_low=0.5, score_high=0.95)
    ring |= {"q_value": 0.01, "band": "high", "n_members": len(members), "n_signals": 1, "model": "transparent"}
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    rows["ring"].append(ring)
    for name in members:
        rows["ring_member"].append(
            _row("ring_member", ring_id=ring_id, entity_type="account", entity_id=name, role="member", member_score=0.9)
        )
    for source, kind, target, nats in links:
        shared = kind.startswith("shared_")
        users = len({s for s, k, t, _ in links if (k, t) == (kind, target)})
        rows["ring_link"].append(
            _row("ring_link", ring_id=ring_id, source_type="account", source_id=source, target_id=target, weight=nats)
            | {"target_type": kind.removeprefix("shared_") if shared else "account", "link_type": kind}
            | {"n_accounts": users if shared else None, "n_events": 1, "is_hub": target in hubs}
            | {"first_seen": MOMENT, "last_seen": MOMENT}
        )
    for number, (direction, weight) in enumerate((("for", 3.0), ("against", -1.0), ("against", 0.0)), start=1):
        rows["ring_evidence"].append(
            _row("ring_evidence", ring_id=ring_id, evidence_id=f"{ring_id}-{number}", reason_code=f"reason_{number}")
            | {"direction": direction, "text": f"Fact {number}.", "entities": [], "weight": weight, "is_hub": False}
        )
    rows["scan"].append(dict.fromkeys(SCHEMAS["scan"].names) | {"scan_id": "s1", "as_of": MOMENT})
    return {name: pa.Table.from_pylist(rows[name], schema=schema) for name, schema in SCHEMAS.items()}


@pytest.fixture(scope="session")
def make_tables() -> Callable[..., dict[str, pa.Table]]:
    return build_tables


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
