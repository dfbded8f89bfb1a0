import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms import Relation, sample_neighbours
from algorithms._sampling_kernels import place_nodes

LINKS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5), st.integers(0, 20)), max_size=50)


def relations(links, in_order=False):
    """Accounts that use devices, and back."""
    out = {}
    for name, source, n in (("uses", 0, 8), ("used_by", 1, 6)):
        rows = sorted(links, key=lambda link: (link[source], link[2] if in_order else 0))
        counts = np.bincount([link[source] for link in rows], minlength=n) if rows else np.zeros(n, int)
        types = ("account", name, "device") if source == 0 else ("device", name, "account")
        out[types] = Relation(
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.array([link[1 - source] for link in rows], np.int32),
            np.array([link[2] for link in rows], np.int64),
        )
    return out


def pairs(found, edge_type):
    source, _, target = edge_type
    one, two = found.links[edge_type]
    return list(zip(found.nodes[source][one].tolist(), found.nodes[target][two].tolist(), strict=True))


@given(LINKS, st.booleans(), st.integers(0, 21))
def test_with_room_for_all_everything_before_the_moment_is_there(links, in_order, as_of):
    found = sample_neighbours(relations(links, in_order), {"account": [0, 1]}, n_neighbours=[99], as_of=as_of)
    want = sorted((a, d) for a, d, t in links if a in (0, 1) and t < as_of)
    assert sorted(pairs(found, ("account", "uses", "device"))) == want
    assert found.nodes["account"].tolist() == [0, 1]


@given(LINKS, st.booleans(), st.integers(1, 3), st.sampled_from([None, 9]), st.integers(0, 5))
def test_samples_are_links_that_exist_and_no_more_than_asked(links, in_order, most, as_of, seed):
    whole = relations(links, in_order)
    found = sample_neighbours(whole, {"account": [3, 4]}, n_neighbours=[most, most], as_of=as_of, seed=seed)
    for edge_type, source in ((("account", "uses", "device"), 0), (("device", "used_by", "account"), 1)):
        got = pairs(found, edge_type)
        known = [(link[source], link[1 - source]) for link in links]
        assert all(got.count(pair) <= known.count(pair) for pair in got)
        relation = whole[edge_type]
        places = found.entries[edge_type]
        assert relation.indices[places].tolist() == [other for _, other in got]
        assert (np.searchsorted(relation.indptr, places, side="right") - 1).tolist() == [one for one, _ in got]
        assert all(sum(one == other for other, _ in got) <= most for one, _ in got)
    for ids in found.nodes.values():
        assert len(set(ids.tolist())) == len(ids)


@given(LINKS, LINKS, st.booleans(), st.integers(0, 20))
def test_what_comes_later_changes_nothing(links, later, in_order, as_of):
    rows = [link for link in links if link[2] < as_of]
    grown = rows + [(a, d, as_of + t) for a, d, t in later]
    one, two = (
        sample_neighbours(relations(r, in_order), {"account": [0, 5]}, n_neighbours=[2, 2], as_of=as_of)
        for r in (rows, grown)
    )
    for edge_type in one.links:
        assert pairs(one, edge_type) == pairs(two, edge_type)


@given(st.lists(st.integers(0, 50), unique=True), st.lists(st.integers(0, 50)))
def test_nodes_are_numbered_in_the_order_in_which_they_come(known, found):
    nodes, places = place_nodes(np.array(known, np.int32), np.array(found, np.int32))
    assert nodes.tolist() == list(dict.fromkeys(known + found))
    assert [nodes[place] for place in places] == found


@pytest.mark.parametrize("seen", [None, np.arange(10), np.arange(10)[::-1].copy()], ids=["always", "in order", "not"])
def test_every_neighbour_is_drawn_about_as_often(seen):
    star = {("account", "uses", "device"): Relation(np.array([0, 10]), np.arange(10, dtype=np.int32), seen)}
    drawn = np.zeros(10)
    for seed in range(2000):
        found = sample_neighbours(star, {"account": [0]}, n_neighbours=[3], as_of=10, seed=seed)
        drawn[found.nodes["device"]] += 1
    assert abs(drawn - 600).max() < 100  # standard deviation 20


@given(LINKS, st.booleans())
def test_rows_in_the_order_of_time_are_known_as_such(links, in_order):
    for relation in relations(links, in_order).values():
        rows = np.split(relation.first_seen, relation.indptr[1:-1])
        assert relation.in_order == all(np.array_equal(row, np.sort(row)) for row in rows)


@pytest.mark.parametrize(
    ("seeds", "most", "words"),
    [([0, 0], [1], "`seeds` must be distinct"), ([0], [0], r"`n_neighbours` must be at least 1 each, got \[0\]")],
)
def test_what_makes_no_sense_is_refused(seeds, most, words):
    with pytest.raises(ValueError, match=words):
        sample_neighbours(relations([]), {"account": seeds}, n_neighbours=most)
