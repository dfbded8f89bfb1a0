"""Bursts of claims: many accounts that take the same bonus within minutes, fresh ones that then go dormant."""

from __future__ import annotations

import numpy as np

from graphrisk.rings.patterns.growth._bursts import Streams, find_in
from graphrisk.rings.patterns.growth.acts import DAY, Acts
from graphrisk.rings.patterns.growth.finding import Found, GrowthPattern
from graphrisk.rings.settings import PatternRules


def _find(acts: Acts, rules: PatternRules) -> Found:
    rows = np.flatnonzero(np.isin(acts.kinds, acts.bonus_kinds))
    # claims of one kind on one target are a stream
    keys = acts.kinds[rows] * (int(acts.targets.max(initial=0)) + 2) + acts.targets[rows] + 1
    _, streams = np.unique(keys, return_inverse=True)
    found = Streams.of(acts, streams.astype(np.int64), acts.actors[rows], acts.seconds[rows], rules.min_size)
    claimed = ~np.isnan(acts.history.delay)
    context = {"took their first bonus within a day": (acts.history.delay < DAY, claimed)}
    return find_in(acts, rules, found, "claim_burst", "took the same bonus", claimed, context)


PATTERN = GrowthPattern(
    "claim_burst",
    "claim_burst",
    "claims at the rate of the hours and days around them",
    _find,
    why="took the same bonus one after the other",
)
