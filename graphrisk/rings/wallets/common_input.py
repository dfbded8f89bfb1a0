"""Common inputs: wallets that one transaction of a UTXO chain spends together have one owner.

Who signs a transaction holds the keys of all its inputs (Meiklejohn et al. 2013, section 4, heuristic 1), unless it is
a CoinJoin; those, transactions of known services and those with very many inputs are left out.
"""

from algorithms.common_inputs import common_inputs
from algorithms.transactions import find_coinjoins
from graphrisk.rings.wallets.link import Found, Ledger, WalletLink


def _find(ledger: Ledger) -> Found:
    spent = ledger.transactions()
    pairs = common_inputs(spent, find_coinjoins(spent), most_inputs=ledger.settings.most_inputs)
    return Found(pairs.ones, pairs.others, pairs.seconds, pairs.n_too_wide)


LINK = WalletLink(
    name="common_input",
    find=_find,
    # as much as a document or a wallet of one's own: the link says who owns, not who acts alike
    nats=5.0,
    cap=40,
    is_pair=True,
    sentence="{who} of {size} members spent coins in one transaction with another member: {pairs}.",
    why="spent coins in one transaction",
    relationship="SPENT_WITH",
)
