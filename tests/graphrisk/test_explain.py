import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphrisk.explain import explain_ring, explain_why, find_ring

CHAIN = [
    ("a", "shared_device", "d1", 3.0),
    ("b", "shared_device", "d1", 3.0),
    ("b", "shared_ip", "i1", 1.0),
    ("c", "shared_ip", "i1", 1.0),
    ("c", "referral", "d", 4.5),
]


def test_a_shared_signal_is_one_link(make_tables):
    chain = explain_why(make_tables(["a", "b", "c", "d"], CHAIN), "r1", "a", "b")
    assert [(s.source, s.target, s.signal_id) for s in chain.steps] == [("a", "b", "d1")]
    assert "share the device d1" in chain.text()


def test_a_chain_names_its_weakest_link(make_tables):
    chain = explain_why(make_tables(["a", "b", "c", "d"], CHAIN), "r1", "a", "d")
    assert [s.link_type for s in chain.steps] == ["shared_device", "shared_ip", "referral"]
    assert chain.weakest.signal_id == "i1"
    assert "The weakest link is number 2" in chain.text()
    assert chain.to_dict()["weakest"] == 1
    assert "c invited d" in chain.text()
    assert "d was invited by c" in explain_why(make_tables(["a", "b", "c", "d"], CHAIN), "r1", "d", "c").text()


def test_a_strong_detour_beats_a_weak_direct_link(make_tables):
    links = [("a", "shared_ip", "i", 0.5), ("b", "shared_ip", "i", 0.5)]
    links += [("a", "shared_device", "d", 3.0), ("c", "shared_device", "d", 3.0)]
    links += [("c", "shared_wallet", "w", 5.0), ("b", "shared_wallet", "w", 5.0)]
    chain = explain_why(make_tables(["a", "b", "c"], links), "r1", "a", "b")
    assert [s.target for s in chain.steps] == ["c", "b"]


def test_a_hub_joins_only_where_nothing_else_does(make_tables):
    links = [("a", "shared_ip", "h", 0.0), ("b", "shared_ip", "h", 0.0)]
    chain = explain_why(make_tables(["a", "b"], links, hubs=("h",)), "r1", "a", "b")
    assert chain.steps[0].is_hub
    assert "a hub: it says little" in chain.text()


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [("a", "x", "both must be members"), ("a", "a", "must differ"), ("a", "e", "no link of ring r1 leads")],
)
def test_what_cannot_be_explained_is_said(make_tables, a, b, words):
    with pytest.raises(ValueError, match=words):
        explain_why(make_tables(["a", "b", "c", "d", "e"], CHAIN), "r1", a, b)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.floats(0.1, 5)), min_size=1, max_size=20))
def test_the_weakest_link_is_as_strong_as_any_chain_allows(make_tables, rows):
    nats = {signal: weight for _, signal, weight in rows}
    links = [(str(m), "shared_device", f"s{s}", nats[s]) for m, s in sorted({(m, s) for m, s, _ in rows})]
    tables = make_tables([str(m) for m in range(6)], links)
    users = {s: {m for m, k, _ in rows if k == s} for s in nats}
    for target in range(1, 6):
        # the slow twin: keep only signals of at least some weight and see whether the two still hang together
        reachable = [w for w in sorted(nats.values(), reverse=True) if _joined(users, nats, w, 0, target)]
        try:
            width = explain_why(tables, "r1", "0", str(target)).weakest.weight
        except ValueError:
            assert not reachable
            continue
        assert width == reachable[0]


def _joined(users, nats, least, start, goal):
    seen = {start}
    for _ in range(6):
        for signal, members in users.items():
            if nats[signal] >= least and members & seen:
                seen |= members
    return goal in seen


def test_a_ring_is_found_by_id_beginning_and_place(make_tables):
    tables = make_tables(["a"], [], ring_id="rabc")
    assert find_ring(tables, "rabc") == find_ring(tables, "ra") == find_ring(tables, "1") == "rabc"
    for key in ("2", "x", ""):
        with pytest.raises(ValueError, match="must be an id or a place from 1 to 1"):
            find_ring(tables, key)


def test_an_explanation_gives_evidence_on_both_sides_before_the_score(make_tables):
    text = explain_ring(make_tables(["a"], []), "r1").text()
    assert text.index("For:") < text.index("Against:") < text.index("Score 0.900")
    assert "Fact 3. [reason_3]" in text
    with pytest.raises(ValueError, match="got none"):
        explain_ring(make_tables(["a"], []), "r2")
