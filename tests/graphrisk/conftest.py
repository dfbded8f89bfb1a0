"""A world, scanned once for all tests, and tables by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

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
