"""Evidence for and against each listed ring: reason codes with numbers, entities, times and weights.

The weights of a ring's evidence sum to the log-odds of its score, so that nothing moves a score without a line that
says why. Lines of weight 0 are context.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.times import MISSING_TIME
from gnn.blended_trees import NETWORK
from gnn.ring_features import LongArray
from gnn.scoring import PRIOR, probability
from graphrisk.rings.links import RingLinks, span
from graphrisk.rings.nouns import count, noun
from graphrisk.rings.reliance import MANY_SIGNALS, reliance
from graphrisk.rings.removal import Removals
from graphrisk.rings.search import Search, null_model
from graphrisk.rings.settings import RingSettings
from graphrisk.rings.wallets import LINKS

FOR, AGAINST = "for", "against"
MOST_ENTITIES = 20


@dataclass(frozen=True)
class Evidence:
    """One checkable fact about a ring.

    Parameters
    ----------
    reason_code : str
    text : str
        One sentence with the numbers.
    weight : float
        Nats, above 0 for and below 0 against the ring.
    nodes : tuple of int
        Entities it rests on.
    first_seen, last_seen : int
        Seconds; `MISSING_TIME` where it has no time.
    is_hub : bool
    direction : str
        ``for`` or ``against``; told from the weight where it is not 0.
    """

    reason_code: str
    text: str
    weight: float
    nodes: tuple[int, ...] = ()
    first_seen: int = MISSING_TIME
    last_seen: int = MISSING_TIME
    is_hub: bool = False
    direction: str = FOR


def duration(seconds: float) -> str:
    """Say a length of time in the unit that people would use."""
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.0f} seconds"


def percent(share: float) -> str:
    """Write a share as a percentage with two digits that count, never as a misleading 0 % or 100 %."""
    if 0 < share < 0.0005:
        return "under 0.05 %"
    if 0.995 <= share < 1:
        return "over 99.5 %"
    digits = 0 if share >= 0.1 or share == 0 else 1 if share >= 0.01 else 2
    return f"{100 * share:.{digits}f} %"


class EvidenceWriter:
    """Writes the evidence of one ring after the other.

    Parameters
    ----------
    found : Search
    links : RingLinks
    q_values : array of float64, shape (n_rings,)
    left : Removals
        The rings without their signals.
    settings : RingSettings
    """

    def __init__(
        self,
        found: Search,
        links: RingLinks,
        q_values: npt.NDArray[np.float64],
        left: Removals,
        settings: RingSettings,
    ) -> None:
        self._found = found
        self._links = links
        self._q_values = q_values
        self._q_limit = settings.q_value
        self._least = settings.levels(found.model.levels).least
        self._left = left
        kinds = found.sharing.kinds[left.signals]
        self._nouns = [noun(found.sharing.signal_types[kind]) for kind in kinds]
        self._ends = np.searchsorted(links.rings, np.arange(len(found.chosen) + 1))
        self._claim_rate = found.history.claim_rate
        self._parts = found.model.parts(found.features)

    def of_ring(self, ring: int) -> list[Evidence]:
        """Evidence of one ring, strongest first, evidence for before evidence against."""
        members = self._found.candidates[int(self._found.chosen[ring])]
        rows = np.arange(self._ends[ring], self._ends[ring + 1])
        parts = dict(zip(self._found.model.part_names, self._parts[ring].tolist(), strict=True))
        lines = [
            *self._sharing(ring, parts["links"], rows),
            *self._behaviour(ring, parts, members),
            *self._manner(ring, parts, members),
            *self._context(ring, parts, rows),
            prior_line(parts[PRIOR]),
        ]
        return in_order(lines)

    def _feature(self, name: str, ring: int) -> float:
        return float(self._found.features[name][ring])

    def _sharing(self, ring: int, nats: float, rows: LongArray) -> Iterator[Evidence]:
        """Split the part `links` over the kinds of links that make it."""
        size = int(self._feature("size", ring))
        mean = self._feature("mean_affinity", ring)
        if nats <= 0:
            text = (
                f"What the {size} members share ties each to {mean:.2g} others on average; that is no sign of a ring."
            )
            yield _line("few_links", text, nats)
        weights, types = self._links.weights[rows], np.array([self._links.types[r] for r in rows], dtype=object)
        total = weights.sum()
        if nats > 0 and total <= 0:
            yield _line("links", f"On average a member is tied to {mean:.2g} of the {size - 1} others.", nats)
            return
        for kind in sorted(set(types[weights > 0])):
            of_kind = rows[(types == kind) & (weights > 0)]
            share = self._links.weights[of_kind].sum() / total
            yield self._link_line(kind, of_kind, size, max(nats, 0.0) * share)

    def _link_line(self, kind: str, rows: LongArray, size: int, nats: float) -> Evidence:
        links = self._links
        first, last = span(links.first_seen[rows], links.last_seen[rows])
        if links.signals[rows[0]] < 0:
            ends = np.unique(np.concatenate([links.sources[rows], links.targets[rows]]))
            dealing = "invitation" if kind == "referral" else "direct transfer"
            text = f"{len(ends)} of {size} members are joined by {count(len(rows), dealing)} among them."
            if kind in LINKS:
                text = LINKS[kind].sentence.format(who=len(ends), size=size, pairs=count(len(rows), kind))
            return Evidence(kind, text, nats, tuple(ends[:MOST_ENTITIES].tolist()), first, last)
        targets, counts = np.unique(links.targets[rows], return_counts=True)
        order = np.lexsort((targets, -counts))
        who = len(np.unique(links.sources[rows]))
        widest = rows[links.targets[rows] == targets[order[0]]]
        outside = int(links.n_accounts[widest[0]]) - len(widest)
        signal = kind.removeprefix("shared_")
        sentence = LINKS[signal].sentence if signal in LINKS else "{who} of {size} members share {things}"
        text = (
            sentence.format(who=who, size=size, things=count(len(targets), signal))
            + f"; the widest joins {counts.max()} members"
            + (f" and {count(outside, 'account')} outside the ring." if outside else " and nobody else.")
        )
        return Evidence(kind, text, nats, tuple(targets[order][:MOST_ENTITIES].tolist()), first, last)

    def _nodes(self, members: npt.NDArray[np.int32]) -> tuple[int, ...]:
        return tuple(self._found.sharing.actors[members[:MOST_ENTITIES]].tolist())

    def _behaviour(self, ring: int, parts: dict[str, float], members: npt.NDArray[np.int32]) -> Iterator[Evidence]:
        """Lines about when members came, what they took, and for how long they share what they share."""
        history, size = self._found.history, int(self._feature("size", ring))
        nodes = self._nodes(members)
        for part, (feature, code, text) in UNKNOWN.items():
            if parts.get(part) and np.isnan(self._feature(feature, ring)):
                yield _line(code, text, parts.pop(part))
        started = history.started[members]
        first, last = span(started, started)
        if nats := parts.get("burst"):
            within = duration(self._feature("burst_seconds", ring))
            n_started = int(self._feature("burst_members", ring))
            share = percent(float(np.exp(-self._feature("burst", ring))))
            text = f"{n_started} of {size} members started within {within}; {share} of all other accounts did."
            yield _line("sign_up_burst" if nats > 0 else "spread_sign_ups", text, nats, nodes, first, last)
        if nats := parts.get("claims"):
            took = self._feature("claim_share", ring)
            text = f"{percent(took)} of the members took a bonus, against {percent(self._claim_rate)} of all accounts."
            yield _line("bonus_claimed" if nats > 0 else "few_bonuses", text, nats, nodes)
        if nats := parts.get("delay"):
            faster = 1 - self._feature("delay_rank", ring)
            text = f"Members took their bonus sooner after their start than {percent(faster)} of all who took one."
            yield _line("fast_bonus" if nats > 0 else "slow_bonus", text, nats, nodes)
        if nats := parts.get("use"):
            days = self._feature("use_days", ring)
            text = f"What the members share was used by each for {days:.3g} days on average" + (
                "; people who live or work together share for longer." if nats > 0 else ", as in a home or an office."
            )
            yield _line("short_use" if nats > 0 else "long_shared_use", text, nats, nodes)
        if nats := parts.get("household"):
            text = f"{size} members at a shared address or IP for a long time: the size and place of a household."
            yield _line("household_size", text, nats, nodes)
        if nats := parts.get("hours"):
            same = self._feature("hour_sameness", ring)
            text = f"The hours of the day at which members are active are alike to {same:.2f} of 1."
            yield _line("same_hours" if nats > 0 else "different_hours", text, nats, nodes)
        if nats := parts.get("openness"):
            text = f"{percent(self._feature('openness', ring))} of the members' ties lead outside the ring."
            yield _line("closed_group" if nats > 0 else "ties_outside", text, nats, nodes)

    def _manner(self, ring: int, parts: dict[str, float], members: npt.NDArray[np.int32]) -> Iterator[Evidence]:
        """Lines about how the members hang together and go about."""
        size, nodes = int(self._feature("size", ring)), self._nodes(members)
        if nats := parts.get("cover"):
            loose = round((1 - self._feature("cover", ring)) * size)
            text = f"{loose} of {size} members share nothing with the others."
            if not loose:
                spread = self._feature("tie_spread", ring)
                text = f"Every member is tied to others; the ties of members differ by {percent(spread)} of their mean"
                cut = self._feature("minimum_cut", ring)
                text += "." if np.isnan(cut) else f", and no cut is lighter than {percent(cut)} of it."
            yield _line("unconnected_members" if loose else "connected_members", text, nats, nodes)
        if nats := parts.get("place"):
            sharing, outside = self._feature("on_place", ring), self._feature("place_outside", ring)
            text = "No member shares an address or IP with another."
            if sharing:
                text = f"{percent(sharing)} of the members share an address or IP with another; "
                text += f"{percent(outside)} of the accounts at these places are outside."
            yield _line("common_place" if sharing else "no_common_place", text, nats, nodes)
        if nats := parts.get("referral"):
            invited, same = self._feature("invited", ring), self._feature("same_inviter", ring)
            text = "No member was invited by anybody."
            if invited:
                text = f"{percent(invited)} of the members were invited by somebody, {percent(same)} by the same one."
            yield _line("invitations" if invited else "no_invitations", text, nats, nodes)
        if nats := parts.get("activity"):
            days, rank = self._feature("active_days", ring), self._feature("acts_rank", ring)
            text = f"Half the members were active for {days:.3g} days or more from their start"
            text += f"; they do more than {percent(rank)} of all accounts." if rank > 0 else "."
            yield _line("activity", text, nats, nodes)
        if nats := parts.get("funding"):
            own = percent(self._feature("own_instrument", ring))
            text = f"{own} of the members pay with an instrument of their own that nobody else uses."
            yield _line("separate_funding", text, nats, nodes)
        if nats := parts.get("stake"):
            taken = float(np.nansum(self._found.history.taken[members]))
            rank = self._feature("stake_rank", ring)
            text = f"The members took {taken:,.6g} in bonuses; each of those who took any more than "
            text += f"{percent(rank)} of all who did, on average."
            yield _line("money_at_stake", text, nats, nodes)
        if nats := parts.get("payments"):
            paying, kept = self._feature("paying_inside", ring), self._feature("kept_inside", ring)
            text = "No member paid another."
            if paying:
                text = f"{percent(paying)} of the members paid one another, in "
                text += f"{percent(self._feature('reciprocity', ring))} of the pairs both ways"
                text += "." if np.isnan(kept) else f"; {percent(kept)} of what the members paid stayed among them."
            yield _line("payments_inside" if paying else "no_payments_inside", text, nats, nodes)
        if nats := parts.get(NETWORK):
            more = "more" if nats > 0 else "less"
            text = f"A network over the graph, which gives no reasons, finds it {more} like a ring than most groups."
            yield _line(NETWORK, text, nats, nodes)
        if nats := parts.get("size"):
            yield _line("group_size", f"The group has {size} members.", nats, nodes)

    def _context(self, ring: int, parts: dict[str, float], rows: LongArray) -> Iterator[Evidence]:
        """Lines that carry no weight: hubs, chance, separate instruments, age."""
        size = int(self._feature("size", ring))
        hubs = rows[self._links.is_hub[rows]]
        if len(hubs):
            targets = np.unique(self._links.targets[hubs])
            first, last = span(self._links.first_seen[hubs], self._links.last_seen[hubs])
            text = (
                f"{len(np.unique(self._links.sources[hubs]))} of {size} members also share "
                f"{count(len(targets), 'hub')} with up to {int(self._links.n_accounts[hubs].max())} accounts; "
                "that says little and counts for nothing."
            )
            yield Evidence("shared_hub", text, 0.0, tuple(targets[:MOST_ENTITIES].tolist()), first, last, True, AGAINST)
        q = float(self._q_values[ring])
        null = null_model(self._found)
        text = f"Of the rings scored at least as high, about {percent(q)} would be expected with {null}."
        fits = q <= self._q_limit
        yield Evidence("beyond_chance" if fits else "could_be_chance", text, 0.0, direction=FOR if fits else AGAINST)
        score = float(self._found.scores.score[self._found.chosen[ring]])
        if told := reliance(self._left, ring, self._nouns, score, self._least):
            code, text, signal = told
            node = int(self._found.sharing.signals[signal])
            yield Evidence(code, text, 0.0, (node,), direction=FOR if code == MANY_SIGNALS else AGAINST)
        own = self._feature("own_instrument", ring)
        if own >= 0.5 and "funding" not in parts:
            text = f"{percent(own)} of the members pay with an instrument of their own that nobody else uses."
            yield Evidence("separate_funding", text, 0.0, direction=AGAINST)
        active = self._feature("active_days", ring)
        if active >= 365 and "activity" not in parts:
            text = f"Half the members have been active for {active:.0f} days or more since their start."
            yield Evidence("long_history", text, 0.0, direction=AGAINST)


UNKNOWN = {
    "burst": ("burst", "starts_unknown", "The starts of fewer than three members are known."),
    "claims": ("claim_share", "bonuses_unknown", "The members are wallets, which take no bonuses."),
    "delay": ("delay_rank", "delays_unknown", "No member took a bonus, or when is not known."),
    "use": ("use_days", "use_unknown", "For how long the members used what they share is not known."),
    "hours": ("hour_sameness", "hours_unknown", "Fewer than three members did enough for their hours to be told."),
    "activity": ("active_days", "activity_unknown", "For how long the members were active is not known."),
    "stake": ("stake", "stake_unknown", "No member is known to have taken a bonus of some value."),
    "payments": ("paying_inside", "transfers_unknown", "No transfers are recorded."),
    "funding": ("own_instrument", "funding_unknown", "No member is known to use a payment instrument."),
}
"""What is said of a part of the score whose data are absent: the feature that shows it, a reason code, a sentence."""


def prior_line(nats: float) -> Evidence:
    """Say where a score starts before there is any evidence."""
    text = f"Before any evidence, a group that the search proposes counts as a ring with {percent(probability(nats))}."
    return _line(PRIOR, text, nats)


def in_order(lines: list[Evidence]) -> list[Evidence]:
    """Evidence for before evidence against, strongest first; where the score starts comes last."""
    return sorted(
        lines, key=lambda line: (line.reason_code == PRIOR, line.direction != FOR, -abs(line.weight), line.reason_code)
    )


def _line(
    code: str,
    text: str,
    nats: float,
    nodes: tuple[int, ...] = (),
    first: int = MISSING_TIME,
    last: int = MISSING_TIME,
) -> Evidence:
    return Evidence(code, text, nats, nodes, first, last, direction=FOR if nats > 0 else AGAINST)
