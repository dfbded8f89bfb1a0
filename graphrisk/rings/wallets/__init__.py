"""Links between wallets: one file declares one link, and the list below names them all."""

from graphrisk.rings.wallets import (
    change_address,
    common_input,
    deposit_address,
    first_funder,
    funder_burst,
    last_sweep,
    same_actions,
)
from graphrisk.rings.wallets.link import Found, Ledger, WalletLink

LINKS: dict[str, WalletLink] = {
    module.LINK.name: module.LINK
    for module in (
        common_input,
        change_address,
        deposit_address,
        first_funder,
        last_sweep,
        funder_burst,
        same_actions,
    )
}
PAIR_KINDS = tuple(link.name for link in LINKS.values() if link.is_pair)

__all__ = ["LINKS", "PAIR_KINDS", "Found", "Ledger", "WalletLink"]
