"""Rings that may have swallowed another one: a reason not to trust the list before a hub has been named."""

from __future__ import annotations

from dataclasses import dataclass

from graphrisk.rings.search import Search, swallowers
from graphrisk.rings.settings import RingSettings


@dataclass(frozen=True)
class Alert:
    """One thing that somebody should be told of.

    Parameters
    ----------
    kind : str
        `ring_new`, `ring_grown`, `ring_merged`, `value_high` or `ring_swallowed`.
    ring_id : str
    text : str
        One sentence.
    measure : str
        What `before` and `now` are: `members`, `score` or `value_at_stake`.
    before, now : float or None
        `before` is what was last told; None if nothing was.
    from_ring_ids : tuple of str
        Rings that merged.
    """

    kind: str
    ring_id: str
    text: str
    measure: str
    before: float | None
    now: float | None
    from_ring_ids: tuple[str, ...] = ()


def find_alerts(found: Search, ring_ids: list[str], settings: RingSettings) -> list[Alert]:
    """Say which listed rings hold several large groups that would each be listed by themselves.

    Parameters
    ----------
    found : Search
    ring_ids : list of str
        In the order of `found.chosen`.
    settings : RingSettings

    Returns
    -------
    list of Alert
    """
    position = {int(candidate): ring for ring, candidate in enumerate(found.chosen)}
    out = []
    for candidate in swallowers(found, settings):
        ring_id, n = ring_ids[position[int(candidate)]], int(found.candidates.sizes[candidate])
        text = (
            f"ring {ring_id} with {n} members may have swallowed another: it holds two groups of at least 10, each "
            "worth a place of its own, with little between them"
        )
        out.append(Alert("ring_swallowed", ring_id, text, "members", None, float(n)))
    return out
