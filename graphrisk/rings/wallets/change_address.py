"""Change addresses: a wallet that takes the change of a transaction belongs to whoever signed it.

A new wallet, used once, beside payees that were known before (Meiklejohn et al. 2013, section 4, heuristic 2). The
payee may be the new one all the same, so it adds little to the payment itself.
"""

from algorithms.common_inputs import change_outputs
from algorithms.transactions import find_coinjoins
from graphrisk.rings.wallets.link import Found, Ledger, WalletLink


def _find(ledger: Ledger) -> Found:
    spent = ledger.transactions()
    most = ledger.settings.most_inputs
    pairs = change_outputs(ledger.graph.transfers, spent, find_coinjoins(spent), most_inputs=most)
    return Found(pairs.ones, pairs.others, pairs.seconds, pairs.n_too_wide)


LINK = WalletLink(
    name="change_address",
    find=_find,
    nats=1.5,
    cap=40,
    is_pair=True,
    sentence="{who} of {size} members spent coins and took the change, which tells one owner: {pairs}.",
    why="seem to have spent coins and taken the change",
    relationship="GAVE_CHANGE_TO",
)
