import dataclasses
import pickle
import re
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from graphrisk.checkpoints.packing import PackingError, pack, unpack


@dataclasses.dataclass(frozen=True, eq=False)
class Inner:
    numbers: np.ndarray
    names: pa.LargeStringArray


@dataclasses.dataclass(frozen=True, eq=False)
class Outer:
    inner: Inner
    table: pa.Table
    when: datetime
    counts: dict[str, int]
    kinds: tuple[str, ...]
    nothing: None = None


def example() -> Outer:
    names = pa.array(["a", "", "ü" * 50], pa.large_string())
    table = pa.table(
        {"x": pa.chunked_array([[1, None], [3]], pa.int32()), "at": pa.array([1, 2, 3], pa.timestamp("us"))}
    )
    return Outer(Inner(np.arange(6.0)[::2], names), table, datetime(2026, 1, 2, tzinfo=UTC), {"n": 3}, ("k", "l"))


def same(one, other) -> bool:
    return (
        np.array_equal(one.inner.numbers, other.inner.numbers)
        and one.inner.names.equals(other.inner.names)
        and one.inner.names.type == other.inner.names.type
        and one.table.equals(other.table)
        and one.table.schema.equals(other.table.schema)
        and (one.when, one.counts, one.kinds, one.nothing) == (other.when, other.counts, other.kinds, other.nothing)
    )


@pytest.fixture
def packed(tmp_path):
    with (tmp_path / "file.zip").open("wb") as handle:
        pack(handle, example())
    return tmp_path / "file.zip"


def test_a_record_comes_back_as_it_was(packed):
    assert same(unpack(packed, (Outer, Inner)), example())


kinds = st.sampled_from(["<i4", "<i8", "<f8", "|b1", "<c16", "|i1", "<i2"])


@given(
    kinds.flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=9)))
)
def test_arrays_keep_every_bit_and_their_type(tmp_path_factory, array):
    file = tmp_path_factory.mktemp("arrays") / "file.zip"
    with file.open("wb") as handle:
        pack(handle, [array, array.T])
    back = unpack(file, ())
    assert [(b.dtype, b.shape, b.tobytes()) for b in back] == [
        (a.dtype, a.shape, a.tobytes()) for a in (array, array.T)
    ]


def test_a_file_with_any_byte_changed_is_refused_or_says_the_same(packed):
    whole = packed.read_bytes()
    refused = 0
    tried = range(0, len(whole), 2)
    for at in tried:
        packed.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            assert same(unpack(packed, (Outer, Inner)), example()), at
        except PackingError:
            refused += 1
    assert refused > 0.6 * len(tried)  # what is not refused are dates and attributes of members


@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_refused(packed, share):
    packed.write_bytes(packed.read_bytes()[: int(share * packed.stat().st_size)])
    with pytest.raises(PackingError, match="is not what was written"):
        unpack(packed, (Outer, Inner))


def test_only_named_records_are_made(packed):
    with pytest.raises(PackingError, match="Inner"):
        unpack(packed, (Outer,))


def test_neither_objects_nor_pickles_go_in_or_out(tmp_path):
    with (tmp_path / "file.zip").open("wb") as handle, pytest.raises(PackingError, match="got Pattern"):
        pack(handle, [re.compile("x")])
    with (tmp_path / "objects.zip").open("wb") as handle, pytest.raises(ValueError, match="allow_pickle"):
        pack(handle, np.array([{}], dtype=object))
    (tmp_path / "pickle.zip").write_bytes(pickle.dumps([1]))
    with pytest.raises(PackingError):
        unpack(tmp_path / "pickle.zip", ())
