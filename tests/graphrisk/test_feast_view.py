"""Feast itself is no dependency: the definition is held against the calls that Feast offers."""

import inspect
import sys
import types
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from graphrisk.cli.app import app
from graphrisk.cli.output import UsageError
from graphrisk.feast_view import feast_view
from graphrisk.feature_export import feature_schema
from graphrisk.store import ResultStore


class Entity:
    def __init__(self, *, name, join_keys, value_type):
        self.name, self.join_keys, self.value_type = name, join_keys, value_type


class Field:
    def __init__(self, *, name, dtype):
        self.name, self.dtype = name, dtype


class FileSource:
    def __init__(self, *, path, timestamp_field, created_timestamp_column):
        self.path, self.times = path, (timestamp_field, created_timestamp_column)


class FeatureView:
    def __init__(self, *, name, entities, ttl, schema, source):
        self.name, self.entities, self.ttl, self.schema, self.source = name, entities, ttl, schema, source


@pytest.fixture
def feast(monkeypatch):
    """Feast's names, keyword by keyword, as its documentation has them."""
    module, kinds = types.ModuleType("feast"), types.ModuleType("feast.types")
    for name, value in (("Entity", Entity), ("Field", Field), ("FileSource", FileSource), ("FeatureView", FeatureView)):
        setattr(module, name, value)
    module.ValueType = types.SimpleNamespace(STRING="STRING")
    for name in ("Float64", "Int64", "Bool", "String"):
        setattr(kinds, name, name)
    monkeypatch.setitem(sys.modules, "feast", module)
    monkeypatch.setitem(sys.modules, "feast.types", kinds)


@pytest.mark.usefixtures("feast")
@pytest.mark.parametrize("entity", ["account", "wallet"])
def test_the_view_has_every_feature_of_the_export_with_its_type(entity, tmp_path):
    names = {}
    exec(compile(feast_view(tmp_path / "it's.parquet", entity=entity, ttl_days=3), "view.py", "exec"), names)
    view = names[f"{entity}_ring_features"]
    kinds = {"double": "Float64", "int64": "Int64", "bool": "Bool", "string": "String"}
    columns = {field.name: str(field.type) for field in feature_schema(entity)}
    for name in (f"{entity}_id", "event_timestamp", "created_timestamp", "valid_until"):
        columns.pop(name)
    assert {field.name: field.dtype for field in view.schema} == {name: kinds[kind] for name, kind in columns.items()}
    assert view.entities[0].join_keys == [f"{entity}_id"]
    assert view.ttl == timedelta(days=3)
    assert (view.source.path, view.source.times) == (
        str(tmp_path / "it's.parquet"),
        ("event_timestamp", "created_timestamp"),
    )


def test_no_end_of_validity_reaches_a_model():
    assert "valid_until" not in feast_view("features.parquet")
    assert inspect.signature(feast_view).parameters["ttl_days"].default == 7


def test_a_time_to_live_of_nothing_is_refused():
    with pytest.raises(ValueError, match="positive, got 0"):
        feast_view("features.parquet", ttl_days=0)


def test_the_export_writes_the_view_beside_the_features(scanned, tmp_path):
    store = ResultStore(tmp_path / "store")
    store.publish(scanned.scan_id, scanned.tables, scanned.manifest)
    out, view = tmp_path / "features.parquet", tmp_path / "view.py"
    args = ["features", "export", str(out), "--store", str(store.path), "--feast", str(view)]
    assert CliRunner().invoke(app, args).exit_code == 0
    assert view.read_text(encoding="utf-8") == feast_view(out)
    assert CliRunner().invoke(app, [*args, "--overwrite"]).exit_code == 0
    again = CliRunner().invoke(app, ["features", "export", str(tmp_path / "f.parquet"), *args[3:]])
    assert isinstance(again.exception, UsageError)
    assert not (tmp_path / "f.parquet").exists()
