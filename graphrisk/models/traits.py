"""What candidates are like: their size, their typology, and whatever their accounts are known by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from algorithms.entity_graph import EntityGraph
from gnn.ring_features import RingFeatures
from graphrisk.rings.search import Search
from graphrisk.rings.typology import name_typologies

Traits = dict[str, npt.NDArray[np.object_]]

SIZE, TYPOLOGY = "size", "typology"
LARGEST_OF_CLASS = (4, 9, 19, 49)
NOT_KNOWN = "not known"


class TraitError(ValueError):
    """Accounts have no such attribute."""


def size_class(n_members: int) -> str:
    """Name the class of sizes that a group is in."""
    least = 1
    for most in LARGEST_OF_CLASS:
        if n_members <= most:
            return f"{least} to {most}"
        least = most + 1
    return f"{least} or more"


def find_traits(found: Search, features: RingFeatures, graph: EntityGraph, by: Sequence[str]) -> Traits:
    """Say of every candidate what it is like: its class of size, its typology, and what most of its accounts have.

    Parameters
    ----------
    found : Search
    features : RingFeatures
        Of all candidates.
    graph : EntityGraph
    by : sequence of str
        Attributes of accounts.

    Returns
    -------
    dict of str to array of str, shape (n,)
        ``size``, ``typology`` and the attributes; of equally frequent values the first in the alphabet.

    Raises
    ------
    TraitError
        If the accounts have no such attribute.
    """
    candidates = found.candidates
    traits: Traits = {
        SIZE: np.array([size_class(int(n)) for n in candidates.sizes], dtype=object),
        TYPOLOGY: np.array(name_typologies(features, found.history.claims), dtype=object),
    }
    for name in by:
        known = [] if graph.attributes is None else graph.attributes.column_names
        if name not in known:
            raise TraitError(
                f"{name!r} must be an attribute of the accounts, got {known}; `attributes` of a source names them"
            )
        traits[name] = _most_frequent(found, graph, name)
    return traits


def _most_frequent(found: Search, graph: EntityGraph, name: str) -> npt.NDArray[np.object_]:
    assert graph.attributes is not None
    values = pc.fill_null(graph.attributes[name].cast(pa.string()), NOT_KNOWN).combine_chunks().dictionary_encode()
    words = np.array([*values.dictionary.to_pylist(), NOT_KNOWN], dtype=object)
    code_of = np.full(found.sharing.n_actors, len(words) - 1)
    # accounts come first among the actors, as they do among the nodes
    code_of[: graph.n_accounts] = values.indices.to_numpy()
    ranked = np.argsort(np.argsort(words, kind="stable"), kind="stable")
    names = np.array(sorted(words), dtype=object)
    members, starts = found.candidates.members, found.candidates.starts
    of = np.repeat(np.arange(len(found.candidates)), np.diff(starts))
    keys, counts = np.unique(of * len(words) + ranked[code_of[members]], return_counts=True)
    order = np.lexsort((keys % len(words), -counts, keys // len(words)))
    first = np.unique((keys // len(words))[order], return_index=True)[1]
    return np.asarray(names[(keys % len(words))[order][first]], dtype=object)
