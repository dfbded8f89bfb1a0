"""What a load spills goes with it, even if it is killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from loaders import LoadConfig, SourceConfig
from loaders.database import open_database
from loaders.spilling import spill_folder

ROOT = Path(__file__).parents[2]
CODE = """
import sys
from pathlib import Path
from loaders.spilling import spill_folder
with spill_folder(Path(sys.argv[1])) as folder:
    (folder / "spilled").write_bytes(b"x")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """A process that spills into a folder, and the folder."""
    command = [sys.executable, "-c", CODE, str(tmp_path)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    yield child, Path(child.stdout.readline().strip())
    child.kill()
    child.communicate()


def test_a_folder_is_gone_at_the_end_after_an_error_too(tmp_path):
    def fail():
        with spill_folder(tmp_path) as folder:
            (folder / "spilled").write_bytes(b"x")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_load_that_goes_on_keeps_its_folder(tmp_path, other):
    _, folder = other
    with spill_folder(tmp_path) as mine:
        assert mine != folder
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert (folder / "spilled").exists()


def test_what_a_killed_load_left_is_removed_by_the_next_one(tmp_path, other, caplog):
    child, folder = other
    child.kill()
    child.wait()
    assert (folder / "spilled").exists()
    with spill_folder(tmp_path) as mine:
        assert [path.name for path in tmp_path.iterdir()] == [mine.name]
    assert f"{folder} was left by a load that was killed" in caplog.text


def test_folders_of_others_stay(tmp_path):
    for name in ("graphrisk-mine", "other"):
        (tmp_path / name).mkdir()
    config = LoadConfig(sources=[SourceConfig(path="x", table="links")], temp_dir=tmp_path)
    with open_database(config) as con:
        (where,) = con.execute("SELECT current_setting('temp_directory')").fetchone()
        assert Path(where).parent == tmp_path
    assert {path.name for path in tmp_path.iterdir()} == {"graphrisk-mine", "other"}
