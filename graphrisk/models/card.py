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
    data, figures, line = card["data"], card["held_out"], card["calibration"]
    lines = [
        f"Model {card['name']}: {card['kind']}",
        f"  made by: {card['command']}  (graphrisk {card['code_version']})",
        f"  learned from: {data['populations']} populations, {data['candidates']:,} groups, of {data['rings']:,} rings "
        f"{data['rings_reachable']:,} among them",
        f"  data: sha256 {data['sha256'][:16]}…, trees: sha256 {card['trees_sha256'][:16]}…",
        f"  calibration: slope {line['slope']:.3f}, intercept {line['intercept']:.3f}, "
        f"spread {line['spread']:.3f} nats",
        "On populations that were held out:",
        f"  listed {figures['listed']:,} from a score of {card['levels']['least']}, "
        f"{figures['precision']:.1%} of them rings",
        f"  of the rings among the groups {figures['recovered_of_reachable']:.1%} recovered",
        f"  band high (from {card['levels']['high']}): {figures['precision_high']:.1%} rings",
        f"  expected calibration error {figures['calibration_error']:.3f}; the 90 % intervals hold in "
        f"{figures['interval_coverage']:.0%} of the populations",
        "  lists with a bounded share of wrong ones: "
        + ", ".join(
            f"{row['bound']:.0%} -> {row['wrong']:.1%} of {row['listed']:,}" for row in figures["false_discovery"]
        ),
        "  said -> true (n):",
        *(f"    {row['said']:.3f} -> {row['true']:.3f} ({row['n']:,})" for row in figures["reliability"]),
        "Limits:",
        *(f"  - {limit}" for limit in card["limits"]),
    ]
    return "\n".join(lines)


LIMITS = (
    "A group counts as a ring if it and a known ring have a Jaccard similarity of at least one half; pieces of rings "
    "and rings with many hangers-on count as wrong.",
    "It scores groups that share something; who shares nothing with anybody is not proposed at all.",
    "It needs the starts of accounts; without them the transparent score stands in.",
    "It knows the habits of the populations that it learned from; where yours differ, confirm its probabilities on "
    "reviewed cases, or train on them.",
    "It does not know country, age or any other attribute of persons, and was not measured by them.",
)
