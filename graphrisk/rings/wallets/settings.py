"""What a user may set about links between wallets."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]
LinkName = Literal[
    "common_input",
    "change_address",
    "deposit_address",
    "first_funder",
    "last_sweep",
    "funder_burst",
    "same_actions",
]
LINK_NAMES: tuple[LinkName, ...] = get_args(LinkName)
UTXO_LINKS = ("common_input", "change_address")
EXCHANGE = "exchange"


class WalletSettings(BaseModel):
    """Which links between wallets are made, how strictly, and who is left out of them."""

    model_config = ConfigDict(extra="forbid")

    links: list[LinkName] = Field(default_factory=list)
    """Links to make; none unless they are named."""
    exclude: dict[str, list[str]] = Field(default_factory=dict)
    """Wallets of services by kind (`exchange`, `bridge`, `contract`, ...): they join nobody, and those of kind
    `exchange` tell deposit addresses. Entities with one of `hubs.known_labels` are left out as well."""
    utxo_currencies: list[str] = Field(default_factory=lambda: ["BTC", "BCH", "LTC", "DOGE", "DASH", "ZEC"])
    """Rows that share a `transfer_id` are one transaction with several inputs in these, or where no currency is named;
    on other chains they are the steps of a contract."""
    most_inputs: Annotated[int, Field(ge=2)] = 25
    """Transactions with more inputs are a service's."""
    forward_hours: Positive = 12.0
    """Within which a deposit address passes on what it received."""
    forward_tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """How much it may keep or add for fees, relative to what it received."""
    sweep_share: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Least share of what a wallet held that its last payment takes."""
    burst_minutes: Positive = 10.0
    """Longest time between one wallet of a burst and the next."""
    burst_tolerance: Annotated[float, Field(ge=0)] = 0.05
    """Largest relative step from one amount of a burst to the next larger one."""
    burst_wallets: Annotated[int, Field(ge=2)] = 4
    """Least wallets of a burst."""
    run_length: Annotated[int, Field(ge=2)] = 4
    """Acts in a run of the same actions."""
    most_sharers: Annotated[int, Field(ge=2)] = 40
    """Bursts and runs that more share are a service's or a campaign."""

    @property
    def needs_transactions(self) -> bool:
        """Whether rows that share a `transfer_id` must be kept together."""
        return any(name in UTXO_LINKS for name in self.links)
