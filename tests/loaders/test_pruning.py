"""Entities that nothing joins are left out, and the rest keep their order."""

from __future__ import annotations

import numpy as np

from algorithms.entity_graph import EntityGraph, Events, Links
from algorithms.transfers import Transfers
from loaders.pruning import drop_unused


def ints(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(values, dtype=np.int32)


def graph_with_unused() -> EntityGraph:
    names = [["a", "b"], ["d0", "d1", "d2"], ["i0"], ["w0", "w1"]]
    links = Links(ints(0, 1), ints(3, 3), np.zeros(2, np.int64), np.zeros(2, np.int64), ints(1, 1))
    transfers = Transfers(ints(0), ints(7))
    events = Events(ints(0, 0), np.zeros(2, np.int16), np.zeros(2, np.int64), ints(-1, 4), np.zeros(2), ("claim",))
    return EntityGraph.from_nodes(
        ("account", "device", "ip", "wallet"), names, links=links, transfers=transfers, events=events
    )


def test_unused_signals_and_empty_types_go_and_ids_are_dense() -> None:
    graph = drop_unused(graph_with_unused())
    assert graph.types == ("account", "device", "wallet")
    assert graph.names.to_pylist() == ["a", "b", "d1", "d2", "w1"]
    assert graph.type_starts.tolist() == [0, 2, 4, 5]
    assert graph.links.signals.tolist() == [2, 2]
    assert graph.transfers.targets.tolist() == [4]
    assert graph.events.targets.tolist() == [-1, 3]


def test_accounts_that_nothing_joins_stay() -> None:
    graph = drop_unused(EntityGraph.from_nodes(("account", "device"), [["a", "b"], ["d"]]))
    assert graph.types == ("account",)
    assert graph.n_accounts == 2


def test_a_graph_without_unused_entities_is_handed_back() -> None:
    graph = drop_unused(graph_with_unused())
    assert drop_unused(graph) is graph
