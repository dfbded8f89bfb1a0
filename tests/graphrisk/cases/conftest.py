"""A store of one ring, published by hand."""

from pathlib import Path
from typing import Any

import pytest

from graphrisk.cases.book import CaseBook
from graphrisk.store import ResultStore


@pytest.fixture
def store(make_tables: Any, tmp_path: Path) -> Path:
    links = [(name, "shared_device", "d1", 3.0) for name in ("a", "b", "c")]
    tables = make_tables(["a", "b", "c"], links)
    ResultStore(tmp_path / "store").publish("s1", tables, {"as_of": "2026-01-01T00:00:00+00:00"})
    return tmp_path / "store"


@pytest.fixture
def book(store: Path) -> CaseBook:
    return CaseBook(store)
