"""Rings that launder in the shapes which a world has only where they are asked for."""

from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from loaders.simulate import WorldSettings, WorldSummary, simulate
from loaders.simulate.laundering import SHAPES
from loaders.simulate.plan import LAUNDERING


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[float, WorldSummary]:
    folder = tmp_path_factory.mktemp("laundering")
    return {
        camouflage: simulate(
            folder / f"{camouflage}", WorldSettings(8_000, 4, laundering_share=0.2, camouflage=camouflage)
        )
        for camouflage in (0.0, 0.7)
    }


def read(summary: WorldSummary, table: str) -> pd.DataFrame:
    return pd.read_parquet(summary.path / f"{table}.parquet")


def rings_of(summary: WorldSummary, *typologies: str) -> list[tuple[str, pd.DataFrame, pd.DataFrame]]:
    """Typology, members and the transfers among them of each ring."""
    rings, members, transfers = (read(summary, table) for table in ("truth_rings", "truth_members", "transfers"))
    members = members[members.entity_type == "account"]
    ring_of = members.set_index("entity_id").ring_id
    source, target = transfers.source_id.map(ring_of), transfers.target_id.map(ring_of)
    inside = transfers[source == target].assign(ring=source)
    chosen = rings[rings.typology.isin(typologies)]
    out = []
    for ring in chosen.itertuples():
        own = members[members.ring_id == ring.ring_id]
        out.append((ring.typology, own, inside[inside.ring == ring.ring_id].sort_values("occurred_at")))
    return out


def is_shaped(typology: str, graph: nx.DiGraph) -> bool:
    """Whether who pays whom has the shape, by its definition."""
    senders = {node for node in graph if graph.out_degree(node)}
    receivers = {node for node in graph if graph.in_degree(node)}
    middle = senders & receivers
    firsts, lasts = senders - middle, receivers - middle
    if typology == "bipartite":
        return not middle and min(len(firsts), len(lasts)) >= 2
    if typology == "gather_scatter":
        return len(middle) == 1 and min(len(firsts), len(lasts)) >= min(2, (len(graph) - 1) // 2)
    if typology == "scatter_gather":
        return len(firsts) == len(lasts) == 1 and all(graph.degree(node) == 2 for node in middle)
    if typology == "stack":
        return len(middle) > 1 and nx.dag_longest_path_length(graph) >= 2
    if typology == "multi_step_flow":
        return len(middle) >= 2 and nx.dag_longest_path_length(graph) == 2
    if typology == "pass_through":
        return len(middle) == 1 and min(len(firsts), len(lasts)) == 1
    if typology == "peel_chain":
        return nx.is_arborescence(graph) and max(d for node, d in graph.out_degree if node not in firsts) <= 1
    return bool(typology == "random" and min(dict(nx.Graph(graph).degree).values()) >= 3)


@pytest.mark.parametrize("typology", SHAPES)
@pytest.mark.parametrize("n", [4, 5, 6, 7, 12, 40, 300])
def test_every_shape_is_what_its_name_says_and_takes_in_every_member(typology: str, n: int) -> None:
    for seed in range(5):
        steps = SHAPES[typology](n, np.random.default_rng(seed))
        graph = nx.DiGraph([pair for step in steps for pair in zip(*map(np.ndarray.tolist, step), strict=True)])
        assert set(graph) == set(range(n))
        assert not list(nx.selfloop_edges(graph))
        assert is_shaped(typology, graph)


def test_they_are_there_only_where_they_are_asked_for(worlds: dict[float, WorldSummary], tmp_path: Path) -> None:
    made = worlds[0.0]
    assert all(made.rings[name] > 0 for name in LAUNDERING)
    assert set(LAUNDERING) <= set(read(made, "truth").kind)
    assert not set(LAUNDERING) & set(simulate(tmp_path / "plain", WorldSettings(1_000)).rings)


def test_every_member_plays_the_role_that_the_truth_says(worlds: dict[float, WorldSummary]) -> None:
    for _, members, transfers in rings_of(worlds[0.0], *LAUNDERING):
        role = members.set_index("entity_id").role
        assert set(role[role != "collector"].index) <= set(transfers.source_id)
        assert set(role[role != "source"].index) <= set(transfers.target_id)


def test_a_mule_passes_on_less_than_it_was_paid_and_later(worlds: dict[float, WorldSummary]) -> None:
    shares, later = [], []
    for _, members, transfers in rings_of(worlds[0.0], *(set(LAUNDERING) - {"random"})):
        for mule in members[members.role == "mule"].entity_id:
            gets, pays = transfers[transfers.target_id == mule], transfers[transfers.source_id == mule]
            shares.append(pays.amount_usd.sum() / gets.amount_usd.sum())
            later.append(gets.occurred_at.max() < pays.occurred_at.max())
    # some also pay a friend who happens to be in the ring
    assert np.mean(later) > 0.97
    assert np.quantile(shares, [0.02, 0.5, 0.97]) == pytest.approx([0.94, 0.96, 0.98], abs=0.02)


def test_camouflage_stretches_what_goes_on_over_days(worlds: dict[float, WorldSummary]) -> None:
    waits = {}
    for camouflage, made in worlds.items():
        seen = [transfers.occurred_at for _, _, transfers in rings_of(made, "peel_chain", "stack", "scatter_gather")]
        waits[camouflage] = float(np.median([times.diff().dt.total_seconds().median() for times in seen]))
    assert waits[0.7] > 1.5 * waits[0.0]


def test_the_smallest_world_has_room_for_them(tmp_path: Path) -> None:
    made = simulate(tmp_path / "small", WorldSettings(1_000, days=60, laundering_share=0.3, careful_share=0.3))
    assert all(made.rings[name] > 0 for name in LAUNDERING)
