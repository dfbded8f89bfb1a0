"""How often a monitor report cries wolf, and how soon it tells of an attack.

``python tests/graphrisk/monitor/histories.py``. In a quiet history some 25 people sign up a night, more at weekends and
more from week to week, and now and then a small ring. In its attacked twin, the same up to then, a crew signs up more
and more accounts from a known night on, and cashes out five nights later. Every night is scanned and published, and
the report is read after each of the last six.
"""

from __future__ import annotations

import argparse
import copy
import json
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "lineage"))

from nights import DAY, START, History, scan_night

from graphrisk.intervals import wilson
from graphrisk.monitor import lead_times as lead_times_module
from graphrisk.monitor.changes import find_changes
from graphrisk.monitor.cohorts import Cohort, find_cohorts
from graphrisk.monitor.drift import find_drift
from graphrisk.monitor.lead_times import LeadTime
from graphrisk.monitor.signs import FAMILIES
from graphrisk.monitor.words import SIGNS
from graphrisk.store import ResultStore

N_NIGHTS, ATTACK, LOSS = 30, 24, 29
N_SCANS = 30
SHARE = 0.05 / FAMILIES


@dataclass
class Exchange(History):
    """People who sign up, small rings now and then, and from one night on perhaps a crew."""

    n_people: int = 250
    attacked: bool = False

    def _bear(self):
        if self.n_rings < 4 or self.night:  # some rings are there from the start
            super()._bear()

    def step(self):
        self.night += 1
        weekend = 1.4 if self.night % 7 in (5, 6) else 1.0
        arrivals = int(self.rng.poisson(25 * weekend * 1.005**self.night))
        self.people += [self._person(self.now - DAY * self.rng.uniform(0, 1)) for _ in range(arrivals)]
        if self.rng.random() < 0.15:
            self._crew(6)
        if self.attacked and self.night >= ATTACK:
            self._crew(8 + 3 * (self.night - ATTACK))

    def _crew(self, size):
        super()._bear()
        ring = self.rings[self.n_rings - 1]
        ring.members = [self._recruit(ring, self.now - DAY * self.rng.uniform(0.1, 0.9)) for _ in range(size)]


@dataclass
class Past:
    """What the scans of a history left: the newcomers of every scan but the first, and every scan's metrics."""

    cohorts: list[Cohort]
    metrics: list[dict[str, tuple]]

    def until(self, night: int) -> Past:
        """Return what a report after that night looks at."""
        first = max(night + 1 - N_SCANS, 0)
        return Past(self.cohorts[max(first - 1, 0) : night], self.metrics[first : night + 1])


def live_twice(seed: int) -> dict[bool, Past]:
    """Scan a quiet history and its attacked twin; the nights that they have in common once."""
    with tempfile.TemporaryDirectory() as folder:
        history, store = Exchange(seed=seed), Path(folder, "quiet")
        for _ in range(ATTACK - 1):
            scan_night(history, store)
            history.step()
        scan_night(history, store)
        twin, its_store = copy.deepcopy(history), Path(folder, "attacked")
        twin.attacked = True
        shutil.copytree(store, its_store)
        out = {}
        for one, at in ((history, store), (twin, its_store)):
            for _ in range(ATTACK, N_NIGHTS):
                one.step()
                scan_night(one, at)
            out[one.attacked] = read_past(ResultStore(at))
    return out


def read_past(store: ResultStore) -> Past:
    rows = [store.table("metric", scan).to_pylist() for scan in store.scans()]
    metrics = [{row["name"]: (row["value"], row["low"], row["high"], row["n"]) for row in night} for night in rows]
    return Past(find_cohorts(store, N_NIGHTS), metrics)


def told_nights(past: Past) -> dict[str, list[int]]:
    """For every sign the nights, of those from the attack on, whose report tells of it."""
    told: dict[str, list[int]] = {sign: [] for sign in SIGNS}
    for night in range(ATTACK, N_NIGHTS):
        seen = past.until(night)
        drifts = [drift.feature for drift in find_drift(seen.cohorts, rate=SHARE) if drift.is_alarm]
        values = [{name: row[0] for name, row in metrics.items()} for metrics in seen.metrics]
        moments = [(START + at * DAY).to_pydatetime() for at in range(night + 1 - len(values), night + 1)]
        signs = {change.metric for change in find_changes(moments[1:], values[1:], rate=SHARE) if change.is_alarm}
        signs |= {"drift"} if drifts else set()
        signs |= {"drift.score"} if "score" in drifts else set()
        for sign in signs | ({"report"} if signs else set()):
            told[sign].append(night)
    return told


def lead_times(told: dict[bool, list[dict[str, list[int]]]]) -> list[LeadTime]:
    """Put histories together: what share of attacks each sign told of before the loss, and how often it was wrong."""
    out = []
    for sign in SIGNS:
        first = [history[sign][0] for history in told[True] if history[sign]]
        leads = [LOSS - night for night in first if night < LOSS]
        false = sum(bool(history[sign]) for history in told[False]) / len(told[False])
        median = float(np.median(leads)) if leads else None
        out.append(LeadTime(sign, len(leads) / len(told[True]), median, false))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=100, help="of each kind")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--write", action="store_true", help="keep the figures for the page of the report")
    args = parser.parse_args()
    told: dict[bool, list[dict[str, list[int]]]] = {False: [], True: []}
    for seed in range(args.first, args.first + args.histories):
        for attacked, past in live_twice(seed).items():
            told[attacked].append(told_nights(past))
    signs = lead_times(told)
    for sign in signs:
        ends = [wilson(round(share * args.histories), args.histories) for share in (sign.found, sign.false_alarms)]
        intervals = {
            name: [round(end, 3) for end in pair] for name, pair in zip(("found_95", "false_95"), ends, strict=True)
        }
        print(json.dumps({**asdict(sign), **intervals}))
    if args.write:
        facts = {"n_histories": args.histories, "signs": [asdict(sign) for sign in signs]}
        file = Path(lead_times_module.__file__).with_name(lead_times_module.FILE)
        file.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
