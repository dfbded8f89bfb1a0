import numba
import numpy as np
import pytest

from algorithms.spreading import UnionFind
from graphrisk.cli import progress as progress_module
from graphrisk.cli.compiling import COMPILING, told_of_compiling
from graphrisk.cli.progress import ProgressPrinter


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now[0])
    return now


def test_rows_speed_and_time_left_are_told(clock, capsys):
    say = ProgressPrinter()
    say("load", 0, 1000)
    clock[0] = 8.0
    say("load", 400, 1000)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "     8 s  load, 400 of 1,000 rows, 50 rows/s, 12 s left\n"


def test_the_first_two_seconds_are_quiet_and_lines_keep_their_distance(clock, capsys):
    say = ProgressPrinter()
    for moment in (0.5, 1.9, 6.0, 7.0, 8.0, 11.5):
        clock[0] = moment
        say("load", 10, None)
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_what_is_no_row_is_not_called_one(clock, capsys):
    say = ProgressPrinter(unit="")
    say("rings", 0, 4)
    clock[0] = 8.0
    say("rings", 2, 4)
    assert capsys.readouterr().err == "     8 s  rings, 2 of 4, 8 s left\n"


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_compiling_is_told_once_and_loading_from_the_cache_is_not(clock, capsys):
    first, second = (numba.njit(lambda x, k=k: x + k) for k in (1, 2))
    UnionFind(3).add_edges(np.array([0], np.int32), np.array([1], np.int32))
    with told_of_compiling(ProgressPrinter().note):
        UnionFind(3).add_edges(np.array([0], np.int32), np.array([1], np.int32))
        assert capsys.readouterr().err == ""
        first(1.0)
        second(1.0)
    numba.njit(lambda x: x - 1)(1.0)
    assert capsys.readouterr().err == f"     0 s  {COMPILING}\n"
