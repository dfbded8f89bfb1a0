"""First funders: wallets that began with the money of one funder, which makes them branches of one tree.

A wallet cannot act before somebody pays its first fee; who farms with many funds them from one (Arbitrum Foundation
2023, sybil-detection; Liu and Zhu 2022). The tree goes on where a funded wallet funds others. That a funder paid them
is counted as `funder` already; that it was the first to do so adds to it.
"""

from algorithms.funding import first_funders
from graphrisk.rings.wallets.link import Found, Ledger, WalletLink


def _find(ledger: Ledger) -> Found:
    first = first_funders(ledger.graph.transfers)
    return Found(first.nodes, first.partners, first.seconds)


LINK = WalletLink(
    name="first_funder",
    find=_find,
    nats=1.0,
    cap=25,
    is_pair=False,
    sentence="{who} of {size} members got their first money from {things}",
    noun="first payer",
    plural="first payers",
    why="first funder",
    relationship="FIRST_FUNDED_BY",
)
