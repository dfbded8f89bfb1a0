"""Tables in, entity graph out."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from algorithms.entity_graph import EntityGraph
from loaders.asof import Known, keep_known, newest_second, reject_unlisted
from loaders.attributes import attribute_table
from loaders.config import LoadConfig
from loaders.database import open_database, telling_limits
from loaders.dictionary import build_dictionary
from loaders.encoding import encode_created_at, encode_events, encode_transfers
from loaders.fingerprint import hash_content
from loaders.labels import label_table
from loaders.link_rows import code_links, fetch_links
from loaders.popularity import refuse_popular
from loaders.progress import Progress
from loaders.pruning import drop_unused
from loaders.refusals import refused_table
from loaders.rejections import check_rejected_share, rejected_table
from loaders.staging import Staging, stage_sources

logger = logging.getLogger("graphrisk.loaders")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class LoadResult:
    """What a load made of the sources.

    Parameters
    ----------
    graph : EntityGraph
        All that was known strictly before `as_of`.
    as_of : datetime
        UTC; as given, else one second after the newest time in the data.
    labels : pyarrow.Table
        Rows of the canonical table `labels` that were known before `as_of`.
    rejected : pyarrow.Table
        Rows that cannot be used: ``source``, ``line``, ``column``, ``reason``. Lines of a text count from its header
        as 1, blank lines and line breaks inside quotes left out; rows of Parquet and frames count from 1.
    refused : pyarrow.Table
        Identifiers that may not link: ``entity_type``, ``value``, ``reason``, ``n_rows``.
    row_counts : dict of str to int
        Rows known before `as_of` per canonical table, and ``rejected``.
    input_hash : str
        SHA-256 of the content, whatever the order of rows, the paths and the number of threads.
    listed : array of bool, shape (n_accounts,)
        Whether an `accounts` source lists the account.
    n_later_rows : int
        Rows at or after `as_of`, which change nothing but this number.
    newest : int or None
        Newest time of all usable rows, those at or after `as_of` included, in seconds since the epoch.
    n_popular : int
        Signals that were refused because so many accounts share them.
    """

    graph: EntityGraph
    as_of: datetime
    labels: pa.Table
    rejected: pa.Table
    refused: pa.Table
    row_counts: dict[str, int]
    input_hash: str
    listed: npt.NDArray[np.bool_]
    n_later_rows: int = 0
    newest: int | None = None
    n_popular: int = 0

    @property
    def n_unlisted_accounts(self) -> int:
        """Accounts that rows speak of and no `accounts` source lists."""
        return int(len(self.listed) - self.listed.sum())


def load(
    config: LoadConfig,
    frames: Mapping[str, Any] | None = None,
    as_of: datetime | None = None,
    progress: Progress | None = None,
    *,
    transactions: bool | Sequence[str] = False,
) -> LoadResult:
    """Read the sources of a config and build the entity graph of what was known strictly before `as_of`.

    Parameters
    ----------
    config : LoadConfig
    frames : mapping of str to pandas.DataFrame or pyarrow.Table, optional
        Frames that sources name by `frame`.
    as_of : datetime, optional
        A moment without a zone is UTC, and a fraction of a second is cut off. By default one second after
        the newest time in the data.
    progress : callable, optional
        Called as ``progress(stage, done_rows, total_rows)``; `total_rows` is None where unknown.
    transactions : bool or sequence of str
        Whether rows of `transfers` that share a `transfer_id` are kept together, as one transaction of
        `Transfers.transactions`. Given some ids, only these are told there, each by its place among them.

    Returns
    -------
    LoadResult

    Raises
    ------
    InputError
        If a file or column is missing, a table is empty or cannot be read, too many rows are rejected, or memory or
        disk do not suffice.
    ConfigError
        If the config names an environment variable that is not set.
    """
    with telling_limits(config), open_database(config) as con:
        staging = stage_sources(con, config, frames or {}, progress)
        newest = newest_second(con)
        known = keep_known(con, resolve(as_of, newest))
        if config.unlisted_accounts == "reject":
            reject_unlisted(con)
        tell = progress or (lambda stage, done, total: None)
        return _build(con, config, staging, known, newest, tell, transactions)


def resolve(as_of: datetime | None, newest: int | None) -> int:
    """`as_of` in whole seconds since the epoch, a fraction rounded down; without one, the second after the newest."""
    if as_of is None:
        return 0 if newest is None else newest + 1
    moment = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(seconds=1)


def _build(
    con: duckdb.DuckDBPyConnection,
    config: LoadConfig,
    staging: Staging,
    known: Known,
    newest: int | None,
    tell: Progress,
    transactions: bool | Sequence[str],
) -> LoadResult:
    """Turn the known rows into the result."""
    counts = {table: n + staging.n_broken[table] for table, n in known.n_rows.items()}
    rejected = rejected_table(con, staging)
    check_rejected_share(con, rejected, counts, config.max_rejected_share)
    n_rows = sum(counts.values())
    dictionary = build_dictionary(con, config.identifiers, tell)
    tell("graph", 0, n_rows)
    created_at, listed = encode_created_at(con, dictionary.n_accounts)
    code_links(con, known.as_of_seconds)
    popular = refuse_popular(con, dictionary, config.identifiers)
    graph = drop_unused(
        EntityGraph(
            types=dictionary.types,
            type_starts=dictionary.type_starts,
            names=dictionary.names,
            created_at=created_at,
            links=fetch_links(con),
            transfers=encode_transfers(con, transactions),
            events=encode_events(con),
            attributes=attribute_table(con, dictionary.n_accounts),
        )
    )
    labels = label_table(con)
    refused = refused_table(con, popular)
    tell("graph", n_rows, n_rows)
    moment = EPOCH + timedelta(seconds=known.as_of_seconds)
    if known.n_later and not n_rows:
        logger.warning("nothing was known before %s: all %d rows are at or after `as_of`", moment, known.n_later)
    elif known.n_later:
        logger.info("%d rows at or after `as_of` were not used", known.n_later)
    return LoadResult(
        graph=graph,
        as_of=moment,
        labels=labels,
        rejected=rejected,
        refused=refused,
        row_counts=counts | {"rejected": rejected.num_rows},
        input_hash=hash_content(graph, labels),
        listed=listed,
        n_later_rows=known.n_later,
        newest=newest,
        n_popular=popular.num_rows,
    )
