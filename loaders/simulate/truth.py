"""What is true of a world: its rings, their members, and the innocent groups that look like rings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from loaders.simulate.chance import LongArray
from loaders.simulate.naming import WALLET, Names
from loaders.simulate.plan import CAREFUL, LAUNDERING, TYPOLOGIES, Plan
from loaders.simulate.settings import DAY
from loaders.simulate.tables import CHUNK, coded, ranges, times
from loaders.simulate.world import Ring, World

MIN_HOUSEHOLD = 4
NO_RING = -1


def ring_members(world: World, names: Names, rings: list[Ring], free: LongArray) -> pa.Table:
    """One row per member of a ring, sorted by ring, type and id; wallets that never moved money are left out."""
    columns: dict[str, list[pa.Array]] = {"ring_id": [], "entity_type": [], "entity_id": [], "role": []}
    for ring_id, ring in enumerate(rings):
        wallets = np.array(ring.wallets, np.int64)
        moved = np.isin(wallets, free)
        ids = [names.accounts(world.numbers[ring.positions].astype(np.int64)), names.signals(WALLET, wallets[moved])]
        roles = [*ring.roles, *np.array(ring.wallet_roles, object)[moved].tolist()]
        types = ["account"] * len(ids[0]) + ["wallet"] * len(ids[1])
        columns["ring_id"].append(pa.array(np.full(len(types), ring_id)))
        columns["entity_type"].append(pa.array(types, pa.string()))
        columns["entity_id"] += ids
        columns["role"].append(pa.array(roles, pa.string()))
    kinds = {"ring_id": pa.int64(), "entity_type": pa.string(), "entity_id": pa.string(), "role": pa.string()}
    table = pa.table({name: pa.chunked_array(columns[name], kinds[name]) for name in kinds})
    return table.combine_chunks().sort_by(
        [("ring_id", "ascending"), ("entity_type", "ascending"), ("entity_id", "ascending")]
    )


def ring_table(rings: list[Ring], members: pa.Table) -> pa.Table:
    """One row per ring."""
    ids, types = members["ring_id"].to_numpy(), members["entity_type"].to_pylist()
    is_wallet = np.array([kind == "wallet" for kind in types], bool)
    n_wallets = np.bincount(ids[is_wallet], minlength=len(rings))
    n_accounts = np.bincount(ids[~is_wallet], minlength=len(rings))
    return pa.table(
        {
            "ring_id": pa.array(np.arange(len(rings))),
            "typology": pa.array([ring.typology for ring in rings], pa.string()),
            "n_members": pa.array(n_accounts + n_wallets),
            "n_accounts": pa.array(n_accounts),
            "n_wallets": pa.array(n_wallets),
            "camouflage": pa.array([round(ring.camouflage, 4) for ring in rings], pa.float64()),
            "starts_at": times(np.array([int(ring.start) for ring in rings], np.int64)),
            "width_days": pa.array([round(ring.width / DAY, 3) for ring in rings], pa.float64()),
        }
    )


def entity_table(world: World, names: Names, rings: list[Ring], free: LongArray) -> Iterator[pa.Table]:
    """One row per account and per wallet of no account, with its ring or -1; in chunks, sorted by type and id."""
    typology = [*TYPOLOGIES, *CAREFUL, *LAUNDERING]
    ring_typology = np.array([typology.index(ring.typology) for ring in rings] + [len(typology)], np.int8)
    ring_of = np.full(world.n, NO_RING, np.int32)
    for ring_id, ring in enumerate(rings):
        ring_of[world.numbers[ring.positions]] = ring_id
    wallet_ring = {wallet: ring_id for ring_id, ring in enumerate(rings) for wallet in ring.wallets}
    free = free[np.argsort(names.order(WALLET, free))]
    for wallets, total in ((False, world.n), (True, len(free))):
        for low, high in ranges(total, CHUNK):
            if wallets:
                ids = names.signals(WALLET, free[low:high])
                rings_here = np.array(
                    [wallet_ring.get(wallet, NO_RING) for wallet in free[low:high].tolist()], np.int32
                )
            else:
                ids, rings_here = names.accounts(np.arange(low, high)), ring_of[low:high]
            member = rings_here != NO_RING
            yield pa.table(
                {
                    "entity_id": ids,
                    "entity_type": coded(np.full(len(ids), int(wallets), np.int8), ("account", "wallet")),
                    "ring": pa.array(rings_here.astype(np.int64)),
                    "label": pa.array(member.astype(np.int64)),
                    "kind": coded(ring_typology[rings_here], (*typology, "")),
                }
            )


def lookalike_table(world: World, names: Names, plan: Plan) -> pa.Table:
    """One row per member of an innocent group, sorted by id; households count from four people on."""
    kinds = [groups.kind for groups in plan.groups] + ["household"]
    positions = [groups.positions for groups in plan.groups]
    ids = [groups.ids for groups in plan.groups]
    rest = np.arange(plan.rest, world.n)
    size = np.bincount(world.home, minlength=plan.n_homes)
    large = size >= MIN_HOUSEHOLD
    n_groups = sum(len(groups.sizes) for groups in plan.groups)
    family = rest[large[world.home[rest]]]
    positions.append(family)
    ids.append(n_groups + (np.cumsum(large) - 1)[world.home[family]])
    kind = np.repeat(np.arange(len(kinds)), [len(part) for part in positions]).astype(np.int8)
    number, group = world.numbers[np.concatenate(positions)].astype(np.int64), np.concatenate(ids).astype(np.int64)
    order = np.argsort(number)
    # groups are numbered at random, so that neighbours in number have nothing in common
    scattered = world.chance.generator("group ids").permutation(n_groups + int(large.sum()))
    return pa.table(
        {
            "entity_id": names.accounts(number[order]),
            "group": pa.array(scattered[group[order]]),
            "kind": coded(kind[order], tuple(kinds)),
        }
    )
