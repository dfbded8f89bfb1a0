import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from graphrisk.cli.app import app
from graphrisk.intervals import wilson
from graphrisk.models.groups import group_rows
from graphrisk.models.labelled import LabelledCandidates
from graphrisk.models.parting import split_population
from graphrisk.models.traits import size_class
from graphrisk.rings.candidates import Candidates


def population(truth, groups):
    """Groups of four that share nobody; `truth` has the true ring of each, -1 for none."""
    n, nearest = len(truth), np.array(truth)
    candidates = Candidates(np.arange(0, 4 * n + 1, 4), np.arange(4 * n, dtype=np.int32))
    return LabelledCandidates(
        "w", candidates, np.zeros((n, 1)), (nearest >= 0).astype(float), nearest, np.zeros(n),
        len(set(truth) - {-1}), {"country": np.array(groups, dtype=object)},
    )  # fmt: skip


def test_lists_are_measured_by_what_their_groups_are_like():
    worlds = [population([0, -1, -1, 1], ["DE", "DE", "FR", "FR"]), population([-1, 0], ["FR", "DE"])]
    nats = [np.array([3.0, 1.0, 2.0, -9.0]), np.array([-9.0, 3.0])]
    rows = {row["group"]: row for row in group_rows(worlds, nats, 0.1, 1.0)}
    assert set(rows) == {"DE", "FR"}
    de, fr = rows["DE"], rows["FR"]
    assert (de["listed"], de["right"], de["reachable"], de["recovered"]) == (3, pytest.approx(0.6667), 2, 1.0)
    assert (fr["listed"], fr["right"], fr["reachable"], fr["recovered"]) == (1, 0.0, 1, 0.0)
    assert (de["low"], de["high"]) == tuple(round(bound, 4) for bound in wilson(2, 3))
    assert fr["said"] == pytest.approx(1 / (1 + np.exp(-2.0)), abs=1e-4)


def test_a_piece_of_a_ring_that_is_listed_does_not_recover_it():
    world = population([0, 0], ["DE", "FR"])
    world = dataclasses.replace(world, similarity=np.array([0.9, 0.3]))
    rows = {row["group"]: row for row in group_rows([world], [np.array([-9.0, 3.0])], 0.1, 1.0)}
    assert (rows["FR"]["listed"], rows["FR"]["right"]) == (1, 0.0)
    assert (rows["DE"]["reachable"], rows["DE"]["recovered"]) == (1, 0.0)


def test_a_group_of_which_nothing_is_listed_still_tells_what_was_missed():
    (row,) = group_rows([population([0], ["DE"])], [np.array([-9.0])], 0.1, 1.0)
    assert (row["listed"], row["right"], row["said"], row["reachable"], row["recovered"]) == (0, None, None, 1, 0.0)


def test_traits_go_with_their_candidates_when_a_population_is_parted():
    whole = population([0, -1, 1, -1, 2, -1], list("abcdef"))
    parts = split_population(whole, 3, seed=0)
    assert len(parts) > 1
    for part in parts:
        for c in range(len(part.candidates)):
            place = int(part.candidates[c][0]) // 4
            assert part.traits["country"][c] == "abcdef"[place]


@pytest.mark.parametrize(
    ("n", "name"), [(2, "1 to 4"), (4, "1 to 4"), (5, "5 to 9"), (49, "20 to 49"), (50, "50 or more")]
)
def test_sizes_have_classes(n, name):
    assert size_class(n) == name


def test_a_model_is_measured_by_an_attribute_that_the_user_names(world):
    plain = (world / "scan.toml").read_text(encoding="utf-8")
    config = world / "by_country.toml"
    config.write_text(
        plain.replace('path = "accounts.parquet"', 'path = "accounts.parquet"\nattributes = ["country"]')
        + '\n[[source]]\npath = "truth_members.parquet"\ntable = "labels"\nlabel = { value = "ring" }\n',
        encoding="utf-8",
    )
    run = CliRunner()
    done = run.invoke(app, ["model", "evaluate", "simulated", str(config), "--by", "country", "--json"])
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["groups"]
    of = {by: [row for row in rows if row["by"] == by] for by in ("size", "typology", "country")}
    n_listed = {by: sum(row["listed"] for row in some) for by, some in of.items()}
    assert len(set(n_listed.values())) == 1
    assert n_listed["size"] > 0
    named = {row["group"] for row in of["country"]} - {"not known"}
    assert len(named) >= 2
    assert named <= set(pd.read_parquet(world / "accounts.parquet").country)
    refused = run.invoke(app, ["model", "evaluate", "simulated", str(config), "--by", "age"])
    assert "'age' must be an attribute of the accounts, got ['country']" in str(refused.exception)
