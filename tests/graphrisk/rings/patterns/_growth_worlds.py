"""A small world of ordinary people, what abusers plant in it, and the search for it."""

from __future__ import annotations

import numpy as np
import pandas as pd

import graphrisk
from graphrisk.config import ScanConfig
from graphrisk.hubs import find_hubs
from graphrisk.rings.history import find_history
from graphrisk.rings.patterns.growth import GROWTH_TYPOLOGIES
from graphrisk.rings.patterns.growth.acts import make_acts
from graphrisk.rings.patterns.growth.search import search_growth
from graphrisk.rings.sharing import find_sharing
from loaders import load

DAY, HOUR = 86_400, 3_600
START = int(pd.Timestamp("2025-01-01", tz="UTC").timestamp())
DAYS = 120


class Tables:
    """A small world of ordinary people, to which tests add abuse and its benign twins."""

    def __init__(self, seed=1, n_people=1500):
        self.rng = np.random.default_rng(seed)
        self.accounts, self.events, self.transfers, self.links = [], [], [], []
        for k in range(n_people):
            self.person(f"p{k:04}", self.evening(int(self.rng.integers(DAYS - 5))))

    def evening(self, day):
        return START + day * DAY + int((19 + self.rng.normal(0, 1.5)) % 24 * HOUR)

    def person(self, name, at, device=None, claims=0.3, stays=0.7, inviter=None):
        """Somebody who signs up, and mostly stays."""
        self.accounts.append((name, at))
        self.links.append((name, "device", device or f"d-{name}", at))
        if self.rng.random() < claims:
            self.events.append((name, "claim", at + int(self.rng.exponential(4 * DAY)), None, 20.0))
        if inviter or self.rng.random() < 0.25:
            self.events.append((name, "referral", at + 60, inviter or f"p{self.rng.integers(1500):04}", np.nan))
        n_acts = int(self.rng.geometric(0.08)) if self.rng.random() < stays else int(self.rng.integers(3))
        for _ in range(n_acts):
            when = at + int(self.rng.random() * (START + DAYS * DAY - at))
            kind = str(self.rng.choice(["login", "trade", "order"]))
            self.events.append((name, kind, when, f"market-{self.rng.integers(8)}", np.nan))
        for _ in range(int(self.rng.poisson(1.0))):
            when = at + int(self.rng.random() * (START + DAYS * DAY - at))
            self.transfers.append((name, f"p{self.rng.integers(1500):04}", when, float(self.rng.gamma(2, 100))))

    def sleeper(self, name, at, device=None, claim=None, inviter=None):
        """An account made to take a bonus and nothing else."""
        self.accounts.append((name, at))
        self.links.append((name, "device", device or f"d-{name}", at))
        if claim is not None:
            self.events.append((name, "claim", claim, None, 20.0))
        if inviter:
            self.events.append((name, "referral", at + 60, inviter, np.nan))

    def frames(self):
        def timed(rows, columns, at):
            frame = pd.DataFrame(rows, columns=columns)
            return frame.assign(**{at: pd.to_datetime(frame[at], unit="s", utc=True)})

        links = timed(self.links, ["account_id", "signal_type", "signal_id", "first_seen"], "first_seen")
        act = ["account_id", "event_type", "occurred_at", "target_id", "value"]
        return {
            "accounts": timed(self.accounts, ["account_id", "created_at"], "created_at"),
            "links": links.assign(last_seen=links.first_seen, n_events=1),
            "events": timed(self.events, act, "occurred_at"),
            "transfers": timed(self.transfers, ["source_id", "target_id", "occurred_at", "amount"], "occurred_at"),
        }


def config_of(frames, search):
    config = {
        "source": [{"frame": name, "table": name} for name in frames],
        "patterns": {"search": list(search)},
        "scan": {"as_of": pd.Timestamp(START + DAYS * DAY, unit="s", tz="UTC").isoformat()},
    }
    return ScanConfig.model_validate(config)


def scan(tables, search=GROWTH_TYPOLOGIES):
    """Scan for rings of all kinds."""
    frames = tables.frames()
    return graphrisk.scan(config_of(frames, search), frames=frames)


def searched(tables, search=GROWTH_TYPOLOGIES, least_score=0.5, **rules):
    """Search for patterns of growth abuse alone; gives the rings and the name of each actor."""
    frames = tables.frames()
    config = config_of(frames, search)
    graph = load(config.load_config(), frames=frames, as_of=config.scan.as_of).graph
    sharing = find_sharing(graph)
    history, policy = find_history(graph, sharing, config.rings), find_hubs(graph, sharing, config.hubs)
    patterns = config.patterns.model_copy(update=rules)
    acts = make_acts(graph, sharing, policy, history, config.rings.bonus_events, patterns.dormant_days)
    found = search_growth(acts, patterns, least_score)
    assert found.n_tested
    return found.rings, np.array(graph.names.to_pylist())[sharing.actors]


def drawn(tables, search=GROWTH_TYPOLOGIES):
    """Typology and member set of each ring that patterns of growth abuse draw."""
    rings, names = searched(tables, search)
    return [(ring.pattern.typology, set(names[ring.found.members])) for ring in rings]


def jaccard(a, b):
    return len(a & b) / len(a | b)


def plant_tree(tables, n=25):
    names = [f"t{k:02}" for k in range(n)]
    for k, name in enumerate(names):
        at = START + 30 * DAY + k * HOUR
        tables.sleeper(name, at, f"farm-{k // 8}", at + HOUR, names[(k - 1) // 3] if k else None)
        if k:
            tables.transfers.append((name, names[(k - 1) // 3], at + 2 * HOUR, 19.0))
    return set(names)


def plant_sign_ups(tables, n=30):
    names = [f"s{k:02}" for k in range(n)]
    for name in names:
        at = START + 50 * DAY + 10 * HOUR + int(tables.rng.integers(500))
        tables.sleeper(name, at, claim=at + int(tables.rng.integers(10 * DAY)))
    return set(names)


def plant_claims(tables, n=30):
    names = [f"c{k:02}" for k in range(n)]
    for name in names:
        at = START + 60 * DAY + 9 * HOUR
        tables.sleeper(name, at - int(tables.rng.integers(20 * HOUR)), claim=at + int(tables.rng.integers(300)))
    return set(names)


def plant_lockstep(tables, n=12):
    names = [f"l{k:02}" for k in range(n)]
    for name in names:
        tables.person(name, tables.evening(10), stays=0.3)
    for _ in range(10):
        at, market = START + int(tables.rng.integers(20, DAYS - 1)) * DAY, f"market-{tables.rng.integers(8)}"
        at += int(tables.rng.integers(DAY // 2))
        tables.events += [(name, "order", at + int(tables.rng.integers(20)), market, np.nan) for name in names]
    return set(names)


def plant_wash(tables):
    for k, name in enumerate(("w0", "w1")):
        tables.person(name, tables.evening(5 + k), device="wash")
    for k in range(15):
        at, amount = START + (20 + 3 * k) * DAY, float(tables.rng.gamma(2, 500))
        tables.transfers += [("w0", "w1", at, amount), ("w1", "w0", at + HOUR, amount * 0.99)]
    return {"w0", "w1"}


def plant_airdrop(tables, n=20):
    names = [f"a{k:02}" for k in range(n)]
    tables.person("boss", tables.evening(8))
    for name in names:
        at = START + int(tables.rng.integers(40, 60)) * DAY
        tables.sleeper(name, at, claim=at + DAY)
        tables.transfers.append((name, "boss", at + DAY + 2 * HOUR, 19.5))
    return {*names, "boss"}


def plant_sequence(tables, n=10):
    """A script signs up one account a day and does the same with each, with pauses that differ by a fifth."""
    names, route = [f"q{k:02}" for k in range(n)], [("login", 40), ("trade", 300), ("order", 90), ("claim", 3600)]
    route += [("trade", 20 * HOUR), ("login", 600), ("order", 45), ("trade", 8 * HOUR)]
    for k, name in enumerate(names):
        at = START + (30 + 2 * k) * DAY + int(tables.rng.integers(DAY))
        tables.sleeper(name, at)
        for what, pause in route:
            at += int(pause * tables.rng.uniform(0.85, 1.15))
            tables.events.append((name, what, at, None if what == "claim" else "market-3", np.nan))
    return set(names)


PLANTS = {
    "referral_tree": plant_tree,
    "sign_up_burst": plant_sign_ups,
    "claim_burst": plant_claims,
    "lockstep": plant_lockstep,
    "wash_trade": plant_wash,
    "airdrop_farm": plant_airdrop,
    "same_sequence": plant_sequence,
}
