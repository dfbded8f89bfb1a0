"""Known rings over many nights, and how well a store follows them: ``python tests/graphrisk/lineage/nights.py``.

Every night is a snapshot of an exchange: the accounts that are open and what they use. Rings are born, win and lose
accounts, join forces, part, are closed and come back. Every snapshot is scanned and published to one store; what the
store says of ring ids and events is then held against what was planned.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

import graphrisk
from graphrisk.config import ScanConfig
from graphrisk.result import ScanResult

START = pd.Timestamp("2026-01-01", tz="UTC")
DAY = pd.Timedelta(days=1)
N_TOOLS = 4
LARGEST = 34  # below the cap from which a device is taken for a hub
SOURCES = [{"frame": "accounts", "table": "accounts"}, {"frame": "links", "table": "links"}]


@dataclass
class Account:
    name: str
    created: pd.Timestamp
    signals: list[tuple[str, str, pd.Timestamp]]


@dataclass
class Ring:
    members: list[Account]
    devices: list[str]
    cards: list[str]
    absorbed: tuple[int, frozenset[str]] | None = None

    @classmethod
    def equipped(cls, tag: str) -> Ring:
        """A ring with tools, and no account yet."""
        return cls([], [f"{tag}-d{k}" for k in range(N_TOOLS)], [f"{tag}-c{k}" for k in range(N_TOOLS)])


@dataclass
class History:
    """A world of ordinary accounts and known rings, one night after the other.

    `n_used` of the four devices of a ring are used by each of its accounts, and the accounts started within
    `spread_days` before the ring began: few devices and an early burst make a ring that scans find in part only.
    """

    seed: int = 0
    n_people: int = 1_000
    n_used: int = 4
    spread_days: float = 15.0
    night: int = 0
    rings: dict[int, Ring] = field(default_factory=dict)
    closed: dict[int, tuple[int, Ring]] = field(default_factory=dict)
    events: list[tuple[int, str, int, frozenset[int]]] = field(default_factory=list)

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)
        self.n_names = self.n_rings = 0
        self.people = [self._person(START - self.rng.uniform(20, 400) * DAY) for _ in range(self.n_people)]
        for _ in range(28):
            self._bear()

    def _number(self) -> int:
        self.n_names += 1
        return self.n_names

    def _person(self, created) -> Account:
        n = self._number()
        device = f"home{n // 12}" if n % 3 == 0 else f"d{n}"  # households share what rings share
        signals = [("device", device, created), ("instrument", f"c{n}", created)]
        return Account(f"a{n:06d}", created, signals)

    def _recruit(self, ring: Ring, created) -> Account:
        return Account(f"a{self._number():06d}", created, self._tools(ring, created))

    def _tools(self, ring: Ring, since) -> list[tuple[str, str, pd.Timestamp]]:
        picks = self.rng.choice(len(ring.devices), size=self.n_used, replace=False)
        signals = [("device", ring.devices[k], since) for k in picks]
        return [*signals, ("instrument", ring.cards[self.rng.integers(len(ring.cards))], since)]

    def _bear(self) -> int:
        size, n = int(self.rng.integers(8, 25)), self.n_rings
        self.n_rings += 1
        ring = Ring.equipped(f"ring{n}")
        began = self.now - 0.1 * DAY
        ring.members = [self._recruit(ring, began - DAY * self.rng.uniform(0, self.spread_days)) for _ in range(size)]
        self.rings[n] = ring
        self._tell("born", n)
        return n

    @property
    def now(self):
        return START + self.night * DAY

    def _tell(self, event: str, ring: int, sources=()) -> None:
        self.events.append((self.night, event, ring, frozenset(sources)))

    def step(self) -> None:
        """Let a day pass; no ring has two things happen to it in one night."""
        self.night += 1
        self.people += [self._person(self.now - DAY * self.rng.uniform(0.1, 1)) for _ in range(5)]
        free = list(self.rng.permutation(sorted(self.rings)))
        plan = [("grown", 0.9), ("grown", 0.9), ("grown", 0.5), ("shrunk", 0.9), ("shrunk", 0.5)]
        plan += [("merged", 0.4), ("split", 0.4), ("dissolved", 0.45)]
        for event, chance in plan:
            if self.rng.random() < chance:
                getattr(self, f"_let_{event}")(free)
        if self.closed and self.rng.random() < 0.2:
            self._revive()
        for _ in range(int(self.rng.poisson(0.5)) + (len(self.rings) < 24)):
            self._bear()

    def _let_grown(self, free) -> None:
        n = next(k for k in free if len(self.rings[k].members) < LARGEST - 5)
        free.remove(n)
        ring = self.rings[n]
        few = 1 + int(self.rng.integers(5))
        ring.members += [self._recruit(ring, self.now - DAY * self.rng.uniform(0.1, 0.9)) for _ in range(few)]
        self._tell("grown", n, [n])

    def _let_shrunk(self, free) -> None:
        n = next(k for k in free if len(self.rings[k].members) > 8)
        free.remove(n)
        ring = self.rings[n]
        few = 1 + int(self.rng.integers(len(ring.members) // 4))
        ring.members = [ring.members[k] for k in sorted(self.rng.permutation(len(ring.members))[few:])]
        self._tell("shrunk", n, [n])

    def _let_merged(self, free) -> None:
        """Two operators pool their tools: every account is then used with some of the pool."""
        sizes = {k: len(self.rings[k].members) for k in free}
        pairs = [(k, j) for k in free for j in free if sizes[k] >= sizes[j] + 3 and sizes[k] + sizes[j] <= LARGEST]
        if not pairs:
            return
        one, other = pairs[0]  # the larger is what the ring goes on as
        free[:] = [k for k in free if k not in pairs[0]]
        a, b = self.rings[one], self.rings.pop(other)
        half = N_TOOLS // 2
        pool = Ring(a.members + b.members, a.devices[:half] + b.devices[:half], a.cards[:half] + b.cards[:half])
        pool.absorbed = (other, frozenset(x.name for x in b.members))
        for account in pool.members:
            account.signals = self._tools(pool, self.now - DAY / 2)
        self.rings[one] = pool
        self._tell("merged", one, [one, other])

    def _let_split(self, free) -> None:
        """Two parts take new tools; the larger is what the ring was, a part that once merged is itself again."""
        cut = next((cut for cut in map(self._cut, free) if cut is not None), None)
        if cut is None:
            return
        n, part, back = cut
        free.remove(n)
        new = self.n_rings if back is None else back
        self.n_rings += back is None
        stay = [x for x in self.rings[n].members if x.name not in part]
        gone = [x for x in self.rings[n].members if x.name in part]
        for name, members in ((n, stay), (new, gone)):
            ring = self.rings[name] = Ring.equipped(f"ring{name}-{self.night}")
            ring.members = members
            for account in members:
                account.signals = self._tools(ring, self.now - DAY / 2)
        self._tell("split", n, [n])
        self._tell("split", new, [n])
        if back is not None:
            self._tell("revived", back, [back])

    def _cut(self, n: int) -> tuple[int, set[str], int | None] | None:
        """Which members of a ring would go, and which ring they once were."""
        ring = self.rings[n]
        names = {x.name for x in ring.members}
        if ring.absorbed is not None:
            back, once = ring.absorbed
            part = names & once
            fits = len(part) >= 6 and len(names) - len(part) >= len(part) + 3 and 2 * len(part) > len(once)
            return (n, part, back) if fits else None
        if len(names) < 18:
            return None
        order = self.rng.permutation(sorted(names))
        return n, set(order[int(len(names) * self.rng.uniform(0.55, 0.65)) :].tolist()), None

    def _let_dissolved(self, free) -> None:
        n = free.pop()
        self.closed[n] = (self.night, self.rings.pop(n))
        self._tell("dissolved", n, [n])

    def _revive(self) -> None:
        n = int(self.rng.choice(sorted(self.closed)))
        if self.closed[n][0] == self.night:
            return
        self.rings[n] = self.closed.pop(n)[1]
        self._tell("revived", n, [n])

    def frames(self) -> dict[str, pd.DataFrame]:
        """What is open tonight, as the tables of a scan."""
        accounts = self.people + [x for n in sorted(self.rings) for x in self.rings[n].members]
        accounts.sort(key=lambda x: x.name)
        links = [(x.name, kind, name, since, since + DAY / 8) for x in accounts for kind, name, since in x.signals]
        columns = ["account_id", "signal_type", "signal_id", "first_seen", "last_seen"]
        people = pd.DataFrame({"account_id": [x.name for x in accounts], "created_at": [x.created for x in accounts]})
        return {"accounts": people, "links": pd.DataFrame(links, columns=columns).drop_duplicates()}

    def members(self) -> dict[int, set[str]]:
        return {n: {x.name for x in ring.members} for n, ring in self.rings.items()}


def scan_night(history: History, store: Path) -> ScanResult:
    """Scan tonight's snapshot and publish it."""
    scan = {"as_of": history.now.to_pydatetime()}
    config = ScanConfig.model_validate({"scan": scan, "source": SOURCES})
    return graphrisk.scan(config, frames=history.frames(), store=store)


def known_rings(found: dict[str, set[str]], truth: dict[int, set[str]]) -> dict[str, int]:
    """Which known ring each listed ring is: each holds most of the other, both ways the best."""
    shared = {(r, n): len(a & b) for r, a in found.items() for n, b in truth.items() if len(a & b)}
    out: dict[str, int] = {}
    for (r, n), m in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        if r not in out and n not in out.values() and 2 * m > max(len(found[r]), len(truth[n])):
            out[r] = n
    return out


@dataclass
class Figures:
    """What a store got right."""

    ring_nights: int = 0
    found: int = 0
    right: int = 0
    unknown: int = 0
    planned: set = field(default_factory=set)
    told: set = field(default_factory=set)

    def summary(self) -> dict[str, float]:
        hit = self.planned & self.told
        shares = {
            "found": self.found / self.ring_nights,
            "ids_right_of_found": self.right / self.found,
            "ids_right_of_all": self.right / self.ring_nights,
            "event_precision": len(hit) / max(len(self.told), 1),
            "event_recall": len(hit) / max(len(self.planned), 1),
        }
        return {
            "ring_nights": self.ring_nights,
            "listed_but_unknown": self.unknown,
            "events_planned": len(self.planned),
            "events_told": len(self.told),
            **{name: round(float(share), 4) for name, share in shares.items()},
        }

    def by_event(self) -> dict[str, tuple[int, int, int]]:
        """Planned, told and right of every kind."""
        kinds = sorted({key[1] for key in self.planned | self.told})
        count = lambda keys, kind: sum(key[1] == kind for key in keys)  # noqa: E731
        both = self.planned & self.told
        return {k: (count(self.planned, k), count(self.told, k), count(both, k)) for k in kinds}


def live(history: History, store: Path, n_nights: int) -> Figures:
    """Scan night after night and compare."""
    figures, first_id, owner = Figures(), dict[int, str](), dict[str, int]()
    for _ in range(n_nights):
        result = scan_night(history, store)
        groups = result.members.groupby("ring_id").entity_id.apply(set).to_dict()
        truth = history.members()
        is_known = known_rings(groups, truth)
        figures.ring_nights += len(truth)
        figures.found += len(is_known)
        figures.unknown += len(groups) - len(is_known)
        for ring_id, n in is_known.items():
            mine = first_id.setdefault(n, ring_id)
            figures.right += mine == ring_id and owner.setdefault(ring_id, n) == n
        for row in result.tables["ring_event"].to_pylist():
            came = frozenset(owner.get(ring, ring) for ring in row["from_ring_ids"])
            figures.told.add((history.night, row["event"], owner.get(row["ring_id"], row["ring_id"]), came))
        history.step()
    figures.planned = {event for event in history.events if event[0] < n_nights}
    return figures


def add_up(every: list[Figures]) -> Figures:
    """Figures of several histories together."""
    total = Figures()
    for number, one in enumerate(every):
        for name in ("ring_nights", "found", "right", "unknown"):
            setattr(total, name, getattr(total, name) + getattr(one, name))
        total.planned |= {(*event[:3], event[3], number) for event in one.planned}
        total.told |= {(*event[:3], event[3], number) for event in one.told}
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=3, help="histories")
    parser.add_argument("--used", type=int, default=4, help="of the four devices of a ring, how many an account uses")
    parser.add_argument("--spread", type=float, default=15, help="days within which the first members started")
    args = parser.parse_args()
    began, every = time.perf_counter(), []
    for seed in range(args.seeds):
        with tempfile.TemporaryDirectory() as folder:
            history = History(seed=seed, n_used=args.used, spread_days=args.spread)
            every.append(live(history, Path(folder), args.nights))
        print(json.dumps({"seed": seed, **every[-1].summary()}))
    total = add_up(every)
    print(json.dumps({"seconds": round(time.perf_counter() - began, 1), **vars(args), **total.summary()}))
    for kind, (planned, told, right) in total.by_event().items():
        print(f"  {kind:10} planned {planned:4}  told {told:4}  right {right:4}")


if __name__ == "__main__":
    main()
