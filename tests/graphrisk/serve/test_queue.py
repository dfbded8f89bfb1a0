"""The queue against a slow twin, and what it is made of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphrisk.cases.state import Case
from graphrisk.serve.limits import RateLimit
from graphrisk.serve.masking import Names, mask
from graphrisk.serve.queue import DONE, STATUSES, Filters, QueueIndex
from graphrisk.serve.timeline import make_timeline
from graphrisk.tables import SCHEMAS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DECISIONS = (None, "confirmed", "false_positive", "needs_more", "snoozed")


@st.composite
def queues(draw):
    """Rings, cases of some of them, and filters."""
    n = draw(st.integers(0, 12))
    rows = [
        {
            "ring_id": f"r{k:02d}",
            "score": draw(st.sampled_from([0.5, 0.50001, 0.9, 1.0])),
            "value_at_stake": draw(st.sampled_from([None, 0.0, 5.0, 70.0])),
            "n_members": draw(st.integers(2, 5)),
            "band": draw(st.sampled_from(["high", "low"])),
            "typology": draw(st.sampled_from(["bonus_farm", "cycle"])),
        }
        for k in range(n)
    ]
    cases = {}
    for row in rows:
        state = draw(st.sampled_from(["none", *DECISIONS]))
        if state != "none":
            case = Case(f"c{row['ring_id'][1:]}", row["ring_id"], "s", NOW, "ana")
            snoozed = NOW + timedelta(days=draw(st.sampled_from([-1, 1]))) if state == "snoozed" else None
            decision = None if state == "snoozed" else state
            who = draw(st.sampled_from([None, "ana", "ben"]))
            cases[row["ring_id"]] = replace(case, decision=decision, snoozed_until=snoozed, assignee=who)
    filters = Filters(
        typology=draw(st.sampled_from(["", "cycle", "other"])),
        band=draw(st.sampled_from(["", "high"])),
        status=draw(st.sampled_from(STATUSES)),
        size=draw(st.integers(0, 6)),
        text=draw(st.sampled_from(["", "R0", "bonus farm", "ben", "c01"])),
        assignee=draw(st.sampled_from(["", "me", "nobody"])),
        sort=draw(st.sampled_from(["score", "value"])),
        page=draw(st.integers(1, 5)),
    )
    return rows, cases, filters


def fits(row, case, filters):
    status = "new" if case is None else case.status(NOW)
    texts = [row["ring_id"], row["typology"].replace("_", " ")] + ([case.case_id, case.assignee or ""] if case else [])
    who = None if case is None else case.assignee
    return (
        filters.typology in ("", row["typology"])
        and filters.band in ("", row["band"])
        and row["n_members"] >= filters.size
        and (filters.status in ("all", status) or (filters.status == "todo" and status not in DONE))
        and {"": True, "me": who == "ana", "nobody": who is None}[filters.assignee]
        and (not filters.text or any(filters.text.lower() in text for text in texts))
    )


@given(queues())
@settings(max_examples=150)
def test_the_queue_is_what_a_slow_search_finds(made):
    rows, cases, filters = made
    table = pa.Table.from_pylist([dict.fromkeys(SCHEMAS["ring"].names) | row for row in rows], schema=SCHEMAS["ring"])
    found = QueueIndex(table).find(filters, cases, me="ana", now=NOW, page_size=3)
    wanted = [row for row in rows if fits(row, cases.get(row["ring_id"]), filters)]
    keys = [
        lambda row: -round(row["score"], 3),
        lambda row: -(-1 if row["value_at_stake"] is None else row["value_at_stake"]),
    ]
    first, second = keys if filters.sort == "score" else reversed(keys)
    wanted.sort(key=lambda row: (first(row), second(row), -row["n_members"], row["ring_id"]))
    page = min(filters.page, max(1, -(-len(wanted) // 3)))
    assert found.n_found == len(wanted)
    assert found.page == page
    assert [row["ring_id"] for row in found.rows] == [row["ring_id"] for row in wanted[3 * page - 3 : 3 * page]]


def test_the_address_keeps_only_what_differs_from_the_usual():
    filters = Filters(band="high", text="a&b", page=3)
    assert filters.query(page=4) == "band=high&text=a%26b&page=4"
    assert Filters().query() == ""


@given(st.text(min_size=1))
def test_a_mask_hides_more_than_half_of_a_name_and_all_of_its_middle(name):
    shown = mask(name).replace("•", "")
    assert len(shown) <= max(4, 0) if len(name) >= 9 else len(shown) <= 1
    if len(name) >= 9:
        assert len(shown) < len(name) / 2


def test_sentences_lose_the_identifiers_in_them():
    rows = [{"text": "alice-0001 met bob-000002", "entities": [{"entity_type": "account", "entity_id": "alice-0001"}]}]
    (masked,) = Names(False).rows(rows)
    assert masked["text"] == "al•••01 met bob-000002"
    assert masked["entities"][0]["entity_id"] == "al•••01"
    assert Names(True).rows(rows) == rows


def test_a_limit_fills_again_evenly():
    limit = RateLimit(60)
    assert [limit.take("a", 0.0) for _ in range(61)] == [0.0] * 60 + [1.0]
    assert limit.take("b", 0.0) == 0.0
    assert limit.take("a", 0.5) == pytest.approx(0.5)
    assert limit.take("a", 1.0) == 0.0
    # whoever was away for an hour may do no more at once than at the start
    assert [limit.take("a", 3601.0) for _ in range(61)] == [0.0] * 60 + [1.0]


def test_a_timeline_counts_every_act_that_has_a_time():
    members = [{"joined_at": NOW + timedelta(days=k), "claimed_at": None if k else NOW} for k in range(4)]
    link = {
        "link_type": "transfer",
        "first_seen": NOW,
        "last_seen": NOW + timedelta(days=9),
        "n_accounts": None,
        "is_hub": 0,
    }
    line = make_timeline([*members, {"joined_at": None, "claimed_at": None}], [link])
    assert {lane.name: lane.n for lane in line.lanes} == {"sign-ups": 4, "first bonuses": 1, "transfers": 2}
    assert sum(int(bar.text.split()[0]) for lane in line.lanes for bar in lane.bars) == 7
    assert (line.first, line.last) == (NOW, NOW + timedelta(days=9))
    assert not line.is_whole
    assert make_timeline([], []) is None


def test_where_single_acts_are_kept_a_timeline_counts_every_one_and_says_what_is_left_out():
    members = [{"joined_at": NOW, "claimed_at": NOW}]
    acts = [{"act": "transfer", "occurred_at": NOW + timedelta(days=k), "n_acts": 900} for k in range(7)]
    acts += [{"act": "bonus", "occurred_at": NOW, "n_acts": 2}] * 2
    line = make_timeline(members, [], acts)
    assert line.is_whole
    assert {lane.name: (lane.n, lane.n_all) for lane in line.lanes} == {"transfers": (7, 900), "bonuses": (2, 2)}
    assert [len(lane.bars) for lane in line.lanes] == [1, 7]
