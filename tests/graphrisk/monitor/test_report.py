import re
from html import escape
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from histories import ATTACK, Exchange
from nights import scan_night

from graphrisk.monitor.changes import INDICATORS
from graphrisk.monitor.cohorts import FEATURES, find_cohorts, group_accounts
from graphrisk.monitor.lead_times import read_lead_times
from graphrisk.monitor.prometheus import prometheus_text
from graphrisk.monitor.report import monitor_report
from graphrisk.monitor.words import SERIES, SIGNS, WORDS
from graphrisk.store import ResultStore


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A store of eighteen quiet nights and the first five of an attack."""
    folder = tmp_path_factory.mktemp("stores") / "store"
    history = Exchange(seed=0, attacked=True)
    for night in range(ATTACK + 5):
        if night >= ATTACK - 18:
            scan_night(history, folder)
        history.step()
    return ResultStore(folder)


def test_cohorts_are_the_accounts_that_the_scan_before_did_not_know(attacked):
    cohorts = find_cohorts(attacked, 30)
    tables = [attacked.table("entity_feature", scan).to_pandas() for scan in attacked.scans()]
    accounts = [set(table[table.entity_type == "account"].entity_id) for table in tables]
    assert [len(c) for c in cohorts] == [len(b - a) for a, b in pairwise(accounts)]
    assert len(find_cohorts(attacked, 3)) == 3
    newest = cohorts[-1]  # a crew of 20, or what the scan finds of it, came together
    assert np.bincount(newest.groups).max() >= 10
    assert set(WORDS) == set(FEATURES)


def test_accounts_that_a_chain_of_rings_joins_are_one_group():
    rows = [("r1", "a"), ("r1", "old"), ("r2", "old"), ("r2", "b"), ("r3", "c"), ("r3", "d")]
    members = pa.table(
        {
            "ring_id": [ring for ring, _ in rows],
            "entity_id": [name for _, name in rows],
            "entity_type": ["account"] * len(rows),
        }
    )
    groups = group_accounts(["a", "x", "b", "c", "d", "y"], members)
    assert groups[0] == groups[2]
    assert groups[3] == groups[4]
    assert len(set(groups.tolist())) == 4
    assert group_accounts(["a", "b"], members.slice(0, 0)).tolist() == [0, 1]


def test_the_page_says_in_words_that_new_accounts_changed(attacked):
    report = monitor_report(attacked)
    assert [drift for drift in report.signs.drifts if drift.is_alarm]
    assert "The newest accounts have changed:" in report.page
    assert report.page.count("<svg") >= 5
    quiet = monitor_report(attacked, rate=1e-12)
    assert quiet.signs.alarms == []
    assert "look like those before" in quiet.page


def test_the_page_says_in_words_which_figures_took_a_step_and_marks_it(attacked):
    report = monitor_report(attacked, rate=0.5)
    stepped = [change for change in report.signs.changes if change.is_alarm]
    assert stepped
    assert "Figures have taken a step" in report.page
    assert {indicator.metric for indicator in INDICATORS} <= {name for name, *_ in SERIES}
    assert report.page.count("step since") == len(stepped)
    assert {change.metric for change in stepped} <= set(report.signs.alarms)


def test_the_page_says_how_early_each_sign_was(attacked):
    leads, page = read_lead_times(), monitor_report(attacked).page
    assert {lead.sign for lead in leads.signs} == set(SIGNS)
    assert f"on {leads.n_histories} simulated histories" in page
    assert all(escape(words) in page for words in SIGNS.values())
    report = leads.signs[0]
    assert report.sign == "report"
    assert report.found >= max(lead.found for lead in leads.signs[1:])


def test_the_page_is_well_formed_and_loads_nothing(attacked):
    page = monitor_report(attacked).page
    assert not re.search(r"(src|href)=|<script|url\(|@import", page)
    open_tags = []

    class Check(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in ("meta",):
                open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

        def handle_startendtag(self, tag, attrs):
            pass

    Check().feed(page)
    assert open_tags == []


def test_prometheus_text_has_one_family_per_metric_with_labels(attacked):
    text = prometheus_text(attacked.table("metric"), attacked.table("scan"))
    lines = text.splitlines()
    sample = re.compile(r'^graphrisk_[a-z0-9_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+$')
    assert all(line.startswith("# ") or sample.match(line) for line in lines)
    helps = [line.split()[2] for line in lines if line.startswith("# HELP")]
    assert len(helps) == len(set(helps))
    rings = attacked.table("metric").to_pandas().set_index("name").value
    high = next(line for line in lines if line.startswith('graphrisk_rings_band{band="high"}'))
    assert float(high.split()[1]) == rings["rings.band.high"]
