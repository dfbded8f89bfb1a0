"""Same actions: wallets or accounts that did the same run of actions, each in the same hour.

Scripts go the same way through the same contracts (Cao et al. 2014, SynchroTrap, of single actions). An action is a
payment to somebody, or an event of a type about a target; a run that many follow is a campaign and joins nobody.
"""

import numpy as np

from algorithms.action_runs import same_action_runs
from graphrisk.rings.wallets.link import Found, Ledger, WalletLink, none_found


def _find(ledger: Ledger) -> Found:
    graph, settings = ledger.graph, ledger.settings
    transfers, events = graph.transfers, graph.events
    paying = ~ledger.excluded[transfers.sources]
    if transfers.seconds is None:
        paying[:] = False
    actors, actions, seconds = (
        [events.accounts],
        [_about(graph.n_nodes, events.types, events.targets)],
        [events.seconds],
    )
    if transfers.seconds is not None:
        actors.append(transfers.sources[paying])
        actions.append(transfers.targets[paying].astype(np.int64))
        seconds.append(transfers.seconds[paying])
    if not sum(map(len, actors)):
        return none_found()
    pairs = same_action_runs(
        np.concatenate(actors),
        np.concatenate(actions),
        np.concatenate(seconds),
        length=settings.run_length,
        most_actors=settings.most_sharers,
    )
    return Found(pairs.ones, pairs.others, pairs.seconds, pairs.n_too_wide)


def _about(
    n_nodes: int, types: np.ndarray[tuple[int], np.dtype[np.int16]], targets: np.ndarray[tuple[int], np.dtype[np.int32]]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Numbers of events by type and target, beyond those of payees."""
    return n_nodes + types.astype(np.int64) * (n_nodes + 1) + targets + 1


LINK = WalletLink(
    name="same_actions",
    find=_find,
    # alone it joins two only where they also began together
    nats=3.0,
    cap=40,
    is_pair=True,
    sentence="{who} of {size} members did the same things in the same hours as another member: {pairs}.",
    why="did the same things in the same hours",
    relationship="ACTED_LIKE",
)
