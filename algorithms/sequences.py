"""Groups of actors that did the same acts in the same order at the same pace, whenever that was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from algorithms.runs import number_both, number_runs
from algorithms.tails import poisson_tail

LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

MOST_FITTED = 50
"""Paces of one run that are held against the tempo of all others who did it, the most surprising first."""
SHORTEST_PAUSE = 5.0
"""Seconds below which pauses do not differ: clocks and networks make them so."""


@dataclass(frozen=True, eq=False)
class PacedRun:
    """One run of acts that some actors did at one pace.

    Parameters
    ----------
    rows : array of int64, shape (n_members,)
        Row of the first act of each member, in the order of actors.
    nats : float
        ``-ln`` of the chance that so many did.
    n_others : int
        Actors that did the same acts in the same order at another pace.
    """

    rows: LongArray
    nats: float
    n_others: int


@dataclass(frozen=True, eq=False)
class Sequences:
    """What was found.

    Parameters
    ----------
    runs : list of PacedRun
    n_tested : int
        Runs that were looked at: of each actor, each kind once.
    n_crowded : int
        Of them, those left out because too many did the same.
    """

    runs: list[PacedRun]
    n_tested: int
    n_crowded: int


def paced_runs(
    actors: npt.ArrayLike,
    steps: npt.ArrayLike,
    kinds: npt.ArrayLike,
    seconds: npt.ArrayLike,
    *,
    length: int = 6,
    pace: float = 2.0,
    least: int = 3,
    most: int = 2000,
    apart_seconds: int = 0,
) -> Sequences:
    r"""Find runs of acts that more actors did at one pace than the habits of all actors let expect.

    A run is `length` acts of one actor that follow each other. Two actors did it at one pace if each of its pauses is
    at most `pace` times as long for the one as for the other. When they did it does not matter. Fewer different steps
    than half the length are a habit, such as a standing order, and no run. Around the actor with whom it surprises
    most, the number of those who agree is held against

    .. math:: E = \max(S, n - m) \prod_i p_i, \qquad S = N \pi(s_1) \prod_i P(s_{i+1} | s_i)

    where n actors did the acts in this order, m of them at this pace; N is the number of runs, π and P are those of
    the first-order Markov chain of the steps of all actors but the m, and p_i is the share of the pauses between the
    same two steps that are as long as here, those of the m left out; to so many pauses one is added that is as long
    as any between acts of these kinds. Where everybody does the same (a funnel, a campaign), S is large, or else
    n - m is, and the pauses are those of everybody: then only a pace of their own can surprise. Some are quick in all
    that they do, and others slow; so where at least twice `length` others did the same, E is at least as many as a
    normal distribution of the logarithms of all n pauses, with its covariances, lets expect at this pace. Who is in a
    group does not count for the next ones. The number of members is taken as Poisson distributed.

    Parameters
    ----------
    actors : array-like of int, shape (n_acts,)
        Not negative; the acts of one actor stand together, in order of time.
    steps : array-like of int, shape (n_acts,)
        What was done, with its target where that counts; not negative.
    kinds : array-like of int, shape (n_acts,)
        What was done, without the target: pauses are compared between the same kinds. Not negative, and the same for
        equal steps.
    seconds : array-like of int, shape (n_acts,)
    length : int
        Acts of a run, at least 2.
    pace : float
        Above 1.
    least : int
        Members of a group, at least 2.
    most : int
        Runs that more actors did are what everybody does; they are counted and left out.
    apart_seconds : int
        Of actors that began the same run within so many seconds of each other only one counts: the others are in
        lockstep with it, which is another matter.

    Returns
    -------
    Sequences
        Runs whose nats exceed ``ln(n_tested)``. O(n length log n), and for each run with k actors, k log k and the
        pairs of them at one pace.

    Raises
    ------
    ValueError
        If the arrays differ in length, the acts are in no such order, or an option is out of its range.

    References
    ----------
    Wang et al. (2013), You are how you click: clickstream analysis for Sybil detection, USENIX Security, sections 4
    (clicks with the pauses between them as a Markov chain) and 5.1 (common subsequences as the likeness of users).
    """
    who, what, kind, when = (np.asarray(column, np.int64) for column in (actors, steps, kinds, seconds))
    _check(who, what, kind, when, pace=pace, least=least, most=most)
    if apart_seconds < 0:
        raise ValueError(f"`apart_seconds` must not be negative, got {apart_seconds}")
    runs, begins = number_runs(who, what, length)
    # each actor counts once for each run, with the first time it did it
    n_whos = int(who.max(initial=0)) + 1
    _, once = np.unique(runs * n_whos + who[begins], return_index=True)
    runs, begins = runs[once], begins[once]
    starts = np.flatnonzero(np.r_[True, np.diff(runs) != 0, True]) if len(runs) else np.zeros(1, np.int64)
    sizes = np.diff(starts)
    pauses = _Pauses(who, what, kind, when, pace)
    chain = _Chain(who, what)
    beyond = float(np.log(max(len(runs), 1)))
    found = []
    for at in np.flatnonzero((sizes >= least) & (sizes <= most)).tolist():
        if 2 * len(np.unique(what[begins[starts[at]] + np.arange(length)])) < length:
            continue
        rows = _apart(begins[starts[at] : starts[at + 1]], when, apart_seconds)
        found += _at_one_pace(rows, pauses, chain.expected(int(rows[0]), length), length, least, beyond)
    return Sequences(found, len(runs), int(sizes[sizes > most].sum()))


def _apart(rows: LongArray, when: LongArray, seconds: int) -> LongArray:
    """Rows that begin more than some seconds after the last one before them that is kept, in their order."""
    if seconds <= 0:
        return rows
    kept, last = [], None
    for row in rows[np.argsort(when[rows], kind="stable")].tolist():
        if last is None or when[row] - last > seconds:
            kept.append(row)
            last = int(when[row])
    return np.sort(np.array(kept, np.int64))


def _at_one_pace(
    rows: LongArray, pauses: _Pauses, expected: _Expected, length: int, least: int, beyond: float
) -> list[PacedRun]:
    """Groups around the actor whose pace surprises most, then among the rest, as long as they surprise."""
    out: list[PacedRun] = []
    left = rows
    while len(left) >= least:
        logs = pauses.logs[left[:, None] + np.arange(1, length)]
        tree = cKDTree(logs)
        near = np.asarray(tree.query_ball_point(logs, pauses.width, p=np.inf, return_length=True), np.int64)
        others, alone = len(rows) - near, pauses.chance(left, near, length)
        rate = np.maximum(expected(near), others) * alone
        nats = np.where(near >= least, poisson_tail(near, rate), 0.0)
        order = np.argsort(-nats, kind="stable")
        nats[order[MOST_FITTED:]] = 0.0
        for k in order[:MOST_FITTED].tolist():
            if nats[k] > beyond and len(left) - near[k] >= 2 * length:
                usual = len(left) * _chance_of_tempo(logs, logs[k], pauses.width)
                nats[k] = poisson_tail(near[k], max(rate[k], usual))
        best = int(np.argmax(nats))
        if nats[best] <= beyond:
            break
        inside = np.sort(np.asarray(tree.query_ball_point(logs[best], pauses.width, p=np.inf), np.int64))
        out.append(PacedRun(left[inside], float(nats[best]), int(others[best])))
        left = np.delete(left, inside)
    return out


def _chance_of_tempo(everybody: FloatArray, here: FloatArray, width: float) -> float:
    """Chance that all pauses are as long as here for one of all who did the same, some quick and some slow."""
    n, n_pauses = everybody.shape
    spread = np.cov(everybody, rowvar=False, bias=True).reshape(n_pauses, n_pauses)
    # few say little of how pauses hang together
    spread = (n * spread + n_pauses * np.diag(np.diag(spread))) / (n + n_pauses)
    spread += np.eye(n_pauses) * width**2 / 3
    away = here - everybody.mean(axis=0)
    log_volume, (_, log_det) = n_pauses * np.log(2 * width), np.linalg.slogdet(2 * np.pi * spread)
    return float(min(np.exp(log_volume - 0.5 * (log_det + away @ np.linalg.solve(spread, away))), 1.0))


class _Pauses:
    """Logarithms of the pauses before acts, and how common they are between the same two steps, or two kinds."""

    def __init__(self, who: LongArray, what: LongArray, kind: LongArray, when: LongArray, pace: float) -> None:
        after = np.zeros(len(who), bool)
        after[1:] = who[1:] == who[:-1]
        pause = np.zeros(len(who))
        pause[1:] = when[1:] - when[:-1]
        self.width = float(np.log(pace)) + 1e-9
        self.logs: FloatArray = np.log(np.where(after, pause, 0.0) + SHORTEST_PAUSE)
        follows = np.flatnonzero(after)
        self._by_step, self._by_kind = (_Groups(column, self.logs, follows) for column in (what, kind))

    def chance(self, rows: LongArray, near: LongArray, length: int) -> FloatArray:
        """Chance that all pauses of a run are as long as here, by those who are not among the `near` of each row."""
        out = np.ones(len(rows))
        for k in range(1, length):
            like, total = self._by_kind.count(rows + k, near, self.width)
            among_kinds = (like + 0.5) / (total + 1)
            like, total = self._by_step.count(rows + k, near, self.width)
            out *= np.minimum((like + among_kinds) / (total + 1), 1.0)
        return out


class _Groups:
    """Pauses between the same two of something, sorted."""

    def __init__(self, column: LongArray, logs: FloatArray, follows: LongArray) -> None:
        self._of = number_both(np.r_[column[:1], column[:-1]], column)
        self._logs = logs
        order = follows[np.lexsort((logs[follows], self._of[follows]))]
        self._sorted = logs[order]
        self._starts = np.searchsorted(self._of[order], np.arange(int(self._of.max(initial=-1)) + 2))

    def count(self, rows: LongArray, near: LongArray, width: float) -> tuple[LongArray, LongArray]:
        """Pauses that are like that before each row, and all, without so many of those near it."""
        group = int(self._of[rows[0]])
        among = self._sorted[self._starts[group] : self._starts[group + 1]]
        here = self._logs[rows]
        like = np.searchsorted(among, here + width, "right") - np.searchsorted(among, here - width)
        return np.maximum(like - near, 0), np.maximum(len(among) - near, 0)


class _Chain:
    """The first-order Markov chain of the steps of all actors."""

    def __init__(self, who: LongArray, what: LongArray) -> None:
        self._what = what
        self._n = np.bincount(what)
        after = np.flatnonzero(who[1:] == who[:-1])
        self._n_left = np.bincount(what[after], minlength=len(self._n))
        both = number_both(np.r_[what[:-1], what[-1:]], np.r_[what[1:], what[-1:]]) if len(what) else what
        self._pairs = both
        self._n_pairs = np.bincount(both[after], minlength=int(both.max(initial=-1)) + 1)

    def expected(self, row: int, length: int) -> _Expected:
        """How often the run that begins in a row is to be expected, as a function of how many are left out."""
        at = row + np.arange(length)
        first = int(self._n[self._what[at[0]]])
        return _Expected(first, self._n_pairs[self._pairs[at[:-1]]], self._n_left[self._what[at[:-1]]])


@dataclass(frozen=True, eq=False)
class _Expected:
    first: int
    followed: LongArray
    left: LongArray

    def __call__(self, left_out: LongArray) -> FloatArray:
        """Runs to be expected of all but so many actors, who did this one themselves."""
        m = left_out[:, None]
        follows = (np.maximum(self.followed - m, 0) + 0.5) / (np.maximum(self.left - m, 0) + 1)
        first = np.maximum(self.first - left_out, 0) + 0.5
        return np.asarray(first * np.minimum(follows, 1.0).prod(axis=1), np.float64)


def _check(
    who: LongArray, what: LongArray, kind: LongArray, when: LongArray, *, pace: float, least: int, most: int
) -> None:
    for name, column in (("steps", what), ("kinds", kind), ("seconds", when)):
        if column.shape != who.shape:
            raise ValueError(f"`{name}` must be as long as `actors` ({len(who)}), got {column.shape}")
    for name, column in (("actors", who), ("steps", what), ("kinds", kind)):
        if len(column) and column.min() < 0:
            raise ValueError(f"`{name}` must not be negative, got {column.min()}")
    changes = np.flatnonzero(np.diff(who) != 0)
    if len(np.unique(who)) != len(changes) + min(len(who), 1):
        raise ValueError("`actors` must have the acts of one actor together, got some apart")
    if len(who) and ((np.diff(when) < 0) & (np.diff(who) == 0)).any():
        raise ValueError("`seconds` must not fall from act to act of one actor")
    if not pace > 1:
        raise ValueError(f"`pace` must be above 1, got {pace}")
    if least < 2 or most < least:
        raise ValueError(f"`least` must be at least 2 and at most `most`, got {least} and {most}")
