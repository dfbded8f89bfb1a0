"""Small exchanges with rings that share devices and sign up together, for tests of networks."""

import numpy as np

from algorithms import EntityGraph, Events, Links, Transfers

DAY = 86_400
AS_OF = 100 * DAY


def rows_of(n=300, ring_size=6, n_rings=10, seed=0):
    """Rows of every table, and which ring each account is in (-1: none)."""
    rng = np.random.default_rng(seed)
    ring = np.full(n, -1)
    ring[: n_rings * ring_size] = np.repeat(np.arange(n_rings), ring_size)
    ring = rng.permutation(ring)
    created = rng.integers(0, 90, n) * DAY
    for k in range(n_rings):
        created[ring == k] = rng.integers(10, 80) * DAY + rng.integers(0, DAY, ring_size)
    devices = np.where(ring >= 0, ring, n_rings + rng.permutation(n))
    ips = rng.integers(0, n // 3, n)
    links = [(a, "device", d) for a, d in enumerate(devices)] + [(a, "ip", i) for a, i in enumerate(ips)]
    links = [(*link, created[link[0]] + int(rng.integers(0, 5 * DAY))) for link in links]
    transfers = [(*rng.integers(0, n, 2), int(rng.integers(0, 100 * DAY)), float(rng.random() * 100)) for _ in range(n)]
    events = [(a, "sign_up", created[a], -1, np.nan) for a in range(n)]
    events += [(a, "referral", created[a], int(rng.integers(n)), np.nan) for a in range(0, n, 3)]
    events += [(a, "claim", created[a] + DAY, -1, 5.0) for a in range(0, n, 2)]
    return {"n": n, "created": created, "links": links, "transfers": transfers, "events": events}, ring


def graph_of(rows, order=None):
    """The entity graph of rows; `order` numbers the accounts anew."""
    n = rows["n"]
    order = np.arange(n) if order is None else order
    kinds = ("device", "ip")
    sizes = [1 + max(link[2] for link in rows["links"] if link[1] == kind) for kind in kinds]
    starts = np.cumsum([0, n, *sizes])
    names = ["".join(("abc"[k], f"{i:06}")) for k, size in enumerate((n, *sizes)) for i in range(size)]
    signals = np.array([starts[1 + kinds.index(kind)] + s for _, kind, s, _ in rows["links"]])
    accounts, seen = (np.array([link[k] for link in rows["links"]]) for k in (0, 3))
    by = np.lexsort((signals, order[accounts]))
    links = Links(order[accounts][by], signals[by], seen[by], seen[by] + DAY // 2, np.ones(len(by), np.int32))
    payers, payees, paid, amounts = (np.array(column) for column in zip(*rows["transfers"], strict=True))
    who, what, when, whom, value = (np.array(column) for column in zip(*rows["events"], strict=True))
    types = ("claim", "referral", "sign_up")
    codes = np.array([types.index(name) for name in what])
    turn = np.lexsort((codes, when, order[who]))
    targets = np.where(whom >= 0, order[whom], -1)
    events = Events(order[who][turn], codes[turn], when[turn], targets[turn], value[turn], types)
    created = np.empty(n, np.int64)
    created[order] = rows["created"]
    parts = {"links": links, "transfers": Transfers(order[payers], order[payees], paid, amounts), "events": events}
    groups = [names[starts[k] : starts[k + 1]] for k in range(3)]
    return EntityGraph.from_nodes(("account", *kinds), groups, created_at=created, **parts)
