"""What a user may set about hubs, affinity and rings; every default was chosen on simulated worlds."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gnn.scoring import Levels
from graphrisk.rings.wallets import LINKS

Positive = Annotated[float, Field(gt=0)]
Score = Annotated[float, Field(ge=0, le=1)]
MemberType = Literal["account", "wallet"]
PatternName = Literal[
    "bipartite",
    "scatter_gather",
    "cycle",
    "gather_scatter",
    "stack",
    "multi_step_flow",
    "peel_chain",
    "pass_through",
    "fan_in",
    "fan_out",
    "random",
]
GrowthName = Literal[
    "referral_tree",
    "sign_up_burst",
    "claim_burst",
    "lockstep",
    "wash_trade",
    "airdrop_farm",
    "same_sequence",
]
PATTERN_NAMES: tuple[PatternName, ...] = get_args(PatternName)
GROWTH_NAMES: tuple[GrowthName, ...] = get_args(GrowthName)
MEMBER_TYPES: tuple[MemberType, ...] = ("account", "wallet")


class HubSettings(BaseModel):
    """How widely a signal may be shared before sharing it says little.

    A signal that more accounts share than the cap of its type is a hub: it is kept, listed in the `hub` table and
    shown as evidence, but joins nobody.
    """

    model_config = ConfigDict(extra="forbid")

    caps: dict[str, Annotated[int, Field(ge=2)]] = Field(default_factory=dict)
    """Cap per signal type; types not named keep the default of `DEFAULT_CAPS`, others `default_cap`."""
    default_cap: Annotated[int, Field(ge=2)] = 40
    known: dict[str, list[str]] = Field(default_factory=dict)
    """Ids per entity type that never join anybody: exchanges, shared kiosks, office addresses."""
    known_labels: list[str] = Field(
        default_factory=lambda: ["exchange", "bridge", "contract", "deposit", "merchant", "kiosk", "vpn", "hub"]
    )
    """Entities with one of these labels in the `labels` table are known hubs as well."""
    decay: Annotated[float, Field(ge=0)] = 0.3
    """Nats of evidence lost for each e-fold more accounts on a signal."""

    what_if: bool = False
    """Search again at half and at double every cap and report which rings would go or come; takes twice as long."""

    def cap_of(self, signal_type: str) -> int:
        """Cap in force for a signal type."""
        return self.caps.get(signal_type, DEFAULT_CAPS.get(signal_type, self.default_cap))

    def scaled(self, factor: float, signal_types: tuple[str, ...]) -> HubSettings:
        """Return the same settings with every cap multiplied."""
        caps = {kind: max(2, round(self.cap_of(kind) * factor)) for kind in signal_types}
        return self.model_copy(update={"caps": caps})


DEFAULT_CAPS = {
    "device": 40,
    "instrument": 40,
    "wallet": 60,
    "email": 20,
    "phone": 20,
    "document": 20,
    "address": 30,
    "ip": 30,
    "ip_subnet": 12,
    "referrer": 40,
    "funder": 25,
    "payee": 25,
    **{link.name: link.cap for link in LINKS.values()},
}

DEFAULT_EVIDENCE = {
    "device": 3.5,
    "instrument": 4.0,
    "wallet": 5.0,
    "email": 5.0,
    "phone": 4.5,
    "document": 5.0,
    "address": 2.5,
    "ip": 2.0,
    "ip_subnet": 0.7,
    "referrer": 3.0,
    "funder": 2.5,
    "payee": 2.0,
    "referral": 4.5,
    "transfer": 3.0,
    **{link.name: link.nats for link in LINKS.values()},
}


class PatternRules(BaseModel):
    """Which patterns of laundering and of growth abuse are sought, and how."""

    model_config = ConfigDict(extra="forbid")

    search: list[PatternName | GrowthName] = Field(default_factory=list)
    """Patterns to seek; none unless they are named."""
    windows_days: list[Positive] = Field(default_factory=lambda: [5.0, 8.0, 14.0, 22.0, 30.0], min_length=1)
    """Within how many days a pattern must be complete; each window is tried."""
    most_meetings: Annotated[int, Field(ge=1)] = 3
    """Pairs with more transfers between them are no strangers, even deep among others who are."""
    most_strangers: Annotated[int, Field(ge=1)] = 200
    """Who deals with more strangers is a shop, an exchange or a payroll, and left out."""
    min_size: Annotated[int, Field(ge=3)] = 3
    max_size: Annotated[int, Field(ge=3)] = 200
    overlap: Annotated[float, Field(gt=0, le=1)] = 0.6
    """Of two rings with at least this Jaccard similarity only the better is listed."""
    deep_min_score: Annotated[float, Field(ge=0, le=1)] = 0.2
    """From which score rings are listed among accounts that deal with more strangers than chance has any do."""
    max_q_value: Annotated[float, Field(gt=0, le=1)] = 0.25
    """A ring that is less beyond chance than this is not listed."""
    growth_max_size: Annotated[int, Field(ge=4)] = 1000
    """Trees, bursts and collectors with more accounts are campaigns, influencers and exchanges, and left out."""
    dormant_days: Positive = 14.0
    """Who only logs in, invites, claims and pays after so many days is dormant; known of who came twice as long ago."""
    lockstep_seconds: Annotated[int, Field(ge=1)] = 30
    """Acts on the same target at most so far apart are in step."""
    sequence_length: Annotated[int, Field(ge=3, le=50)] = 6
    """Acts that accounts must have done in the same order to be compared."""
    sequence_pace: Annotated[float, Field(gt=1)] = 2.0
    """Pauses between the same acts are alike if neither is more than so many times as long as the other."""
    wash_hours: Positive = 24.0
    """Money that comes back within so many hours is a return."""
    wash_min_size: Annotated[int, Field(ge=2)] = 2
    """Least number of accounts that trade with each other to and fro."""
    sweep_days: Positive = 7.0
    """Within how many days of being given it a farm passes an airdrop on to its collector."""


class Costs(BaseModel):
    """What a decision costs when it is wrong, in any one unit; for scores that are probabilities."""

    model_config = ConfigDict(extra="forbid")

    miss: Positive
    """A ring that is left alone."""
    false_accusation: Positive
    """A group of innocents that is acted against."""
    review: Positive
    """An investigator's look at a group."""

    @property
    def high(self) -> float:
        """Probability from which acting costs less than not acting (Elkan 2001, section 2)."""
        return self.false_accusation / (self.false_accusation + self.miss)

    @property
    def medium(self) -> float:
        """Probability from which a look costs less than what it can be expected to save."""
        return min(self.review / self.miss, 1.0)


class RingSettings(BaseModel):
    """How rings are searched, scored and listed."""

    model_config = ConfigDict(extra="forbid")

    min_size: Annotated[int, Field(ge=2)] = 4
    max_size: Annotated[int, Field(ge=2)] = 1000
    member_types: list[MemberType] = Field(default_factory=lambda: list(MEMBER_TYPES), min_length=1)
    """Which entities may be members. Without wallets, a wallet of nobody still joins those whom it pays."""
    density: Positive = 0.02
    """Clusters are merged as long as the mean affinity of the pairs across, triangles included, is so high."""
    triads: Annotated[float, Field(ge=0)] = 8.0
    """How much ties to common third actors add to the tie of two; 0 where most groups are pairs."""
    evidence: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    """Nats of evidence of one shared signal per type (shared by two accounts); overrides the defaults."""
    bonus_events: list[str] = Field(default_factory=lambda: ["claim", "bonus", "airdrop_claim", "reward"])
    """Event types that pay something out."""
    overlap: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Two candidates compete for the same place if they share this part of the smaller one."""
    min_score: Score | None = None
    """Candidates below this score are not listed; by default what the model says: 0.1 if it gives probabilities."""
    high_score: Score | None = None
    """Band `high` begins here, provided that the q-value is within `q_value`; by default 0.9."""
    medium_score: Score | None = None
    """By default what the model says: 0.5 if it gives probabilities."""
    costs: Costs | None = None
    """What errors cost; `high_score` and `medium_score` follow from it where they are not given."""
    max_pairs: Annotated[int, Field(ge=1)] = 200_000_000
    """A scan whose hub caps let through more pairs of accounts than this is refused before it starts to join them."""
    q_value: Annotated[float, Field(gt=0, le=1)] = 0.1
    """The false-discovery rate, against the null model, that the bands `high` and `medium` keep."""

    @model_validator(mode="after")
    def _ordered(self) -> RingSettings:
        if self.min_size > self.max_size:
            raise ValueError(f"`min_size` must not exceed `max_size`, got {self.min_size} and {self.max_size}")
        given = [s for s in (self.min_score, self.medium_score, self.high_score) if s is not None]
        if given != sorted(given):
            raise ValueError("`min_score`, `medium_score` and `high_score` must not fall in this order")
        return self

    def levels(self, of_model: Levels) -> Levels:
        """Scores from which rings are listed and banded: as set, else by the costs, else the model's own."""
        costs = self.costs
        high = self.high_score if self.high_score is not None else costs.high if costs else of_model.high
        medium = self.medium_score if self.medium_score is not None else costs.medium if costs else of_model.medium
        least = self.min_score if self.min_score is not None else min(of_model.least, medium)
        return Levels(least, max(medium, least), max(high, medium, least))

    def evidence_of(self, signal_type: str, n_actors: int) -> float:
        """Nats that one shared signal of a type adds when just two accounts share it.

        A type that nobody weighed is taken by its rarity alone: 0.4 of the surprise ``ln(n_actors / 2)`` that two
        given accounts share a given value, at most 4 nats.
        """
        import math

        default = min(4.0, 0.4 * math.log(max(n_actors, 2) / 2))
        return self.evidence.get(signal_type, DEFAULT_EVIDENCE.get(signal_type, default))
