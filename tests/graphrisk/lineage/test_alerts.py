import pytest

from graphrisk.alerts.settings import AlertSettings


@pytest.fixture
def alerts(scan):
    """Publish a scan and return what it alerted to: kind, group, before and now."""

    def run(groups, day, **values):
        ids = scan(groups, day, **values)
        names = {ring: group for group, ring in ids.items()}
        rows = scan.result.tables["alert"].to_pylist()
        assert scan.result.alerts == [row["text"] for row in rows]
        assert scan.result.tables["scan"]["n_alerts"].to_pylist() == [len(rows)]
        return [(row["kind"], names[row["ring_id"]], row["before"], row["now"]) for row in rows]

    return run


def test_the_first_scan_tells_of_no_change(alerts):
    assert alerts(["abcd", "wxyz"], 0) == []
    assert alerts(["abcd", "wxyz"], 1) == []


def test_a_new_ring_over_the_band_is_told_once(alerts):
    alerts(["abcd"], 0)
    assert alerts(["abcd", "wxyz"], 1) == [("ring_new", "wxyz", None, 0.95)]
    assert alerts(["abcd", "wxyz"], 2) == []


def test_a_new_ring_below_the_band_is_told_when_it_rises(alerts):
    alerts(["abcd"], 0)
    assert alerts(["abcd", "wxyz"], 1, bands={"wxyz": "low"}) == []
    assert alerts(["abcd", "wxyz"], 2) == [("ring_new", "wxyz", None, 0.95)]
    assert alerts(["abcd", "wxyz"], 3, bands={"wxyz": "low"}) == []
    assert alerts(["abcd", "wxyz"], 4) == []


def test_growth_by_half_is_told_with_what_was_last_told_even_if_it_came_bit_by_bit(alerts):
    alerts(["abcdefgh"], 0)
    assert alerts(["abcdefghij"], 1) == []
    assert alerts(["abcdefghijkl"], 2) == [("ring_grown", "abcdefghijkl", 8, 12)]
    assert alerts(["abcdefghijkl"], 3) == []


def test_two_known_rings_that_merge_are_told_once_though_the_scan_wavers(alerts, scan):
    alerts(["abcdef", "wxyz"], 0)
    assert alerts(["abcdefwxyz"], 1) == [("ring_merged", "abcdefwxyz", 10, 10)]
    assert len(scan.result.tables["alert"]["from_ring_ids"].to_pylist()[0]) == 2
    assert alerts(["abcdef", "wxyz"], 2) == []
    assert alerts(["abcdefwxyz"], 3) == []


def test_value_over_the_limit_is_told_when_it_is_reached(alerts):
    limit = AlertSettings(value=1000)
    alerts(["abcd"], 0, values={"abcd": 400.0}, alerts=limit)
    assert alerts(["abcd"], 1, values={"abcd": 900.0}, alerts=limit) == []
    assert alerts(["abcd"], 2, values={"abcd": 1200.0}, alerts=limit) == [("value_high", "abcd", 400.0, 1200.0)]
    assert alerts(["abcd"], 3, values={"abcd": 1500.0}, alerts=limit) == []


def test_a_ring_that_may_have_swallowed_another_is_told_once(alerts):
    assert alerts(["abcd"], 0, swallowed=["abcd"]) == [("ring_swallowed", "abcd", None, None)]
    assert alerts(["abcd"], 1, swallowed=["abcd"]) == []


def test_a_ring_that_comes_back_or_splits_is_no_news(alerts):
    alerts(["abcdefghij", "wxyz"], 0)
    assert alerts(["abcd", "efghij"], 1) == []
    assert alerts(["abcd", "efghij", "wxyz"], 2) == []


def test_the_band_and_the_share_are_what_was_set(alerts):
    settings = AlertSettings(band="low", growth=0.2)
    alerts(["abcde"], 0, bands={"abcde": "low"}, alerts=settings)
    told = alerts(["abcdef", "wxyz"], 1, bands={"abcdef": "low", "wxyz": "low"}, alerts=settings)
    assert told == [("ring_grown", "abcdef", 5, 6), ("ring_new", "wxyz", None, 0.95)]


def test_a_scan_run_again_raises_the_same_alerts_under_the_same_ids(scan):
    scan(["abcd"], 0)
    scan(["abcd", "wxyz"], 1)
    first = scan.result.tables["alert"]
    scan(["abcd", "wxyz"], 1)
    assert scan.result.tables["alert"].equals(first)
    assert len(first) == 1
