"""Networks as folders: weights as safetensors, and a card in JSON with all that is needed to make and judge them."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gnn.hetero_network import Schema
from gnn.network_config import NetworkConfig
from gnn.network_training import make_network
from gnn.score_heads import RingHead, ScoreNetwork

WEIGHTS, CARD = "weights.safetensors", "card.json"


class NetworkError(ValueError):
    """A network cannot be read or written."""


def save_network(
    network: ScoreNetwork, config: NetworkConfig, folder: Path, *, data_hash: str, metrics: dict[str, float]
) -> str:
    """Write a network aside and put it in place by a rename; one that stands there is replaced.

    Parameters
    ----------
    network : ScoreNetwork
    config : NetworkConfig
        That it was made and trained with, the seed among it.
    folder : Path
    data_hash : str
        Of what it was trained on, such as `NetworkGraph.data_hash` of its graph.
    metrics : dict of str to float

    Returns
    -------
    str
        SHA-256 of the weights.

    Raises
    ------
    NetworkError
        If something else stands there.
    """
    from safetensors.torch import save

    if folder.exists() and not (folder / CARD).is_file():
        raise NetworkError(f"{folder} must be free or hold a network, got something else")
    aside, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    weights = save({name: values.detach().cpu().contiguous() for name, values in network.state_dict().items()})
    (aside / WEIGHTS).write_bytes(weights)
    schema = network.body.schema
    card = {
        "head": "ring" if isinstance(network.head, RingHead) else "account",
        "nodes": schema.nodes,
        "edges": [[*types, n] for types, n in schema.edges.items()],
        "config": asdict(config),
        "data_sha256": data_hash,
        "metrics": metrics,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }
    (aside / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return str(card["weights_sha256"])


def load_network(folder: Path) -> tuple[ScoreNetwork, NetworkConfig, dict[str, Any]]:
    """Read a network.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    network : ScoreNetwork
        On the CPU, in evaluation mode.
    config : NetworkConfig
    card : dict

    Raises
    ------
    NetworkError
        If the folder holds no whole network, or weights of another.
    """
    from safetensors.torch import load

    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
        weights = (folder / WEIGHTS).read_bytes()
    except (OSError, ValueError) as error:
        raise NetworkError(
            f"{folder} must hold the {CARD} and {WEIGHTS} of a network, got {type(error).__name__}"
        ) from error
    if hashlib.sha256(weights).hexdigest() != card.get("weights_sha256"):
        raise NetworkError(f"{folder / WEIGHTS} must be the file that its card names, got another")
    try:
        schema = Schema(card["nodes"], {(one, name, two): n for one, name, two, n in card["edges"]})
        told = card["config"]
        config = NetworkConfig(**{**told, "n_neighbours": tuple(told["n_neighbours"])})
        network = make_network(schema, config, head=card["head"])
        network.load_state_dict(load(weights))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise NetworkError(f"{folder} must hold a network of today's make, got {error}") from error
    network.eval()
    return network, config, card
