import os
import platform
from pathlib import Path

import numpy as np
import pytest

from graphrisk import memory


def resident():
    """Bytes that this process has resident."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc holds what was freed")
def test_what_was_freed_between_what_stays_goes_back():
    # below the size from which the C library asks the system for each array alone
    arrays = [np.ones(8_000) for _ in range(4_000)]
    stay = arrays[::40]
    del arrays
    before = resident()
    memory.give_back()
    assert resident() < before - 100_000_000
    assert all((array == 1).all() for array in stay)


def test_a_c_library_without_it_is_no_trouble(monkeypatch):
    monkeypatch.setattr(memory, "_trim", lambda: None)
    memory.give_back()
    assert memory._trim() is None
