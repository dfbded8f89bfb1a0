"""Last sweeps: wallets whose remainder went to one wallet in the end, the tree of first funders turned round.

Who farms with many collects what is left of them (Arbitrum Foundation 2023, sybil-detection). That they paid one wallet
is counted as `payee` already; that they were emptied into it adds to it.
"""

from algorithms.funding import last_sweeps
from graphrisk.rings.wallets.link import Found, Ledger, WalletLink


def _find(ledger: Ledger) -> Found:
    last = last_sweeps(ledger.graph.transfers, share=ledger.settings.sweep_share)
    return Found(last.nodes, last.partners, last.seconds)


LINK = WalletLink(
    name="last_sweep",
    find=_find,
    nats=1.0,
    cap=25,
    is_pair=False,
    sentence="{who} of {size} members were emptied into {things}",
    noun="collecting wallet",
    plural="collecting wallets",
    why="wallet that emptied them,",
    relationship="SWEPT_INTO",
)
