"""Incremental scans: equal to scans that load all of the same data, whatever was loaded before."""

import logging
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from graphrisk.api import scan
from graphrisk.config import read_config
from graphrisk.estimate.figures import figures_of
from graphrisk.incremental import FOLDER, LOADED, KeptLoad
from graphrisk.rings.wallets.settings import WalletSettings
from graphrisk.store import ResultStore
from graphrisk.tables import SCHEMAS
from loaders import load
from loaders.merging import merge_loads
from loaders.simulate import WorldSettings, simulate

TIMES = {"accounts": "created_at", "links": "first_seen", "transfers": "occurred_at", "events": "occurred_at"}
N_NIGHTS = 4
CONFIG = """
[scan]
name = "nightly"
store = "store"
incremental = true
full_every = 3
"""


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """A world as a nightly job gets it: one file a table and night, the last nights a day apart; and their moments."""
    folder = tmp_path_factory.mktemp("nightly")
    world = folder / "world"
    simulate(world, WorldSettings(n_accounts=2_000, seed=3, ring_share=0.1))
    tables = {name: pd.read_parquet(world / f"{name}.parquet") for name in TIMES}
    # a row of a link is told once, when it is first seen
    tables["links"]["last_seen"] = tables["links"]["first_seen"]
    newest = max(table[TIMES[name]].max() for name, table in tables.items())
    ends = [newest.floor("D") - timedelta(days=N_NIGHTS - 1 - night) for night in range(N_NIGHTS)]
    for name, table in tables.items():
        night = np.searchsorted(np.array(ends[:-1]), table[TIMES[name]], side="right")
        for number in range(N_NIGHTS):
            rows = table[(night == number) & (table[TIMES[name]] < ends[-1])]
            if len(rows):
                (folder / f"night_{number}" / name).mkdir(parents=True, exist_ok=True)
                rows.to_parquet(folder / f"night_{number}" / name / f"{number}.parquet", index=False)
    return folder, [end.to_pydatetime() for end in ends]


@pytest.fixture
def nightly(nights, tmp_path):
    """Run the job: bring the files of a night, and scan as of its end."""
    folder, ends = nights
    config = CONFIG + "".join(f'\n[[source]]\npath = "data/{name}"\ntable = "{name}"\n' for name in TIMES)
    (tmp_path / "scan.toml").write_text(config)

    def run(night, **overrides):
        shutil.copytree(folder / f"night_{night}", tmp_path / "data", dirs_exist_ok=True)
        settings = read_config(tmp_path / "scan.toml", overrides)
        return scan(settings, as_of=ends[night], store=settings.store)

    return run


def equal(one, other):
    return all(one.tables[name].equals(other.tables[name]) for name in set(SCHEMAS) - {"scan"})


def test_every_night_is_the_same_as_a_scan_that_loads_all(nightly, tmp_path):
    results = [nightly(night) for night in range(N_NIGHTS)]
    whole = [nightly(night, store=str(tmp_path / "whole"), incremental=False) for night in range(N_NIGHTS)]
    # all files of all nights are there by now, so only the last two nights are of the same data
    assert equal(results[-1], whole[-1])
    assert results[-1].scan_id == whole[-1].scan_id
    assert len(results[-1].rings) > 10


def test_only_new_files_are_loaded(nightly, tmp_path, caplog):
    first = nightly(0)
    assert first.manifest["new_files"] is None
    assert first.manifest["loaded_all_because"] == "there is no load before to start from"
    for name in ("apart", "full"):
        shutil.copytree(tmp_path / "store", tmp_path / name)
    with caplog.at_level(logging.INFO, "graphrisk.incremental"):
        second = nightly(1)
    n_new = len(list((tmp_path / "data").glob("*/1.parquet")))
    assert second.manifest["new_files"] == n_new > 0
    assert f"{n_new} files are new and were loaded" in caplog.text

    (tmp_path / "apart" / FOLDER / LOADED).unlink()
    anew = nightly(1, store=str(tmp_path / "apart"))
    assert anew.manifest["loaded_all_because"] == "there is no load before to start from"
    full = nightly(1, store=str(tmp_path / "full"), incremental=False)
    assert "new_files" not in full.manifest
    for other in (anew, full):
        assert other.scan_id == second.scan_id
        assert equal(other, second)
        assert other.tables["scan"]["input_hash"] == second.tables["scan"]["input_hash"]


def small_load(folder, new_links):
    """Load two nights of links among 200 accounts, the second alone and then both; the two results and the facts."""
    for name in ("accounts", "links"):
        (folder / name).mkdir()
    accounts = pd.DataFrame({"account_id": [f"a{k:03d}" for k in range(200)]})
    accounts.to_csv(folder / "accounts" / "0.csv", index=False)
    old = pd.DataFrame(
        {"account_id": accounts.account_id, "signal_type": "device", "signal_id": "d" + accounts.account_id}
    )
    old.to_csv(folder / "links" / "0.csv", index=False)
    settings = """
[scan]
name = "small"
store = "store"
max_rejected_share = 0.05
[identifiers]
popularity_types = ["device"]
popularity_accounts = 3
popularity_share = 0.05
"""
    sources = "".join(f'[[source]]\npath = "{name}/*.csv"\ntable = "{name}"\n' for name in ("accounts", "links"))
    (folder / "scan.toml").write_text(settings + sources)
    config = read_config(folder / "scan.toml").load_config()

    def read(narrowed, moment):
        return load(narrowed, as_of=moment)

    kept = KeptLoad(folder / "store")
    kept.load(config, None, read)
    new_links.to_csv(folder / "links" / "1.csv", index=False)
    return kept.load(config, None, read), read(config, None), kept.facts


def test_what_is_popular_among_new_links_alone_is_not_refused(tmp_path):
    who = [f"a{k:03d}" for k in range(6)]
    new = pd.DataFrame({"account_id": who, "signal_type": "device", "signal_id": "device-9"})
    merged, whole, facts = small_load(tmp_path, new)
    assert facts == {"new_files": 1, "loaded_all_because": ""}
    assert merged.input_hash == whole.input_hash
    assert len(merged.graph.links) == 206


def test_new_rows_may_be_bad_as_long_as_few_of_all_are(tmp_path):
    new = pd.DataFrame({"account_id": ["a000", None, None], "signal_type": "device", "signal_id": "device-9"})
    merged, whole, facts = small_load(tmp_path, new)
    assert facts == {"new_files": 1, "loaded_all_because": ""}
    assert merged.input_hash == whole.input_hash
    assert merged.row_counts["rejected"] == 2


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path):
    small_load(tmp_path, pd.DataFrame({"account_id": ["a000"], "signal_type": "device", "signal_id": ["device-9"]}))
    config, file = read_config(tmp_path / "scan.toml").load_config(), tmp_path / "links" / "2.csv"
    file.write_text("account_id,signal_type,signal_id\na001,device,device-9\n")

    def read_while_it_grows(narrowed, moment):
        loaded = load(narrowed, as_of=moment)
        with file.open("a") as grown:
            grown.write("a002,device,device-9\n")
        return loaded

    KeptLoad(tmp_path / "store").load(config, None, read_while_it_grows)
    kept = KeptLoad(tmp_path / "store")
    loaded = kept.load(config, None, lambda narrowed, moment: load(narrowed, as_of=moment))
    assert kept.facts["new_files"] is None
    assert loaded.input_hash == load(config).input_hash
    assert len(loaded.graph.links) == 203


def test_where_rows_of_one_transaction_may_come_in_several_files_all_is_loaded(nights, nightly, tmp_path):
    nightly(0)
    shutil.copytree(nights[0] / "night_1", tmp_path / "data", dirs_exist_ok=True)
    wallets = WalletSettings(links=["common_input"])
    settings = read_config(tmp_path / "scan.toml").model_copy(update={"wallets": wallets})
    together = scan(settings, as_of=nights[1][1], store=settings.store)
    assert "new_files" not in together.manifest
    apart = settings.model_copy(update={"scan": settings.scan.model_copy(update={"incremental": False})})
    whole = scan(apart, as_of=nights[1][1], store=str(tmp_path / "apart"))
    assert together.tables["scan"]["input_hash"] == whole.tables["scan"]["input_hash"]


def test_every_few_nights_all_files_are_loaded(nightly, caplog):
    results = [nightly(night) for night in range(N_NIGHTS)]
    assert [result.manifest["new_files"] is None for result in results] == [True, False, False, True]
    assert results[3].manifest["loaded_all_because"] == "of 3 loads in a row one is of all files"
    assert "was not what a load of all files gives" not in caplog.text


def test_a_merge_that_went_wrong_is_told_of_and_not_used(nightly, monkeypatch, caplog):
    monkeypatch.setattr(
        "graphrisk.incremental.merge_loads", lambda *args: replace(merge_loads(*args), input_hash="another")
    )
    results = [nightly(night) for night in range(N_NIGHTS)]
    assert results[2].tables["scan"]["input_hash"][0].as_py() == "another"
    # on the fourth night everything is loaded
    assert results[3].tables["scan"]["input_hash"][0].as_py() != "another"
    assert caplog.text.count("was not what a load of all files gives") == 1


def test_the_same_files_are_not_read_twice(nightly, nights, tmp_path, monkeypatch):
    once = nightly(0)
    monkeypatch.setattr("graphrisk.pipeline.load", None)
    settings = read_config(tmp_path / "scan.toml")
    again = scan(settings, as_of=nights[1][0], store=settings.store)
    assert again.manifest["new_files"] == 0
    assert again.scan_id == once.scan_id
    assert equal(again, once)


def test_a_night_that_is_run_again_is_the_same(nightly):
    nightly(0)
    once = nightly(1)
    again = nightly(1)
    assert again.scan_id == once.scan_id
    assert equal(again, once)


def test_a_scan_of_an_earlier_moment_knows_nothing_of_later_ones(nightly, tmp_path):
    nightly(0)
    nightly(1)
    before = datetime(2020, 1, 1, tzinfo=UTC)
    settings = read_config(tmp_path / "scan.toml")
    early = scan(settings, as_of=before, store=settings.store)
    assert early.tables["scan"]["n_links"][0].as_py() == 0


def test_a_file_that_has_changed_is_read_again(nightly, tmp_path):
    nightly(0)
    file = tmp_path / "data" / "links" / "0.parquet"
    rows = pd.read_parquet(file)
    rows[:-1].to_parquet(file, index=False)
    os.utime(file, (1, 1))
    second = nightly(1)
    assert "links/0.parquet has changed or is gone" in second.manifest["loaded_all_because"]
    # the fixture brings only the files of the night
    assert second.tables["scan"]["n_links"][0].as_py() == len(rows) - 1 + len(
        pd.read_parquet(tmp_path / "data" / "links" / "1.parquet")
    )


class KilledError(Exception):
    pass


@pytest.mark.parametrize(("stage", "used"), [("sharing", []), ("evidence", ["rings"])])
def test_a_killed_incremental_scan_goes_on(nightly, nights, tmp_path, stage, used):
    def progress(name, done, total):
        if name == stage and done == 0:
            raise KilledError

    nightly(0)
    shutil.copytree(tmp_path / "store", tmp_path / "undisturbed")
    whole = nightly(1, store=str(tmp_path / "undisturbed"))
    settings = read_config(tmp_path / "scan.toml")
    with pytest.raises(KilledError):
        scan(settings, as_of=nights[1][1], store=settings.store, progress=progress)
    result = scan(settings, as_of=nights[1][1], store=settings.store)
    # what the load has left for the next night is there for the next try too
    assert result.manifest["new_files"] == 0
    assert result.manifest.get("stages_of_killed_scan", [])[:1] == used
    assert equal(result, whole)


def test_estimates_do_not_rest_on_scans_that_did_less(nightly, tmp_path, monkeypatch):
    monkeypatch.setattr("graphrisk.estimate.figures.LEAST_ROWS", 1)
    nightly(0)
    alone = figures_of(ResultStore(tmp_path / "store"))
    nightly(1)
    assert len(ResultStore(tmp_path / "store").scans()) == 2
    assert figures_of(ResultStore(tmp_path / "store")) == alone


def test_files_that_are_read_in_another_way_are_read_again(nightly, tmp_path):
    nightly(0)
    config = tmp_path / "scan.toml"
    config.write_text(config.read_text() + "\n[identifiers]\nip_subnets = true\n")
    other = nightly(1)
    assert "the configuration or the code is another" in other.manifest["loaded_all_because"]


def test_what_is_damaged_is_told_of_and_not_used(nightly, tmp_path, caplog):
    nightly(0)
    file = tmp_path / "store" / FOLDER / LOADED
    file.write_bytes(file.read_bytes()[:-2000])
    result = nightly(1)
    assert caplog.text.count("is damaged and not used") == 1
    assert result.manifest["loaded_all_because"] == "there is no load before to start from"
    whole = nightly(1, store=str(tmp_path / "other"))
    assert result.scan_id == whole.scan_id
    assert result.rings.score.equals(whole.rings.score)


def test_a_disk_without_room_costs_only_the_start_of_the_next(nightly, tmp_path, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("graphrisk.incremental.pack_whole", full)
    result = nightly(0)
    assert len(result.rings) > 0
    assert "the next scan will load all files: no space left on device" in caplog.text
    assert list((tmp_path / "store" / FOLDER).glob("*")) == []


def test_without_the_option_nothing_is_kept(nightly, tmp_path):
    result = nightly(0, incremental=False)
    assert "new_files" not in result.manifest
    assert not (tmp_path / "store" / FOLDER).exists()
