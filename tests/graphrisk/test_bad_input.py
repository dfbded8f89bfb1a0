"""Input that cannot be used, or only in part: one clear sentence, the right exit code, the last good scan kept."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from graphrisk.checkpoints.folder import WORK
from tests.graphrisk.commands import ROOT, damaged, graphrisk


@pytest.fixture(scope="module")
def store(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores") / "store"
    done = graphrisk("scan", "run", world / "scan.toml", "--store", folder, "--json")
    assert done.returncode in (0, 3), done.stderr
    return folder


def no_links(folder):
    (folder / "links.parquet").unlink()


def no_column(folder):
    frame = pd.read_parquet(folder / "links.parquet")
    frame.drop(columns="signal_id").to_parquet(folder / "links.parquet")


def truncated(folder):
    data = (folder / "links.parquet").read_bytes()
    (folder / "links.parquet").write_bytes(data[: len(data) // 2])


def empty_file(folder):
    (folder / "links.parquet").write_bytes(b"")


def empty_table(folder):
    pd.read_parquet(folder / "accounts.parquet").iloc[:0].to_parquet(folder / "accounts.parquet")


def all_rejected(folder):
    frame = pd.read_parquet(folder / "events.parquet")
    frame["account_id"] = "x" * 10_000
    frame.to_parquet(folder / "events.parquet")


def wrong_type(folder):
    frame = pd.read_parquet(folder / "links.parquet")
    frame["first_seen"] = [[1, 2]] * len(frame)
    frame.to_parquet(folder / "links.parquet")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (no_links, "links.parquet"),
        (no_column, "signal_id"),
        (truncated, "graphrisk: links.parquet: the Parquet file is truncated or damaged"),
        (empty_file, "graphrisk: links.parquet: the file is empty"),
        (empty_table, "accounts.parquet"),
        (all_rejected, "rejected"),
        (wrong_type, "first_seen"),
    ],
)
def test_bad_input_gives_one_sentence_and_keeps_the_last_good_scan(world, store, tmp_path, damage, words):
    folder = damaged(world, tmp_path)
    shutil.copytree(store, folder / "store")
    before = {f.name: f.read_bytes() for f in (folder / "store").rglob("*.parquet")}
    damage(folder)
    done = graphrisk("scan", "run", folder / "scan.toml")
    assert done.returncode == 1, done.stderr
    sentences = [line for line in done.stderr.splitlines() if line.startswith("graphrisk: ")]
    assert len(sentences) == 1
    assert words in sentences[0]
    assert "Traceback" not in done.stderr
    assert {f.name: f.read_bytes() for f in (folder / "store").rglob("*.parquet")} == before


def test_a_missing_configuration_is_wrong_usage(tmp_path):
    done = graphrisk("scan", "run", tmp_path / "none.toml")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "none.toml" in done.stderr


def test_rows_that_cannot_be_used_are_told_by_source_and_reason(world, tmp_path):
    folder = damaged(world, tmp_path)
    accounts, transfers = (pd.read_parquet(folder / f"{name}.parquet") for name in ("accounts", "transfers"))
    pd.concat([accounts, accounts[:3]]).to_parquet(folder / "accounts.parquet")
    transfers.loc[7:8, "amount"] = float("inf")
    transfers.loc[20, "source_id"] = "x" * 10_000
    transfers.to_parquet(folder / "transfers.parquet")
    done = graphrisk("scan", "run", folder / "scan.toml", "--dry-run")
    assert "6 rows rejected" in done.stdout
    assert f"  3 of accounts.parquet, the first on line {len(accounts) + 1:,}: duplicate: the account" in done.stdout
    assert "  2 of transfers.parquet, the first on line 8: `amount` is not finite" in done.stdout
    assert "  1 of transfers.parquet, the first on line 21: `source_id` is longer than 512 bytes" in done.stdout
    summary = json.loads(graphrisk("scan", "run", folder / "scan.toml", "--dry-run", "--json").stdout)
    assert [row["n_rows"] for row in summary["rejected"]] == [3, 2, 1]


def test_what_a_scan_can_go_on_with_is_told_in_a_sentence_each(world, tmp_path):
    folder = damaged(world, tmp_path)
    accounts, links = (pd.read_parquet(folder / f"{name}.parquet") for name in ("accounts", "links"))
    links.loc[:2, "account_id"] = "nobody"
    links.loc[3:4, "signal_id"] = "unknown"
    links.to_parquet(folder / "links.parquet")
    moments = accounts.created_at.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    accounts["created_at"] = moments.where(accounts.index % 2 == 0, moments.str.removesuffix("Z"))
    lines = accounts.to_csv(index=False).encode().split(b"\n")
    lines[4] = b"\xff" + lines[4]
    (folder / "accounts.csv").write_bytes(b"\n".join(lines))
    config = folder / "scan.toml"
    config.write_text(config.read_text().replace("accounts.parquet", "accounts.csv"))
    done = graphrisk("scan", "run", config, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "accounts.csv: of the times in `created_at` 2500 name a time zone and 2499 do not; these were" in done.stderr
    assert "1 of accounts.csv, the first on line 5: the line is not UTF-8" in done.stdout
    assert "; 1 row rejected, 1 identifier refused as links" in done.stdout
    # "nobody", and whoever stands on the line that could not be read
    assert "2 accounts that no source lists" in done.stdout


def test_an_interrupt_leaves_the_store_as_it_was(world, store, tmp_path):
    target = tmp_path / "store"
    shutil.copytree(store, target)
    before = _published(target)
    command = [sys.executable, "-m", "graphrisk", "scan", "run", str(world / "scan.toml"), "--store", str(target)]
    child = subprocess.Popen(
        [*command, "--seed", "5"], stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    # however quickly it starts: in the middle, once the load has left its checkpoint for the next scan
    deadline = time.monotonic() + 60
    while not list(target.glob(f"{WORK}/load-*.zip")) and time.monotonic() < deadline:
        time.sleep(0.005)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 1
    assert "interrupted; nothing was published" in errors
    assert list(target.glob(f"{WORK}/load-*.zip"))
    assert _published(target) == before


def _published(store):
    """Every file of a store but checkpoints, with its bytes."""
    files = [file for file in store.rglob("*") if file.is_file() and WORK not in file.parts]
    return {str(file.relative_to(store)): file.read_bytes() for file in files}
