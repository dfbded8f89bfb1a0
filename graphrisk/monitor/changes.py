"""Whether a metric took a step in the last scans that trend, days of the week and chance do not explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

LEAST_SCANS, LEAST_WEEKS = 14, 2
RECENT = 7
"""A step this many scans ago or less is news."""
DAYS = REPORTS = 7
MOST_ECHO = 0.8
N_DRAWS = 4_999
TIE = 1e-9


@dataclass(frozen=True)
class Indicator:
    """A metric that is watched.

    Parameters
    ----------
    metric : str
        As in the catalogue.
    words : str
        For people.
    is_stock : bool
        Whether it adds up from scan to scan, so that its differences are watched.
    """

    metric: str
    words: str
    is_stock: bool = False


INDICATORS = (
    Indicator("sign_ups.day", "accounts that signed up within a day"),
    Indicator("sign_ups.in_candidates.share", "share of these in candidate rings"),
    Indicator("signals.new_per_sign_up", "new devices, cards and other signals per sign-up"),
    Indicator("rings.event.born", "new rings"),
    Indicator("rings.event.grown", "rings that grew"),
    Indicator("growth.mean", "mean growth of rings"),
    Indicator("rings.band.high", "rings of band high that were added", is_stock=True),
    Indicator("accounts.in_rings", "accounts in rings that were added", is_stock=True),
)


@dataclass(frozen=True)
class Change:
    """The step of one metric that stands out most.

    Parameters
    ----------
    metric, words : str
    since : datetime
        Moment of the first scan after the step.
    size : float
        How much higher the metric is since then; below 0 if lower.
    usual : float
        What trend and day of the week would have made of it, on average since then.
    p_value, q_value : float
        Of the greatest step of the last scans; Benjamini-Hochberg over all metrics.
    is_alarm : bool
        Whether the q-value is within the rate asked for.
    """

    metric: str
    words: str
    since: datetime
    size: float
    usual: float
    p_value: float
    q_value: float
    is_alarm: bool


def find_changes(
    moments: Sequence[datetime],
    metrics: Sequence[Mapping[str, float | None]],
    *,
    rate: float = 0.05,
    seed: int = 0,
) -> list[Change]:
    """Look for the latest step of every indicator.

    A metric is taken for a line over time, plus a level for every day of the week where two weeks of earlier scans
    show that it pays, plus noise in which the night before may echo. What is left of it is dealt out to nights anew to
    see how great a step of any of the last seven scans chance makes.

    Parameters
    ----------
    moments : sequence of datetime
        Of the scans, oldest first.
    metrics : sequence of mapping of str to float or None
        Values of each scan.
    rate : float
        In how many of all weeks with a report every night, and no change, there may be an alarm at all; one report gets
        a seventh of it.
    seed : int

    Returns
    -------
    list of Change
        Smallest q-value first. Metrics that are known at fewer than fourteen scans, that never vary, or that the newest
        scan does not know are left out. O(indicators * n_draws * scans).

    References
    ----------
    Andrews (1993), Econometrica 61, for the greatest of all steps; Freedman and Lane (1983), Journal of Business and
    Economic Statistics 1, for dealing out residuals; Cochrane and Orcutt (1949), JASA 44, for the echo; Benjamini and
    Hochberg (1995), JRSS B 57.
    """
    found = []
    for indicator in INDICATORS:
        at, values = _series(indicator, moments, metrics)
        if len(at) < LEAST_SCANS or at[-1] != moments[-1] or np.ptp(values) <= TIE:
            continue
        # its own stream of draws: what else is watched changes nothing
        step = _greatest_step(at, values, np.random.default_rng(seed))
        if step is not None:
            found.append((indicator, at, *step))
    q_values = benjamini_hochberg(np.array([row[-1] for row in found]))
    out = [
        Change(indicator.metric, indicator.words, at[first], size, usual, p, float(q), bool(q <= rate / REPORTS))
        for (indicator, at, first, size, usual, p), q in zip(found, q_values, strict=True)
    ]
    return sorted(out, key=lambda change: (change.q_value, change.metric))


def _series(
    indicator: Indicator, moments: Sequence[datetime], metrics: Sequence[Mapping[str, float | None]]
) -> tuple[list[datetime], FloatArray]:
    known = [
        (at, float(value))
        for at, row in zip(moments, metrics, strict=True)
        if (value := row.get(indicator.metric)) is not None
    ]
    at, values = [moment for moment, _ in known], np.array([value for _, value in known])
    return (at[1:], np.diff(values)) if indicator.is_stock else (at, values)


def _greatest_step(
    at: Sequence[datetime], values: FloatArray, rng: np.random.Generator
) -> tuple[int, float, float, float] | None:
    """First scan after the step, its size, what would have been, and its p-value; None if nothing is left to explain.

    The statistic of a step is the ``t`` of its coefficient beside line and week; the greatest over the steps counts.
    """
    n = len(values)
    # line and week are as the scans before the last ones have them: what is looked for must not hide itself
    base = _line_and_week(at, values, n - RECENT)
    echo = _echo(_remover(base[: n - RECENT]) @ values[: n - RECENT])
    steps = np.stack([np.arange(n) >= n - back for back in range(1, RECENT + 1)], axis=1).astype(float)
    y, base, steps = (_without_echo(column, echo) for column in (values, base, steps))
    remover = _remover(base)
    free, rest = remover @ steps, remover @ y
    if not np.ptp(rest) > TIE:
        return None
    lengths = np.linalg.norm(free, axis=0)
    shaped = free / np.where(lengths > TIE, lengths, np.inf)
    # dealt out residuals have a little of line and week in them again
    dealt = rng.permuted(np.tile(rest, (N_DRAWS, 1)), axis=1) @ remover
    # t grows with the correlation of residuals and step
    stands = np.abs(rest @ shaped) / np.linalg.norm(rest)
    chance = (np.abs(dealt @ shaped) / np.linalg.norm(dealt, axis=1)[:, None]).max(axis=1)
    best = int(stands.argmax())
    p = (1 + int((chance >= stands[best] - TIE).sum())) / (N_DRAWS + 1)
    size = float(rest @ shaped[:, best] / lengths[best])
    return n - best - 1, size, float(values[n - best - 1 :].mean() - size), p


def _line_and_week(at: Sequence[datetime], values: FloatArray, n_before: int) -> FloatArray:
    """Columns of the model: one, time, and the days of the week if they pay; shape (n_scans, n_columns).

    They pay if the scans before the last ones have a smaller Bayesian information criterion with them.
    """
    seconds = np.array([moment.timestamp() for moment in at])
    line = np.column_stack([np.ones(len(at)), (seconds - seconds.mean()) / max(float(np.ptp(seconds)), 1.0)])
    days = np.array([moment.weekday() for moment in at])
    seen = [int((days[:n_before] == day).sum()) for day in range(DAYS)]
    if min(seen) < LEAST_WEEKS:
        return line
    week = np.column_stack([line, *((days == day).astype(float) for day in range(1, DAYS))])
    known = values[:n_before]
    without, with_it = (float(np.sum((_remover(base[:n_before]) @ known) ** 2)) for base in (line, week))
    gain = n_before * np.log(max(without, TIE) / max(with_it, TIE))
    return week if gain > (DAYS - 1) * np.log(n_before) else line


def _remover(base: FloatArray) -> FloatArray:
    """The matrix that leaves of a column what a least-squares fit of `base` does not explain."""
    span, sizes, _ = np.linalg.svd(base, full_matrices=False)
    span = span[:, sizes > TIE * sizes[0]]
    return np.asarray(np.eye(len(base)) - span @ span.T)


def _echo(rest: FloatArray) -> float:
    """How much of the night before returns, 0 if nothing: the first autocorrelation, taken on the safe side."""
    total, n = float(rest @ rest), len(rest)
    if total <= TIE:
        return 0.0
    # beside a line the estimate is too small, by about (2 + 4 rho) / n
    raw = float(np.clip((rest[1:] @ rest[:-1] / total * n + 2) / (n - 4), -1, 1))
    # an echo taken for too small makes steps of nothing, one too great only hides small ones: one standard error more
    return float(np.clip(raw + np.sqrt((1 - raw**2) / n), 0.0, MOST_ECHO))


def _without_echo(columns: FloatArray, echo: float) -> FloatArray:
    """``y(t) - echo y(t - 1)``, and the first as it is, scaled to the same noise."""
    out = columns.copy()
    out[1:] -= echo * columns[:-1]
    out[0] *= np.sqrt(1 - echo**2)
    return out


def benjamini_hochberg(p_values: FloatArray) -> FloatArray:
    """Smallest false-discovery rate at which each p-value is a discovery."""
    n = len(p_values)
    if n == 0:
        return p_values
    order = np.argsort(p_values, kind="stable")
    stepped = p_values[order] * n / np.arange(1, n + 1)
    out = np.empty(n)
    out[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    return out
