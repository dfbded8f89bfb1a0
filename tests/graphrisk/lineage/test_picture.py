import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from graphrisk.cli.app import app
from graphrisk.cli.output import UsageError
from graphrisk.lineage.picture import draw_lineage, lineage_page
from graphrisk.lineage.story import tell_story

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def nights(scan):
    """Five nights of two rings that merge and part again, and one that goes and comes back; the ids they were given."""
    scan.ids = scan(["abcdef", "wxyz", "klmn"], 0)
    scan(["abcdefgh", "wxyz"], 1)
    scan(["abcdefghwxyz"], 2)
    scan(["abcdefgh", "wxyz", "klmn"], 3)
    return scan


def test_every_event_has_its_number_and_every_change_of_size_its_piece(nights):
    story = tell_story(nights.store, nights.ids["abcdef"])
    root = ET.fromstring(draw_lineage(story))
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert [t for t in texts if t.isdecimal()] == ["1", "2", "3", "4"]
    assert [t for t in texts if t in ("born", "grown", "merged", "split")] == ["born", "grown", "merged", "split"]
    assert len(list(root.iter(f"{SVG}polygon"))) == len(story.states) - 1
    assert nights.ids["wxyz"] in texts  # the ring that merged into it


def test_the_band_is_as_wide_as_the_ring_has_members(nights):
    story = tell_story(nights.store, nights.ids["abcdef"])
    first = next(ET.fromstring(draw_lineage(story)).iter(f"{SVG}polygon"))
    (_, a), (_, b), (_, c), (_, d) = (map(float, spot.split(",")) for spot in first.get("points").split())
    assert (d - a) / (c - b) == pytest.approx(6 / 8, rel=0.02)


def test_a_ring_that_was_gone_has_a_gap(nights):
    story = tell_story(nights.store, nights.ids["klmn"])
    assert [row["event"] for row in story.events] == ["born", "dissolved", "revived"]
    first, second = ET.fromstring(draw_lineage(story)).iter(f"{SVG}polygon")
    right = max(float(spot.split(",")[0]) for spot in first.get("points").split())
    left = min(float(spot.split(",")[0]) for spot in second.get("points").split())
    assert right < left


def test_a_ring_that_was_taken_over_shows_by_whom(nights):
    story = tell_story(nights.store, nights.ids["wxyz"], "scan-2")
    assert nights.ids["abcdef"] in draw_lineage(story)


def test_hostile_names_stay_text(nights):
    story = tell_story(nights.store, nights.ids["abcdef"])
    evil = "\"></title></svg><script>alert(1)</script><img src=x onerror='alert(2)'>\u202e"
    events = tuple({**row, "text": evil, "event": evil, "from_ring_ids": [evil]} for row in story.events)
    states = tuple({**row, "band": evil} for row in story.states)
    hostile = replace(story, ring_id=evil, events=events, states=states)
    picture, page = draw_lineage(hostile), lineage_page(hostile)
    assert {node.tag for node in ET.fromstring(picture).iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "title", "text", "polygon", "circle", "path", "g")
    }
    for shown in (picture, page):
        assert not re.search(r"<(script|img)|\u202e", shown)
    assert "default-src 'none'" in page


def test_a_ring_of_one_scan_and_one_whose_past_is_gone_are_drawn(scan):
    ids = scan(["abcdef"], 0)
    assert len(list(ET.fromstring(draw_lineage(tell_story(scan.store, ids["abcdef"]))).iter(f"{SVG}polygon"))) == 1
    story = replace(tell_story(scan.store, ids["abcdef"]), complete=False, states=())
    assert "not in the store any more" in draw_lineage(story)


@pytest.mark.parametrize(("name", "beginning"), [("lineage.svg", "<svg "), ("lineage.html", "<!DOCTYPE html>")])
def test_the_command_writes_a_page_or_a_picture(nights, tmp_path, name, beginning):
    out = tmp_path / name
    args = ["ring", "lineage", nights.ids["wxyz"], "--store", str(nights.store.path), "--out", str(out)]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"Ring {nights.ids['wxyz']}: first listed")
    assert out.read_text(encoding="utf-8").startswith(beginning)


def test_a_picture_of_another_kind_is_refused(nights, tmp_path):
    args = ["ring", "lineage", "1", "--store", str(nights.store.path), "--out", str(tmp_path / "lineage.png")]
    done = CliRunner().invoke(app, args)
    assert isinstance(done.exception, UsageError)
    assert not (tmp_path / "lineage.png").exists()
