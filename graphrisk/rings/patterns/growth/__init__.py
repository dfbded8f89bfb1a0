"""Patterns of growth abuse as rings: one file declares one pattern, and the list below names them all."""

from graphrisk.rings.patterns.growth import (
    airdrop_farm,
    claim_burst,
    lockstep,
    referral_tree,
    same_sequence,
    sign_up_burst,
    wash_trade,
)
from graphrisk.rings.patterns.growth.finding import Finding, GrowthPattern

GROWTH_PATTERNS: tuple[GrowthPattern, ...] = tuple(
    module.PATTERN
    for module in (referral_tree, sign_up_burst, claim_burst, lockstep, wash_trade, airdrop_farm, same_sequence)
)
GROWTH_TYPOLOGIES = tuple(pattern.typology for pattern in GROWTH_PATTERNS)

__all__ = ["GROWTH_PATTERNS", "GROWTH_TYPOLOGIES", "Finding", "GrowthPattern"]
