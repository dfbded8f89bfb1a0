"""A store of one ring that was scanned twice, and browsers of people in three roles."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from graphrisk.cases.database import CaseDatabase
from graphrisk.cases.users import Users
from graphrisk.serve.app import create_app
from graphrisk.serve.settings import ServeSettings
from graphrisk.store import ResultStore

PASSWORD = "correct horse battery"
NAMES = [f"account-{k:04d}" for k in range(8)]


def with_ids(tables: dict[str, Any], scan_id: str) -> dict[str, Any]:
    """The same tables as another scan."""
    import pyarrow as pa

    return {
        name: table.set_column(0, "scan_id", pa.array([scan_id] * len(table), pa.string()))
        if "scan_id" in table.column_names
        else table
        for name, table in tables.items()
    }


def publish_ring(make_tables: Any, folder: Path, names: list[str] = NAMES) -> Path:
    """Publish a ring in two scans; in the first it lacks its last member."""
    for scan_id, day, members in (("s1", 1, names[:-1]), ("s2", 2, names)):
        links = [(name, "shared_device", "device-of-all", 3.0) for name in members]
        links += [(name, "shared_ip", "public-wifi", 0.0) for name in members]
        links += [(members[0], "referral", members[1], 2.0)]
        tables = make_tables(members, links, hubs=("public-wifi",))
        as_of = datetime(2026, 1, day, tzinfo=UTC).isoformat()
        before = {"previous_scan_id": "s1"} if scan_id == "s2" else {}
        ResultStore(folder).publish(scan_id, with_ids(tables, scan_id), {"as_of": as_of, **before})
    return folder


@pytest.fixture(scope="session")
def published(make_tables: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store to copy."""
    return publish_ring(make_tables, tmp_path_factory.mktemp("published") / "store")


@pytest.fixture(scope="session")
def published_with_users(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its cases with four people; their passwords take a while to hash, so it is done once."""
    folder = tmp_path_factory.mktemp("peopled") / "store"
    shutil.copytree(published, folder)
    users = Users(CaseDatabase(folder))
    for name, role in (("vera", "viewer"), ("ivan", "investigator"), ("ines", "investigator"), ("ada", "admin")):
        users.put(name, role, PASSWORD, actor="setup")
    return folder


@pytest.fixture
def store(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "store"))


class Person:
    """A browser with somebody before it."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def token(self, path: str = "/rings/r1") -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get(path).text)
        assert found is not None
        return found[1]

    def post(self, path: str, page: str = "/rings/r1", **fields: Any) -> Any:
        text = self.get(page).text
        seen = re.search(r'name="seen" value="(\d+)"', text)
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', text)
        values = {"csrf": found[1] if found else "", **({"seen": seen[1]} if seen else {}), **fields}
        return self.client.post(path, data=values, follow_redirects=False)


@pytest.fixture
def local(store: Path) -> Person:
    """Whoever sits at the machine, where nobody has to log in."""
    app = create_app(ServeSettings(store, local_user="root"))
    return Person(TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1)))


@pytest.fixture
def people(published_with_users: Path, store: Path) -> Callable[[str], Person]:
    """Logs people in: vera may look, ivan and ines may act, ada may do all."""
    shutil.copytree(published_with_users, store, dirs_exist_ok=True)
    app = create_app(ServeSettings(store, logins_per_minute=100))

    def log_in(name: str) -> Person:
        person = Person(TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1)))
        done = person.post("/login", "/login", name=name, password=PASSWORD)
        assert done.status_code == 303, done.text
        return person

    return log_in
