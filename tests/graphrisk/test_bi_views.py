from datetime import timedelta

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from graphrisk.bi_views import VIEWS, views_sql
from graphrisk.cli.app import app
from graphrisk.store import ResultStore
from graphrisk.tables import COLUMNS


def _replaced(table, **values):
    for name, value in values.items():
        if name in table.column_names:
            at = table.column_names.index(name)
            column = pa.repeat(pa.scalar(value, table.schema.field(name).type), len(table))
            table = table.set_column(at, table.schema.field(name), column)
    return table


@pytest.fixture(scope="module")
def store(scanned, tmp_path_factory):
    """Two scans, of which the older has only one ring."""
    results = ResultStore(tmp_path_factory.mktemp("o'brien") / "store")
    as_of = scanned.tables["scan"]["as_of"][0].as_py()
    for name, moment, n_rings in (("old", as_of - timedelta(days=1), 1), ("new", as_of, None)):
        tables = {key: _replaced(table, scan_id=name) for key, table in scanned.tables.items()}
        tables["scan"] = _replaced(tables["scan"], as_of=moment)
        tables["ring"] = tables["ring"].slice(0, n_rings)
        results.publish(name, tables, {**scanned.manifest, "as_of": moment.isoformat()})
    return results


@pytest.fixture(scope="module")
def database(store):
    with duckdb.connect() as connection:
        connection.execute(views_sql(store.path))
        yield connection


def test_every_view_answers(database):
    for view in VIEWS:
        frame = database.execute(f"SELECT * FROM {view.name}").df()
        assert len(frame.columns) > 1
        assert len(frame) or view.name in ("alerts_by_scan", "rejected_by_scan", "events_by_scan"), view.name


def test_every_table_is_a_view_with_the_rows_of_all_scans(database, store):
    for table in COLUMNS:
        n_rows = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        assert n_rows == sum(len(store.table(table, scan)) for scan in ("old", "new")), table
        assert "scan_id" in database.execute(f"SELECT * FROM {table} LIMIT 0").df().columns
    assert set(database.execute("SELECT DISTINCT scan_id FROM entity_feature").df().scan_id) == {"old", "new"}


def test_what_holds_now_is_what_pandas_reads_of_the_newest_scan(database, store):
    rings = pd.read_parquet(store.path / "scan=new" / "ring.parquet")
    shown = database.execute("SELECT * FROM rings_now").df()
    assert shown.ring_id.tolist() == rings.sort_values(["score", "ring_id"], ascending=[False, True]).ring_id.tolist()
    assert list(shown.columns) == list(rings.columns)
    accounts = pd.read_parquet(store.path / "scan=new" / "entity_feature.parquet").query("entity_type == 'account'")
    assert database.execute("SELECT count(*) FROM accounts_now").fetchone()[0] == len(accounts)


def test_exposure_adds_up(database, store):
    rings = pd.read_parquet(store.path / "scan=new" / "ring.parquet")
    shown = database.execute("SELECT * FROM exposure_now").df()
    assert shown.n_rings.sum() == len(rings)
    assert shown.value_at_stake.sum() == pytest.approx(rings.value_at_stake.sum())
    by_scan = database.execute("SELECT as_of, sum(n_rings) AS n FROM rings_by_scan GROUP BY as_of ORDER BY as_of").df()
    assert by_scan.n.tolist() == [1, len(rings)]


def test_the_command_makes_the_views_in_a_file_that_stays_right_after_a_scan(store, tmp_path):
    file = tmp_path / "rings.duckdb"
    done = CliRunner().invoke(app, ["store", "views", "--store", str(store.path), "--database", str(file)])
    assert done.exit_code == 0, done.output
    assert all(view.name in done.output for view in VIEWS)
    printed = CliRunner().invoke(app, ["store", "views", "--store", str(store.path)])
    assert printed.output == views_sql(store.path)
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("SELECT scan_id FROM newest_scan").fetchone() == ("new",)


def test_a_path_that_is_a_pattern_is_refused():
    with pytest.raises(ValueError, match="none of"):
        views_sql("/data/store[1]")
