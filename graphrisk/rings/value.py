"""What a ring has taken or moved."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from algorithms.entity_graph import EntityGraph
from algorithms.transfers import Transfers
from graphrisk.rings.search import Search
from graphrisk.rings.settings import RingSettings


def value_at_stake(
    graph: EntityGraph, found: Search, settings: RingSettings
) -> tuple[npt.NDArray[np.float64], list[str | None]]:
    """Sum the bonuses of each ring's members, or what they sent where no bonus has a value.

    Parameters
    ----------
    graph : EntityGraph
    found : Search
    settings : RingSettings

    Returns
    -------
    values : array of float64, shape (n_rings,)
        NaN where nothing has a value.
    currencies : list of str or None
        ``USD`` for transfers; bonuses carry no currency in the data.
    """
    events, transfers = graph.events, graph.transfers
    bonus = np.isin(events.types, [k for k, name in enumerate(events.type_names) if name in settings.bonus_events])
    bonus &= ~np.isnan(events.values)
    taken = np.bincount(events.accounts[bonus], events.values[bonus], graph.n_nodes).astype(np.float64)
    has_bonus = np.bincount(events.accounts[bonus], minlength=graph.n_nodes) > 0
    sent: npt.NDArray[np.float64] = np.zeros(graph.n_nodes)
    has_sent = np.zeros(graph.n_nodes, bool)
    if transfers.amounts_usd is not None:
        known = ~np.isnan(transfers.amounts_usd)
        np.add.at(sent, transfers.sources[known], transfers.amounts_usd[known])
        has_sent[transfers.sources[known]] = True
    values, currencies = np.full(len(found.chosen), np.nan), list[str | None]()
    for ring, candidate in enumerate(found.chosen):
        nodes = found.sharing.actors[found.candidates[int(candidate)]]
        if has_bonus[nodes].any():
            values[ring] = taken[nodes].sum()
            currencies.append(None)
        elif has_sent[nodes].any():
            values[ring] = sent[nodes].sum()
            currencies.append("USD")
        else:
            currencies.append(None)
    return values, currencies


def amount_currency(transfers: Transfers) -> str | None:
    """Currency that sums of amounts are in; None where the data name none.

    Parameters
    ----------
    transfers : Transfers
    """
    if transfers.amounts_usd is not None:
        return "USD"
    if transfers.currencies is None:
        return None
    used = np.unique(transfers.currencies)
    return transfers.currency_names[used[0]] if len(used) == 1 and used[0] >= 0 else None
