"""Opening the sources of a config: files, queries over files, and frames from Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from loaders import neo4j, postgres
from loaders.config import InputError, SourceConfig
from loaders.environment import expand
from loaders.files import find_files, format_of, open_files
from loaders.relations import OpenSource, describe, literal, quote, telling


def open_source(
    con: duckdb.DuckDBPyConnection, source: SourceConfig, base_dir: Path, frames: Mapping[str, Any]
) -> Iterator[OpenSource]:
    """Open the files, the query or the frame of a source, one after the other."""
    if source.connection is not None:
        yield from postgres.open_query(con, source)
    elif source.neo4j is not None:
        yield from neo4j.open_query(con, source)
    elif source.path is not None:
        yield from open_files(con, source, base_dir)
    elif source.frame is not None:
        yield open_frame(con, source, frames)
    else:
        yield open_query(con, source, base_dir)


def open_query(con: duckdb.DuckDBPyConnection, source: SourceConfig, base_dir: Path) -> OpenSource:
    """The rows of a DuckDB query; relative file names in it start at `base_dir`."""
    con.execute(f"SET file_search_path = {literal(str(base_dir))}")
    query = expand(source.query or "", "query").rstrip().rstrip(";")
    relation = f"({query}\n)"
    with telling(source.title):
        columns = describe(con, relation)
    return OpenSource(source.title, relation, columns, "row_number() OVER ()", has_lines=False)


def open_frame(con: duckdb.DuckDBPyConnection, source: SourceConfig, frames: Mapping[str, Any]) -> OpenSource:
    """A pandas or Arrow frame given from Python."""
    name = source.frame or ""
    if name not in frames:
        given = ", ".join(sorted(frames)) or "none"
        raise InputError(f"frame {name!r} was not given to `load(frames=...)`; given: {given}")
    frame = _as_table(name, frames[name])
    view = f"frame_{name}"
    con.register(view, frame)
    return OpenSource(
        f"frame {name}", quote(view), describe(con, quote(view)), "row_number() OVER ()", n_rows=frame.num_rows
    )


def _as_table(name: str, frame: Any) -> pa.Table:
    if isinstance(frame, pa.Table):
        return frame
    try:
        if isinstance(frame, pd.DataFrame):
            return pa.Table.from_pandas(frame, preserve_index=False)
        return pa.table(frame)
    except pa.ArrowException as error:
        where = str(error.args[-1]).removeprefix("Conversion failed for ")
        raise InputError(f"frame {name!r}: {where} holds values of several types; give it one") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"frame {name!r} must be a pandas or Arrow table, got {type(frame).__name__}") from error


def count_rows(sources: list[SourceConfig], base_dir: Path) -> int | None:
    """Rows of all sources from the footers of their files; None unless all are sound Parquet files."""
    n_rows = 0
    for source in sources:
        if source.path is None:
            return None
        try:
            files = find_files(source, base_dir)
            if not all((source.format or format_of(file)) == "parquet" for file in files):
                return None
            n_rows += sum(pq.read_metadata(file).num_rows for file in files)
        except (InputError, pa.ArrowException, OSError):
            return None  # told when the source is opened
    return n_rows
