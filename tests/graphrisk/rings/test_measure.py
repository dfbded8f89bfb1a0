"""Features of a search of a world, whoever asks for them."""

import numpy as np
import pytest

from gnn.ring_features import FEATURE_NAMES, ring_features
from gnn.transparent import Transparent
from graphrisk.config import read_config
from graphrisk.hubs import find_hubs
from graphrisk.pipeline import find_rings
from graphrisk.rings.search import measure, search
from graphrisk.stages import StageLog
from loaders import load


@pytest.fixture(scope="module")
def loaded(world):
    config = read_config(world / "scan.toml")
    return config, load(config.load_config(), as_of=config.scan.as_of)


@pytest.fixture(scope="module")
def searched(loaded):
    config, data = loaded
    return find_rings(config, data, StageLog(None))[0]


def test_each_feature_is_the_same_whatever_else_is_measured(searched):
    starts, members = searched.candidates.starts, searched.candidates.members
    every = measure(searched)
    assert len(every) > 1_000  # enough for two threads
    for name in FEATURE_NAMES:
        alone = ring_features(starts, members, searched.around, reads=frozenset({name}))
        assert alone.names == (name,)
        assert np.array_equal(alone[name], every[name], equal_nan=True)


def test_what_is_listed_is_measured_in_full_whatever_the_model_reads(loaded, searched):
    config, data = loaded
    history = searched.history
    policy = find_hubs(data.graph, searched.sharing, config.hubs, data.labels)
    plain = Transparent(history.timed, history.claim_rate)
    by_parts = search(searched.sharing, policy, history, config.rings, plain)
    for found in (searched, by_parts):
        assert len(found.chosen) > 5
        assert found.features.names == FEATURE_NAMES
        assert np.array_equal(found.features.values, measure(found).values[found.chosen], equal_nan=True)
        assert np.array_equal(found.features.values, measure(found, found.chosen).values, equal_nan=True)
    assert by_parts.scores.score.tolist() == plain.score(measure(by_parts)).score.tolist()


def test_where_only_scores_are_asked_for_no_more_is_measured(loaded, searched):
    config, _ = loaded
    plain = Transparent(searched.history.timed, searched.history.claim_rate)
    data = searched.sharing, searched.policy, searched.history, config.rings, plain
    some = search(*data, only_scores=True)
    assert set(some.features.names) == plain.reads
    assert some.chosen.tolist() == search(*data).chosen.tolist()
    assert len(some.features) == len(some.chosen)
