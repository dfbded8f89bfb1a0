"""The card of a model as text, for those who have to answer for it."""

from __future__ import annotations

from typing import Any


def card_text(card: dict[str, Any]) -> str:
    """Write a card for people.

    Parameters
    ----------
    card : dict

    Returns
    -------
    str
    """
    if card.get("of") == "accounts":
        return _account_text(card)
    data, figures, line = card["data"], card["held_out"], card["calibration"]
    lines = [
        f"Model {card['name']}: {card['kind']}",
        f"  made by: {card['command']}  (graphrisk {card['code_version']})",
        f"  learned from: {data['populations']} populations, {data['candidates']:,} groups, of {data['rings']:,} rings "
        f"{data['rings_reachable']:,} among them",
        f"  data: sha256 {data['sha256'][:16]}…, trees: sha256 {card['trees_sha256'][:16]}…",
        *_unlabelled(card),
        *_network(card),
        f"  calibration: slope {line['slope']:.3f}, intercept {line['intercept']:.3f}, "
        f"spread {line['spread']:.3f} nats",
        "On populations that were held out:",
        f"  listed {figures['listed']:,} from a score of {card['levels']['least']}, "
        f"{figures['precision']:.1%} of them rings",
        f"  of the rings among the groups {figures['recovered_of_reachable']:.1%} recovered",
        f"  band high (from {card['levels']['high']}): "
        + ("none" if figures["precision_high"] is None else f"{figures['precision_high']:.1%} rings"),
        f"  expected calibration error {figures['calibration_error']:.3f}; the 90 % intervals hold in "
        f"{figures['interval_coverage']:.0%} of the populations",
        "  lists with a bounded share of wrong ones: "
        + ", ".join(
            f"{row['bound']:.0%} -> {row['wrong']:.1%} of {row['listed']:,}" for row in figures["false_discovery"]
        ),
        "  said -> true (n):",
        *(f"    {row['said']:.3f} -> {row['true']:.3f} ({row['n']:,})" for row in figures["reliability"]),
        *_groups(figures.get("groups", [])),
        "Limits:",
        *(f"  - {limit}" for limit in card["limits"]),
    ]
    return "\n".join(lines)


def _groups(rows: list[dict[str, Any]]) -> list[str]:
    """Figures by what the groups are like; cards from before there were any have none."""
    out = ["By size, typology and given attributes (right of listed, recovered of reachable rings):"] if rows else []
    for row in rows:
        right = "none listed" if row["right"] is None else f"{row['right']:.1%} of {row['listed']:,} right"
        right += (
            "" if row["right"] is None else f" (95 %: {row['low']:.1%} to {row['high']:.1%}), said {row['said']:.3f}"
        )
        found = (
            "no ring reachable" if row["recovered"] is None else f"{row['recovered']:.1%} of {row['reachable']:,} found"
        )
        out.append(f"  {row['by']} {row['group']}: {right}; {found}")
    return out


def _network(card: dict[str, Any]) -> list[str]:
    """Say what a network would add, whether it was kept or not; a model that was trained without one has no lines."""
    if "network" not in card:
        return []
    told = card["network"]
    blend = told["blend"]
    gains = {"network": blend["second"], "trees": blend["first"]}
    lines = [f"  {row['scored by']}: average precision {row['ap']:.3f} of held-out groups" for row in told["rows"]]
    lines += [
        f"  gain of the {name} in the blend: {gain['mean']:+.3f} "
        f"({gain['low']:+.3f} to {gain['high']:+.3f} in nine draws of ten over {told['drawn_over']})"
        for name, gain in gains.items()
    ]
    if told["helps"]:
        said = f"  the network is kept, {blend['weight']:.0%} of the blend; sha256 {card['network_sha256'][:16]}…"
    else:
        said = "  the network does not help beyond chance and was left out: this is the model of the trees alone"
    return [*lines, said]


def _unlabelled(card: dict[str, Any]) -> list[str]:
    """Say what was assumed of groups without labels."""
    if "unlabelled" not in card:
        return []
    share = card["unlabelled"]["confirmed_share"]
    return [
        f"  labels name an estimated {share:.0%} of the rings; the figures below count the others by estimate, and all",
        "  of it holds if the rings that were labelled are like those that were not",
    ]


def _account_text(card: dict[str, Any]) -> str:
    data, figures = card["data"], card["held_out"]
    apart = "whole rings on one side" if figures["rings_apart"] else "rings share members and cannot be kept apart"
    lines = [
        f"Model {card['name']}: {card['kind']}",
        f"  made by: {card['command']}  (graphrisk {card['code_version']})",
        f"  learned from: {data['labelled']:,} labelled of {data['accounts']:,} accounts, {data['bad']:,} bad in "
        f"{data['groups_of_bad']:,} groups, {data['features']} features",
        f"  data: sha256 {data['sha256'][:16]}…, "
        + ", ".join(f"{kind}: sha256 {sha[:16]}…" for kind, sha in card["trees_sha256"].items()),
        f"On {figures['folds']} folds that were held out ({apart}):",
        *(f"  {row['scored by']}: AUC {row['auc']:.3f}, AP {row['ap']:.3f}" for row in figures["rows"]),
        f"  expected calibration error {figures['calibration_error']:.3f}",
        "  said -> true (n):",
        *(f"    {row['said']:.3f} -> {row['true']:.3f} ({row['n']:,})" for row in figures["reliability"]),
    ]
    later = card.get("later")
    if later is not None:
        lines.append(f"Trained as of {later['until']}, on accounts whose labels became known after it:")
        lines += [f"  {row['scored by']}: AUC {row['auc']:.3f}, AP {row['ap']:.3f}" for row in later["rows"]]
    lines += ["Limits:", *(f"  - {limit}" for limit in card["limits"])]
    return "\n".join(lines)


ACCOUNT_LIMITS = (
    "It knows accounts like those that were labelled; whom nobody looked at may be another population.",
    "An account scored high is no proof: it inherits what its group and its partners do.",
    "It does not know country, age or any other attribute of persons, unless a numeric attribute was given.",
)
LIMITS = (
    "A group counts as a ring if it and a known ring have a Jaccard similarity of at least one half; pieces of rings "
    "and rings with many hangers-on count as wrong.",
    "It scores groups that share something; who shares nothing with anybody is not proposed at all.",
    "It needs the starts of accounts; without them the transparent score stands in.",
    "It knows the habits of the populations that it learned from; where yours differ, confirm its probabilities on "
    "reviewed cases, or train on them.",
    "It does not know country, age or any other attribute of persons, and was not measured by them.",
)
