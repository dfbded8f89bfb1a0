import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from histories import ATTACK, Exchange
from nights import scan_night

from graphrisk.monitor.cohorts import FEATURES, find_cohorts
from graphrisk.monitor.prometheus import prometheus_text
from graphrisk.monitor.report import WORDS, monitor_report
from graphrisk.store import ResultStore


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A store of the last quiet nights and the first of an attack."""
    folder = tmp_path_factory.mktemp("stores") / "store"
    history = Exchange(seed=0, attacked=True)
    for night in range(ATTACK + 3):
        if night >= ATTACK - 6:
            scan_night(history, folder)
        history.step()
    return ResultStore(folder)


def test_cohorts_are_the_accounts_that_the_scan_before_did_not_know(attacked):
    cohorts = find_cohorts(attacked, 30)
    tables = [attacked.table("entity_feature", scan).to_pandas() for scan in attacked.scans()]
    accounts = [set(table[table.entity_type == "account"].entity_id) for table in tables]
    assert [len(c) for c in cohorts] == [len(b - a) for a, b in pairwise(accounts)]
    assert len(find_cohorts(attacked, 3)) == 3
    assert set(WORDS) == set(FEATURES)


def test_the_page_says_in_words_that_new_accounts_changed(attacked):
    page, drifts = monitor_report(attacked)
    assert [d for d in drifts if d.is_alarm]
    assert "The newest accounts have changed:" in page
    assert page.count("<svg") >= 5
    quiet, drifts = monitor_report(attacked, rate=1e-12)
    assert not [d for d in drifts if d.is_alarm]
    assert "look like those before" in quiet


def test_the_page_is_well_formed_and_loads_nothing(attacked):
    page, _ = monitor_report(attacked)
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
