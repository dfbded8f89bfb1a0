"""Small random streams of transfers, and slow ways to say of each row what came before it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np

from algorithms import Transfers


def random_stream(seed: int, n: int = 30, n_accounts: int = 5, span: int = 40) -> Transfers:
    """A few accounts, so that ties, self-transfers, parallel edges and odd amounts all occur."""
    rng = np.random.default_rng(seed)
    amounts = rng.choice([5.0, 10.0, 100.0, 99.0, 1000.0, 0.0, -3.0, np.nan, 12.5], n)
    return Transfers(
        rng.integers(0, n_accounts, n), rng.integers(0, n_accounts, n), np.sort(rng.integers(0, span, n)), amounts
    )


def rows_of(t: Transfers):
    """Rows as tuples of plain numbers; amounts that are none are 0."""
    amounts = [a if math.isfinite(a) and a > 0 else 0.0 for a in t.amounts.tolist()]
    return list(zip(t.sources.tolist(), t.targets.tolist(), t.seconds.tolist(), amounts, strict=True))


def slow_windows(t: Transfers, windows: dict[str, int]) -> list[dict[str, float]]:
    """Statistics of both accounts of each row, by scanning all rows before it."""
    rows, out = rows_of(t), []
    for i, (source, target, now, _) in enumerate(rows):
        line = {}
        for role, account in (("source", source), ("target", target)):
            for side, own, other in (("out", 0, 1), ("in", 1, 0)):
                past = [row for row in rows[:i] if row[own] == account]
                for name, width in windows.items():
                    line |= _window(f"{role}_{side}_%s_{name}", [r for r in past if r[2] >= now - width], other)
                partners = Counter(row[other] for row in past)
                line[f"{role}_{side}_count"] = len(past)
                line[f"{role}_{side}_partners"] = len(partners)
                line[f"{role}_{side}_one_off_partners"] = sum(n == 1 for n in partners.values())
                line[f"{role}_{side}_since_first"] = now - past[0][2] if past else math.nan
                line[f"{role}_{side}_since_last"] = now - past[-1][2] if past else math.nan
        out.append(line)
    return out


def _window(key, past, other):
    known = [row[3] for row in past if row[3] > 0]
    mean = sum(known) / len(known) if known else math.nan
    partners, n = Counter(row[other] for row in past), len(past)
    return {
        key % "count": n,
        key % "sum": sum(known),
        key % "mean": mean,
        key % "spread": math.sqrt(sum((a - mean) ** 2 for a in known) / len(known)) if len(known) > 1 else math.nan,
        key % "fan": len(partners),
        key % "entropy": -sum(c / n * math.log(c / n) for c in partners.values()) if n else math.nan,
        key % "gap": (past[-1][2] - past[0][2]) / (n - 1) if n > 1 else math.nan,
    }


def slow_pairs(t: Transfers) -> list[dict[str, float]]:
    """What the two accounts of each row had to do with each other before."""
    met, out = defaultdict(list), []
    for source, target, now, amount in rows_of(t):
        past, back = met[source, target], met[target, source]
        line = {"pair_count": len(past), "pair_is_new": not past, "reverse_count": len(back)}
        line["pair_since_last"] = now - past[-1][0] if past else math.nan
        line["pair_since_first"] = now - past[0][0] if past else math.nan
        line["reverse_since_last"] = now - back[-1][0] if back else math.nan
        total = sum(a for _, a in past)
        line["pair_amount_ratio"] = amount * len(past) / total if amount and total else math.nan
        line["pair_gap_change"] = math.nan
        if len(past) > 1:
            gap, before = now - past[-1][0], past[-1][0] - past[-2][0]
            line["pair_gap_change"] = abs(gap - before) / max(gap, before) if max(gap, before) else 0.0
        out.append(line)
        past.append((now, amount))
    return out


def slow_cycles(t: Transfers, window: int, longest: int) -> np.ndarray:
    """Cycles that each row closes, by length, from trying every rising walk over distinct accounts."""
    rows = rows_of(t)
    counts = np.zeros((len(rows), longest + 1), int)
    for i, (home, start, now, _) in enumerate(rows):
        if home == start:
            continue
        walks = [(start, -1, (home, start))]
        for hops in range(2, longest + 1):
            longer = []
            for account, since, seen in walks:
                for j in range(since + 1, i):
                    source, target, second, _ = rows[j]
                    if source != account or second < now - window:
                        continue
                    if target == home:
                        counts[i, hops] += 1
                    elif target not in seen:
                        longer.append((target, j, (*seen, target)))
            walks = longer
    return counts


def slow_motifs(t: Transfers, window: int) -> list[dict[str, float]]:
    """Fans of the source, middles of scatter-gather, and bipartite neighbours, by sets."""
    rows, out = rows_of(t), []
    for i, (source, target, now, _) in enumerate(rows):
        past = [(j, a, b) for j, (a, b, second, _) in enumerate(rows[:i]) if second >= now - window]
        names = ("gathered", "scattered", "scatter_gather", "bipartite_sources", "bipartite_targets")
        line = dict.fromkeys(names, 0)
        out.append(line)
        if source == target:
            continue
        gather = [j for j, a, b in past if b == source and a != source]
        payers = {rows[j][0] for j in gather}
        payees = {b for j, a, b in past if a == source and b not in (source, target)}
        line["gathered"] = len(payers)
        if payers:
            newest = {b: j for j, a, b in past if a == source}
            line["scattered"] = 1 + sum(newest[b] > gather[0] for b in payees)
        middles = {a: j for j, a, b in past if b == target and a not in (source, target)}
        per_payer = Counter()
        for middle, paid in middles.items():
            fed = {a for j, a, b in past if b == middle and j < paid}
            per_payer.update((fed & payers) - {target, middle})
        line["scatter_gather"] = 1 + max(per_payer.values()) if per_payer else 0
        others = {m: {b for _, a, b in past if a == m} & payees for m in middles}
        line["bipartite_sources"] = sum(bool(shared) for shared in others.values())
        line["bipartite_targets"] = len(set().union(*others.values()))
    return out
