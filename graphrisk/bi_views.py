"""DuckDB views over a results store that answer the usual questions, for BI tools and ad hoc SQL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graphrisk.tables import COLUMNS

GLOB_SIGNS = "*?["


@dataclass(frozen=True)
class View:
    """A question and the query that answers it.

    Parameters
    ----------
    name : str
    question : str
    query : str
        On the tables of the store, each of which is a view as well, and on views before this one.
    """

    name: str
    question: str
    query: str


VIEWS = (
    View(
        "newest_scan",
        "Which scan is the newest, and when did it run?",
        "SELECT * FROM scan ORDER BY as_of DESC, finished_at DESC LIMIT 1",
    ),
    View(
        "rings_now",
        "Which rings are listed now, worst first?",
        "SELECT ring.* FROM ring JOIN newest_scan USING (scan_id) ORDER BY score DESC, ring_id",
    ),
    View(
        "members_now",
        "Who is in which ring now, in what role?",
        "SELECT ring_member.*, rings_now.band, rings_now.typology, rings_now.score FROM ring_member\n"
        "JOIN rings_now USING (scan_id, ring_id)",
    ),
    View(
        "evidence_now",
        "What speaks for and against every ring now?",
        "SELECT ring_evidence.* FROM ring_evidence JOIN newest_scan USING (scan_id)\nORDER BY ring_id, evidence_id",
    ),
    View(
        "accounts_now",
        "What does the newest scan say of every account?",
        "SELECT entity_id AS account_id, entity_feature.* EXCLUDE (entity_type, entity_id) FROM entity_feature\n"
        "JOIN newest_scan USING (scan_id) WHERE entity_type = 'account'",
    ),
    View(
        "exposure_now",
        "How much is at stake now, by typology and band? Whoever is in two rings counts twice.",
        "SELECT typology, band, currency, count(*) AS n_rings, sum(n_members) AS n_members,\n"
        "sum(value_at_stake) AS value_at_stake FROM rings_now GROUP BY ALL ORDER BY value_at_stake DESC NULLS LAST",
    ),
    View(
        "rings_by_scan",
        "How many rings of each band did every scan list, and how much was at stake?",
        "SELECT scan.as_of, ring.band, ring.currency, count(*) AS n_rings, sum(ring.n_members) AS n_members,\n"
        "sum(ring.value_at_stake) AS value_at_stake FROM ring JOIN scan USING (scan_id) GROUP BY ALL ORDER BY ALL",
    ),
    View(
        "events_by_scan",
        "What became of the rings from scan to scan?",
        "SELECT scan.as_of, ring_event.* FROM ring_event JOIN scan USING (scan_id) ORDER BY as_of, ring_id, event",
    ),
    View(
        "metrics_by_scan",
        "How did a metric move?",
        "SELECT scan.as_of, metric.* FROM metric JOIN scan USING (scan_id) ORDER BY name, as_of",
    ),
    View(
        "alerts_by_scan",
        "Which alerts were raised?",
        "SELECT scan.as_of, alert.* FROM alert JOIN scan USING (scan_id) ORDER BY as_of DESC, alert_id",
    ),
    View(
        "rejected_by_scan",
        "Which rows could not be used, and why?",
        'SELECT scan.as_of, source, "column", reason, count(*) AS n_rows FROM rejected_row JOIN scan USING (scan_id)\n'
        "GROUP BY ALL ORDER BY as_of DESC, n_rows DESC",
    ),
)


def views_sql(store: str | Path) -> str:
    """Write the statements that make the views.

    Every table of the store becomes a view of its name over all scans, `entity_feature` with a `scan_id`; then come
    `VIEWS`. They read the files of the store anew whenever they are asked, so they need not be made again after a scan.

    Parameters
    ----------
    store : str or Path
        Its absolute path is written into the views.

    Returns
    -------
    str
        DuckDB SQL, one ``CREATE OR REPLACE VIEW`` each, with the question as a comment.

    Raises
    ------
    ValueError
        If the path holds one of ``*?[``, which DuckDB takes for a pattern.
    """
    folder = str(Path(store).absolute())
    if any(sign in folder for sign in GLOB_SIGNS):
        raise ValueError(f"the path of the store must hold none of {GLOB_SIGNS}, got {folder!r}")
    parts = []
    for table, columns in COLUMNS.items():
        files = f"{folder}/scan=*/{table}.parquet".replace("'", "''")
        # `scan_id` comes from the name of the folder where the file has none
        has_id = any(name == "scan_id" for name, _, _ in columns)
        chosen = "* EXCLUDE (scan)" if has_id else "scan AS scan_id, * EXCLUDE (scan)"
        options = "hive_partitioning = true, hive_types = {'scan': VARCHAR}, union_by_name = true"
        parts.append(f"CREATE OR REPLACE VIEW {table} AS\nSELECT {chosen}\nFROM read_parquet('{files}', {options});")
    parts += [f"-- {view.question}\nCREATE OR REPLACE VIEW {view.name} AS\n{view.query};" for view in VIEWS]
    return "\n\n".join(parts) + "\n"
