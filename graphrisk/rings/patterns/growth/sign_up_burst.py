"""Bursts of sign-ups: many accounts that come within minutes and then do nothing, or nothing but claim."""

from __future__ import annotations

import numpy as np

from algorithms.times import MISSING_TIME
from graphrisk.rings.patterns.growth._bursts import Streams, find_in
from graphrisk.rings.patterns.growth.acts import Acts
from graphrisk.rings.patterns.growth.finding import Found, GrowthPattern
from graphrisk.rings.settings import PatternRules


def _find(acts: Acts, rules: PatternRules) -> Found:
    started = acts.history.started
    actors = np.flatnonzero((started != MISSING_TIME) & (np.arange(acts.n_actors) < acts.history.n_accounts))
    streams = Streams.of(acts, np.zeros(len(actors), np.int64), actors, started[actors], rules.min_size)
    known = started != MISSING_TIME
    context = {"took a bonus": (acts.history.claimed, known)} if acts.history.claims else {}
    return find_in(acts, rules, streams, "sign_up_burst", "signed up", known, context)


PATTERN = GrowthPattern(
    "sign_up_burst",
    "sign_up_burst",
    "sign-ups at the rate of the hours and days around them",
    _find,
    why="signed up one after the other",
)
