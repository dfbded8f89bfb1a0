import pytest

from graphrisk.lineage.diff import diff_scans
from graphrisk.lineage.story import lineage_sentence, tell_story


@pytest.fixture
def nights(scan):
    """Four nights of two rings that merge and part again; the ids they were given."""
    scan.ids = scan(["abcdef", "wxyz"], 0)
    scan(["abcdefgh", "wxyz"], 1)
    scan(["abcdefghwxyz"], 2)
    scan(["abcdefgh", "wxyz", "mnop"], 3)
    return scan


def test_the_story_of_a_ring_is_told_from_its_birth(nights):
    story = tell_story(nights.store, nights.ids["abcdef"])
    assert [row["event"] for row in story.events] == ["born", "grown", "merged", "split"]
    assert [row["n_members"] for row in story.states] == [6, 8, 12, 8]
    lines = story.text().splitlines()
    assert lines[0].endswith("first listed 2026-01-01, by 4 scans; now listed, 8 members, band high.")
    assert lines[2] == "  2026-01-02  grown      2 members came: 6 before, 8 now."


def test_a_ring_that_merged_has_a_story_too(nights):
    story = tell_story(nights.store, nights.ids["wxyz"], "scan-2")
    assert story.history["status"] == "merged"
    assert [row["event"] for row in story.events] == ["born", "merged"]
    back = tell_story(nights.store, nights.ids["wxyz"])
    assert [row["event"] for row in back.events] == ["born", "merged", "split", "revived"]


def test_a_story_says_when_it_is_not_whole(nights):
    import shutil

    shutil.rmtree(nights.store.path / "scan=scan-0")
    assert "not in the store any more" in tell_story(nights.store, nights.ids["abcdef"]).text()


def test_a_ring_that_never_was_has_no_story(nights):
    with pytest.raises(ValueError, match="got 'r0'"):
        tell_story(nights.store, "r0")


def test_a_sentence_tells_the_newest_event(nights):
    tables = {name: nights.store.table(name, "scan-1") for name in ("ring_history", "ring_event")}
    sentence = lineage_sentence(tables, nights.ids["abcdef"])
    assert sentence == (
        "First listed 2026-01-01, by 2 scans so far. Since the scan before: 2 members came: 6 before, 8 now."
    )


def test_a_diff_says_what_is_new_gone_and_changed(nights):
    ids, diff = nights.ids, diff_scans(nights.store, "scan-0", "scan-2")
    assert [(ring.ring_id, ring.change) for ring in diff.rings] == [(ids["wxyz"], "gone"), (ids["abcdef"], "changed")]
    assert diff.rings[0].note == f"merged into {ids['abcdef']}"
    assert diff.rings[1].added == tuple("ghwxyz")
    assert (diff.rings[1].before["n_members"], diff.rings[1].now["n_members"]) == (6, 12)


def test_a_diff_backwards_is_the_diff_turned_round(nights):
    there, back = diff_scans(nights.store, "scan-0", "scan-3"), diff_scans(nights.store, "scan-3", "scan-0")
    turned = {"new": "gone", "gone": "new", "changed": "changed"}
    assert {(r.ring_id, turned[r.change], r.removed, r.added) for r in there.rings} == {
        (r.ring_id, r.change, r.added, r.removed) for r in back.rings
    }
    assert there.n_unchanged == back.n_unchanged == 1


def test_scans_of_different_histories_are_matched_for_the_diff(scan):
    one = scan(["abcd", "wxyz"], 0, "one")
    scan(["abcde"], 0, "other")
    diff = diff_scans(scan.store, "one", "other")
    assert not diff.same_history
    assert {(ring.ring_id, ring.change) for ring in diff.rings} == {(one["abcd"], "changed"), (one["wxyz"], "gone")}


def test_a_ring_comes_back_under_its_id_though_the_scans_that_listed_it_were_pruned(scan):
    first = scan(["abcd", "wxyz"], 0)
    for day in (1, 2, 3):
        scan(["wxyz"], day)
    assert scan.store.prune(1).scans == ["scan-0", "scan-1", "scan-2"]
    assert scan(["abcd", "wxyz"], 4)["abcd"] == first["abcd"]
