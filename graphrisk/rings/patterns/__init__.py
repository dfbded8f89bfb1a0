"""Patterns of laundering as rings: one file declares one pattern, and the list below names them all."""

from graphrisk.rings.patterns import (
    bipartite,
    cycle,
    fan_in,
    fan_out,
    gather_scatter,
    multi_step_flow,
    pass_through,
    peel_chain,
    random_walk,
    scatter_gather,
    stack,
)
from graphrisk.rings.patterns.match import Match, Pattern

PATTERNS: tuple[Pattern, ...] = tuple(
    module.PATTERN
    for module in (
        bipartite,
        scatter_gather,
        cycle,
        gather_scatter,
        stack,
        multi_step_flow,
        peel_chain,
        pass_through,
        fan_in,
        fan_out,
        random_walk,
    )
)
TYPOLOGIES = tuple(pattern.typology for pattern in PATTERNS)

__all__ = ["PATTERNS", "TYPOLOGIES", "Match", "Pattern"]
