"""How often a drift report cries wolf, and how soon it tells of an attack.

``python tests/graphrisk/monitor/histories.py``. In a quiet history some 25 people sign up a night, and now and then a
small ring. In an attacked one a crew signs up more and more accounts from a known night on, and cashes out five nights
later. Every night is scanned and published, and the report is read after each of the last nights.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "lineage"))

from nights import DAY, History, scan_night

from graphrisk.monitor.cohorts import find_cohorts
from graphrisk.monitor.drift import find_drift
from graphrisk.store import ResultStore

N_NIGHTS, ATTACK, LOSS = 16, 10, 15


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
        arrivals = int(self.rng.poisson(25))
        self.people += [self._person(self.now - DAY * self.rng.uniform(0, 1)) for _ in range(arrivals)]
        if self.rng.random() < 0.15:
            self._crew(6)
        if self.attacked and self.night >= ATTACK:
            self._crew(8 + 3 * (self.night - ATTACK))

    def _crew(self, size):
        super()._bear()
        ring = self.rings[self.n_rings - 1]
        ring.members = [self._recruit(ring, self.now - DAY * self.rng.uniform(0.1, 0.9)) for _ in range(size)]


def alarmed_nights(history: Exchange, store: Path) -> list[int]:
    """The nights, of those from the attack on, whose report raises an alarm."""
    alarms = []
    for night in range(N_NIGHTS):
        scan_night(history, store)
        if night >= ATTACK and any(d.is_alarm for d in find_drift(find_cohorts(ResultStore(store), 30))):
            alarms.append(night)
        history.step()
    return alarms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=20, help="of each kind")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    args = parser.parse_args()
    alarms: dict[bool, list[list[int]]] = {False: [], True: []}
    for seed in range(args.first, args.first + args.histories):
        for attacked in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                alarms[attacked].append(alarmed_nights(Exchange(seed=seed, attacked=attacked), Path(folder)))
    leads = [LOSS - nights[0] for nights in alarms[True] if nights and nights[0] < LOSS]
    facts = {"histories_of_each_kind": args.histories, "nights_reported": N_NIGHTS - ATTACK}
    facts["quiet_reports_with_alarm"] = float(
        np.mean([len(nights) for nights in alarms[False]]) / facts["nights_reported"]
    )
    facts["quiet_with_any_alarm"] = float(np.mean([bool(nights) for nights in alarms[False]]))
    facts["attacks_found_before_the_loss"] = len(leads) / args.histories
    facts["median_lead_nights"] = float(np.median(leads)) if leads else None
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
