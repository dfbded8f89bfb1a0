import sys
from datetime import timedelta
from pathlib import Path

import pytest

from graphrisk.alerts.settings import AlertSettings
from graphrisk.lineage.follow import follow
from graphrisk.lineage.settings import LineageSettings
from graphrisk.result import ScanResult
from graphrisk.store import ResultStore

# test modules here share the rings in `_rings.py` and the histories in `nights.py`
sys.path.insert(0, str(Path(__file__).parent))

from _rings import START, scan_tables


@pytest.fixture
def scan(tmp_path):
    """Publish a list of groups for a day, and return the ids it got."""
    store = ResultStore(tmp_path / "store")

    def run(groups, day, scan_id=None, alerts=None, **values):
        tables = scan_tables(groups, day, scan_id, **values)
        result = ScanResult(tables["scan"]["scan_id"][0].as_py(), tables, graph=None, alerts=[])
        result.manifest["as_of"] = (START + timedelta(days=day)).isoformat()
        done = follow(result, store, LineageSettings(), alerts or AlertSettings())
        store.publish(done.scan_id, done.tables, done.manifest)
        run.result = done
        return dict(zip(groups, done.tables["ring"]["ring_id"].to_pylist(), strict=True))

    run.store = store
    return run
