"""What somebody should look at before trusting a list of rings."""

from __future__ import annotations

from graphrisk.rings.search import Search, swallowers
from graphrisk.rings.settings import RingSettings


def find_alerts(found: Search, ring_ids: list[str], settings: RingSettings) -> list[str]:
    """Say which listed rings hold several large groups that would each be listed by themselves.

    Parameters
    ----------
    found : Search
    ring_ids : list of str
        In the order of `found.chosen`.
    settings : RingSettings

    Returns
    -------
    list of str
        One sentence each.
    """
    position = {int(candidate): ring for ring, candidate in enumerate(found.chosen)}
    return [
        f"ring {ring_ids[position[int(candidate)]]} with {found.candidates.sizes[candidate]} members may have "
        "swallowed another: it holds two groups of at least 10, each worth a place of its own, with little between them"
        for candidate in swallowers(found, settings)
    ]
