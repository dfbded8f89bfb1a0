"""How a network is made and trained, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes, seed and device of a network, and how it learns.

    Parameters
    ----------
    width, n_layers, n_heads : int
        Of the embeddings, steps along edges, and gates for each edge; one is the quickest.
    dropout : float
    learning_rate, weight_decay : float
        Of AdamW.
    n_epochs : int
        At most; the weights that were best on validation are kept.
    patience : int
        Looks at validation without a better one before it ends.
    look_every : int
        Epochs between looks.
    batch_size : int
        Examples a step where the graph is sampled.
    n_neighbours : tuple of int
        Most neighbours of a node per edge type, for each step of the sample.
    most_edges : int
        Graphs of up to so many edges are taken whole.
    seed : int
    device : {"auto", "cpu", "cuda"}
        ``auto`` takes CUDA where there is one.
    precision : {"float32", "bfloat16"}

    Raises
    ------
    ValueError
        If a number is out of range.
    """

    width: int = 64
    n_layers: int = 2
    n_heads: int = 1
    dropout: float = 0.2
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    n_epochs: int = 200
    patience: int = 15
    look_every: int = 2
    batch_size: int = 1024
    n_neighbours: tuple[int, ...] = (10, 10)
    most_edges: int = 3_000_000
    seed: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"

    def __post_init__(self) -> None:
        for name in ("width", "n_layers", "n_heads", "n_epochs", "patience", "look_every", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least 1, got {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"`dropout` must be in [0, 1), got {self.dropout}")
        if self.learning_rate <= 0:
            raise ValueError(f"`learning_rate` must be positive, got {self.learning_rate}")
