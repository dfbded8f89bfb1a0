"""Deposit addresses: who pays into the same deposit address of an exchange uses one account there.

An exchange gives each customer a deposit address and empties it into its own wallets (Victor 2020). They are told by
the known wallets of exchanges: those under ``exclude.exchange`` and those labelled ``exchange``.
"""

import numpy as np

from algorithms.deposits import find_deposit_addresses
from graphrisk.rings.wallets.link import Found, Ledger, WalletLink, times_of


def _find(ledger: Ledger) -> Found:
    transfers, settings = ledger.graph.transfers, ledger.settings
    deposits = find_deposit_addresses(
        transfers,
        ledger.exchanges,
        longest_seconds=int(settings.forward_hours * 3600),
        tolerance=settings.forward_tolerance,
    )
    # a service is no customer
    rows = np.flatnonzero(deposits[transfers.targets] & ~ledger.excluded[transfers.sources])
    return Found(transfers.sources[rows], transfers.targets[rows], times_of(ledger, rows))


LINK = WalletLink(
    name="deposit_address",
    find=_find,
    # with the 2.0 of a common payee somewhat less than a common wallet: friends share an account now and then
    nats=2.5,
    cap=25,
    is_pair=False,
    sentence="{who} of {size} members paid into {things} of a known exchange",
    noun="deposit address",
    plural="deposit addresses",
    why="deposit address",
    relationship="DEPOSITED_AT",
)
