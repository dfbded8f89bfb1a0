"""A scan that ended too early leaves what it had done, and the next one goes on from there."""

import logging
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from graphrisk.api import scan
from graphrisk.checkpoints.folder import WORK, Checkpoints
from graphrisk.checkpoints.publishing import publish
from graphrisk.config import ScanConfig
from graphrisk.pipeline import config_hash, run_scan
from graphrisk.store import NoRoomError, ResultStore
from graphrisk.tables import SCHEMAS


class KilledError(Exception):
    pass


@pytest.fixture
def config(tmp_path):
    """Ordinary accounts with a device each, and a ring on three devices."""
    rng = np.random.default_rng(4)
    names = [f"a{k:03d}" for k in range(212)]
    created = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 400 * 86400, 212), unit="s")
    created = created.to_series().reset_index(drop=True)
    created[200:] = [pd.Timestamp("2025-06-01", tz="UTC") + pd.Timedelta(minutes=3 * k) for k in range(12)]
    device = [f"d{k}" for k in range(200)] + [f"ring-{k % 3}" for k in range(12)]
    card = [f"c{k}" for k in range(200)] + [f"card-{k % 4}" for k in range(12)]
    pd.DataFrame({"account_id": names, "created_at": created}).to_parquet(tmp_path / "accounts.parquet")
    links = pd.DataFrame({"account_id": names, "device": device, "card": card, "first_seen": created})
    links.to_csv(tmp_path / "links.csv", index=False)
    sources = [
        {"path": "accounts.parquet", "table": "accounts"},
        {"path": "links.csv", "table": "links", "signals": {"device": "device", "instrument": "card"}},
    ]
    return ScanConfig.model_validate({"source": sources, "base_dir": tmp_path, "hubs": {"what_if": True}})


def stop_at(stage):
    def progress(name, done, total):
        if name == stage and done == 0:
            raise KilledError

    return progress


def kill_at(stage, config, store):
    with pytest.raises(KilledError):
        scan(config, store=store, progress=stop_at(stage))


def equal(one, other):
    return all(one.tables[name].equals(other.tables[name]) for name in set(SCHEMAS) - {"scan"})


STAGES = ["load", "rings", *(f"null {k}" for k in range(20)), "caps 0.5", "caps 2.0"]


@pytest.mark.parametrize(
    ("stage", "n_kept"), [("sharing", 1), ("null model", 2), ("half and double caps", 22), ("evidence", 24)]
)
def test_the_next_scan_goes_on_and_ends_the_same(config, tmp_path, stage, n_kept):
    whole = scan(config, store=tmp_path / "whole")
    assert len(whole.rings) == 1
    kill_at(stage, config, tmp_path / "store")
    result = scan(config, store=tmp_path / "store")
    assert result.manifest["stages_of_killed_scan"] == STAGES[:n_kept]
    assert equal(result, whole)
    for file in (tmp_path / "whole").glob("*/*.parquet"):
        if file.name != "scan.parquet":
            assert (tmp_path / "store" / file.parent.name / file.name).read_bytes() == file.read_bytes()


def test_without_times_the_rewired_draws_are_taken_too(config, tmp_path):
    links = pd.read_csv(tmp_path / "links.csv").drop(columns="first_seen")
    links.to_csv(tmp_path / "links.csv", index=False)
    pd.read_parquet(tmp_path / "accounts.parquet")[["account_id"]].to_parquet(tmp_path / "accounts.parquet")
    whole = scan(config, store=tmp_path / "whole")
    kill_at("evidence", config, tmp_path / "store")
    result = scan(config, store=tmp_path / "store")
    assert len(result.manifest["stages_of_killed_scan"]) >= 5
    assert equal(result, whole)


def test_a_scan_that_ends_well_leaves_no_checkpoints(config, tmp_path):
    result = scan(config, store=tmp_path / "store")
    assert "stages_of_killed_scan" not in result.manifest
    assert not (tmp_path / "store" / WORK).exists()


def test_nothing_is_kept_where_it_is_not_wished_or_nothing_is_published(config, tmp_path):
    config.scan.checkpoints = False
    kill_at("evidence", config, tmp_path / "store")
    assert not (tmp_path / "store" / WORK).exists()
    with pytest.raises(KilledError):
        run_scan(config, progress=stop_at("evidence"))
    assert not list(tmp_path.rglob(WORK))


def test_the_setting_is_no_part_of_the_name_of_a_scan(config):
    on = config_hash(config)
    config.scan.checkpoints = config.scan.check_room = False
    assert config_hash(config) == on


def add_a_row(config):
    with (config.base_dir / "links.csv").open("a") as file:
        file.write("a000,ring-0,card-0,2025-06-01 00:00:00+00:00\n")


def change_a_setting(config):
    config.rings.min_score = 0.2


@pytest.mark.parametrize(("change", "used"), [(add_a_row, []), (change_a_setting, ["load"])])
def test_what_has_become_stale_is_neither_used_nor_left(config, tmp_path, change, used):
    kill_at("evidence", config, tmp_path / "store")
    change(config)
    with pytest.raises(KilledError):
        scan(config, store=tmp_path / "store", progress=stop_at("hubs"))
    left = {file.name.split("-")[0] for file in (tmp_path / "store" / WORK).iterdir()}
    assert left == {"load"}
    result = scan(config, store=tmp_path / "store")
    assert result.manifest["stages_of_killed_scan"] == ["load"]
    assert equal(result, scan(config, store=tmp_path / "whole"))


def test_another_moment_is_another_scan(config, tmp_path):
    kill_at("evidence", config, tmp_path / "store")
    moment = datetime(2025, 9, 1, tzinfo=UTC)
    result = scan(config, store=tmp_path / "store", as_of=moment)
    assert "stages_of_killed_scan" not in result.manifest
    assert equal(result, scan(config, store=tmp_path / "whole", as_of=moment))


def test_files_that_change_while_they_are_read_are_not_kept(config, tmp_path):
    def progress(name, done, total):
        if name == "graph" and done == 0:
            add_a_row(config)
        if name == "sharing":
            raise KilledError

    with pytest.raises(KilledError):
        scan(config, store=tmp_path / "store", progress=progress)
    assert not list((tmp_path / "store").rglob("*.zip"))


def test_a_damaged_checkpoint_is_told_of_and_made_again(config, tmp_path, caplog):
    kill_at("evidence", config, tmp_path / "store")
    (load,) = (tmp_path / "store" / WORK).glob("load-*")
    data = bytearray(load.read_bytes())
    data[len(data) // 2] ^= 0xFF
    load.write_bytes(data)
    with caplog.at_level(logging.WARNING, logger="graphrisk.checkpoints"):
        result = scan(config, store=tmp_path / "store")
    assert "the checkpoint of stage load is damaged and not used" in caplog.text
    assert "load" not in result.manifest["stages_of_killed_scan"]
    assert equal(result, scan(config, store=tmp_path / "whole"))


def test_checkpoints_are_for_their_owner_only(config, tmp_path):
    kill_at("sharing", config, tmp_path / "store")
    assert (tmp_path / "store" / WORK).stat().st_mode & 0o777 == 0o700


def test_pruning_removes_what_a_killed_scan_left(config, tmp_path):
    scan(config, store=tmp_path / "store")
    config.scan.seed = 1
    kill_at("evidence", config, tmp_path / "store")
    assert list((tmp_path / "store" / WORK).iterdir())
    ResultStore(tmp_path / "store").prune(1)
    assert not (tmp_path / "store" / WORK).exists()


class FullStore(ResultStore):
    """A store that has no room as long as there are checkpoints in it."""

    def publish(self, scan_id, tables, manifest):
        if (self.path / WORK).exists():
            raise NoRoomError("full")
        return super().publish(scan_id, tables, manifest)


def test_checkpoints_make_room_for_the_scan_itself(config, tmp_path):
    store, kept = FullStore(tmp_path / "store"), Checkpoints(tmp_path / "store")
    result = run_scan(config, kept=kept)
    assert (tmp_path / "store" / WORK).exists()
    publish(store, result, kept)
    assert store.scans() == [result.scan_id]
    with pytest.raises(NoRoomError):
        publish(AlwaysFull(tmp_path / "store"), result, kept)


class AlwaysFull(ResultStore):
    def publish(self, scan_id, tables, manifest):
        raise NoRoomError("full")
