"""Models as folders: the trees as LightGBM writes them, a network if it helps, and a card in JSON that says how."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnn.account_trees import CHOICES, AccountTrees
from gnn.blend import Blend, Gain
from gnn.blended_trees import BlendedTrees
from gnn.calibration import Calibration
from gnn.ring_trees import RingTrees
from gnn.scoring import Levels

if TYPE_CHECKING:
    from lightgbm import Booster

    from gnn.ring_network import RingNetwork

TREES, CARD, NETWORK = "trees.txt", "card.json", "network"


class ModelError(ValueError):
    """A model cannot be read or used."""


def save_model(model: RingTrees | BlendedTrees, card: dict[str, Any], folder: Path) -> None:
    """Write a model aside and put it in place by a rename; one that stands there is replaced.

    Parameters
    ----------
    model : RingTrees or BlendedTrees
    card : dict
        What is told of the model beside what it needs to score.
    folder : Path

    Raises
    ------
    ModelError
        If something else stands there.
    """
    needed = {
        "name": model.name,
        "calibration": asdict(model.calibration),
        "levels": asdict(model.levels),
        "size_bonus": model.size_bonus,
    }
    network = None
    if isinstance(model, BlendedTrees):
        network = model.network
        needed |= {"blend": model.blend.to_dict(), "network_scale": [network.mean, network.spread]}
    trees = model.booster.model_to_string()
    _put({TREES: trees}, needed | card | {"trees_sha256": _hash(trees)}, folder, network)


def save_account_model(model: AccountTrees, card: dict[str, Any], folder: Path) -> None:
    """Write a model of accounts the same way.

    Raises
    ------
    ModelError
        If something else stands there.
    """
    trees = {kind: booster.model_to_string() for kind, booster in model.boosters.items()}
    needed = {
        "name": model.name,
        "calibration": asdict(model.calibration),
        "trees_sha256": {kind: _hash(text) for kind, text in trees.items()},
    }
    _put({f"{kind}.txt": text for kind, text in trees.items()}, needed | card, folder)


def _hash(trees: str) -> str:
    return hashlib.sha256(trees.encode()).hexdigest()


def _put(trees: dict[str, str], card: dict[str, Any], folder: Path, network: RingNetwork | None = None) -> None:
    check_place(folder)
    aside, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for file, text in trees.items():
        (aside / file).write_text(text, encoding="utf-8")
    if network is not None:
        card = card | {"network_sha256": network.save(aside / NETWORK)}
    (aside / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def check_place(folder: Path) -> None:
    """Refuse a place for a model in which something else stands."""
    if folder.exists() and not (folder / CARD).is_file():
        raise ModelError(f"{folder} must be free or hold a model, got something else")


def read_card(folder: Path) -> dict[str, Any]:
    """Read the card of a model.

    Raises
    ------
    ModelError
        If there is none.
    """
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder} must hold the {CARD} of a model, got {type(error).__name__}") from error
    return card


def load_model(folder: Path) -> RingTrees | BlendedTrees:
    """Read a model.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    RingTrees or BlendedTrees

    Raises
    ------
    ModelError
        If the folder holds no whole model, one of accounts, or one of other features than rings have now.
    ImportError, OSError
        If LightGBM cannot be loaded here, or PyTorch for a model with a network.
    """
    card = read_card(folder)
    if card.get("of", "rings") != "rings":
        raise ModelError(f"{folder} must hold a model of rings, got one of {card['of']}")
    booster = _read_trees(folder / TREES, card.get("trees_sha256"))
    network = _read_network(folder, card) if "network_sha256" in card else None
    try:
        name, line, levels = card["name"], Calibration(**card["calibration"]), Levels(**card["levels"])
        bonus = float(card["size_bonus"])
        if network is None:
            return RingTrees(name, booster, line, levels, bonus)
        return BlendedTrees(name, booster, network, _read_blend(card["blend"]), line, levels, bonus)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{folder} must hold a model of today's ring features, got {error}") from error


def load_account_model(folder: Path) -> AccountTrees:
    """Read a model of accounts.

    Raises
    ------
    ModelError
        If the folder holds no whole model, or one of rings.
    ImportError, OSError
        If LightGBM cannot be loaded here.
    """
    card = read_card(folder)
    if card.get("of") != "accounts":
        raise ModelError(f"{folder} must hold a model of accounts, got one of {card.get('of', 'rings')}")
    try:
        kinds = [kind for kind in CHOICES["mean"] if kind in card["trees_sha256"]]
        boosters = {kind: _read_trees(folder / f"{kind}.txt", card["trees_sha256"][kind]) for kind in kinds}
        return AccountTrees(card["name"], boosters, Calibration(**card["calibration"]))
    except (KeyError, TypeError) as error:
        raise ModelError(f"{folder} must hold a whole model of accounts, got {error}") from error


def _read_trees(file: Path, sha256: str | None) -> Booster:
    """Read the trees that a card names by their hash, whole."""
    from lightgbm import Booster
    from lightgbm.basic import LightGBMError

    try:
        trees = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ModelError(f"{file.parent} must hold the {file.name} of a model, got {type(error).__name__}") from error
    if _hash(trees) != sha256:
        raise ModelError(f"{file} must be the file that its card names, got another")
    try:
        return Booster(model_str=trees)
    except LightGBMError as error:
        raise ModelError(f"{file} must hold trees, got {error}") from error


def _read_network(folder: Path, card: dict[str, Any]) -> RingNetwork:
    """Read the network that a card names, whole."""
    from gnn.network_store import NetworkError
    from gnn.ring_network import RingNetwork

    try:
        network = RingNetwork.load(folder / NETWORK)
    except NetworkError as error:
        raise ModelError(str(error)) from error
    if network.weights_hash != card["network_sha256"]:
        raise ModelError(f"{folder / NETWORK} must be the network that its card names, got another")
    return network


def _read_blend(told: dict[str, Any]) -> Blend:
    pairs = {name: tuple(told[name]) for name in ("means", "spreads", "precisions")}
    return Blend(told["weight"], Gain(**told["first"]), Gain(**told["second"]), **pairs)
