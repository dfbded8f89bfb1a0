"""The run that makes a world and writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from loaders.simulate import acts, places, twins
from loaders.simulate.careful import make_careful_ring
from loaders.simulate.folder import new_world
from loaders.simulate.money import Money
from loaders.simulate.naming import Names
from loaders.simulate.people import People
from loaders.simulate.plan import CAREFUL, LAUNDERING, TYPOLOGIES, Plan, make_plan
from loaders.simulate.rings import make_ring
from loaders.simulate.settings import WorldSettings
from loaders.simulate.strangers import use_wallets
from loaders.simulate.tables import account_table, event_table, link_table, ranges, transfer_table
from loaders.simulate.truth import entity_table, lookalike_table, ring_members, ring_table
from loaders.simulate.world import World

BLOCK = 131_072
PLAIN_COLUMNS = {"account_id", "signal_id", "entity_id", "transfer_id", "source_id", "target_id"}
SCAN_TABLES = ("accounts", "links", "transfers", "events")
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class WorldSummary:
    """What a world holds.

    Parameters
    ----------
    path : Path
    n_accounts, n_links, n_transfers, n_events : int
        Rows of the tables.
    n_rings, n_ring_members : int
        Members are accounts and wallets.
    rings : dict of str to int
        Number of rings by typology.
    n_lookalike_groups : int
    lookalikes : dict of str to int
        Number of innocent groups by kind.
    """

    path: Path
    n_accounts: int
    n_links: int
    n_transfers: int
    n_events: int
    n_rings: int
    n_ring_members: int
    rings: dict[str, int]
    n_lookalike_groups: int
    lookalikes: dict[str, int]


def simulate(out: Path, settings: WorldSettings | None = None, progress: Progress | None = None) -> WorldSummary:
    """Make a labelled world of an exchange and write it as canonical tables.

    The folder gets `accounts`, `links`, `transfers` and `events` as Parquet, the truth (`truth_rings`, `truth_members`,
    `truth`, `lookalikes`), and a `scan.toml` that scans it.

    Parameters
    ----------
    out : Path
        A folder that is absent, empty or a world; a world is replaced as a whole.
    settings : WorldSettings, optional
    progress : callable, optional
        Called with a stage, what is done and how much there is.

    Returns
    -------
    WorldSummary
        About 30 bytes of memory per account and 60 MB for the rows in hand; rows wait on disk to be sorted.

    Raises
    ------
    FileExistsError
        If `out` is there and is not a world.
    """
    settings = WorldSettings() if settings is None else settings
    say = progress if progress is not None else lambda stage, done, total: None
    with new_world(Path(out)) as folder:
        rows = folder / ".rows"
        world = World(settings, rows)
        plan = _fill(world, say)
        counts = _write(world, plan, folder, say)
        for part in sorted(rows.rglob("*"), reverse=True):
            part.rmdir()
        rows.rmdir()
    return WorldSummary(Path(out), **counts)  # type: ignore[arg-type]


def _fill(world: World, say: Progress) -> Plan:
    """Add everything that happens in the world."""
    plan = make_plan(world)
    people = People(world, plan)
    money = Money(world, plan, people)
    for done, ring in enumerate(plan.rings):
        say("rings", done, len(plan.rings))
        if ring.typology in CAREFUL:
            make_careful_ring(world, plan, money, ring, world.chance.generator("careful ring", done))
        else:
            make_ring(world, people, money, ring, world.chance.generator("ring", done))
    for groups in plan.groups:
        places.arrange(world, groups)
        twins.arrange(world, groups)
    blocks = list(enumerate(ranges(world.n, BLOCK)))
    for block, (low, high) in blocks:
        acts.invite_friends(world, plan, block, np.arange(low, high))
    for groups in plan.groups:
        places.share_signals(world, groups)
        places.pay_groups(world, groups)
        twins.act_together(world, plan, groups)
    for block, (low, high) in blocks:
        say("people", low, world.n)
        positions = np.arange(low, high)
        people.live(block, positions)
        acts.act(world, block, positions)
        money.move(block, positions)
    for block, (low, high) in enumerate(ranges(money.n_free, BLOCK)):
        use_wallets(world, money, block, np.arange(low, high))
    return plan


def _write(world: World, plan: Plan, folder: Path, say: Progress) -> dict[str, object]:
    """Write all tables; returns what the summary says."""
    names, n_rows = Names(world.chance), {}
    canonical = {"accounts": account_table, "links": link_table, "transfers": transfer_table, "events": event_table}
    for done, (name, chunks) in enumerate(canonical.items()):
        say("tables", done, len(canonical))
        n_rows[f"n_{name}"] = _write_parquet(folder / f"{name}.parquet", chunks(world, names))
    free = world.free_wallets()
    members = ring_members(world, names, plan.rings, free)
    lookalikes = lookalike_table(world, names, plan)
    _write_parquet(folder / "truth_members.parquet", iter([members]))
    _write_parquet(folder / "truth_rings.parquet", iter([ring_table(plan.rings, members)]))
    _write_parquet(folder / "truth.parquet", entity_table(world, names, plan.rings, free))
    _write_parquet(folder / "lookalikes.parquet", iter([lookalikes]))
    (folder / "scan.toml").write_text(_scan_toml(), encoding="utf-8")
    typologies = [ring.typology for ring in plan.rings]
    settings, names_of = world.settings, [*TYPOLOGIES]
    names_of += [*CAREFUL] if settings.careful_share else []
    names_of += [*LAUNDERING] if settings.laundering_share else []
    groups = lookalikes.group_by(["kind", "group"], use_threads=False).aggregate([])["kind"].to_pylist()
    return n_rows | {
        "n_rings": len(plan.rings),
        "n_ring_members": len(members),
        "rings": {name: typologies.count(name) for name in names_of},
        "n_lookalike_groups": len(groups),
        "lookalikes": {kind: groups.count(kind) for kind in sorted(set(groups))},
    }


def _write_parquet(path: Path, chunks: Iterator[pa.Table]) -> int:
    """Write chunks as row groups of one file; the bytes depend on the rows alone."""
    writer, n_rows = None, 0
    for chunk in chunks:
        if writer is None:
            coded = [name for name in chunk.column_names if name not in PLAIN_COLUMNS]
            writer = pq.ParquetWriter(path, chunk.schema, compression="zstd", compression_level=1, use_dictionary=coded)
        writer.write_table(chunk)
        n_rows += len(chunk)
    if writer is None:
        raise ValueError(f"there must be a row to write to {path.name}, got none")
    writer.close()
    return n_rows


def _scan_toml() -> str:
    lines = ['[scan]\nname = "simulated"\nstore = "store"\nseed = 0\n']
    lines += [f'[[source]]\npath = "{table}.parquet"\ntable = "{table}"\n' for table in SCAN_TABLES]
    return "\n".join(lines)
