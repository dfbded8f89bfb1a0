"""How large a world is, how much of it is rings and how well they hide."""

from __future__ import annotations

from dataclasses import dataclass

START_SECONDS = 1_735_689_600
"""2025-01-01 00:00:00 UTC: every world begins here, so that no wall clock reaches the data."""
DAY = 86_400
MIN_ACCOUNTS, MAX_ACCOUNTS = 1_000, 10_000_000
MIN_RING = 4


@dataclass(frozen=True)
class WorldSettings:
    """What `simulate` makes.

    Parameters
    ----------
    n_accounts : int
        From 1,000 to 10,000,000.
    seed : int
        Not negative; the same settings give byte-identical files.
    days : int
        How long the world lasts, from 60 to 3,650; it begins on 2025-01-01.
    ring_share : float
        Share of the accounts that belong to rings, in [0, 0.3].
    ring_size_median : float
        Median number of members of a ring, at least 4; sizes are lognormal.
    ring_size_max : int
        Largest ring, at least `ring_size_median`.
    camouflage : float
        Mean share of a ring's acts that look honest (own devices, spread sign-ups, delays, changing addresses),
        in [0, 1]. Each ring has its own value around it.
    lookalike_share : float
        Share of the accounts that belong to innocent groups (dormitories, offices, influencers, ...), in [0, 0.5].
        Households come on top.
    careful_share : float
        Share of the accounts that belong to rings which share nothing and act together in time only (referral trees,
        bursts, lockstep, same sequences, wash trades, airdrop farms), on top of `ring_share`, in [0, 0.3]. Sizes and
        camouflage are drawn as those of the other rings; wash trades are between 2 to 6 accounts.
    laundering_share : float
        Share of the accounts that belong to rings which launder money in shapes beside fan-in, fan-out and cycle
        (bipartite, gather-scatter, scatter-gather, stack, multi-step flow, pass-through, peel chain, random), on top
        of `ring_share`, in [0, 0.3]. Sizes and camouflage are drawn as those of the other rings.
    twin_share : float
        Share of the accounts that belong to innocent groups which act together in time (a class, a campaign, a drop,
        a quest, a shop that takes bonuses, a market maker's customers), on top of `lookalike_share`, in [0, 0.4].

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    n_accounts: int = 20_000
    seed: int = 0
    days: int = 365
    ring_share: float = 0.02
    ring_size_median: float = 12.0
    ring_size_max: int = 300
    camouflage: float = 0.3
    lookalike_share: float = 0.1
    careful_share: float = 0.0
    twin_share: float = 0.0
    laundering_share: float = 0.0

    def __post_init__(self) -> None:
        ranges: dict[str, tuple[float, float]] = {
            "n_accounts": (MIN_ACCOUNTS, MAX_ACCOUNTS),
            "seed": (0, 2**63 - 1),
            "days": (60, 3_650),
            "ring_share": (0.0, 0.3),
            "ring_size_median": (MIN_RING, 1_000),
            "ring_size_max": (MIN_RING, 5_000),
            "camouflage": (0.0, 1.0),
            "lookalike_share": (0.0, 0.5),
            "careful_share": (0.0, 0.3),
            "twin_share": (0.0, 0.4),
            "laundering_share": (0.0, 0.3),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"`{name}` must be between {low:,} and {high:,}, got {value:,}")
        if self.ring_size_max < self.ring_size_median:
            least = f"`ring_size_median` ({self.ring_size_median})"
            raise ValueError(f"`ring_size_max` must be at least {least}, got {self.ring_size_max}")

    @property
    def end_seconds(self) -> int:
        """First second after the world."""
        return START_SECONDS + self.days * DAY
