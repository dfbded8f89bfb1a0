"""How early each sign came on simulated histories; `tests/graphrisk/monitor/histories.py --write` measures it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources

FILE = "lead_times.json"


@dataclass(frozen=True)
class LeadTime:
    """What one sign was worth.

    Parameters
    ----------
    sign : str
        ``report`` for any of all, ``drift`` for any feature of new accounts, ``drift.score``, or a metric.
    found : float
        Share of the attacks of which it told before the loss.
    median_nights : float or None
        How long before; None if it told of none.
    false_alarms : float
        Share of the quiet histories in which it told of anything in six nightly reports.
    """

    sign: str
    found: float
    median_nights: float | None
    false_alarms: float


@dataclass(frozen=True)
class LeadTimes:
    """Signs, and on how many quiet and as many attacked histories they were measured."""

    n_histories: int
    signs: tuple[LeadTime, ...]


def read_lead_times() -> LeadTimes:
    """Read what was measured."""
    facts = json.loads(resources.files("graphrisk.monitor").joinpath(FILE).read_text("utf-8"))
    return LeadTimes(facts["n_histories"], tuple(LeadTime(**sign) for sign in facts["signs"]))
