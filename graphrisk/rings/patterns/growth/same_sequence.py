"""Same sequences: accounts that do the same acts in the same order at the same pace, though not at the same times.

A script that is run for one account after the other leaves such traces. Funnels and campaigns make everybody do the
same in the same order as well, but everybody takes their own time (Wang et al. 2013, You are how you click).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from algorithms.sequences import PacedRun, paced_runs
from algorithms.spreading import UnionFind
from algorithms.times import MISSING_TIME
from graphrisk.rings.evidence import duration, percent
from graphrisk.rings.patterns.growth.acts import Acts, BoolArray, LongArray
from graphrisk.rings.patterns.growth.finding import Finding, Found, GrowthPattern, Line, Ties, shape_weight
from graphrisk.rings.settings import PatternRules

SIGN_UP = "sign_up"
OWN_WEIGHT, OTHERS_WEIGHT = -1.0, -1.0


@dataclass(frozen=True, eq=False)
class _Steps:
    """Acts by actor and time, and the start of each actor where the data have no sign-ups."""

    actors: LongArray
    steps: LongArray
    kinds: LongArray
    seconds: LongArray


def _find(acts: Acts, rules: PatternRules) -> Found:
    """Join who is in one paced run, and in another with one of those."""
    table = _steps(acts, rules)
    found = paced_runs(
        table.actors,
        table.steps,
        table.kinds,
        table.seconds,
        length=rules.sequence_length,
        pace=rules.sequence_pace,
        least=rules.min_size,
        most=2 * rules.growth_max_size,
        apart_seconds=rules.lockstep_seconds,
    )
    sets = UnionFind(acts.n_actors)
    for run in found.runs:
        who = table.actors[run.rows].astype(np.int32)
        sets.add_edges(who[:-1], who[1:])
    labels = sets.labels()
    runs_of: dict[int, list[PacedRun]] = {}
    for run in found.runs:
        runs_of.setdefault(int(labels[table.actors[run.rows[0]]]), []).append(run)
    findings, n_crowded = [], found.n_crowded
    for runs in runs_of.values():
        members = np.unique(table.actors[np.concatenate([run.rows for run in runs])])
        if len(members) > rules.growth_max_size:
            n_crowded += len(members)
        else:
            findings.append(_finding(acts, rules, table, runs, members, max(found.n_tested, 1)))
    return Found(findings, max(found.n_tested, 1), n_crowded)


def _steps(acts: Acts, rules: PatternRules) -> _Steps:
    n_kinds, n_targets = len(acts.kind_names) + 1, int(acts.targets.max(initial=0)) + 2
    target = acts.targets + 1
    # what only a few do anything to is a target of their own, such as one's own wallet
    pairs = np.unique((acts.kinds * n_targets + target) * max(acts.n_actors, 1) + acts.actors)
    about, n_doers = np.unique(pairs // max(acts.n_actors, 1), return_counts=True)
    doers = n_doers[np.searchsorted(about, acts.kinds * n_targets + target)] if len(acts) else target
    target = np.where(doers >= rules.min_size, target, 0)
    began = _unsigned(acts)
    actors, start = np.flatnonzero(began), n_kinds - 1
    who = np.concatenate([acts.actors, actors])
    kinds = np.concatenate([acts.kinds, np.full(len(actors), start)])
    steps = np.concatenate([acts.kinds * n_targets + target, np.full(len(actors), start * n_targets)])
    seconds = np.concatenate([acts.seconds, acts.history.started[began]])
    order = np.lexsort((steps, seconds, who))
    return _Steps(who[order], np.unique(steps, return_inverse=True)[1][order], kinds[order], seconds[order])


def _unsigned(acts: Acts) -> BoolArray:
    """Actors whose start is recorded, but not as an act."""
    began: BoolArray = acts.history.recorded & (acts.history.started != MISSING_TIME)
    if SIGN_UP in acts.kind_names:
        began[acts.actors[acts.kinds == acts.kind_names.index(SIGN_UP)]] = False
    return began


def _finding(
    acts: Acts, rules: PatternRules, table: _Steps, runs: list[PacedRun], members: LongArray, n_tested: int
) -> Finding:
    best = max(runs, key=lambda run: run.nats)
    length = rules.sequence_length
    rows = np.unique((np.concatenate([run.rows for run in runs])[:, None] + np.arange(length)).ravel())
    n_same, n_all = np.bincount(table.actors[rows])[members], np.bincount(table.actors)[members]
    alike = n_same / n_all
    text = (
        f"{len(members)} accounts did the same acts in the same order, each at another time, with pauses within a "
        f"factor of {rules.sequence_pace:g} of each other: {np.median(n_same):.0f} acts of a typical one, among them "
        f"{_named(acts, table, best, length)}."
    )
    lines = [Line("same_sequence", text, shape_weight(best.nats, n_tested))]
    own = 1 - float(np.median(alike))
    if own > 0:
        text = f"{percent(own)} of what a typical member did is none of it."
        lines.append(Line("own_ways", text, OWN_WEIGHT * own))
    if best.n_others:
        share = best.n_others / (best.n_others + len(best.rows))
        text = f"{best.n_others} others did these {length} acts in this order at another pace."
        lines.append(Line("other_paces", text, OTHERS_WEIGHT * share))
    first, last = np.full(acts.n_actors, acts.span[1]), np.full(acts.n_actors, acts.span[0])
    np.minimum.at(first, table.actors[rows], table.seconds[rows])
    np.maximum.at(last, table.actors[rows], table.seconds[rows])
    first, last = first[members], last[members]
    in_time = np.argsort(first, kind="stable")
    gone = float(np.median(np.diff(first[in_time])))
    lines.append(Line("one_after_another", f"A typical member began {duration(gone)} after the one before.", 0.0))
    nodes = acts.sharing.actors[members].astype(np.int64)[in_time]
    return Finding(
        members=members,
        nats=best.nats,
        lines=tuple(lines),
        first=int(first.min()),
        last=int(last.max()),
        # each is joined to who began just before
        ties=Ties(
            nodes[:-1],
            nodes[1:],
            first[in_time][:-1],
            last[in_time][1:],
            np.minimum(n_same[in_time][:-1], n_same[in_time][1:]),
        ),
        value=acts.value_of(members),
        own=0.7 + 0.3 * alike,
    )


def _named(acts: Acts, table: _Steps, run: PacedRun, length: int) -> str:
    """Kinds of the acts of a run, in their order."""
    names = (*acts.kind_names, SIGN_UP)
    kinds = table.kinds[run.rows[0] + np.arange(length)]
    return ", ".join(names[k].replace("_", " ") for k in kinds.tolist())


PATTERN = GrowthPattern(
    "same_sequence",
    "same_sequence",
    "acts and pauses that follow on each other as those of all others do",
    _find,
    why="did the same acts in the same order, one after the other",
)
