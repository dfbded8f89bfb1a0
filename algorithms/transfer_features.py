"""Features of every transfer from its past alone: windows, pairs, flows, small patterns and cycles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms._cycle_kernels import count_cycles
from algorithms._motif_kernels import N_MOTIFS, find_motifs
from algorithms._window_kernels import stream
from algorithms.named_columns import NamedColumns
from algorithms.times import MISSING_TIME
from algorithms.transfer_state import PatternSettings, TransferState
from algorithms.transfers import Transfers

_WINDOW_NAMES = ("count", "sum", "mean", "spread", "fan", "entropy", "gap")
_SIDE_NAMES = ("count", "partners", "one_off_partners", "since_first", "since_last")
_PAIR_NAMES = (
    "pair_count",
    "pair_is_new",
    "pair_since_last",
    "pair_since_first",
    "pair_amount_ratio",
    "pair_gap_change",
    "reverse_count",
    "reverse_since_last",
)
_ROW_NAMES = ("amount", "round_digits", "late_seconds", "share_of_received", "passed_on")
_MOTIF_NAMES = (
    "chain",
    "conserved_chain",
    "pass_through_delay",
    "gathered",
    "scattered",
    "scatter_gather",
    "bipartite_sources",
    "bipartite_targets",
    "motif_truncated",
)
assert len(_MOTIF_NAMES) == N_MOTIFS


@dataclass(frozen=True, eq=False)
class TransferFeatures(NamedColumns):
    """Features of transfers.

    Parameters
    ----------
    values : array of float32, shape (n_transfers, n_features)
        In the order in which the transfers were given; NaN where a feature is absent, and in the whole row of a
        transfer without a time.
    names : tuple of str
    n_late : int
        Transfers that a batch before had already gone past; they count as if they were made at its end.
    n_untimed : int
        Transfers without a time, which nothing sees.
    """

    n_late: int = 0
    n_untimed: int = 0


def feature_names(settings: PatternSettings) -> tuple[str, ...]:
    """Name the columns that `transfer_features` gives with some settings.

    Parameters
    ----------
    settings : PatternSettings

    Returns
    -------
    tuple of str
        ``<source|target>_<out|in>_<statistic>_<window>`` for windows such as ``1d`` or ``3600s``, the same without a
        window over all the past, and those of the pair, the row, the thresholds, the patterns and the cycles.
    """
    spans = [f"{s // 86400}d" if s % 86400 == 0 else f"{s}s" for s in settings.spans.tolist()]
    names: list[str] = []
    for role in ("source", "target"):
        for side in ("out", "in"):
            names += [f"{role}_{side}_{stat}_{span}" for span in spans for stat in _WINDOW_NAMES]
            names += [f"{role}_{side}_{stat}" for stat in _SIDE_NAMES]
    names += [*_PAIR_NAMES, *_ROW_NAMES]
    for threshold in settings.thresholds:
        names += [f"under_{threshold:g}", f"source_n_under_{threshold:g}_{spans[settings.near_window]}"]
    names += _MOTIF_NAMES
    names += [f"cycles_{hops}" for hops in range(2, settings.longest_cycle + 1)]
    return (*names, "shortest_cycle", "cycle_truncated_at")


def transfer_features(
    transfers: Transfers,
    *,
    window_seconds: int = 86400,
    settings: PatternSettings | None = None,
    state: TransferState | None = None,
) -> TransferFeatures:
    """Describe each transfer by those before it.

    Transfers are taken in the order of their times, those of one second in the order given. Each row sees the rows
    before it and nothing else, so that results do not depend on how a stream is cut into batches.

    - Of both accounts, what they paid and received in each window (from ``now - window`` on): number, sum, mean,
      standard deviation, distinct partners (fan-out, fan-in), entropy of the partners in nats, mean gap in seconds;
      and over all the past: number, partners (degree in time), partners met just once, seconds since first and last.
    - Of the pair: whether it is new, how often, how long ago, amount over its mean amount, and by what share the gap
      differs from the gap before (a salary or rent keeps its gap); the same of the reverse direction.
    - Of the row: trailing zeros of a whole amount, and what part of the receipts of the longest window it and all
      payouts are; with thresholds, whether it is just under one and how many of the source's were.
    - Patterns within `window_seconds`: length of the chain of payments that ends here, and of one that keeps amounts
      within the tolerance (peel chain, simple path); delay after a receipt of about the amount; payers gathered and
      payees scattered by the source; middle accounts between one payer and the target (scatter-gather); others that
      pay the target and share further payees with the source, and those payees (bipartite; with a chain: stack).
    - Simple cycles of 2 to `longest_cycle` hops in rising order that the row closes, counted by length.

    Amounts that are missing, zero, negative or infinite count as transfers without an amount. `amounts_usd` is used
    where given, else `amounts`, which must then be of one currency. A self-transfer is in the counts of its account
    and in no pattern.

    Parameters
    ----------
    transfers : Transfers
        Node ids from 0; memory grows with the highest.
    window_seconds : int
        Within which patterns are sought; statistics use 1, 7 and 30 times it.
    settings : PatternSettings, optional
        Beats `window_seconds`.
    state : TransferState, optional
        The stream so far; changed in place. It brings its own settings.

    Returns
    -------
    TransferFeatures
        O(windows + budget) for each transfer at most; 4 bytes a value.

    Raises
    ------
    ValueError
        If a node id is negative, no transfer can have a time, amounts are of several currencies, or `settings`
        are not those of `state`.

    References
    ----------
    Blanusa et al. (2024), Graph Feature Preprocessor, section 3 (patterns of a row); Altman et al. (2023), Realistic
    synthetic financial transactions, section 3 (the patterns); Kumar and Calders (2018), 2SCENT, section 2 (temporal
    cycles).

    Examples
    --------
    >>> t = Transfers([0, 1, 2], [1, 2, 0], [0, 60, 120], [100.0, 99.0, 98.0])
    >>> transfer_features(t)["cycles_3"].tolist()
    [0.0, 0.0, 1.0]
    """
    if state is None:
        state = TransferState(settings or replace(PatternSettings(), window_seconds=window_seconds))
    elif settings is not None and settings != state.settings:
        raise ValueError("`settings` must be those of `state`, got others; begin the stream anew to change them")
    if len(transfers) and min(transfers.sources.min(), transfers.targets.min()) < 0:
        raise ValueError("`sources` and `targets` must be node ids from 0, got a negative one")
    if transfers.seconds is None and len(transfers):
        raise ValueError("`transfers` must have `seconds`, got None")
    names = feature_names(state.settings)
    values = np.full((len(transfers), len(names)), np.nan, np.float32)
    if len(transfers) == 0:
        return TransferFeatures(values, names)
    assert transfers.seconds is not None
    amounts = _amounts(transfers, state)
    timed = np.flatnonzero(transfers.seconds != MISSING_TIME)
    moments = transfers.seconds[timed]
    if len(moments) > 1 and not (moments[1:] >= moments[:-1]).all():
        timed = timed[np.argsort(moments, kind="stable")]
    late = _append(transfers, amounts, timed, state)
    _fill(values, timed, late, state)
    return TransferFeatures(values, names, int((late > 0).sum()), len(transfers) - len(timed))


def _amounts(transfers: Transfers, state: TransferState) -> npt.NDArray[np.float64]:
    """Amounts in one unit, 0 where there is none."""
    unit, amounts = "", transfers.amounts
    if transfers.amounts_usd is not None:
        unit, amounts = "USD", transfers.amounts_usd
    elif transfers.currencies is not None:
        used = np.unique(transfers.currencies[transfers.currencies >= 0])
        if len(used) > 1:
            codes = ", ".join(transfers.currency_names[code] for code in used[:3])
            raise ValueError(f"`amounts` must be of one currency or `amounts_usd` given, got {codes}")
        unit = transfers.currency_names[used[0]] if len(used) else ""
    if amounts is None:
        return np.zeros(len(transfers))
    if unit and state.unit and unit != state.unit:
        raise ValueError(f"`amounts` must be in {state.unit} as in the stream so far, got {unit}")
    state.unit = unit or state.unit
    return np.where(np.isfinite(amounts) & (amounts > 0), amounts, 0.0)


def _append(
    transfers: Transfers, amounts: npt.NDArray[np.float64], order: npt.NDArray[np.int64], state: TransferState
) -> npt.NDArray[np.int64]:
    """Add a batch to the log and return by how many seconds each row comes too late."""
    highest = max(int(transfers.sources.max()), int(transfers.targets.max()))
    state.make_room(len(order), highest + 1)
    rows, arrays = slice(state.n_rows, state.n_rows + len(order)), state.arrays
    assert transfers.seconds is not None
    seconds = transfers.seconds[order]
    moved = np.maximum(seconds, state.clock)
    arrays["log_sources"][rows] = transfers.sources[order]
    arrays["log_targets"][rows] = transfers.targets[order]
    arrays["log_seconds"][rows] = moved
    arrays["log_amounts"][rows] = amounts[order]
    if len(moved):
        state.clock = int(moved[-1])
    return moved - seconds


def _fill(
    values: npt.NDArray[np.float32], places: npt.NDArray[np.int64], late: npt.NDArray[np.int64], state: TransferState
) -> None:
    """Run the kernels over the rows that were added last; each brings its own copy of the heads up to the end."""
    settings, log = state.settings, state.log
    begin, end = state.n_rows, state.n_rows + len(places)
    heads: list[npt.NDArray[Any]] = [state.accounts.heads.copy() for _ in range(2)]
    lows, thresholds = settings.limits
    state.n_pairs = stream(
        begin, end, log, state.accounts, state.pairs, state.arrays["slots"], state.arrays["pair_keys"], state.n_pairs,
        late, places, values, settings.spans, lows, thresholds, settings.near_window,
    )  # fmt: skip
    state.n_rows = end
    n_cycle_columns = settings.longest_cycle + 1
    column = values.shape[1] - n_cycle_columns - N_MOTIFS
    window, budget = settings.window_seconds, settings.budget
    find_motifs(begin, end, log, heads[0], window, budget, settings.tolerance, places, values, column)
    count_cycles(
        begin, end, log.sources, log.targets, log.seconds, log.previous, heads[1], window, settings.longest_cycle,
        budget, places, values, column + N_MOTIFS,
    )  # fmt: skip
