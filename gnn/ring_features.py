"""What is measured of every candidate ring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from algorithms._threads import side_by_side, stretches
from algorithms.times import MISSING_TIME
from gnn._behaviour_kernels import (
    BEHAVIOUR_FEATURES,
    INVITATION_FEATURES,
    LIKENESS_FEATURES,
    measure_behaviour,
    measure_bursts,
    measure_invitations,
    measure_likeness,
)
from gnn._cohesion_kernels import COHESION_FEATURES, measure_cohesion
from gnn._payment_kernels import PAYMENT_FEATURES, measure_payments
from gnn._shared_kernels import DAY, SHARED_FEATURES, measure_shared
from gnn._tie_kernels import TIE_FEATURES, measure_ties
from gnn.member_pools import (
    POOLED_FEATURES,
    STAKE_FEATURES,
    SURPRISE_FEATURES,
    binomial_surprise,
    measure_stakes,
    pool_features,
)
from gnn.payments import Payments
from gnn.shared_uses import NOT_RANKED
from gnn.surroundings import Surroundings, Usual

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

MOST_TO_CUT = 256
"""Members up to which the lightest cut of a candidate is sought, which takes the third power of their number."""
OF_PAYMENTS = (*PAYMENT_FEATURES, *(name for name in POOLED_FEATURES if name.startswith(("paid_", "got_"))))
"""Features that draw on nothing but transfers and who is a member."""
OF_MEMBERS = (*COHESION_FEATURES, *SURPRISE_FEATURES, *STAKE_FEATURES, *PAYMENT_FEATURES, *POOLED_FEATURES)
"""Features that pool or weigh what a model of accounts has columns for."""

FEATURE_NAMES = (
    "size",
    "mean_affinity",
    "openness",
    "burst",
    "burst_seconds",
    "burst_members",
    "claim_share",
    "delay_rank",
    "use_days",
    "cover",
    "outside_share",
    "invited_inside",
    "hour_sameness",
    "hour_members",
    "own_instrument",
    "active_days",
    "nats_identity",
    "nats_place",
    "nats_referral",
    "nats_money",
    "density",
    "inferred_starts",
    "accounts",
    "tie_spread",
    "least_tied",
    "pairs_evident",
    "widest_identity",
    "widest_place",
    "on_identity",
    "on_place",
    "on_money",
    "place_outside",
    "kinds_shared",
    "identity_per_member",
    "long_burst",
    "start_days",
    "claim_burst",
    "delay_spread",
    "end_burst",
    "active_spread",
    "acts_rank",
    "acts_spread",
    "steadiness",
    "invited",
    "same_inviter",
    "inviter_inside",
    "inviter_share",
    "use_overlap",
    *OF_MEMBERS,
)
"""Columns of `RingFeatures.values`:

- ``size``: members; ``accounts``: those of them that are accounts; ``density``: mean affinity per pair;
  ``mean_affinity``: a member's summed affinity to the others; ``openness``: share of the members' affinity that leaves
  the candidate.
- ``burst``: surprise, in nats, of the tightest window in which 60 % of the members started; ``burst_seconds``,
  ``burst_members``: its width and how many it holds. NaN where fewer than three starts are known.
  ``inferred_starts``: share whose start is not recorded but taken from the first thing seen of them.
- ``claim_share``: share of the accounts among them that took a bonus, NaN if all are wallets; ``delay_rank``: mean
  rank in the population, 0 fastest to 1 slowest, of the time from start to bonus; NaN without one.
- ``use_days``: mean days for which shared signals were used, at most 365; NaN where no times are known.
- ``cover``: share of members with any evidence to another; ``outside_share``: share of accounts on the shared signals
  that are outside; ``invited_inside``: share whose inviter is a member.
- ``hour_sameness``: length of the mean of the members' directions of activity on the clock, 0 spread to 1 same, over
  the ``hour_members`` with at least three timed acts; NaN below three such members.
- ``own_instrument``: share of members with an instrument that nobody else uses; NaN where none has an instrument.
- ``active_days``: median days between start and last activity; NaN where unknown.
- ``nats_*``: evidence of what is shared, (sharers - 1) x nats per signal: identity, place, referral, money.
- ``tie_spread``: standard deviation over mean of the members' affinity to the others; ``least_tied``: least over
  median; ``pairs_evident``: share of the pairs of members with any evidence.
- ``widest_identity``, ``widest_place``: greatest share of the members on one signal; ``on_identity``, ``on_place``,
  ``on_money``: share of the members who share any with another; ``place_outside``: share of the actors on the shared
  places that are outside; ``kinds_shared``: types of signals shared; ``identity_per_member``: shared identity signals
  per member.
- ``long_burst``: as ``burst``, of 90 % of the members, and ``start_days`` the width of that window; ``claim_burst``
  and ``end_burst``: as ``burst``, of the first bonuses and of the last activity.
- ``delay_spread``, ``active_spread``, ``acts_spread``: standard deviation over the members of the logarithm of the
  time to the bonus, of the days of activity, and of the number of timed acts; ``acts_rank``: mean rank in the
  population of that number; ``steadiness``: mean over members of the length of their own mean direction on the clock.
- ``invited``: share invited by anybody; ``same_inviter``: greatest share invited by one actor, who is a member
  (``inviter_inside`` 1) or not (0) and ``inviter_share`` of whose invitees are members (NaN if none was invited).
- ``use_overlap``: share of successive uses of a shared signal that overlap in time; NaN where no times are known.
- ``minimum_cut``: affinity that the lightest cut of the candidate takes away, over ``mean_affinity``; NaN above
  `MOST_TO_CUT` members. ``core``: greatest core number of the pairs with evidence, over the number of other members.
- ``claim_surprise``, ``hour_surprise``: what speaks against chance, in nats: so many members with a bonus, or so few
  (below zero), at the rate of all accounts (the divergence of the two, times the accounts); and hours so alike where
  each member's are any (Rayleigh's test).
- ``stake``: logarithm of what the members took in bonuses, over the median of all who took any; ``stake_rank``: mean
  rank of a member's among theirs; ``stake_spread``: standard deviation of its logarithm; NaN where none has a value.
- Of transfers, NaN where none are recorded: ``paying_inside``: share of members who paid another or were paid;
  ``kept_inside``: amount inside over all that members paid; ``outflow``: amount that leaves over all that crosses the
  edge; ``pairs_paid``: ordered pairs of whom one paid the other, over all; ``reciprocity``: share of them in which the
  other paid back; ``circulating``: share of members left once all are gone, again and again, who pay nobody left or are
  paid by nobody left; ``fan_in``, ``fan_out``: greatest share of the others who paid one member, or were paid by one;
  ``amount_entropy``: entropy in nats of the amounts that members paid, told apart to two digits; ``payment_growth``:
  share of the transfers in the later half of their time, less that in the earlier.
- ``<quantity>_<statistic>``: pooled over the members, as in `POOLS`: ``tie_openness``, the share of a member's affinity
  that leaves, and the ranks in the population of the number of timed acts (``acts_place``), of the days of activity
  (``days_place``), and of the numbers of transfers paid (``paid_place``) and got (``got_place``).
"""

BURST_SHARE = 0.6
LONG_BURST_SHARE = 0.9
SOURCES = {"claim_surprise": ("claim_share", "accounts"), "hour_surprise": ("hour_sameness", "hour_members")}
"""Features that are made from others."""
PARALLEL_CANDIDATES = 1_000  # fewer do not pay for waking threads


@dataclass(frozen=True, eq=False)
class RingFeatures:
    """Features of candidates.

    Parameters
    ----------
    values : array of float64, shape (n_candidates, n_features)
        NaN where a feature is absent.
    names : tuple of str
    network : array of float64, shape (n_candidates,), optional
        What a network over the graph says of each, where the model asks for it; NaN where it knows no member.
    """

    values: FloatArray
    names: tuple[str, ...] = FEATURE_NAMES
    network: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def columns(self, names: tuple[str, ...]) -> FloatArray:
        """Some features of all candidates, shape (n_candidates, n_names)."""
        if names == self.names:
            return self.values
        return np.ascontiguousarray(self.values[:, [self.names.index(name) for name in names]])

    def __getitem__(self, name: str) -> FloatArray:
        """Return one feature of all candidates."""
        return self.values[:, self.names.index(name)]

    def take(self, rows: LongArray) -> RingFeatures:
        """Features of some candidates."""
        return RingFeatures(self.values[rows], self.names, None if self.network is None else self.network[rows])


def ring_features(
    starts: LongArray,
    members: IntArray,
    around: Surroundings,
    population: Surroundings | None = None,
    reads: frozenset[str] | None = None,
) -> RingFeatures:
    """Measure every candidate.

    Parameters
    ----------
    starts : array of int64, shape (n_candidates + 1,)
        Members of candidate c are ``members[starts[c]:starts[c + 1]]``.
    members : array of int32
        Actor indices.
    around : Surroundings
    population : Surroundings, optional
        Whose starts, bonuses and activity are the usual ones; by default of the same actors.
    reads : frozenset of str, optional
        Features that are asked for; by default all.

    Returns
    -------
    RingFeatures
        O(rows and pairs of all members).
    """
    starts = np.ascontiguousarray(starts, dtype=np.int64)
    members = np.ascontiguousarray(members, dtype=np.int32)
    given = (population or around).usual
    names = tuple(name for name in FEATURE_NAMES if reads is None or name in reads)
    values = np.empty((len(starts) - 1, len(names)))
    n_shares = numba.get_num_threads() if len(starts) > PARALLEL_CANDIDATES else 1
    bounds = np.searchsorted(starts, np.arange(n_shares + 1) * len(members) // n_shares)
    bounds[0], bounds[-1] = 0, len(starts) - 1
    shares = [
        (values[low:high], names, starts[low : high + 1], members, around, given) for low, high in stretches(bounds)
    ]
    side_by_side(_measure, shares)
    return RingFeatures(values, names)


def _measure(
    out: FloatArray, names: tuple[str, ...], starts: LongArray, members: IntArray, around: Surroundings, given: Usual
) -> None:
    """Measure some candidates."""
    candidates = (starts, members)
    largest = int(np.diff(starts).max(initial=0))
    needed = {*names, *(source for name in names for source in SOURCES.get(name, ()))}
    uses = around.uses
    shared = (
        uses.starts, uses.signals, uses.days, *(uses.ranked if "use_overlap" in needed else NOT_RANKED), uses.groups,
        uses.kinds, uses.degrees, uses.nats, around.instruments, len(around.signal_types),
    )  # fmt: skip
    missing = int(MISSING_TIME)
    affinity, evidence = around.affinity, around.evidence
    ties = (affinity.indptr, affinity.indices, affinity.weights, evidence.indptr, evidence.indices)
    bursts = {
        ("burst", "burst_seconds", "burst_members"): (around.started, given.starts, missing, BURST_SHARE),
        ("long_burst", "start_days"): (around.started, given.starts, missing, LONG_BURST_SHARE),
        ("claim_burst",): (around.claimed_at, given.claims, missing, BURST_SHARE),
        ("end_burst",): (around.last_active, given.ends, missing, BURST_SHARE),
    }
    of_members = (
        largest, around.is_account, around.claimed, around.delay, given.delays,
        *around.directions, around.n_acts, around.started, around.recorded, around.last_active, missing,
    )  # fmt: skip
    likeness = (
        largest, around.delay, *around.sums, around.n_acts, given.acts, around.started, around.last_active, missing,
    )  # fmt: skip
    aspects: tuple[tuple[tuple[str, ...], Callable[..., FloatArray], tuple[Any, ...]], ...] = (
        *((names, measure_bursts, (largest, *args)) for names, args in bursts.items()),
        (TIE_FEATURES, measure_ties, (largest, *ties)),
        (SHARED_FEATURES, measure_shared, shared),
        (BEHAVIOUR_FEATURES, measure_behaviour, of_members),
        (LIKENESS_FEATURES, measure_likeness, likeness),
        (INVITATION_FEATURES, measure_invitations, (largest, around.inviters, around.n_invited)),
        (COHESION_FEATURES, measure_cohesion, (largest, *ties, MOST_TO_CUT)),
        (STAKE_FEATURES, measure_stakes, (around.taken, given.taken)),
        (PAYMENT_FEATURES, _payments, (around.payments,)),
        (POOLED_FEATURES, pool_features, (around, given)),
    )
    columns: dict[str, FloatArray] = {"size": np.diff(starts).astype(np.float64)}
    for told, measure, args in aspects:
        if not needed.isdisjoint(told):
            columns |= dict(zip(told, np.atleast_2d(measure(*candidates, *args).T), strict=False))
    if "start_days" in needed:
        columns["start_days"] = columns["start_days"] / DAY
    if "claim_surprise" in needed:
        columns["claim_surprise"] = binomial_surprise(columns["claim_share"], columns["accounts"], given.claim_rate)
    if "hour_surprise" in needed:
        columns["hour_surprise"] = columns["hour_sameness"] ** 2 * columns["hour_members"]
    for k, name in enumerate(names):
        out[:, k] = columns[name]


def _payments(starts: LongArray, members: IntArray, payments: Payments | None) -> FloatArray:
    if payments is None:
        return np.full((len(starts) - 1, len(PAYMENT_FEATURES)), np.nan)
    paid, got = payments.paid, payments.got
    measured: FloatArray = measure_payments(
        starts, members, paid.starts, paid.others, paid.amounts, paid.days, payments.kinds,
        got.starts, got.days, payments.n_got_timed, payments.got_totals,
    )  # fmt: skip
    return measured
