import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.entity_graph import Links
from algorithms.times import MISSING_TIME
from graphrisk.arrival_metrics import DAY_SECONDS, arrival_metrics
from graphrisk.metric_catalogue import definition_of

AS_OF = 10 * DAY_SECONDS
moments = st.sampled_from([MISSING_TIME, 0, AS_OF - DAY_SECONDS - 1, AS_OF - DAY_SECONDS, AS_OF - 5, AS_OF - 1])
rows = st.lists(st.tuples(st.integers(0, 4), st.integers(5, 9), moments), max_size=12)


def links_of(given_rows):
    accounts, signals, seconds = ([row[k] for row in given_rows] for k in range(3))
    return Links(accounts, signals, seconds, seconds, [1] * len(given_rows))


@given(st.lists(st.tuples(moments, st.booleans()), min_size=5, max_size=5), rows)
def test_they_count_what_came_in_the_last_day(accounts, given_rows):
    found = arrival_metrics(
        np.array([start for start, _ in accounts]),
        np.array([inside for _, inside in accounts]),
        links_of(given_rows),
        AS_OF,
    )
    new = [inside for start, inside in accounts if start != MISSING_TIME and AS_OF - DAY_SECONDS <= start < AS_OF]
    first = {}
    for _, signal, at in given_rows:
        if at != MISSING_TIME:
            first[signal] = min(at, first.get(signal, at))
    n_signals = sum(at >= AS_OF - DAY_SECONDS for at in first.values())
    values = {name: (value, n) for name, value, _, _, n in found}
    assert values["sign_ups.day"] == (len(new), sum(start != MISSING_TIME for start, _ in accounts))
    assert values["sign_ups.in_candidates.share"] == (sum(new) / len(new) if new else None, len(new))
    assert values["signals.new_per_sign_up"] == (n_signals / len(new) if new else None, len(new))
    assert all(definition_of(name) is not None for name in values)


def test_the_share_has_an_interval_that_holds_it():
    started = np.full(20, AS_OF - 60)
    _, share, _ = arrival_metrics(started, np.arange(20) < 5, Links.empty(), AS_OF)
    assert share[1] == pytest.approx(0.25)
    assert 0 < share[2] < 0.25 < share[3] < 1
