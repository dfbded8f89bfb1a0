import os
import subprocess
import sys
from pathlib import Path

CALLED = "from algorithms._numba import jit\n\n\n@jit\ndef one():\n    return {}\n"
CALLER = (
    CALLED.replace("\n\n\n", "\nfrom pack._called import one\n\n\n").replace("def one", "def two").format("one() + 10")
)
ASK = "from pack._caller import two; print(two(), sum(two.stats.cache_hits.values()))"


def ask(folder):
    """What the caller gives in a process of its own, and how often it was found in the cache."""
    paths = os.pathsep.join([str(folder), *(path for path in sys.path if path)])
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=True
    )
    return [int(word) for word in done.stdout.split()]


def write(file, text):
    """Write a file with the same time as always, as wheels do that are built to be the same."""
    file.write_text(text)
    os.utime(file, (1_600_000_000, 1_600_000_000))


def test_a_kernel_is_compiled_anew_when_one_that_it_calls_has_changed(tmp_path):
    pack = tmp_path / "pack"
    pack.mkdir()
    write(pack / "__init__.py", "")
    write(pack / "_called.py", CALLED.format(1))
    write(pack / "_caller.py", CALLER)
    assert ask(tmp_path) == [11, 0]
    assert ask(tmp_path) == [11, 1]
    write(pack / "_called.py", CALLED.format(2))
    assert ask(tmp_path) == [12, 0]
    assert ask(tmp_path) == [12, 1]


def test_every_kernel_knows_of_the_kernels_that_it_calls():
    from algorithms._numba import IMPORTS
    from gnn import _cohesion_kernels

    text = Path(_cohesion_kernels.__file__).read_bytes()
    assert b"algorithms._cut_kernels" in IMPORTS.findall(text)
    index = _cohesion_kernels.measure_cohesion._cache._cache_file
    assert isinstance(index._source_stamp, tuple)
    assert len(index._source_stamp[1]) == 64
