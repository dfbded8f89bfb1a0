import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnn.ranking import average_precision
from gnn.ring_features import FEATURE_NAMES, RingFeatures
from graphrisk.models.figures import list_figures, matches
from graphrisk.models.labelled import LabelledCandidates, TrueRings, label_candidates, true_rings
from graphrisk.rings.candidates import Candidates
from graphrisk.rings.sharing import find_sharing
from loaders.labels import LABELS_SCHEMA

GROUPS = st.lists(st.sets(st.integers(0, 15), min_size=2, max_size=6), min_size=1, max_size=12)


def candidates_of(groups):
    members = [sorted(group) for group in groups]
    starts = np.concatenate([[0], np.cumsum([len(m) for m in members])]).astype(np.int64)
    flat = np.array([m for group in members for m in group], dtype=np.int32)
    return Candidates(starts, flat)


class Found:
    """The part of a search that labelling reads."""

    def __init__(self, groups, log_odds=None):
        from gnn.scoring import RingScores

        n = len(groups)
        zeros = np.zeros(n)
        self.candidates = candidates_of(groups)
        self.scores = RingScores(zeros, zeros, zeros, zeros if log_odds is None else np.asarray(log_odds))


def nothing_of(groups):
    return RingFeatures(np.zeros((len(groups), len(FEATURE_NAMES))))


def rings_of(groups):
    return TrueRings(
        [str(k) for k in range(len(groups))],
        [np.array(sorted(group)) for group in groups],
        np.array([len(group) for group in groups]),
    )


@given(GROUPS, GROUPS)
def test_similarity_is_the_best_jaccard_with_any_ring(groups, rings):
    labelled = label_candidates(Found(groups), rings_of(rings), "x", nothing_of(groups))
    for c, group in enumerate(groups):
        jaccard = [len(group & ring) / len(group | ring) for ring in rings]
        assert labelled.similarity[c] == pytest.approx(max(jaccard))
        assert labelled.nearest[c] == (np.argmax(jaccard) if max(jaccard) else -1)


def test_members_that_are_no_actors_count_against_the_similarity():
    ring = TrueRings(["R"], [np.array([0, 1])], np.array([4]))
    assert label_candidates(Found([{0, 1}]), ring, "x", nothing_of([{0, 1}])).similarity.tolist() == [0.5]


def test_rings_come_from_labels_with_their_missing_members(make_graph):
    graph = make_graph(6, [(k, "device", "d") for k in range(3)])
    rows = [
        {"entity_type": "account", "entity_id": "a000", "label": "ring", "ring_id": "R2"},
        {"entity_type": "account", "entity_id": "a002", "label": "ring", "ring_id": "R2"},
        {"entity_type": "account", "entity_id": "nobody", "label": "ring", "ring_id": "R2"},
        {"entity_type": "account", "entity_id": "a005", "label": "ring", "ring_id": "R1"},
        {"entity_type": "account", "entity_id": "a001", "label": "exchange"},
    ]
    rings = true_rings(pa.Table.from_pylist(rows, schema=LABELS_SCHEMA), graph, find_sharing(graph))
    assert rings.ids == ["R1", "R2"]
    assert [m.tolist() for m in rings.members] == [[5], [0, 2]]
    assert rings.sizes.tolist() == [1, 3]


def labelled_of(similarity, nearest, n_true):
    n = len(similarity)
    return LabelledCandidates(
        "x", candidates_of([{k} for k in range(n)]), np.zeros((n, 1)), np.array(similarity), np.array(nearest),
        np.zeros(n), n_true,
    )  # fmt: skip


def test_a_list_is_measured_as_the_readme_says():
    labelled = labelled_of([0.9, 0.1, 0.8, 0.6, 0.0, 0.7], [0, 0, 0, 1, -1, 2], n_true=4)
    is_match = matches(labelled, np.arange(6))
    assert is_match.tolist() == [True, False, False, True, False, True]
    figures = list_figures(labelled, is_match)
    assert (figures.listed, figures.true, figures.recovered) == (6, 4, 3)
    assert figures.false_per_true == pytest.approx(1.0)
    assert figures.precision_at_80 == pytest.approx(3 / 6)


def test_a_list_without_a_match_has_no_ratio():
    labelled = labelled_of([0.1, 0.2], [0, -1], n_true=1)
    figures = list_figures(labelled, matches(labelled, np.arange(2)))
    assert figures.recovered == 0
    assert np.isnan(figures.false_per_true)


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=40))
def test_average_precision_is_that_of_scikit_learn(rows):
    from sklearn.metrics import average_precision_score

    scores, truth = np.array([s for s, _ in rows], float), np.array([t for _, t in rows])
    if truth.any():
        assert average_precision(scores, truth) == pytest.approx(average_precision_score(truth, scores))
    else:
        assert np.isnan(average_precision(scores, truth))
