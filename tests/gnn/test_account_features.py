import numpy as np
import pytest

from algorithms.graph import Graph
from gnn.account_features import (
    Contacts,
    Incidence,
    community_columns,
    reach_columns,
    sharing_columns,
    tie_columns,
)


def incidence():
    """Accounts 0 and 1 share device 0; 1, 2 and 3 share ip 1; 4 has device 2 alone."""
    return Incidence(
        np.array([0, 1, 1, 2, 3, 4]),
        np.array([0, 0, 1, 1, 1, 2]),
        np.array([2, 3, 1]),
        np.array([0, 1, 0]),
        ("device", "ip"),
    )


def test_signals_are_counted_by_type_and_width():
    out = sharing_columns(incidence(), 6)
    assert out["device_to_2"].tolist() == [1, 1, 0, 0, 0, 0]
    assert out["device_to_1"].tolist() == [0, 0, 0, 0, 1, 0]
    assert out["ip_to_4"].tolist() == [0, 1, 1, 1, 0, 0]
    assert out["signals_shared"].tolist() == [1, 2, 1, 1, 0, 0]
    assert out["narrowest"][1] == pytest.approx(np.log(2))
    assert out["widest"][1] == pytest.approx(np.log(3))
    assert np.isnan(out["narrowest"][[4, 5]]).all()


def test_pooled_columns_agree_with_a_slow_twin():
    rng = np.random.default_rng(0)
    n = 30
    sources, targets = rng.integers(n, size=(2, 50))
    keep = sources != targets
    ties = Graph.from_edges(n, sources[keep], targets[keep], rng.random(int(keep.sum())) + 0.1)
    column = np.where(rng.random(n) < 0.2, np.nan, 1e9 + rng.random(n) * 1e5)
    out = tie_columns("t", ties, {"x": column})
    for v in range(n):
        span = slice(ties.indptr[v], ties.indptr[v + 1])
        weight, value = np.asarray(ties.weights[span], float), column[ties.indices[span]]
        known = np.isfinite(value)
        assert out["t_partners"][v] == len(value)
        if not known.any():
            assert np.isnan(out["t_off_x"][v])
            continue
        mean = np.average(value[known], weights=weight[known])
        spread = np.sqrt(np.average((value[known] - mean) ** 2, weights=weight[known]))
        assert out["t_spread_x"][v] == pytest.approx(spread, abs=1.0)
        assert out["t_off_x"][v] == pytest.approx(abs(column[v] - mean), abs=1.0, nan_ok=True)


def chain(hub):
    """Account 0 and 1 meet at node 3; account 1 and 2 meet at node 4, which four others use."""
    pairs = np.array([[0, 3], [1, 3], [1, 4], [2, 4], [4, 5], [4, 6], [4, 7], [4, 8]])
    return Contacts(pairs[:, 0], pairs[:, 1], np.arange(9) == hub, np.arange(3))


def test_wider_entities_join_more_accounts():
    out = reach_columns(chain(hub=8), {"age": np.array([1.0, 3.0, 9.0])})
    assert out["reach3_accounts"].tolist() == [2, 2, 1]
    assert out["reach6_accounts"].tolist() == [3, 3, 3]
    assert out["reach3_spread_age"].tolist() == [1, 1, 0]
    assert out["reach3_off_age"].tolist() == [1, 1, 0]


def test_known_hubs_join_nobody():
    out = reach_columns(chain(hub=4), {})
    assert out["reach400_accounts"].tolist() == [2, 2, 1]


def test_features_move_with_the_accounts():
    rng = np.random.default_rng(3)
    n, order = 20, rng.permutation(20)
    sources, targets = rng.integers(n, size=(2, 30))
    apart = sources != targets
    column = rng.random(n)
    one = tie_columns("t", Graph.from_edges(n, sources[apart], targets[apart]), {"x": column})
    moved = np.empty(n)
    moved[order] = column
    other = tie_columns("t", Graph.from_edges(n, order[sources[apart]], order[targets[apart]]), {"x": moved})
    for name, values in one.items():
        np.testing.assert_allclose(other[name][order], values, atol=1e-6, err_msg=name)


def test_communities_are_parts_that_components_would_join():
    # two cliques of accounts over wallets of their own, held together by one wallet
    pairs = [(a, w) for side in (0, 4) for a in range(side, side + 4) for w in range(8 + side, 12 + side)]
    pairs += [(0, 16), (4, 16), (0, 17)]
    low, high = np.array(pairs).T
    contacts = Contacts(low, high, np.zeros(18, bool), np.arange(8))
    age = np.array([1.0, 1, 3, 3, 50, 50, 50, 50])
    out = community_columns(contacts, {"age": age})
    assert reach_columns(contacts, {})["reach25_accounts"].tolist() == [8] * 8
    assert out["community25_accounts"].tolist() == [4] * 8
    assert out["community25_spread_age"].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    entities = out["community25_entities"]
    assert (entities[0], entities[4]) in ((10, 8), (9, 9))  # the wallet between may be on either side
    np.testing.assert_allclose(out["community25_share"], 4 / entities)
    assert out["contacts25_partners"].tolist() == [6, 4, 4, 4, 5, 4, 4, 4]
    assert out["contacts25_leaves"].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert out["contacts25_accounts"].tolist() == [0] * 8


def test_accounts_among_the_partners_are_counted_and_known_hubs_are_not():
    pairs = np.array([[0, 1], [0, 2], [0, 3], [1, 3]])
    contacts = Contacts(pairs[:, 0], pairs[:, 1], np.arange(4) == 3, np.arange(3))
    out = community_columns(contacts, {})
    assert out["contacts100_accounts"].tolist() == [2, 1, 1]
    assert out["contacts100_partners"].tolist() == [2, 1, 1]
    assert out["community100_pairs"].tolist() == pytest.approx([2 / 3] * 3)
