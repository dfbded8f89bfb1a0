import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graphrisk.rings.rewiring import rewired
from graphrisk.rings.sharing import find_sharing


@given(st.sets(st.tuples(st.integers(0, 9), st.sampled_from(["device", "ip"]), st.sampled_from("pqrs")), max_size=60))
def test_rewiring_keeps_types_and_never_adds_links(make_graph, triples):
    links = [(account, kind, f"{kind}-{name}") for account, kind, name in triples]
    sharing = find_sharing(make_graph(10, links))
    other = rewired(sharing, seed=1)
    assert (other.degrees <= sharing.degrees).all()
    assert (np.diff(other.row_starts) <= np.diff(sharing.row_starts)).all()
    assert other.degrees.sum() == len(other.row_signals)


def test_rewiring_moves_signals_to_other_accounts(make_graph):
    links = [(k, "device", f"d{k // 4}") for k in range(40)]
    sharing = find_sharing(make_graph(40, links))
    assert not np.array_equal(rewired(sharing, 3).row_signals, sharing.row_signals)


def test_the_same_seed_rewires_alike(make_graph):
    sharing = find_sharing(make_graph(20, [(k, "ip", f"i{k % 5}") for k in range(20)]))
    assert np.array_equal(rewired(sharing, 3).row_signals, rewired(sharing, 3).row_signals)
