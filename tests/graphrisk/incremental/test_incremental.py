"""Incremental scans: equal to scans of the same data from the same base, whatever was loaded before."""

import logging
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from algorithms.communities import find_communities
from algorithms.entity_graph import EntityGraph
from graphrisk.api import scan
from graphrisk.config import ScanConfig, read_config
from graphrisk.estimate.figures import figures_of
from graphrisk.incremental.base import SearchBase
from graphrisk.incremental.folder import FOLDER, LOADED
from graphrisk.rings.settings import RingSettings
from graphrisk.store import ResultStore
from graphrisk.tables import SCHEMAS
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


def bands(result):
    return result.rings[result.rings.band != "low"]


def test_a_night_is_the_same_whether_the_past_is_loaded_anew_or_not(nightly, tmp_path, caplog):
    first = nightly(0)
    assert first.manifest["started_from"] is None
    assert "no scan of an earlier moment" in first.manifest["full_because"]
    shutil.copytree(tmp_path / "store", tmp_path / "apart")
    with caplog.at_level(logging.INFO, "graphrisk.incremental"):
        second = nightly(1)
    assert second.manifest["started_from"] == first.scan_id
    assert "files are new and were loaded" in caplog.text
    assert [stage["name"] for stage in second.tables["scan"]["stages"][0].as_py()].count("null model") == 0

    (tmp_path / "apart" / FOLDER / LOADED).unlink()
    caplog.clear()
    with caplog.at_level(logging.INFO, "graphrisk.incremental"):
        anew = nightly(1, store=str(tmp_path / "apart"))
    assert "all files are loaded: there is no load before to start from" in caplog.text
    assert anew.scan_id == second.scan_id
    assert equal(anew, second)

    full = nightly(1, store=str(tmp_path / "full"), incremental=False)
    assert full.scan_id != second.scan_id
    assert full.tables["scan"]["input_hash"] == second.tables["scan"]["input_hash"]


def test_every_few_nights_one_is_full_and_says_how_far_the_others_agree(nightly, caplog):
    results = [nightly(night) for night in range(N_NIGHTS)]
    assert [result.manifest["started_from"] is None for result in results] == [True, False, False, True]
    assert results[3].manifest["full_because"] == "of 3 scans in a row one is full"
    assert "is not what a load of all files gives" not in caplog.text
    metric = results[3].tables["metric"].to_pandas().set_index("name")
    found, only = (metric.loc[f"incremental.rings_{name}.share"] for name in ("found", "only"))
    assert found.n == len(results[3].rings)
    assert found.value >= 0.9
    assert only.value <= 0.1
    assert found.low <= found.value <= found.high
    for result in results[:3]:
        assert not result.tables["metric"].to_pandas().name.str.startswith("incremental").any()
    # rings that matter keep their ids from full to incremental and back
    kept = set(bands(results[1]).ring_id) & set(bands(results[3]).ring_id)
    assert len(kept) >= 0.8 * len(bands(results[1]))


def test_a_merge_that_went_wrong_is_told_of_and_not_used(nightly, monkeypatch, caplog):
    monkeypatch.setattr(
        "graphrisk.incremental.folder.merge_loads",
        lambda *args: replace(merge_loads(*args), input_hash="another"),
    )
    results = [nightly(night) for night in range(N_NIGHTS)]
    assert results[2].tables["scan"]["input_hash"][0].as_py() == "another"
    # the full scan of the fourth night loads everything
    assert results[3].tables["scan"]["input_hash"][0].as_py() != "another"
    assert caplog.text.count("was not what a load of all files gives") == 1


def test_the_same_files_are_not_read_twice(nightly, nights, tmp_path, monkeypatch):
    once = nightly(0)
    monkeypatch.setattr("graphrisk.pipeline.load", None)
    settings = read_config(tmp_path / "scan.toml")
    again = scan(settings, as_of=nights[1][0], store=settings.store)
    assert again.scan_id == once.scan_id
    assert equal(again, once)


def test_every_search_of_the_next_night_starts_where_one_of_the_night_before_ended(nightly, monkeypatch):
    starts, ends = [], []

    def watched(graph, **options):
        found = find_communities(graph, **options)
        starts.append(options.get("initial"))
        ends.append(found.labels)
        return found

    monkeypatch.setattr("graphrisk.rings.candidates.find_communities", watched)
    nightly(0)
    assert len(starts) > 0
    assert all(start is None for start in starts)
    # two views at each density come first, then those of the null model
    known = ends[: 2 * len(RingSettings().densities)]
    starts.clear()
    nightly(1)
    assert len(starts) == len(known)
    # whoever is new is alone, and nobody else is parted; a wallet may go, once an account owns it
    for start, end in zip(starts, known, strict=True):
        before, now = (int((np.bincount(labels) > 1).sum()) for labels in (end, start))
        assert 0.98 * before <= now <= before


def test_draws_of_another_null_model_are_not_used(tmp_path):
    rng = np.random.default_rng(4)
    names = [f"a{k:03d}" for k in range(120)]
    links = pd.DataFrame({"account_id": names, "signal_type": "device"})
    links["signal_id"] = [f"d{k}" for k in range(110)] + [f"ring-{k % 2}" for k in range(10)]
    sources = [{"frame": "accounts", "table": "accounts"}, {"frame": "links", "table": "links"}]
    config = ScanConfig.model_validate({"scan": {"incremental": True}, "source": sources})
    began = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 300 * 86400, 120), unit="s")
    results = []
    for night, created in enumerate(([pd.NaT] * 120, [pd.NaT] * 120, began), start=1):
        accounts = pd.DataFrame({"account_id": names, "created_at": pd.to_datetime(created, utc=True)})
        frames = {"accounts": accounts, "links": links}
        results.append(scan(config, frames=frames, as_of=datetime(2027, 1, night, tzinfo=UTC), store=tmp_path))
    assert results[1].manifest["started_from"] == results[0].scan_id
    assert results[2].manifest["started_from"] is None
    assert "starts of accounts say something" in results[2].manifest["full_because"]
    drawn = [
        "null model" in [stage["name"] for stage in result.tables["scan"]["stages"][0].as_py()] for result in results
    ]
    assert drawn == [True, False, True]


def test_communities_are_carried_over_by_the_names_of_actors():
    def graph(accounts, wallets):
        return EntityGraph.from_nodes(("account", "wallet"), [accounts, wallets])

    # the wallet "b" is not the account "b"; the account "c" has gone, "aa" and the wallet "x" are new
    labels = np.array([3, 3, 5, 5, 7], np.int32)
    base = SearchBase("s", "k", 0, True, 3, pa.array(["a", "b", "c", "b", "w"], pa.large_string()), (labels,), [])
    today = graph(["a", "aa", "b"], ["b", "w", "x"])
    loaded = SimpleNamespace(graph=today)
    (start,) = base.start(loaded, np.arange(6, dtype=np.int32))
    assert start.max() < 6
    groups = [set(np.flatnonzero(start == label).tolist()) for label in np.unique(start)]
    assert sorted(map(sorted, groups)) == [[0, 2], [1], [3], [4], [5]]


def test_a_night_that_is_run_again_starts_from_the_night_before_it(nightly):
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
    assert early.manifest["started_from"] is None
    assert early.tables["scan"]["n_links"][0].as_py() == 0


def test_a_file_that_has_changed_is_read_again(nightly, tmp_path, caplog):
    first = nightly(0)
    file = tmp_path / "data" / "links" / "0.parquet"
    rows = pd.read_parquet(file)
    rows[:-1].to_parquet(file, index=False)
    os.utime(file, (1, 1))
    with caplog.at_level(logging.INFO, "graphrisk.incremental"):
        second = nightly(1)
    assert "links/0.parquet has changed or is gone" in caplog.text
    # what was searched before still is a good place to start from
    assert second.manifest["started_from"] == first.scan_id
    # the fixture brings only the files of the night
    assert second.tables["scan"]["n_links"][0].as_py() == len(rows) - 1 + len(
        pd.read_parquet(tmp_path / "data" / "links" / "1.parquet")
    )


class KilledError(Exception):
    pass


def test_a_killed_incremental_scan_goes_on(nightly, nights, tmp_path):
    def progress(name, done, total):
        if name == "evidence" and done == 0:
            raise KilledError

    nightly(0)
    shutil.copytree(tmp_path / "store", tmp_path / "undisturbed")
    whole = nightly(1, store=str(tmp_path / "undisturbed"))
    settings = read_config(tmp_path / "scan.toml")
    with pytest.raises(KilledError):
        scan(settings, as_of=nights[1][1], store=settings.store, progress=progress)
    result = scan(settings, as_of=nights[1][1], store=settings.store)
    assert result.manifest["stages_of_killed_scan"] == ["load", "rings"]
    assert result.manifest["started_from"] == whole.manifest["started_from"]
    assert equal(result, whole)


def test_estimates_do_not_rest_on_scans_that_did_less(nightly, tmp_path, monkeypatch):
    monkeypatch.setattr("graphrisk.estimate.figures.LEAST_ROWS", 1)
    nightly(0)
    alone = figures_of(ResultStore(tmp_path / "store"))
    nightly(1)
    assert len(ResultStore(tmp_path / "store").scans()) == 2
    assert figures_of(ResultStore(tmp_path / "store")) == alone


def test_another_configuration_starts_from_nothing(nightly):
    nightly(0)
    other = nightly(1, seed=7)
    assert other.manifest["started_from"] is None
    assert "the configuration, the model or the code is another" in other.manifest["full_because"]


def test_what_is_damaged_is_told_of_and_not_used(nightly, tmp_path, caplog):
    nightly(0)
    for file in (tmp_path / "store" / FOLDER).glob("*.zip"):
        file.write_bytes(file.read_bytes()[:-2000])
    result = nightly(1)
    assert result.manifest["full_because"] == "what the scan before left is damaged"
    assert caplog.text.count("is damaged and not used") == 2
    whole = nightly(1, store=str(tmp_path / "other"))
    assert result.scan_id == whole.scan_id
    assert result.rings.score.equals(whole.rings.score)


def test_a_disk_without_room_costs_only_the_start_of_the_next(nightly, tmp_path, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("graphrisk.incremental.folder.pack_whole", full)
    result = nightly(0)
    assert len(result.rings) > 0
    assert "the next scan will be a full one: no space left on device" in caplog.text
    assert list((tmp_path / "store" / FOLDER).glob("*")) == []


def test_without_the_option_nothing_is_kept(nightly, tmp_path):
    result = nightly(0, incremental=False)
    assert "started_from" not in result.manifest
    assert not (tmp_path / "store" / FOLDER).exists()
