"""Lockstep: accounts that do the same thing to the same target within seconds, again and again (SynchroTrap)."""

from __future__ import annotations

import numpy as np

from algorithms.communities import find_communities
from algorithms.graph import Graph
from algorithms.lockstep import LockstepPairs, lockstep_pairs
from graphrisk.rings.evidence import duration, percent
from graphrisk.rings.patterns.growth.acts import Acts, LongArray
from graphrisk.rings.patterns.growth.finding import Finding, Found, GrowthPattern, Line, Ties, shape_weight
from graphrisk.rings.settings import PatternRules

LEAST_SIMILARITY = 0.1
MOST_AT_ONCE = 500
DENSITY = 0.5
"""Least share of the pairs of a ring that are in step."""
APART_WEIGHT = -1.0


def _find(acts: Acts, rules: PatternRules) -> Found:
    _, targets = np.unique(acts.kinds * (int(acts.targets.max(initial=0)) + 2) + acts.targets + 1, return_inverse=True)
    pairs = lockstep_pairs(
        acts.n_actors,
        acts.actors,
        targets,
        acts.seconds,
        within_seconds=rules.lockstep_seconds,
        most_at_once=MOST_AT_ONCE,
    )
    n_active = int((np.bincount(acts.actors, minlength=1) > 0).sum())
    n_tested = max(n_active * (n_active - 1) // 2, 1)
    keep = np.flatnonzero((pairs.nats > np.log(n_tested)) & (pairs.similarity >= LEAST_SIMILARITY))
    graph = Graph.from_edges(acts.n_actors, pairs.sources[keep], pairs.targets[keep])
    labels = find_communities(graph, objective="cpm", resolution=DENSITY, seed=0).labels
    same = keep[labels[pairs.sources[keep]] == labels[pairs.targets[keep]]]
    of_label = labels[pairs.sources[same]]
    order = np.argsort(of_label, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(of_label[order]) != 0]) if len(order) else np.empty(0, np.int64)
    findings = []
    for rows in np.split(same[order], starts[1:]) if len(order) else []:
        members = np.unique(np.concatenate([pairs.sources[rows], pairs.targets[rows]]))
        if rules.min_size <= len(members) <= rules.growth_max_size:
            findings.append(_finding(acts, pairs, rows, members, n_tested, rules.lockstep_seconds))
    return Found(findings, n_tested, pairs.n_crowded)


def _finding(
    acts: Acts, pairs: LockstepPairs, rows: LongArray, members: LongArray, n_tested: int, within: int
) -> Finding:
    size, first, last = len(members), int(acts.first[members].min()), int(acts.last[members].max())
    nats, alike = float(np.median(pairs.nats[rows])), float(np.median(pairs.similarity[rows]))
    text = (
        f"{size} accounts did the same to the same target within {duration(within)} of each other; "
        f"a typical pair of them did so {np.median(pairs.matches[rows]):.0f} times."
    )
    lines = [Line("lockstep", text, shape_weight(nats, n_tested))]
    if alike < 1:
        text = f"{percent(1 - alike)} of what a typical pair did was not in step."
        lines.append(Line("out_of_step", text, APART_WEIGHT * (1 - alike)))
    together = len(rows) / (size * (size - 1) / 2)
    lines.append(Line("pairs_in_step", f"{percent(together)} of all pairs of members are in step.", 0.0))
    nodes = acts.sharing.actors.astype(np.int64)
    _, n_pairs = np.unique(np.concatenate([pairs.sources[rows], pairs.targets[rows]]), return_counts=True)
    when = np.full(len(rows), first), np.full(len(rows), last)
    return Finding(
        members=members,
        nats=nats,
        lines=tuple(lines),
        first=first,
        last=last,
        ties=Ties(nodes[pairs.sources[rows]], nodes[pairs.targets[rows]], *when, pairs.matches[rows]),
        value=acts.value_of(members),
        own=0.7 + 0.3 * n_pairs / max(size - 1, 1),
    )


PATTERN = GrowthPattern(
    "lockstep",
    "lockstep",
    "acts dealt out by how busy accounts and moments are",
    _find,
    why="did the same to the same targets at the same times",
)
