"""Signals that so many accounts share that they must be defaults or dummies: refused as links."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from loaders.config import IdentifierSettings
from loaders.dictionary import Dictionary


def refuse_popular(con: duckdb.DuckDBPyConnection, dictionary: Dictionary, settings: IdentifierSettings) -> pa.Table:
    """Delete links to very popular signals from ``coded_links`` and tell which.

    A signal of one of `popularity_types` is refused if more accounts than `popularity_accounts`, and a greater share of
    all accounts than `popularity_share`, use it.

    Returns
    -------
    pyarrow.Table
        ``entity_type``, ``value``, ``reason``, ``n_rows``.
    """
    limit = popularity_limit(settings, dictionary.n_accounts)
    ranges = [
        f"signal BETWEEN {dictionary.type_starts[code]} AND {dictionary.type_starts[code + 1] - 1}"
        for code, kind in enumerate(dictionary.types)
        if kind in settings.popularity_types
    ]
    candidates = (
        f"SELECT signal FROM coded_links WHERE {' OR '.join(ranges) or 'false'} "
        f"GROUP BY signal HAVING count(*) > {limit}"
    )
    found = con.execute(
        f"SELECT signal, count(DISTINCT account), count(*) FROM coded_links WHERE signal IN ({candidates}) "
        f"GROUP BY signal HAVING count(DISTINCT account) > {limit} ORDER BY signal"
    ).fetchall()
    nodes = [node for node, _, _ in found]
    if nodes:
        con.execute(f"DELETE FROM coded_links WHERE signal IN ({', '.join(map(str, nodes))})")
    return pa.table(
        {
            "entity_type": pa.array([dictionary.type_of(node) for node in nodes], pa.string()),
            "value": pa.array([dictionary.names[node].as_py() for node in nodes], pa.string()),
            "reason": pa.array(
                [f"shared by {n_accounts} accounts, too many" for _, n_accounts, _ in found], pa.string()
            ),
            "n_rows": pa.array([n_rows for _, _, n_rows in found], pa.int64()),
        }
    )


def popularity_limit(settings: IdentifierSettings, n_accounts: int) -> int:
    """Most accounts that may share one signal of one of `popularity_types`."""
    return max(settings.popularity_accounts, int(settings.popularity_share * n_accounts))
