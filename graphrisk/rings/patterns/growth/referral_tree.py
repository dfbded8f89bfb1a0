"""Referral trees that one person grows: invitees who go dormant, and share or deal with whoever invited them."""

from __future__ import annotations

import numpy as np

from algorithms.forests import Forest
from graphrisk.rings.evidence import percent
from graphrisk.rings.patterns.growth.acts import Acts, BoolArray, LongArray
from graphrisk.rings.patterns.growth.finding import (
    MEMBER,
    Finding,
    Found,
    GrowthPattern,
    Line,
    Ties,
    joint_nats,
    shape_weight,
    share_nats,
)
from graphrisk.rings.settings import PatternRules

INVITER = "inviter"
ACTIVE_WEIGHT, APART_WEIGHT = -2.0, -1.0


def _find(acts: Acts, rules: PatternRules) -> Found:
    """Hold the invitees below every account against all other invitees, in two ways."""
    parents = acts.sharing.inviters.astype(np.int64)
    forest = Forest.from_parents(parents)
    invited = parents >= 0
    dealt = np.zeros(len(parents), bool)
    dealt[invited] = _deal_with_inviter(acts, np.flatnonzero(invited), parents[invited])
    flags = {"size": invited, "judged": acts.judged & invited, "dormant": acts.dormant & invited, "dealt": dealt}
    # what hangs below an account is judged, not the account
    below = {name: forest.sums(flag) - flag for name, flag in flags.items()}
    total = {name: float(flag.sum()) for name, flag in flags.items()}
    fits = (below["size"] + 1 >= rules.min_size) & (below["size"] < rules.growth_max_size)
    tested = np.flatnonzero((forest.depths >= 0) & fits)
    heights, findings = forest.heights, []
    for root in tested.tolist():
        n = {name: float(sums[root]) for name, sums in below.items()}
        rest = {name: total[name] - n[name] for name in total}
        parts = {
            "dormant": share_nats(n["dormant"], n["judged"], rest["dormant"], rest["judged"]),
            "dealt": share_nats(n["dealt"], n["size"], rest["dealt"], rest["size"]),
        }
        nats = joint_nats(parts.values())
        if shape_weight(nats, len(tested)) > 0:
            weight = shape_weight(nats, len(tested))
            weights = {name: weight * part / max(sum(parts.values()), 1e-9) for name, part in parts.items()}
            kept = {name: shape_weight(joint_nats([part, 0.0]), len(tested)) for name, part in parts.items()}
            lines = _lines(acts, n, rest, weights, kept, int(heights[root]))
            findings.append(_finding(acts, forest, root, nats, lines))
    return Found(findings, len(tested), int(((forest.depths >= 0) & (below["size"] >= rules.growth_max_size)).sum()))


def _deal_with_inviter(acts: Acts, invitees: LongArray, inviters: LongArray) -> BoolArray:
    """Whether each invitee shares a thing that is no hub with its inviter, or one of them paid the other."""
    n = acts.n_actors
    payer, payee = acts.acts_for[acts.transfers.sources], acts.acts_for[acts.transfers.targets]
    both = (payer >= 0) & (payee >= 0)
    paid = np.unique(np.concatenate([payer[both] * n + payee[both], payee[both] * n + payer[both]]))
    return acts.share_a_signal(invitees, inviters) | np.isin(invitees * n + inviters, paid)


def _lines(
    acts: Acts,
    n: dict[str, float],
    rest: dict[str, float],
    weights: dict[str, float],
    kept: dict[str, float],
    depth: int,
) -> tuple[Line, ...]:
    size, judged = max(n["size"], 1.0), max(n["judged"], 1.0)
    levels = f"{depth} level" + ("s" if depth != 1 else "")
    others = percent(rest["dealt"] / max(rest["size"], 1))
    dealing = (
        f"Of {n['size']:.0f} accounts invited over {levels}, {n['dealt']:.0f} share a device or the like or "
        f"exchange money with who invited them; of all others invited, {others} do."
    )
    dormant = (
        f"{n['dormant']:.0f} of {n['judged']:.0f} accounts invited were not used after their first "
        f"{acts.dormant_days:.0f} days; of all others invited, {percent(rest['dormant'] / max(rest['judged'], 1))}."
    )
    active, apart = 1 - n["dormant"] / judged if n["judged"] else 0.0, 1 - n["dealt"] / size
    # without one of the two, the other is tested alone; what speaks against goes or comes with it
    weight = sum(weights.values())
    lost_dealt = weight - kept["dormant"] - APART_WEIGHT * (1 - apart)
    lost_dormant = weight - kept["dealt"] + ACTIVE_WEIGHT * active
    lines = [
        Line("referral_tree", dealing, weights["dealt"], lost_dealt),
        Line("dormant_invitees", dormant, weights["dormant"], lost_dormant),
    ]
    if active > 0:
        text = f"{percent(active)} of the accounts invited were still used after {acts.dormant_days:.0f} days."
        lines.append(Line("active_invitees", text, ACTIVE_WEIGHT * active))
    if apart > 0:
        text = f"{percent(apart)} of the accounts invited have nothing in common with who invited them."
        lines.append(Line("separate_invitees", text, APART_WEIGHT * apart))
    return tuple(lines)


def _finding(acts: Acts, forest: Forest, root: int, nats: float, lines: tuple[Line, ...]) -> Finding:
    members = forest.subtree(root)
    invitees = members[members != root]
    nodes, started = acts.sharing.actors.astype(np.int64), acts.history.started
    value = acts.value_of(members)
    if not np.isnan(value):
        lines += (Line("bonus_value", f"Members took bonuses of {value:,.2f} in all.", 0.0),)
    return Finding(
        members=members,
        nats=nats,
        lines=lines,
        first=int(started[invitees].min()),
        last=int(acts.last[members].max()),
        ties=Ties(
            nodes[forest.parents[invitees]],
            nodes[invitees],
            started[invitees],
            started[invitees],
            np.ones(len(invitees), np.int64),
        ),
        roles=tuple(INVITER if forest.heights[m] else MEMBER for m in members.tolist()),
        value=value,
        own=np.where(acts.judged[members] & ~acts.dormant[members], 0.7, 1.0),
    )


PATTERN = GrowthPattern(
    "referral_tree",
    "referral",
    "invitees as dormant, and as close to who invited them, as all others that were invited",
    _find,
)
