import numpy as np
import pytest

from gnn.calibration import Calibration, fit_calibration, reliability
from gnn.ring_features import FEATURE_NAMES, RingFeatures
from gnn.ring_trees import FOREST, LEARNED, PARTS, RingTrees, learned, train_trees
from gnn.scoring import PRIOR, sigmoid


def toy(n=3000, seed=0):
    """Features of which two decide, one of them often unknown."""
    rng = np.random.default_rng(seed)
    values = rng.random((n, len(FEATURE_NAMES)))
    values[rng.random(n) < 0.3, FEATURE_NAMES.index("burst")] = np.nan
    features = RingFeatures(values)
    nats = 6 * features["on_identity"] + 4 * np.nan_to_num(features["burst"], nan=0.5) - 6
    return features, (rng.random(n) < sigmoid(nats)).astype(float)


@pytest.fixture(scope="module")
def model():
    features, truth = toy()
    booster = train_trees(learned(features), truth, parameters={"num_iterations": 60})
    return RingTrees("toy", booster, Calibration(0.8, -0.3, 0.4))


def test_every_learned_feature_is_in_one_part_and_is_measured():
    assert len(set(LEARNED)) == len(LEARNED)
    assert set(LEARNED) <= set(FEATURE_NAMES)


def test_parts_sum_to_the_log_odds(model):
    features, _ = toy(200, seed=1)
    assert model.parts(features).sum(axis=1) == pytest.approx(model.score(features).log_odds, abs=1e-9)
    assert model.part_names[-1] == PRIOR


def test_what_decides_carries_the_score(model):
    features, _ = toy(500, seed=2)
    effects = dict(zip(model.part_names, np.abs(model.parts(features)).mean(axis=0), strict=True))
    del effects[PRIOR]
    assert set(sorted(effects, key=effects.get, reverse=True)[:2]) == {"links", "burst"}


def test_a_seeded_toy_is_learned(model):
    features, truth = toy(2000, seed=3)
    score = model.score(features).score
    order = np.argsort(-score)
    assert truth[order[:400]].mean() > 0.75 > 0.3 > truth[order[-400:]].mean()


def test_intervals_hold_the_score_and_nothing_is_outside_0_and_1(model):
    scores = model.score(toy(300, seed=4)[0])
    assert ((scores.low >= 0) & (scores.low < scores.score) & (scores.score < scores.high) & (scores.high <= 1)).all()


def test_training_twice_gives_the_same_trees():
    features, truth = toy(800)
    one, other = (
        train_trees(learned(features), truth, seed=5, parameters={"num_iterations": 20, "num_threads": n})
        for n in (1, 2)
    )
    trees = [b.model_to_string().split("parameters:")[0] for b in (one, other)]
    assert trees[0] == trees[1]


def test_a_forest_learns_the_toy_and_its_parts_sum_too():
    features, truth = toy()
    booster = train_trees(learned(features), truth, parameters=FOREST | {"num_iterations": 60})
    test, is_ring = toy(1000, seed=6)
    raw = booster.predict(learned(test), raw_score=True)
    line = fit_calibration(raw, is_ring.astype(bool), np.arange(1000) % 5)
    forest = RingTrees("forest", booster, line)
    assert forest.parts(test).sum(axis=1) == pytest.approx(forest.score(test).log_odds, abs=1e-6)
    order = np.argsort(-raw)
    assert is_ring[order[:200]].mean() > 0.75 > 0.3 > is_ring[order[-200:]].mean()
    assert reliability(forest.score(test).score, is_ring.astype(bool)).error < 0.06


def test_no_candidates_have_no_scores(model):
    nothing = RingFeatures(np.empty((0, len(FEATURE_NAMES))))
    assert len(model.score(nothing).score) == 0
    assert model.parts(nothing).shape == (0, len(PARTS) + 1)


def test_trees_that_learned_from_some_features_take_these_by_name():
    features, truth = toy()
    names = ("size", "on_identity", "burst")
    rows = features.values[:, [FEATURE_NAMES.index(name) for name in names]]
    booster = train_trees(rows, truth, parameters={"num_iterations": 30}, names=names)
    model = RingTrees("some", booster, Calibration(1.0, 0.2, 0.4))
    test, _ = toy(100, seed=7)
    log_odds = model.score(test).log_odds
    taken = test.values[:, [FEATURE_NAMES.index(name) for name in names]]
    assert log_odds == pytest.approx(booster.predict(taken, raw_score=True) + 0.2)
    assert model.parts(test).sum(axis=1) == pytest.approx(log_odds, abs=1e-9)


def test_trees_over_other_features_are_refused():
    import lightgbm

    data = lightgbm.Dataset(np.random.default_rng(0).random((200, 2)), np.arange(200) % 2, params={"verbose": -1})
    booster = lightgbm.train({"objective": "binary", "verbose": -1, "num_iterations": 2}, data)
    with pytest.raises(ValueError, match="the features that rings have now"):
        RingTrees("other", booster, Calibration(1, 0, 0.1))
