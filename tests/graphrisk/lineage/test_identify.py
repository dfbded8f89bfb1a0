import pyarrow.compute as pc
import pytest
from _rings import scan_tables

from graphrisk.lineage.identify import identify_rings
from graphrisk.lineage.ring_set import RingSet
from graphrisk.lineage.settings import LineageSettings
from graphrisk.tables import SCHEMAS


def nights(*lists, **settings):
    """Tables of one scan after the other."""
    out, before = [], None
    for day, groups in enumerate(lists):
        before = identify_rings(scan_tables(groups, day), before, LineageSettings(**settings))
        out.append(before)
    return out


def ids(tables):
    members = tables["ring_member"].to_pylist()
    groups = {}
    for row in members:
        groups[row["ring_id"]] = groups.get(row["ring_id"], "") + row["entity_id"]
    return {letters: ring for ring, letters in groups.items()}


def history(tables):
    return {row["ring_id"]: row for row in tables["ring_history"].to_pylist()}


def test_the_first_scan_is_as_it_was_but_for_events_and_history():
    plain = scan_tables(["abcd", "wxyz"], 0)
    first = identify_rings(plain, None, LineageSettings())
    assert all(first[name].equals(plain[name]) for name in set(SCHEMAS) - {"ring_event", "ring_history"})
    assert first["ring_event"]["event"].to_pylist() == ["born", "born"]
    assert first["ring_event"]["from_scan_id"].to_pylist() == [None, None]


def test_all_tables_and_alerts_bear_the_lasting_id():
    first, second = nights(["abcd"], ["abcde"])
    ring = ids(first)["abcd"]
    assert ids(second) == {"abcde": ring}
    for name in ("ring", "ring_evidence", "entity_feature", "ring_event"):
        assert set(second[name]["ring_id"].to_pylist()) == {ring}, name
    assert second["ring_evidence"]["evidence_id"].to_pylist() == [f"{ring}-01"]
    assert second["scan"]["alerts"].to_pylist() == [[f"ring {ring} is large"]]
    assert second["ring"]["lineage"].to_pylist() == ["grown"]


def test_a_new_ring_never_takes_the_id_of_another():
    first, second, third = nights(["abcd"], ["abcdefghij"], ["abcd", "efghij"])
    assert ids(second)["abcdefghij"] == ids(first)["abcd"] == ids(third)["efghij"]
    assert ids(third)["abcd"] not in ids(second).values()


def test_a_ring_that_is_gone_is_remembered_until_it_comes_back():
    first, _, third, fourth = nights(["abcd", "wxyz"], ["wxyz"], ["wxyz"], ["abcd", "wxyz"])
    ring = ids(first)["abcd"]
    gone = history(third)[ring]
    assert (gone["status"], gone["n_members"], gone["n_scans"]) == ("dissolved", 4, 1)
    assert {part["entity_id"] for part in gone["parts"]} == {*"abcd", "links"}
    assert ids(fourth)["abcd"] == ring
    back = history(fourth)[ring]
    assert (back["status"], back["parts"], back["n_scans"]) == ("listed", None, 2)
    assert back["born_at"] == history(first)[ring]["born_at"]


def test_a_ring_that_is_gone_for_long_is_forgotten_if_so_wished():
    lists = (["abcd"], ["wxyz"], ["wxyz"], ["wxyz"], ["abcd"])
    assert ids(nights(*lists)[-1])["abcd"] == ids(nights(*lists)[0])["abcd"]
    events = nights(*lists, remember_days=2)[-1]["ring_event"]
    assert events["event"].to_pylist() == ["born", "dissolved"]


def test_a_merged_ring_says_into_which():
    first, second = nights(["abcdef", "wxyz"], ["abcdefwxyz"])
    row = history(second)[ids(first)["wxyz"]]
    assert (row["status"], row["into_ring_id"]) == ("merged", ids(first)["abcdef"])


def test_a_split_ring_says_from_which():
    first, second = nights(["abcdefghij"], ["abcd", "efghij"])
    assert history(second)[ids(second)["abcd"]]["from_ring_ids"] == [ids(first)["abcdefghij"]]


def test_a_scan_published_without_a_history_can_be_followed():
    first = scan_tables(["abcd", "wxyz"], 0)
    second = identify_rings(scan_tables(["abcde"], 1), first, LineageSettings())
    assert sorted(second["ring_event"]["event"].to_pylist()) == ["dissolved", "grown"]
    assert {row["status"] for row in history(second).values()} == {"listed", "dissolved"}


def test_parts_survive_the_table_and_come_back_as_they_were():
    rings = RingSet.listed(scan_tables(["abcd", "wxyz"], 0))
    table = nights(["abcd", "wxyz"], [])[-1]["ring_history"]
    kept = RingSet.remembered(table)
    order = [rings.ids.index(ring) for ring in kept.ids]
    assert kept.parts.equals(rings.take(order).parts)


@pytest.mark.parametrize("name", ["ring_event", "ring_history"])
def test_the_same_lists_give_the_same_tables(name):
    lists = (["abcdef", "mnop"], ["abcdefgh", "wxyz"], ["abcd", "efgh", "mnop"])
    one, two = nights(*lists)[-1], nights(*(list(reversed(groups)) for groups in lists))[-1]
    order = [(column, "ascending") for column in ("ring_id", *(["event"] if name == "ring_event" else []))]
    assert one[name].sort_by(order).equals(two[name].sort_by(order))
    assert pc.all(pc.is_in(one["ring"]["ring_id"], two["ring"]["ring_id"].combine_chunks())).as_py()
