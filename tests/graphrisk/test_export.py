import csv
import json

import pyarrow.parquet as pq
import pytest

from graphrisk.export import TABLES, export_rings
from graphrisk.store import ResultStore

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"]


@pytest.fixture
def store(tmp_path, make_tables):
    links = [("a", "shared_device", "d", 3.0), ("b", "shared_device", "d", 3.0)]
    results = ResultStore(tmp_path / "store")
    results.publish("s1", make_tables(["a", "b"], links), {})
    return results


def test_parquet_holds_the_tables_as_they_are(store, tmp_path):
    export_rings(store, tmp_path / "out.parquet")
    for name in TABLES:
        assert pq.read_table(tmp_path / "out.parquet" / f"{name}.parquet").equals(store.table(name))


def test_csv_has_a_row_per_row_of_each_table(store, tmp_path):
    export_rings(store, tmp_path / "out.csv")
    for name in TABLES:
        with (tmp_path / "out.csv" / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))
        assert len(rows) == len(store.table(name))
        assert list(rows[0]) == store.table(name).column_names


def test_no_spreadsheet_takes_an_id_for_a_formula(tmp_path, make_tables):
    results = ResultStore(tmp_path / "store")
    results.publish("s1", make_tables([*FORMULAS, "plain-1"], []), {})
    export_rings(results, tmp_path / "out.csv")
    with (tmp_path / "out.csv" / "ring_member.csv").open(encoding="utf-8", newline="") as handle:
        ids = {row["entity_id"] for row in csv.DictReader(handle)}
    assert ids == {"'" + text for text in FORMULAS} | {"plain-1"}


def test_numbers_below_zero_stay_numbers(store, tmp_path):
    export_rings(store, tmp_path / "out.csv")
    with (tmp_path / "out.csv" / "ring_evidence.csv").open(encoding="utf-8", newline="") as handle:
        assert [float(row["weight"]) for row in csv.DictReader(handle)] == [3.0, -1.0, 0.0]


def test_json_lines_hold_a_ring_with_its_parts(store, tmp_path):
    export_rings(store, tmp_path / "out.jsonl")
    (ring,) = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [member["entity_id"] for member in ring["members"]] == ["a", "b"]
    assert (len(ring["evidences"]), len(ring["links"])) == (3, 2)


def test_only_the_rings_asked_for_are_written(store, tmp_path):
    export_rings(store, tmp_path / "out.jsonl", ring_ids=["other"])
    assert (tmp_path / "out.jsonl").read_bytes() == b""


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_nothing_is_replaced_unless_it_is_asked_for(store, tmp_path, name):
    export_rings(store, tmp_path / name)
    with pytest.raises(FileExistsError, match="exists already"):
        export_rings(store, tmp_path / name)
    export_rings(store, tmp_path / name, overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == [name, "store"]


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [("out.xlsx", ValueError, "must end in"), ("none/out.csv", FileNotFoundError, "the folder of the export")],
)
def test_what_cannot_be_written_is_said(store, tmp_path, name, error, words):
    with pytest.raises(error, match=words):
        export_rings(store, tmp_path / name)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["store"]
