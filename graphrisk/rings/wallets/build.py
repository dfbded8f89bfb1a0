"""Making the links between wallets that a configuration names, with a report of what leaving services out changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from algorithms.entity_graph import EntityGraph
from graphrisk.rings.wallets import LINKS
from graphrisk.rings.wallets.link import BoolArray, Found, Ledger
from graphrisk.rings.wallets.settings import WalletSettings


@dataclass(frozen=True)
class LinkReport:
    """What became of one link.

    Parameters
    ----------
    name : str
    n_links : int
        Distinct pairs of a wallet and what it shares, or of two wallets, that may join somebody.
    n_without_exclusions : int
        How many there would be if no service were left out.
    n_too_wide : int
        Acts left out because too many take part.
    """

    name: str
    n_links: int
    n_without_exclusions: int
    n_too_wide: int


@dataclass(frozen=True, eq=False)
class WalletLinks:
    """Links between wallets.

    Parameters
    ----------
    found : dict of str to Found
        By the name of the link. Wallets of services hold none; what a service is to others is kept, and set aside by
        the hub policy, so that it stays visible.
    reports : tuple of LinkReport
    """

    found: dict[str, Found]
    reports: tuple[LinkReport, ...]

    @classmethod
    def none(cls) -> WalletLinks:
        """No links, where none were asked for."""
        return cls({}, ())


def find_wallet_links(
    graph: EntityGraph, settings: WalletSettings, excluded: BoolArray, exchanges: BoolArray
) -> WalletLinks:
    """Make the links that the settings name.

    Parameters
    ----------
    graph : EntityGraph
    settings : WalletSettings
    excluded : array of bool, shape (n_nodes,)
        Services: exchanges, bridges, contracts.
    exchanges : array of bool, shape (n_nodes,)
        Known wallets of exchanges, which tell deposit addresses.

    Returns
    -------
    WalletLinks
        O(n log n) in transfers and events for each link, twice where there are services.
    """
    ledger = Ledger(graph, settings, excluded, exchanges)
    open_ledger = replace(ledger, excluded=np.zeros_like(excluded))
    found: dict[str, Found] = {}
    reports = []
    for name in dict.fromkeys(settings.links):
        link = LINKS[name]
        rows = link.find(ledger)
        rows = rows.take(~excluded[rows.nodes] & ~(excluded[rows.anchors] & link.is_pair))
        found[name] = rows
        joining = rows.take(~excluded[rows.anchors])
        without = link.find(open_ledger) if excluded.any() else rows
        reports.append(LinkReport(name, _distinct(joining), _distinct(without), rows.n_too_wide))
    return WalletLinks(found, tuple(reports))


def _distinct(found: Found) -> int:
    if len(found) == 0:
        return 0
    return len(np.unique(found.nodes * (found.anchors.max() + 1) + found.anchors))
