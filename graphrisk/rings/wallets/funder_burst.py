"""Same-funder bursts: wallets that one funder funded first, one after the other, with like amounts.

Scripts fund wallets in a row with one sum; payrolls and shops pay different sums, known services are left out, and so
are bursts of very many, which services make.
"""

import numpy as np

from algorithms.funding import first_funders, funding_bursts
from graphrisk.rings.wallets.link import Found, Ledger, WalletLink


def _find(ledger: Ledger) -> Found:
    transfers, settings = ledger.graph.transfers, ledger.settings
    first = first_funders(transfers)
    pairs = funding_bursts(
        first.take(~ledger.excluded[first.partners] & ~ledger.excluded[first.nodes]),
        np.full(len(transfers), np.nan) if transfers.amounts is None else transfers.amounts,
        transfers.currencies,
        gap_seconds=int(settings.burst_minutes * 60),
        tolerance=settings.burst_tolerance,
        least=settings.burst_wallets,
        most=settings.most_sharers,
    )
    return Found(pairs.ones, pairs.others, pairs.seconds, pairs.n_too_wide)


LINK = WalletLink(
    name="funder_burst",
    find=_find,
    nats=2.0,
    cap=40,
    is_pair=True,
    sentence="{who} of {size} members were first funded by one payer in one burst, with like amounts: {pairs}.",
    why="were first funded in one burst of one payer",
    relationship="FUNDED_WITH",
)
