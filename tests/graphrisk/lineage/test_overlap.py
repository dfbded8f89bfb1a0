import itertools

import pytest
from _rings import ring_set
from hypothesis import given, settings
from hypothesis import strategies as st

from graphrisk.lineage.overlap import find_overlaps

groups = st.dictionaries(
    st.sampled_from(["r1", "r2", "r3", "r4"]), st.text("abcdefgh", min_size=1, max_size=6), max_size=4
)
nats = st.dictionaries(
    st.sampled_from(["r1", "r2", "r3", "r4"]),
    st.dictionaries(st.sampled_from(["x", "y", "z"]), st.sampled_from([1.0, 2.5, 4.0]), max_size=3),
)


def slow_overlap(old, new, old_signals, new_signals, old_reasons, new_reasons):
    """The definition, one pair after the other."""
    heaviest = {}
    for given_nats in (*old_signals.values(), *new_signals.values()):
        for name, weight in given_nats.items():
            heaviest[name] = max(weight, heaviest.get(name, 0.0))
    out = {}
    for (p, a), (c, b) in itertools.product(old.items(), new.items()):
        a, b = set(a), set(b)
        s, t = set(old_signals.get(p, ())), set(new_signals.get(c, ()))
        if not a & b and not s & t:
            continue
        dice = {"m": 2 * len(a & b) / (len(a) + len(b))}
        sizes = [sum(heaviest[x] for x in names) for names in (s, t, s & t)]
        if sizes[0] + sizes[1]:
            dice["s"] = 2 * sizes[2] / (sizes[0] + sizes[1])
        e, f = old_reasons.get(p, {}), new_reasons.get(c, {})
        if e or f:
            codes = {*e, *f}
            less = sum(min(e.get(x, 0), f.get(x, 0)) for x in codes)
            dice["e"] = less / sum(max(e.get(x, 0), f.get(x, 0)) for x in codes)
        weights = {"m": 0.6, "s": 0.3, "e": 0.1}
        out[p, c] = sum(weights[k] * dice[k] for k in dice) / sum(weights[k] for k in dice)
    return out


@settings(max_examples=50)
@given(groups, groups, nats, nats, nats, nats)
def test_overlaps_are_what_their_definition_says(old, new, old_s, new_s, old_e, new_e):
    old_s, old_e = ({k: v for k, v in given_nats.items() if k in old} for given_nats in (old_s, old_e))
    new_s, new_e = ({k: v for k, v in given_nats.items() if k in new} for given_nats in (new_s, new_e))
    one, other = ring_set(old, old_s, old_e), ring_set(new, new_s, new_e)
    found = find_overlaps(one, other)
    pairs = {(one.ids[p], other.ids[c]): w for p, c, w in zip(found.old, found.new, found.overlap, strict=True)}
    assert pairs == pytest.approx(slow_overlap(old, new, old_s, new_s, old_e, new_e))


@settings(max_examples=50)
@given(groups, groups)
def test_overlap_does_not_depend_on_which_ring_was_first(old, new):
    one, other = find_overlaps(ring_set(old), ring_set(new)), find_overlaps(ring_set(new), ring_set(old))
    pairs = dict(zip(zip(one.old, one.new, strict=True), one.overlap, strict=True))
    assert pairs == dict(zip(zip(other.new, other.old, strict=True), other.overlap, strict=True))


def test_the_same_ring_overlaps_wholly_and_a_stranger_is_no_pair():
    rings = ring_set({"r1": "abcd", "r2": "wxyz"}, {"r1": {"d": 3.0}}, {"r1": {"links": 2.0}, "r2": {"links": 2.0}})
    found = find_overlaps(rings, rings)
    assert list(zip(found.old, found.new, found.overlap, strict=True)) == [(0, 0, 1.0), (1, 1, 1.0)]


def test_accounts_burnt_and_made_anew_on_the_same_devices_overlap_by_signals():
    tools, why = {"d1": 3.0, "d2": 3.0}, {"links": 2.0}
    found = find_overlaps(
        ring_set({"r": "abcd"}, {"r": tools}, {"r": why}), ring_set({"n": "efgh"}, {"n": tools}, {"n": why})
    )
    assert found.overlap.tolist() == [pytest.approx(0.4)]
    assert (found.n_members.tolist(), found.n_signals.tolist()) == ([0], [2])
