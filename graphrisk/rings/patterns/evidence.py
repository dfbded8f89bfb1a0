"""Evidence for and against a ring that a pattern of transfers drew; the weights sum to the log-odds of its score."""

from __future__ import annotations

import numpy as np

from gnn.transparent import THRESHOLD
from graphrisk.rings.evidence import AGAINST, FOR, MOST_ENTITIES, Evidence, in_order, percent, prior_line
from graphrisk.rings.patterns.pool import NULL
from graphrisk.rings.patterns.reliance import fact_reliance
from graphrisk.rings.patterns.search import PatternRing
from graphrisk.rings.sharing import Sharing


def pattern_evidence(
    ring: PatternRing, q_value: float, q_limit: float, least: float, sharing: Sharing
) -> list[Evidence]:
    """Write the lines of one ring, evidence for before evidence against.

    Parameters
    ----------
    ring : PatternRing
    q_value : float
    q_limit : float
        The false-discovery rate up to which a ring counts as significant.
    least : float
        Score from which rings like it are listed.
    sharing : Sharing
        Gives the entities behind the actors.

    Returns
    -------
    list of Evidence
    """
    pool, rows = ring.pool, list(ring.match.rows)
    nodes = tuple(sharing.actors[ring.members[:MOST_ENTITIES]].tolist())
    first, last = int(pool.seconds[rows].min()), int(pool.seconds[rows].max())
    lines = [
        Evidence(ring.pattern.typology, ring.pattern.sentence(pool, ring.match), ring.shape, nodes, first, last),
        _strangers(ring, nodes),
        prior_line(-THRESHOLD),
    ]
    text = f"Of the rings scored at least as high, about {percent(q_value)} would be expected with {NULL}."
    fits = q_value <= q_limit
    context = Evidence("beyond_chance" if fits else "could_be_chance", text, 0.0, direction=FOR if fits else AGAINST)
    if ring.everyday < 0:
        text = f"{percent(ring.everyday_share)} of the members' transfers are with partners they deal with otherwise."
        lines.append(Evidence("everyday_transfers", text, ring.everyday, nodes, direction=AGAINST))
    lines.append(context)
    facts = {ring.pattern.typology: ring.shape, "many_strangers": ring.strangers}
    if told := fact_reliance(facts, ring.nats, least):
        lines.append(told)
    return in_order(lines)


def _strangers(ring: PatternRing, nodes: tuple[int, ...]) -> Evidence:
    degrees, expected = ring.pool.degrees[ring.members], ring.pool.expected[ring.members]
    text = (
        f"On average a member has {degrees.mean():.3g} transfers with strangers, "
        f"where its activity would let expect {np.maximum(expected, ring.pool.expected.mean()).mean():.3g}."
    )
    return Evidence("many_strangers", text, ring.strangers, nodes)
