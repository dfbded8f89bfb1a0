import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnn.ranking import average_precision, roc_auc

SCORED = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30)


@given(SCORED.filter(lambda rows: 0 < sum(truth for _, truth in rows) < len(rows)))
def test_figures_are_those_of_scikit_learn(rows):
    metrics = pytest.importorskip(
        "sklearn.metrics", reason="scikit-learn is for development: `pip install graphrisk[dev]`"
    )
    score, truth = (np.array(column) for column in zip(*rows, strict=True))
    assert average_precision(score, truth) == pytest.approx(metrics.average_precision_score(truth, score))
    assert roc_auc(score, truth) == pytest.approx(metrics.roc_auc_score(truth, score))


@pytest.mark.parametrize("truth", [[], [False, False], [True, True]])
def test_one_kind_alone_cannot_be_ranked(truth):
    assert np.isnan(roc_auc(np.zeros(len(truth)), truth))
    assert np.isnan(average_precision(np.zeros(len(truth)), truth)) == (not any(truth))
