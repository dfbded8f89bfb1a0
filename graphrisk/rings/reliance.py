"""How much a ring rests on a single signal, in one sentence."""

from __future__ import annotations

import numpy as np

from gnn.scoring import sigmoid
from graphrisk.rings.removal import Removals

ONE_SIGNAL, MANY_SIGNALS = "rests_on_one_signal", "rests_on_many_signals"


def reliance(left: Removals, ring: int, kinds: list[str], score: float, least: float) -> tuple[str, str, int] | None:
    """Say what the score of a ring would be without the signal that it rests on most, and without any other.

    Parameters
    ----------
    left : Removals
    ring : int
        Position in the list.
    kinds : list of str
        Noun for the type of each signal left out.
    score : float
        Of the ring as it is.
    least : float
        Score from which rings are listed.

    Returns
    -------
    reason_code : str
        `rests_on_one_signal` if without that one the ring would not be listed.
    text : str
    signal : int
        Index of that signal. None in place of all three if the members share nothing that counts.
    """
    first, last = np.searchsorted(left.rings, [ring, ring + 1])
    if first == last:
        return None
    scores = sigmoid(left.log_odds[first:last])
    order = np.argsort(left.log_odds[first:last], kind="stable")
    most = int(first + order[0])
    text = (
        f"If the {kinds[most]} that {left.n_members[most]} members share counted for nothing, the score would be "
        f"{scores[order[0]]:.2f} instead of {score:.2f}"
    )
    n_others, n_shared = len(order) - 1, int(left.n_shared[ring])
    if n_others:
        which = f"any other of the {n_shared} signals"
        if n_shared > len(order):
            which = f"any other of the {len(order)} strongest of {n_shared} signals"
        text += f"; without {which}, {scores[order[1]]:.2f} or more"
    code = ONE_SIGNAL if scores[order[0]] < least else MANY_SIGNALS
    return code, text + ".", int(left.signals[most])
