"""A network beside the trees of a model: trained on the same populations, kept if it helps on what was held out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gnn.actor_sets import ActorSets
from gnn.blend import Blend, choose_blend
from gnn.blended_trees import known_outputs
from gnn.network_config import NetworkConfig
from gnn.network_graph import NetworkGraph
from graphrisk.models.errors import TrainingError
from graphrisk.models.held_out import N_FOLDS, rounded
from graphrisk.models.labelled import LabelledCandidates
from graphrisk.models.parting import find_blocks
from graphrisk.rings.network_view import NetworkView

if TYPE_CHECKING:
    from gnn.hetero_network import Schema
    from gnn.network_training import Population
    from gnn.ring_network import RingNetwork

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Progress = Callable[[str, int, int | None], None]

FEWEST = 3
"""Populations: to learn from, to stop by, and held out."""
MANY = 10
"""Populations from which gains are drawn over whole ones, and not over groups within them."""
CONFIG = NetworkConfig(width=32, n_epochs=60, look_every=3, patience=4)


@dataclass(frozen=True, eq=False)
class LearnedNetwork:
    """What came of training a network.

    Parameters
    ----------
    network : RingNetwork or None
        Trained on all populations; None if it does not help.
    blend : Blend
        Of trees and network, chosen on what was held out.
    outputs : list of array of float64
        Of the network for the candidates of each population, by networks that had not seen it.
    epochs : list of int
        At which each of the networks was best.
    drawn_over : str
        What the interval of the gains was drawn over.
    """

    network: RingNetwork | None
    blend: Blend
    outputs: list[FloatArray]
    epochs: list[int]
    drawn_over: str

    def blended(self, trees: list[FloatArray]) -> list[FloatArray]:
        """Outputs of the blend for the candidates of each population."""
        mean = self.blend.means[1]
        return [self.blend.score(a, known_outputs(b, mean)) for a, b in zip(trees, self.outputs, strict=True)]

    def to_dict(self) -> dict[str, Any]:
        """For the card of a model."""
        blend = self.blend
        rows = zip(("trees", "network", "blend"), blend.precisions, strict=True)
        return {
            "helps": blend.helps,
            "rows": [{"scored by": name, "ap": rounded(value)} for name, value in rows],
            "drawn_over": self.drawn_over,
            "blend": blend.to_dict(),
            "config": {name: value for name, value in asdict(CONFIG).items() if name != "seed"},
            "epochs": self.epochs,
        }


def learn_network(
    populations: list[LabelledCandidates], trees: list[FloatArray], seed: int, progress: Progress | None = None
) -> LearnedNetwork:
    """Train networks on the same splits as the trees, and one on all populations if they help.

    Each fifth of the populations is scored by a network that learned from three of the others and was stopped by the
    fourth. Parts of one population lie in one graph: what is held out is seen there, but no label of it.

    Parameters
    ----------
    populations : list of LabelledCandidates
        With their views.
    trees : list of array of float64
        What trees say of each that had not seen it.
    seed : int
    progress : callable, optional

    Returns
    -------
    LearnedNetwork

    Raises
    ------
    TrainingError
        If there are too few populations, or too few with rings.
    ImportError
        If PyTorch is not installed.
    """
    if len(populations) < FEWEST:
        raise TrainingError(f"a network needs at least {FEWEST} populations, got {len(populations)}")
    fold = np.arange(len(populations)) % N_FOLDS
    n_folds = min(N_FOLDS, len(populations))
    outputs: list[FloatArray] = [np.empty(0)] * len(populations)
    epochs = []
    try:
        for k in range(n_folds):
            if progress is not None:
                progress("networks", k, n_folds + 1)
            network, epoch = _train(populations, *_sides(populations, fold, k), seed)
            epochs.append(epoch)
            for number in np.flatnonzero(fold == k).tolist():
                outputs[number] = _view(populations[number]).outputs(network)
        heard, truth = np.concatenate(outputs), np.concatenate([p.is_ring for p in populations])
        groups, drawn_over = _groups(populations)
        heard = known_outputs(heard, float(np.nanmean(heard)))
        blend = choose_blend(np.concatenate(trees), heard, truth, groups=groups, seed=seed)
        kept = None
        if blend.helps:
            if progress is not None:
                progress("networks", n_folds, n_folds + 1)
            kept, epoch = _train(populations, *_sides(populations, fold, -1), seed)
            epochs.append(epoch)
    except ValueError as error:
        raise TrainingError(f"a network cannot learn from these populations: {error}") from error
    return LearnedNetwork(kept, blend, outputs, epochs, drawn_over)


def _sides(populations: list[LabelledCandidates], fold: LongArray, k: int) -> tuple[BoolArray, BoolArray]:
    """Populations to learn from and to stop by, without those of fold k; the next fold that has both kinds stops.

    Raises
    ------
    ValueError
        If no fold leaves both for both sides.
    """
    n_folds = int(fold.max()) + 1
    for stop_fold in [(k + step) % n_folds for step in range(1, n_folds + 1)]:
        stop = fold == stop_fold
        learn = ~stop & (fold != k)
        kinds = [
            np.concatenate([p.is_ring for p, use in zip(populations, side, strict=True) if use] or [np.empty(0, bool)])
            for side in (learn, stop)
        ]
        if stop_fold != k and all(is_ring.any() and not is_ring.all() for is_ring in kinds):
            return learn, stop
    raise ValueError("there must be rings and other groups both to learn from and to stop by, got too few rings")


def _train(
    populations: list[LabelledCandidates], learn: BoolArray, stop: BoolArray, seed: int
) -> tuple[RingNetwork, int]:
    """Train a network on some populations, and stop it by others."""
    from gnn.hetero_network import Schema
    from gnn.network_training import make_network, train_network
    from gnn.ring_network import RingNetwork

    config = replace(CONFIG, seed=seed)
    used = [(p, bool(s)) for p, a, s in zip(populations, learn, stop, strict=True) if a or s]
    merged = _merged(used)
    schema: Schema = Schema.of(*(population.graph for population in merged))
    trained = train_network(make_network(schema, config), merged, config)
    plain = RingNetwork(
        trained.network.to("cpu"), config, _data_hash(merged), {"stop_ap": round(trained.validation, 4)}
    )
    stopped_by = [p for p in merged if p.validation.any()]
    raw = [plain.outputs(p.graph, p.sets.take(np.flatnonzero(p.validation))) for p in stopped_by]
    mean, spread = float(np.concatenate(raw).mean()), max(float(np.concatenate(raw).std()), 1e-6)
    return replace(plain, mean=mean, spread=spread), trained.epoch


def _merged(used: Sequence[tuple[LabelledCandidates, bool]]) -> list[Population]:
    """One population for the network a graph: what lies in the same graph goes through it once."""
    from gnn.network_training import Population

    by_graph: dict[int, list[tuple[NetworkView, FloatArray, bool]]] = {}
    for labelled, is_stop in used:
        view = _view(labelled)
        targets = labelled.is_ring.astype(np.float64)
        by_graph.setdefault(id(view.graph), []).append((view, targets, is_stop))
    out = []
    for parts in by_graph.values():
        sizes = np.concatenate([np.diff(view.sets.indptr) for view, _, _ in parts])
        members = np.concatenate([view.sets.members for view, _, _ in parts])
        to_stop = np.concatenate([np.full(len(targets), is_stop) for _, targets, is_stop in parts])
        sets = ActorSets(np.concatenate([[0], np.cumsum(sizes)]), members)
        graph: NetworkGraph = parts[0][0].graph
        out.append(Population(graph, sets, np.concatenate([t for _, t, _ in parts]), ~to_stop, to_stop))
    return out


def _view(population: LabelledCandidates) -> NetworkView:
    if population.view is None:
        raise TrainingError(f"{population.name}: a network needs the graph of each population, got none")
    return population.view


def _data_hash(merged: list[Population]) -> str:
    """Hash of the graphs and of what was learned of them."""
    digest = hashlib.sha256()
    for population in merged:
        digest.update(population.graph.data_hash().encode())
        for values in (population.sets.indptr, population.sets.members, population.targets, population.train):
            digest.update(values.tobytes())
    return digest.hexdigest()


def _groups(populations: list[LabelledCandidates]) -> tuple[LongArray, str]:
    """What candidates stay together with when gains are drawn anew."""
    sizes = [len(population.candidates) for population in populations]
    if len(populations) >= MANY:
        return np.repeat(np.arange(len(populations)), sizes), "populations"
    parts = [find_blocks(population)[0] for population in populations]
    lows = np.cumsum([0, *(int(part.max(initial=-1)) + 1 for part in parts[:-1])])
    return np.concatenate([part + low for part, low in zip(parts, lows, strict=True)]), "blocks of each population"
