import json
from types import SimpleNamespace

import numpy as np
import pytest

from algorithms.times import MISSING_TIME
from gnn.ring_trees import LEARNED
from graphrisk.config import ScanConfig, read_config
from graphrisk.models import choice
from graphrisk.models.choice import SHIPPED_FOLDER, choose_model, model_key
from graphrisk.models.files import ModelError, load_model, read_card, save_model
from graphrisk.pipeline import run_scan
from graphrisk.rings.settings import RingSettings
from loaders import ConfigError


def scan(world, **model):
    config = read_config(world / "scan.toml")
    return run_scan(ScanConfig.model_validate(config.model_dump() | {"model": model}))


def test_a_world_with_starts_is_scored_by_the_shipped_model(scanned):
    assert set(scanned.rings.model) == {"simulated"}
    assert scanned.manifest["model"] == "simulated"


def test_without_lightgbm_the_transparent_score_stands_in_and_says_so(world, scanned, monkeypatch):
    monkeypatch.setattr(choice, "can_load_trees", lambda: False)
    result = scan(world)
    assert set(result.rings.model) == {"transparent"}
    assert "needs LightGBM" in result.manifest["model_reason"]
    assert result.scan_id != scanned.scan_id
    with pytest.raises(ConfigError, match="needs LightGBM"):
        scan(world, name="simulated")


@pytest.mark.parametrize(
    ("timed", "recorded", "seen", "reason"),
    [
        (False, [True, True], [1, 1], "recorded starts"),
        (True, [True, False, False], [1, 1], "recorded starts"),
        (True, [True, True], [1, MISSING_TIME, MISSING_TIME], "the times of most of what accounts share"),
    ],
)
def test_where_times_are_not_known_the_transparent_score_stands_in(timed, recorded, seen, reason):
    history = SimpleNamespace(timed=timed, claim_rate=0.0, recorded=np.array(recorded))
    chosen = choose_model("auto", SHIPPED_FOLDER, history, SimpleNamespace(first_seen=np.array(seen)))
    assert chosen.model.name == "transparent"
    assert reason in chosen.reason


def test_the_transparent_score_can_be_asked_for(world):
    result = scan(world, name="transparent")
    assert set(result.rings.model) == {"transparent"}
    assert result.manifest["model_reason"] == ""


def test_a_model_that_is_not_there_is_named(world):
    with pytest.raises(ConfigError, match=r"no model 'ours' .*graphrisk model train"):
        scan(world, name="ours")


def test_a_model_comes_back_from_its_folder_as_it_was(tmp_path, scanned):
    model = load_model(SHIPPED_FOLDER)
    save_model(model, read_card(SHIPPED_FOLDER), tmp_path / "models" / "ours")
    back = load_model(tmp_path / "models" / "ours")
    for name in ("name", "calibration", "levels", "size_bonus", "part_names"):
        assert getattr(back, name) == getattr(model, name)
    rows = np.random.default_rng(0).random((50, len(LEARNED)))
    assert np.array_equal(back.log_odds(rows), model.log_odds(rows))
    assert model_key("ours", tmp_path) == model_key("simulated", tmp_path)


def test_a_model_takes_the_place_of_a_model_and_of_nothing_else(tmp_path):
    model, folder = load_model(SHIPPED_FOLDER), tmp_path / "ours"
    for version in (1, 2):
        save_model(model, {"version": version}, folder)
    assert read_card(folder)["version"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["ours"]
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("keep me")
    with pytest.raises(ModelError, match="must be free or hold a model"):
        save_model(model, {}, tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "keep me"


def test_a_damaged_model_is_refused(tmp_path):
    folder = tmp_path / "ours"
    save_model(load_model(SHIPPED_FOLDER), {}, folder)
    trees = folder / "trees.txt"
    trees.write_text(trees.read_text().replace("leaf_value=", "leaf_value=9", 1))
    with pytest.raises(ModelError, match="must be the file that its card names"):
        load_model(folder)
    (folder / "card.json").write_text("{")
    with pytest.raises(ModelError, match=r"must hold the card.json"):
        load_model(folder)


def test_the_shipped_card_tells_how_the_model_was_made():
    card = json.loads((SHIPPED_FOLDER / "card.json").read_text())
    assert card["command"].startswith("graphrisk model train --simulated")
    assert card["held_out"]["calibration_error"] <= 0.03
    assert card["held_out"]["precision_high"] >= 0.9
    assert 0.8 <= card["held_out"]["interval_coverage"] <= 1


def test_levels_follow_from_costs_and_yield_to_scores_that_are_set():
    of_model = load_model(SHIPPED_FOLDER).levels
    assert RingSettings().levels(of_model) == of_model
    costs = {"miss": 100, "false_accusation": 1900, "review": 5}
    levels = RingSettings.model_validate({"costs": costs}).levels(of_model)
    assert (levels.medium, levels.high) == pytest.approx((0.05, 0.95))
    assert levels.least == pytest.approx(0.05)
    assert RingSettings.model_validate({"costs": costs, "high_score": 0.99}).levels(of_model).high == 0.99


def test_each_ring_of_the_high_band_is_scored_over_its_level(scanned):
    high = scanned.rings[scanned.rings.band == "high"]
    assert (high.score >= load_model(SHIPPED_FOLDER).levels.high).all()
    assert (scanned.rings.score_low <= scanned.rings.score).all()
    assert (scanned.rings.score_high >= scanned.rings.score).all()
