import json
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from gnn.conformal import conformal_p_values, longest_conformal_list
from gnn.scoring import logit
from graphrisk.cli.app import app
from graphrisk.models.choice import SHIPPED_FOLDER
from graphrisk.models.files import ModelError
from graphrisk.models.innocent import FILE, check_lists, read_innocent, save_innocent
from graphrisk.store import ResultStore


def test_the_check_takes_the_innocent_of_other_populations_only():
    rng = np.random.default_rng(0)
    listed = []
    for shift in (0.0, 0.0, 50.0):
        is_match = rng.random(40) < 0.5
        listed.append((np.where(is_match, 9.0, 0.0) + shift + rng.random(40), is_match))
    told = check_lists(listed, 0.2)
    # all of the last population is above the innocent of the others: half of its list is wrong, by no fault of its own
    assert told["wrong"] == pytest.approx((1 - listed[2][1].mean()) / 3, abs=1e-4)
    assert told["standard_error"] > 0.1


def test_scores_of_other_trees_and_absent_ones_are_refused(tmp_path):
    folder = tmp_path / "m"
    shutil.copytree(SHIPPED_FOLDER, folder)
    save_innocent({"innocent": [0.5, 1.0]}, folder)
    assert read_innocent(folder).tolist() == [0.5, 1.0]
    told = json.loads((folder / FILE).read_text())
    (folder / FILE).write_text(json.dumps(told | {"trees_sha256": "other"}))
    with pytest.raises(ModelError, match="must be of the trees beside it"):
        read_innocent(folder)
    (folder / FILE).unlink()
    with pytest.raises(ModelError, match="graphrisk model innocent"):
        read_innocent(folder)


def test_the_shipped_scores_belong_to_the_shipped_trees_and_their_lists_were_checked():
    innocent = read_innocent(SHIPPED_FOLDER)
    told = json.loads((SHIPPED_FOLDER / FILE).read_text())
    assert len(innocent) > 100
    assert (np.diff(innocent) >= 0).all()
    assert innocent[0] >= logit(told["least"]) - 0.001
    assert [row["bound"] for row in told["checked"]] == [0.05, 0.1, 0.2]


def test_a_list_by_p_values_is_a_list_of_the_worst_rings(scanned, tmp_path):
    store = tmp_path / "store"
    ResultStore(store).publish(scanned.scan_id, scanned.tables, scanned.manifest)
    run = CliRunner()
    asked = ["ring", "list", "--fdr", "0.2", "--limit", "100000", "--json", "--store", str(store)]
    made = run.invoke(app, [*asked, "--conformal"])
    assert made.exit_code == 0, made.output
    ids = [row["ring_id"] for row in json.loads(made.stdout)]
    rings = scanned.rings.sort_values("score", ascending=False, kind="stable")
    nats = np.array([logit(score) for score in rings.score])
    n = longest_conformal_list(conformal_p_values(nats, read_innocent(SHIPPED_FOLDER)), 0.2)
    assert 0 < n == len(ids) < len(rings)
    assert set(ids) == set(rings.ring_id[:n])
    alone = run.invoke(app, ["ring", "list", "--conformal", "--store", str(store)])
    assert "must stand beside `--fdr`" in str(alone.exception)
