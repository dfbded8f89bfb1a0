"""Airdrop farming: many accounts or wallets take what one source pays to all, and pass it on to the same collector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from algorithms.times import MISSING_TIME
from graphrisk.rings.evidence import duration, percent
from graphrisk.rings.patterns.growth.acts import DAY, Acts, BoolArray, LongArray
from graphrisk.rings.patterns.growth.finding import (
    MEMBER,
    Finding,
    Found,
    GrowthPattern,
    Line,
    Ties,
    shape_weight,
    share_nats,
)
from graphrisk.rings.settings import PatternRules

COLLECTOR = "collector"
OTHERS_WEIGHT, ACTIVE_WEIGHT = -1.5, -1.5


@dataclass(frozen=True, eq=False)
class _Payments:
    """Transfers of actors, one row per target and payer, in this order: the first that swept, else the first."""

    payers: LongArray
    targets: LongArray
    seconds: LongArray
    waits: LongArray
    swept: BoolArray
    counts: LongArray


def _find(acts: Acts, rules: PatternRules) -> Found:
    """Hold the share of a target's payers that had just been given something against that of all other targets."""
    paid = _payments(acts, rules)
    n_nodes = len(acts.acts_for)
    n = np.bincount(paid.targets, minlength=n_nodes)
    n_swept = np.bincount(paid.targets, paid.swept, n_nodes)
    known = np.zeros(n_nodes, bool)
    known[acts.sharing.actors[acts.policy.known_actors]] = True
    known[acts.sharing.signals[acts.policy.is_known]] = True
    fits = (n_swept >= rules.min_size) & (n < rules.growth_max_size) & ~known
    n_tested = max(int((n >= rules.min_size).sum()), 1)
    findings = []
    for node in np.flatnonzero(fits).tolist():
        rest = float(paid.swept.sum() - n_swept[node]), float(len(paid.swept) - n[node])
        nats = share_nats(n_swept[node], n[node], *rest)
        if shape_weight(nats, n_tested) > 0:
            rows = np.arange(*np.searchsorted(paid.targets, [node, node + 1]))
            rows = rows[paid.swept[rows]]
            findings.append(_finding(acts, paid, rows, node, int(n[node]), rest, nats, n_tested))
    return Found(findings, n_tested, int((n >= rules.growth_max_size).sum()))


def _payments(acts: Acts, rules: PatternRules) -> _Payments:
    transfers = acts.transfers
    when = np.full(len(transfers), MISSING_TIME) if transfers.seconds is None else transfers.seconds
    timed = when != MISSING_TIME
    sources, targets = transfers.sources[timed].astype(np.int64), transfers.targets[timed].astype(np.int64)
    when = when[timed]
    payer, payee, n = acts.acts_for[sources], acts.acts_for[targets], max(acts.n_actors, 1)
    # who pays more than a ring could hold gives to all
    got = payee >= 0
    reach = np.bincount(np.unique(sources[got] * n + payee[got]) // n, minlength=len(acts.acts_for))
    wide, bonus = got & (reach[sources] > rules.growth_max_size), np.isin(acts.kinds, acts.bonus_kinds)
    takers = np.concatenate([acts.actors[bonus], payee[wide]])
    given = np.concatenate([acts.seconds[bonus], when[wide]])
    order = np.lexsort((given, takers))
    takers, given = takers[order], given[order]
    makes = (payer >= 0) & (payer != payee)
    payer, targets, when = payer[makes], targets[makes], when[makes]
    # the last thing given to the payer before it paid
    low = int(min(when.min(initial=0), given.min(initial=0)))
    span = int(max(when.max(initial=0), given.max(initial=0))) - low + 1
    at = np.searchsorted(takers * span + given - low, payer * span + when - low, "right") - 1
    has = (at >= 0) & (np.append(takers, -1)[at] == payer)
    wait = np.where(has, when - np.append(given, 0)[at], np.iinfo(np.int64).max)
    swept = wait <= rules.sweep_days * DAY
    order = np.lexsort((when, ~swept, payer, targets))
    payer, targets, when, wait, swept = payer[order], targets[order], when[order], wait[order], swept[order]
    new = np.ones(len(payer), bool)
    new[1:] = (payer[1:] != payer[:-1]) | (targets[1:] != targets[:-1])
    starts = np.flatnonzero(new)
    counts = np.diff(np.append(starts, len(payer)))
    return _Payments(payer[starts], targets[starts], when[starts], wait[starts], swept[starts], counts)


def _finding(
    acts: Acts,
    paid: _Payments,
    rows: LongArray,
    node: int,
    n_payers: int,
    rest: tuple[float, float],
    nats: float,
    n_tested: int,
) -> Finding:
    payers, seconds, others = paid.payers[rows], paid.seconds[rows], n_payers - len(rows)
    text = (
        f"{len(rows)} of the {n_payers} that paid one collector did so within a median of "
        f"{duration(float(np.median(paid.waits[rows])))} after they had been given a bonus or what one source gives to "
        f"all; {percent(rest[0] / max(rest[1], 1))} of all other payments follow on such a gift."
    )
    lines = [Line("airdrop_farm", text, shape_weight(nats, n_tested))]
    if others:
        text = f"{others} others paid the collector without having been given anything just before."
        lines.append(Line("other_payers", text, OTHERS_WEIGHT * others / n_payers))
    stays = acts.judged & ~acts.dormant
    active, usual = float(stays[payers].mean()), float(stays.sum() / max(acts.judged.sum(), 1))
    if active > 0:
        text = (
            f"{percent(active)} of the members still used their account after {acts.dormant_days:.0f} days; "
            f"of all, {percent(usual)}."
        )
        # a shop's customers are as active as everybody
        lines.append(Line("active_members", text, ACTIVE_WEIGHT * min(active / usual, 1.0)))
    actor = int(acts.acts_for[node])
    members = np.unique(np.append(payers, actor)) if actor >= 0 else np.sort(payers)
    nodes = acts.sharing.actors[payers].astype(np.int64)
    return Finding(
        members=members,
        nats=nats,
        lines=tuple(lines),
        first=int((seconds - paid.waits[rows]).min()),
        last=int(seconds.max()),
        ties=Ties(nodes, np.full(len(nodes), node), seconds, seconds, paid.counts[rows], n_payers),
        roles=tuple(COLLECTOR if member == actor else MEMBER for member in members.tolist()),
        value=acts.value_of(members),
        own=np.ones(len(members)),
    )


PATTERN = GrowthPattern(
    "airdrop_farm", "shared_payee", "payments that follow on a gift as often as those to all other targets", _find
)
