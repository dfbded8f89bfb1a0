"""The choice of the model that scores a scan."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import gnn
from algorithms.times import MISSING_TIME
from gnn.scoring import RingModel
from gnn.transparent import Transparent
from graphrisk.models.files import load_model, read_card
from graphrisk.models.settings import AUTO, SHIPPED, TRANSPARENT
from graphrisk.rings.history import History
from graphrisk.rings.sharing import Sharing
from loaders import ConfigError

SHIPPED_FOLDER = Path(gnn.__file__).parent / "shipped"


LEAST_RECORDED = 0.5
"""Share of recorded starts, and of timed links, below which data are unlike what the shipped model learned from."""


@dataclass(frozen=True)
class Choice:
    """A model and why it was taken.

    Parameters
    ----------
    model : RingModel
    reason : str
        One sentence; empty where the user named the model, unless its network has not learned from all of the data.
    """

    model: RingModel
    reason: str


def model_folder(store: Path, name: str) -> Path:
    """Folder of a model by its name: the shipped one, or one of a store."""
    return SHIPPED_FOLDER if name == SHIPPED else store / "models" / name


def model_key(name: str, store: Path) -> str:
    """What a scan's results depend on beside its configuration: which trees and network are there and can be used.

    Parameters
    ----------
    name : str
        Of `ModelSettings`.
    store : Path

    Returns
    -------
    str
    """
    if name == TRANSPARENT or not can_load_trees():
        return TRANSPARENT
    folder = model_folder(store, SHIPPED if name == AUTO else name)
    if not folder.is_dir():
        return ""
    card = read_card(folder)
    if "network_sha256" not in card:
        return str(card.get("trees_sha256"))
    blend = json.dumps([card["blend"], card["calibration"], card["network_scale"]], sort_keys=True)
    return f"{card.get('trees_sha256')} {card['network_sha256']} {hashlib.sha256(blend.encode()).hexdigest()}"


def can_load_trees() -> bool:
    """Whether LightGBM works here; it needs OpenMP, which a machine may lack."""
    try:
        import lightgbm  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


def can_load_networks() -> bool:
    """Whether PyTorch and safetensors, which are an extra, work here."""
    try:
        import safetensors  # noqa: F401
        import torch  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


def choose_model(name: str, store: Path, history: History, sharing: Sharing, wallet_links: bool = False) -> Choice:
    """Choose the model that scores rings.

    Parameters
    ----------
    name : str
        Of `ModelSettings`.
    store : Path
    history : History
    sharing : Sharing
    wallet_links : bool
        Whether links between wallets were made.

    Returns
    -------
    Choice

    Raises
    ------
    ConfigError
        If the named model is not there, or LightGBM is not, or what a network of it needs.
    ModelError
        If the model is damaged or of other features.
    """
    transparent = Transparent(history.timed, history.claim_rate)
    if name == TRANSPARENT:
        return Choice(transparent, "")
    if name == AUTO:
        if wallet_links:
            return Choice(transparent, "the shipped model has seen no links between wallets")
        if not history.timed or history.recorded.mean() < LEAST_RECORDED:
            return Choice(transparent, "the shipped model needs recorded starts of most accounts and wallets")
        if (sharing.first_seen != MISSING_TIME).mean() < LEAST_RECORDED:
            return Choice(transparent, "the shipped model needs the times of most of what accounts share")
        if not can_load_trees():
            return Choice(transparent, "the shipped model needs LightGBM, which cannot be loaded here")
        return Choice(load_model(SHIPPED_FOLDER), "")
    folder = model_folder(store, name)
    if not folder.is_dir():
        raise ConfigError([f"model: name: no model {name!r} in {store / 'models'}; make it by `graphrisk model train`"])
    if not can_load_trees():
        raise ConfigError([f"model: name: {name!r} needs LightGBM, which cannot be loaded; pip install lightgbm"])
    if "network_sha256" in read_card(folder):
        if not can_load_networks():
            needed = "needs PyTorch for its network; install it with `pip install graphrisk[torch]`"
            raise ConfigError([f"model: name: {name!r} {needed}"])
        if not history.timed:
            raise ConfigError([f"model: name: the network of {name!r} needs the starts of accounts, got too few"])
    return Choice(load_model(folder), "")
