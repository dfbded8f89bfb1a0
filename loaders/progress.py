"""Telling how far the reading has come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

Progress = Callable[[str, int, int | None], None]
"""Called as ``progress(stage, done_rows, total_rows)``; `total_rows` is None where unknown."""

SECONDS_BETWEEN = 0.5


def track_progress(con: duckdb.DuckDBPyConnection, on: bool) -> bool:
    """Let DuckDB track how far a query has come without drawing it; False in a notebook without widgets.

    There it refuses the setting, and tracks and draws nothing.
    """
    try:
        con.execute(f"SET enable_progress_bar = {str(on).lower()}")
        if on:
            con.execute("SET enable_progress_bar_print = false")
    except duckdb.InvalidInputException:
        return False
    return True


@contextmanager
def telling_rows(
    con: duckdb.DuckDBPyConnection, progress: Progress | None, n_before: int, n_rows: int | None, n_total: int | None
) -> Iterator[None]:
    """Tell every half second how many rows the query that runs meanwhile has read.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
    progress : callable or None
        None: nobody listens.
    n_before : int
        Rows read before.
    n_rows, n_total : int or None
        Rows that the query reads, and rows of all sources; None where unknown.
    """
    if progress is None or n_rows is None or not track_progress(con, True):
        yield
        return
    done = threading.Event()

    def watch() -> None:
        while not done.wait(SECONDS_BETWEEN):
            percent = con.query_progress()
            if percent > 0:
                progress("read", n_before + int(n_rows * percent / 100), n_total)

    watcher = threading.Thread(target=watch, name="graphrisk-progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        track_progress(con, False)
