"""A smaller run of `histories.py`, whose figures are in the README."""

import pytest
from histories import LOSS, live_twice, told_nights

SEEDS = range(200, 206)


@pytest.mark.slow
def test_quiet_histories_stay_quiet_and_attacks_are_told_of_before_the_loss():
    told = [{attacked: told_nights(past) for attacked, past in live_twice(seed).items()} for seed in SEEDS]
    # with 5 % false alarms two of six are seen in one run of thirty
    assert sum(bool(history[False]["report"]) for history in told) <= 1
    assert all(history[True]["report"] for history in told)
    assert all(history[True]["report"][0] < LOSS for history in told)
