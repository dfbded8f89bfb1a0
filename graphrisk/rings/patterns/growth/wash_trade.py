"""Wash trades: accounts that send each other the same money back and forth, so that nobody's position changes."""

from __future__ import annotations

import numpy as np

from algorithms.returns import ReturnPairs, find_returns
from algorithms.spreading import UnionFind
from algorithms.transfers import Transfers
from graphrisk.rings.evidence import duration, percent
from graphrisk.rings.patterns.growth.acts import Acts, FloatArray, LongArray
from graphrisk.rings.patterns.growth.finding import Finding, Found, GrowthPattern, Line, Ties, shape_weight, share_nats
from graphrisk.rings.settings import PatternRules

TOLERANCE = 0.02
MOST_PARTNERS = 10
"""Who trades back and forth with more others is a market maker, and held against its own habit."""
OWN_WEIGHT, STRANGERS_WEIGHT, OPEN_WEIGHT = 1.0, -0.5, -1.0


def _find(acts: Acts, rules: PatternRules) -> Found:
    within = int(rules.wash_hours * 3600)
    pairs = find_returns(_between(acts), within_seconds=within, tolerance=TOLERANCE)
    nats = _nats(acts, pairs)
    keep = np.flatnonzero(nats > np.log(max(len(pairs), 1)))
    sets = UnionFind(acts.n_actors)
    sets.add_edges(pairs.sources[keep].astype(np.int32), pairs.targets[keep].astype(np.int32))
    labels = sets.labels()[pairs.sources[keep]]
    findings, n_crowded = [], 0
    for label in np.unique(labels).tolist():
        rows = keep[labels == label]
        members = np.unique(np.concatenate([pairs.sources[rows], pairs.targets[rows]]))
        if len(members) > rules.growth_max_size:
            n_crowded += len(members)
        elif len(members) >= rules.wash_min_size:
            findings.append(_finding(acts, pairs, nats, rows, members, within))
    return Found(findings, max(len(pairs), 1), n_crowded)


def _between(acts: Acts) -> Transfers:
    """Transfers between two actors that are no known hubs."""
    transfers, hubs = acts.transfers, acts.policy.known_actors
    payer, payee = acts.acts_for[transfers.sources], acts.acts_for[transfers.targets]
    use = (payer >= 0) & (payee >= 0) & (payer != payee)
    use[use] &= ~(hubs[payer[use]] | hubs[payee[use]])
    amounts = transfers.amounts if transfers.amounts_usd is None else transfers.amounts_usd
    return Transfers(
        payer[use].astype(np.int32),
        payee[use].astype(np.int32),
        None if transfers.seconds is None else transfers.seconds[use],
        None if amounts is None else amounts[use],
    )


def _nats(acts: Acts, pairs: ReturnPairs) -> FloatArray:
    """Nats of so many returns: against other pairs without market makers, whose pairs are held against their own."""
    n, back = pairs.n_transfers, pairs.n_returned
    out = np.zeros(len(pairs))
    if not len(pairs):
        return out
    ends = (pairs.sources, pairs.targets)
    all_of, back_of, partners = (
        np.bincount(ends[0], column, acts.n_actors) + np.bincount(ends[1], column, acts.n_actors)
        for column in (n, back, back > 0)
    )
    makes_market = partners > MOST_PARTNERS
    common = ~(makes_market[pairs.sources] | makes_market[pairs.targets])
    total, total_back = float(n[common].sum()), float(back[common].sum())
    for k in np.flatnonzero(back >= 4).tolist():
        own = int(common[k])
        nats = share_nats(back[k], n[k], total_back - back[k] * own, total - n[k] * own)
        for end in ends:
            if makes_market[end[k]]:
                nats = min(nats, share_nats(back[k], n[k], back_of[end[k]] - back[k], all_of[end[k]] - n[k]))
        out[k] = nats / 2  # both halves of a return are one chance
    return out


def _finding(
    acts: Acts, pairs: ReturnPairs, nats: FloatArray, rows: LongArray, members: LongArray, within: int
) -> Finding:
    sources, targets, back = pairs.sources[rows], pairs.targets[rows], pairs.n_returned[rows]
    volume, net = float(pairs.volume[rows].sum()), float(pairs.net[rows].sum())
    surprise = float(np.median(nats[rows]))
    returned = back.sum() / pairs.n_transfers[rows].sum()
    text = (
        f"{back.sum() // 2} times one of {len(members)} accounts got back from another, within {duration(within)}, "
        f"what it had sent, to {100 * TOLERANCE:.0f} %: {percent(returned)} of the transfers between them "
        f"({volume:,.2f} in all) are half of such a return."
    )
    lines = [Line("wash_trade", text, shape_weight(surprise, len(pairs)))]
    own = acts.share_a_signal(sources, targets)
    if own.any():
        text = f"{int(own.sum())} of {len(rows)} pairs that trade so share a signal that is no hub."
        weight = OWN_WEIGHT * float(own.mean())
        lines.append(Line("own_accounts", text, weight, lost=weight - STRANGERS_WEIGHT))
    else:
        text = "Nothing but the transfers says that the accounts belong together."
        lines.append(Line("no_common_signal", text, STRANGERS_WEIGHT))
    if net > 0:
        text = f"{percent(net / volume)} of what they sent each other did not come back in the end."
        lines.append(Line("open_position", text, OPEN_WEIGHT * net / volume))
    nodes = acts.sharing.actors.astype(np.int64)
    return Finding(
        members=members,
        nats=surprise,
        lines=tuple(lines),
        first=int(pairs.first[rows].min()),
        last=int(pairs.last[rows].max()),
        ties=Ties(nodes[sources], nodes[targets], pairs.first[rows], pairs.last[rows], pairs.n_transfers[rows]),
        value=volume,
        own=np.ones(len(members)),
    )


PATTERN = GrowthPattern(
    "wash_trade", "transfer", "transfers that come back as often as those of all other pairs", _find, True
)
