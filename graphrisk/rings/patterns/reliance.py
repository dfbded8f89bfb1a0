"""How much a ring that a pattern drew rests on a single fact, and on the pattern itself, in one sentence each."""

from __future__ import annotations

from collections.abc import Mapping

from gnn.scoring import probability
from graphrisk.rings.evidence import AGAINST, FOR, Evidence

ONE_FACT, MANY_FACTS = "rests_on_one_fact", "rests_on_many_facts"
ONE_PATTERN, MANY_PATTERNS = "rests_on_one_pattern", "rests_on_many_patterns"


def fact_reliance(lost: Mapping[str, float], nats: float, least: float) -> Evidence | None:
    """Say what the score would be without the fact that it rests on most, and without any other.

    Parameters
    ----------
    lost : mapping of str to float
        Reason code of each fact for the ring, and the nats that the ring would lose without it.
    nats : float
        Log-odds of the score.
    least : float
        Score from which such rings are listed.

    Returns
    -------
    Evidence
        Of no weight; None where nothing speaks for the ring.
    """
    facts = sorted((item for item in lost.items() if item[1] > 0), key=lambda item: (-item[1], item[0]))
    if not facts:
        return None
    if len(facts) == 1:
        return Evidence(ONE_FACT, f"Nothing but `{facts[0][0]}` speaks for the ring.", 0.0, direction=AGAINST)
    scores = [probability(nats - loss) for _, loss in facts]
    text = (
        f"Without `{facts[0][0]}` the score would be {scores[0]:.2f} instead of {probability(nats):.2f}; "
        f"without any other fact that speaks for the ring, {scores[1]:.2f} or more."
    )
    listed = scores[0] >= least
    return Evidence(MANY_FACTS if listed else ONE_FACT, text, 0.0, direction=FOR if listed else AGAINST)


def pattern_reliance(n_others: int, found: tuple[str, int, float] | None, size: int) -> Evidence | None:
    """Say what would be listed in the place of a ring if its pattern were not sought.

    Parameters
    ----------
    n_others : int
        Other patterns that were sought.
    found : tuple of str, int and float, optional
        Typology of the ring that would stand in its place, how many of the members it has, and its score.
    size : int
        Members of the ring.

    Returns
    -------
    Evidence
        Of no weight; None where no other pattern was sought.
    """
    if not n_others:
        return None
    if found is None:
        text = "No other pattern of growth abuse that was sought lists a ring like it."
        return Evidence(ONE_PATTERN, text, 0.0, direction=AGAINST)
    typology, n_same, score = found
    text = f"Without this pattern, `{typology}` would list {n_same} of the {size} members, with a score of {score:.2f}."
    return Evidence(MANY_PATTERNS, text, 0.0, direction=FOR)
