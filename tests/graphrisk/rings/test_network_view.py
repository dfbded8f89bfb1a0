from datetime import UTC, datetime

import numpy as np

from graphrisk.rings.candidates import Candidates
from graphrisk.rings.network_reader import network_graph
from graphrisk.rings.network_view import NetworkView
from graphrisk.rings.sharing import find_sharing


def test_wallets_that_nobody_owns_are_members_as_accounts_are(make_graph):
    transfers = [("w1", "a000", 5), ("w2", "a001", 6), ("w2", "w1", 7), ("w2", "a000", 8)]
    links = [(0, "device", "d1"), (1, "device", "d1"), (2, "wallet", "w0")]
    graph = make_graph(3, links, transfers=transfers, wallets=["w1", "w2"])
    sharing = find_sharing(graph)
    names = np.array(graph.names.to_pylist())[sharing.actors]
    members = np.array([names.tolist().index(name) for name in ("a001", "w2", "w1")], np.int32)
    candidates = Candidates(np.array([0, 2, 3]), members)
    network = network_graph(graph, datetime(2030, 1, 1, tzinfo=UTC))
    view = NetworkView.of(network, candidates, sharing, graph.n_accounts)
    first, last = graph.type_starts[graph.types.index("wallet") :][:2]
    wallets = np.array(graph.names.to_pylist())[first:last].tolist()
    assert view.sets.indptr.tolist() == [0, 2, 3]
    assert view.sets.members.tolist() == [1, 3 + wallets.index("w2"), 3 + wallets.index("w1")]
    assert view.take(np.array([1])).sets.members.tolist() == [3 + wallets.index("w1")]
