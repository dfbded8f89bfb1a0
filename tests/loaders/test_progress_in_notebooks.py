"""In a notebook without widgets DuckDB refuses to be told anything about its progress bar."""

import sys
from types import SimpleNamespace

import duckdb
import pandas as pd
import pytest

from loaders import LoadConfig, SourceConfig, load
from loaders.progress import track_progress


@pytest.fixture
def notebook(monkeypatch):
    """Make DuckDB take this process for a notebook, as it does by the name of the class of the shell."""
    shell = type("ZMQInteractiveShell", (), {"config": {"IPKernelApp": {}}})()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "ipywidgets", None)


def test_a_refused_setting_is_told_and_does_no_harm():
    class Refusing:
        def execute(self, sql):
            raise duckdb.InvalidInputException("Could not change the progress bar setting")

    assert track_progress(Refusing(), True) is False
    with duckdb.connect() as con:
        assert track_progress(con, True) is True


def test_a_load_with_progress_works_in_a_notebook_without_widgets(notebook):
    told = []
    config = LoadConfig(sources=[SourceConfig(frame="f", table="accounts")])
    frame = pd.DataFrame({"account_id": ["a", "b"]})
    assert load(config, {"f": frame}, progress=lambda *step: told.append(step)).graph.n_accounts == 2
    assert told
