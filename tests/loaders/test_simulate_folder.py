import itertools
import multiprocessing
import multiprocessing.synchronize
from pathlib import Path

import numpy as np
import pytest

from loaders.simulate import WorldSettings, simulate
from loaders.simulate.folder import WORLD_FILES, new_world
from loaders.simulate.spill import Spill

SMALL = WorldSettings(n_accounts=1_000)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(folder: Path, text: str) -> None:
    for name in WORLD_FILES:
        (folder / name).write_text(text)


def test_a_world_holds_its_files_and_nothing_else(tmp_path: Path) -> None:
    simulate(tmp_path / "deep" / "world", SMALL)
    assert names(tmp_path / "deep" / "world") == sorted(WORLD_FILES)
    assert names(tmp_path / "deep") == ["world"]


def test_a_folder_that_is_no_world_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years")
    with pytest.raises(FileExistsError, match="is not empty and holds no simulated world"):
        simulate(tmp_path, SMALL)
    assert names(tmp_path) == ["thesis.txt"]
    assert not list(tmp_path.parent.glob(f".{tmp_path.name}*"))


def test_a_file_in_the_place_of_a_world_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "world").write_text("a file")
    with pytest.raises(FileExistsError, match="is no folder"):
        simulate(tmp_path / "world", SMALL)
    assert (tmp_path / "world").read_text() == "a file"


def test_a_world_is_replaced_and_the_store_beside_it_stays(tmp_path: Path) -> None:
    world = tmp_path / "world"
    for text in ("old", "new"):
        with new_world(world) as folder:
            fill(folder, text)
        (world / "store").mkdir(exist_ok=True)
        (world / "store" / f"{text}.txt").write_text("result")
    assert {(world / name).read_text() for name in WORLD_FILES} == {"new"}
    assert names(world / "store") == ["new.txt", "old.txt"]
    assert names(tmp_path) == ["world"]


def _fail(world: Path) -> None:
    with new_world(world) as folder:
        (folder / "accounts.parquet").write_text("half")
        raise OSError("disk full")


def test_a_run_that_fails_leaves_the_old_world(tmp_path: Path) -> None:
    with new_world(tmp_path / "world") as folder:
        fill(folder, "old")
    with pytest.raises(OSError, match="disk full"):
        _fail(tmp_path / "world")
    assert {(tmp_path / "world" / name).read_text() for name in WORLD_FILES} == {"old"}
    assert names(tmp_path) == ["world"]


def test_leftovers_of_a_killed_run_are_cleared(tmp_path: Path) -> None:
    old, aside = tmp_path / ".world.old", tmp_path / ".world.new"
    for folder in (old, aside / ".rows" / "links"):
        folder.mkdir(parents=True)
    fill(old, "old")
    (old / "store").mkdir()
    with new_world(tmp_path / "world") as folder:
        assert names(folder) == []
        assert {(tmp_path / "world" / name).read_text() for name in WORLD_FILES} == {"old"}
        fill(folder, "new")
    assert names(tmp_path) == ["world"]
    assert (tmp_path / "world" / "store").is_dir()


def _hold(world: Path, ready: multiprocessing.synchronize.Event, done: multiprocessing.synchronize.Event) -> None:
    with new_world(world) as folder:
        fill(folder, "first")
        ready.set()
        done.wait(30)


def test_two_runs_do_not_make_the_same_world_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path / "world", ready, done))
    other.start()
    try:
        assert ready.wait(60)
        with pytest.raises(BlockingIOError, match="another run is making the world"):
            simulate(tmp_path / "world", SMALL)
    finally:
        done.set()
        other.join(60)
    assert names(tmp_path) == ["world"]
    assert (tmp_path / "world" / "scan.toml").read_text() == "first"


def test_progress_names_stages_and_what_is_done(tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    simulate(tmp_path / "world", SMALL, progress=lambda *step: told.append(step))
    assert {stage for stage, _, _ in told} == {"rings", "people", "tables"}
    assert all(total is not None and 0 <= done < total for _, done, total in told)


def test_rows_come_back_in_order_of_their_key(tmp_path: Path) -> None:
    dtype = np.dtype([("key", "i8"), ("value", "i4")])
    spill = Spill(tmp_path / "rows", dtype, "key", 10, 1_010, 7)
    rng = np.random.default_rng(1)
    rows = np.zeros(5_000, dtype)
    rows["key"], rows["value"] = rng.integers(10, 1_010, 5_000), np.arange(5_000)
    for part in np.array_split(rows, 9):
        spill.append(part)
    parts = list(spill.parts())
    assert len(parts) == 7
    assert all(a["key"].max() < b["key"].min() for a, b in itertools.pairwise(parts))
    assert np.array_equal(np.sort(np.concatenate(parts), order="value"), rows)
    assert names(tmp_path / "rows") == []
