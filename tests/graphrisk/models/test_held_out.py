import numpy as np
import pytest

from gnn.ring_trees import LEARNED, LEVELS
from gnn.scoring import sigmoid
from graphrisk.models.held_out import calibrate, held_out_figures
from graphrisk.models.labelled import LabelledCandidates
from graphrisk.rings.candidates import Candidates


def population(name, is_ring):
    """Groups of five that share no member."""
    n = len(is_ring)
    return LabelledCandidates(
        name=name,
        candidates=Candidates.of_sizes(np.full(n, 5), np.arange(5 * n, dtype=np.int32)),
        features=np.zeros((n, len(LEARNED))),
        similarity=is_ring.astype(float),
        nearest=np.where(is_ring, np.arange(n), -1),
        log_odds=np.zeros(n),
        n_true=int(is_ring.sum()),
    )


def drawn(top_rate, seed):
    """Five populations: 40 groups of like outputs at the top, of which some are rings, above 2,000 of which none is."""
    populations, outputs = [], []
    for number in range(5):
        rng = np.random.default_rng([seed, number])
        is_ring = np.arange(2040) < round(40 * top_rate)
        output = np.where(np.arange(2040) < 40, rng.normal(1, 1, 2040), rng.normal(-9, 1, 2040))
        populations.append(population(f"p{number}", is_ring))
        outputs.append(output)
    return populations, outputs


@pytest.mark.parametrize("top_rate", [0.25, 0.6, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_what_was_not_calibrated_on_is_not_shown(top_rate, seed):
    """A flat line through the top alone would say of everything below that it is a ring as often."""
    populations, outputs = drawn(top_rate, seed)
    line = calibrate(populations, outputs)
    for output in outputs:
        assert (sigmoid(line.log_odds(output[40:])) < LEVELS.least).all()
        assert (sigmoid(line.log_odds(output[:40])) > LEVELS.least).mean() > 0.8
    figures = held_out_figures(populations, outputs, line)
    assert figures["listed"] <= 200
    assert figures["precision"] == pytest.approx(top_rate, abs=0.05)
