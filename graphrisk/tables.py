"""The result tables: their schemas and what every column means. The data dictionary of the README is made from here."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa

from graphrisk.cases.columns import case_event_markdown
from graphrisk.metric_catalogue import catalogue_markdown

UTC_TIME = pa.timestamp("us", tz="UTC")
TEXT, WHOLE, REAL, FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()
ENTITIES = pa.list_(pa.struct([("entity_type", TEXT), ("entity_id", TEXT)]))
PARTS = pa.list_(pa.struct([("part", TEXT), ("entity_type", TEXT), ("entity_id", TEXT), ("weight", REAL)]))
STAGES = pa.list_(pa.struct([("name", TEXT), ("seconds", REAL), ("peak_mb", REAL), ("rows", WHOLE)]))

SCHEMA_VERSION = 4
"""One more whenever a table or a column comes or goes; readers take every older one."""

_SCAN_ID = ("scan_id", TEXT, "the scan; made of `as_of` and a hash of everything the result depends on")
_RING_ID = ("ring_id", TEXT, "the ring; kept from scan to scan while members come and go")

COLUMNS: dict[str, tuple[tuple[str, pa.DataType, str], ...]] = {
    "scan": (
        _SCAN_ID,
        ("as_of", UTC_TIME, "only what was known strictly before was used"),
        ("started_at", UTC_TIME, "wall clock"),
        ("finished_at", UTC_TIME, "wall clock"),
        ("status", TEXT, "`done` or `dry_run`"),
        ("config_hash", TEXT, "SHA-256 of every setting that can change a result"),
        ("input_hash", TEXT, "SHA-256 of the data as loaded; row order does not matter"),
        ("code_version", TEXT, "version of graphrisk"),
        ("seed", WHOLE, "of every random choice"),
        ("n_accounts", WHOLE, "rows read of `accounts`"),
        ("n_links", WHOLE, "rows read of `links`, one per signal of a row"),
        ("n_transfers", WHOLE, "rows read of `transfers`"),
        ("n_events", WHOLE, "rows read of `events`"),
        ("n_labels", WHOLE, "rows read of `labels`"),
        ("n_rejected", WHOLE, "rows that could not be used"),
        ("n_rings", WHOLE, "listed rings"),
        ("n_alerts", WHOLE, "alerts raised"),
        ("alerts", pa.list_(TEXT), "what somebody should look at before trusting the list"),
        ("stages", STAGES, "seconds, peak memory of the process by the end (MiB) and rows of each stage"),
    ),
    "ring": (
        _SCAN_ID,
        _RING_ID,
        (
            "typology",
            TEXT,
            "`multi_account`, `referral_farm`, `bonus_farm`, `airdrop_sybil`, a pattern of transfers or growth abuse",
        ),
        (
            "score",
            REAL,
            "0 to 1: by a trained model, the probability that the group is a ring; else a scale (see `model`)",
        ),
        (
            "score_low",
            REAL,
            "trained: what nine populations in ten keep above; else the score without its strongest evidence for",
        ),
        (
            "score_high",
            REAL,
            "trained: what nine populations in ten keep below; else the score without its strongest evidence against",
        ),
        ("q_value", REAL, "expected share of rings of the null model among those scored at least as high"),
        ("band", TEXT, "`high`, `medium` (both need a small q-value) or `low`"),
        ("n_members", WHOLE, "accounts and wallets"),
        ("n_signals", WHOLE, "distinct signals that at least two members share, hubs included"),
        ("value_at_stake", REAL, "bonuses taken, or else what members sent; null if nothing has a value"),
        ("currency", TEXT, "of `value_at_stake`; null where the data name none"),
        ("first_seen", UTC_TIME, "first time at which something joined two members"),
        ("last_seen", UTC_TIME, "last such time"),
        ("lineage", TEXT, "the main event since the scan before, or `same`; null in the first scan of a store"),
        (
            "model",
            TEXT,
            "what gave the score: `simulated` (the shipped model), `transparent`, or the name of a model of your own",
        ),
    ),
    "ring_member": (
        _SCAN_ID,
        _RING_ID,
        ("entity_type", TEXT, "`account` or `wallet`"),
        ("entity_id", TEXT, "the member"),
        ("role", TEXT, "`inviter`, `funder` or `member`; in a pattern of transfers `originator`, `mule`, `collector`"),
        ("member_score", REAL, "the ring's score, less for members on its fringe"),
        ("joined_at", UTC_TIME, "when the member started; null if unknown"),
        ("claimed_at", UTC_TIME, "when the member first took a bonus; null if it took none or nothing is known"),
    ),
    "ring_evidence": (
        _SCAN_ID,
        _RING_ID,
        ("evidence_id", TEXT, "ring and number, strongest evidence for first"),
        ("reason_code", TEXT, "what kind of fact"),
        ("direction", TEXT, "`for` or `against`"),
        ("text", TEXT, "the fact in one sentence with its numbers"),
        ("entities", ENTITIES, "up to 20 entities that it rests on"),
        ("first_seen", UTC_TIME, "times it rests on; null if none"),
        ("last_seen", UTC_TIME, "times it rests on; null if none"),
        (
            "weight",
            REAL,
            "nats in the ring's score, above 0 for, below 0 against, 0 context; they sum to the log-odds of the score",
        ),
        ("is_hub", FLAG, "whether it is about a hub"),
    ),
    "ring_link": (
        _SCAN_ID,
        _RING_ID,
        ("source_type", TEXT, "type of the member"),
        ("source_id", TEXT, "a member"),
        ("target_type", TEXT, "type of the signal or of the other member"),
        ("target_id", TEXT, "a signal that at least two members share, or the other member"),
        (
            "link_type",
            TEXT,
            "`shared_` and the signal type, `referral`, `transfer`, a link between two wallets, `lockstep`, "
            "`same_sequence`, or a burst",
        ),
        ("weight", REAL, "evidence that the link gives two members, in nats; 0 for hubs"),
        ("first_seen", UTC_TIME, "first use"),
        ("last_seen", UTC_TIME, "last use"),
        ("n_events", WHOLE, "how often"),
        ("n_accounts", WHOLE, "how many accounts in all share the signal; null between two members"),
        ("is_hub", FLAG, "whether the signal is a hub"),
        ("score_without", REAL, "score of the ring if the signal counted for nothing; null if that was not tried"),
    ),
    "ring_act": (
        _SCAN_ID,
        _RING_ID,
        ("act", TEXT, "`sign_up`, `bonus`, `referral` or `transfer`"),
        ("occurred_at", UTC_TIME, "when; acts without a time have no row"),
        ("source_type", TEXT, "type of who acted"),
        ("source_id", TEXT, "who signed up, took the bonus, invited (a member or not) or paid"),
        ("target_type", TEXT, "type of the other; null if none"),
        ("target_id", TEXT, "the member that was invited or paid; null if none"),
        ("value", REAL, "of the bonus or transfer; null if unknown"),
        ("currency", TEXT, "of `value`; null where the data name none"),
        (
            "n_acts",
            WHOLE,
            "acts of this kind in the ring; up to 500 of them have a row, spread evenly over their order in time",
        ),
    ),
    "ring_event": (
        _SCAN_ID,
        _RING_ID,
        ("event", TEXT, "`born`, `revived`, `grown`, `shrunk`, `merged`, `split` or `dissolved`"),
        ("from_ring_ids", pa.list_(TEXT), "rings of the scans before that it came from; itself, if it was listed"),
        ("from_scan_id", TEXT, "the scan before; null in the first scan of a store"),
        ("n_members", WHOLE, "members now; 0 if dissolved"),
        ("n_before", WHOLE, "members of all `from_ring_ids` before"),
        ("n_added", WHOLE, "members that were in none of `from_ring_ids`"),
        ("n_removed", WHOLE, "members of `from_ring_ids` that are in no ring which came from them"),
        ("n_shared_signals", WHOLE, "signals that the ring has in common with `from_ring_ids`"),
        ("overlap", REAL, "0 to 1, with the ring whose id it bears; null if it took the id of none"),
        ("text", TEXT, "the event in one sentence"),
    ),
    "ring_history": (
        _SCAN_ID,
        _RING_ID,
        ("status", TEXT, "`listed`, `merged` (into another ring) or `dissolved`; every ring ever listed has a row"),
        ("born_at", UTC_TIME, "`as_of` of the scan that first listed it"),
        ("listed_at", UTC_TIME, "`as_of` of the newest scan that listed it"),
        ("n_scans", WHOLE, "scans that listed it"),
        ("from_ring_ids", pa.list_(TEXT), "rings it split from when it first came; empty if none"),
        ("into_ring_id", TEXT, "the ring it merged into; null if none"),
        ("band", TEXT, "when it was last listed"),
        ("n_members", WHOLE, "when it was last listed"),
        ("told_band", TEXT, "band that an alert told of, or its band in the first scan of the store; null if none did"),
        ("told_members", WHOLE, "size that its growth is measured from: when first listed, or last told by an alert"),
        ("told_value", REAL, "value at stake that was last told, or in the first scan of the store; null if none was"),
        ("told_swallowed", FLAG, "whether an alert told that it may have swallowed another; null if not"),
        ("told_into", TEXT, "the ring that an alert told it merged into; null if none did"),
        ("parts", PARTS, "its members, signals and reasons when it was last listed; null while it is listed"),
    ),
    "alert": (
        _SCAN_ID,
        ("alert_id", TEXT, "the same whenever the same scan is run again"),
        ("kind", TEXT, "`ring_new`, `ring_grown`, `ring_merged`, `value_high` or `ring_swallowed`"),
        _RING_ID,
        ("text", TEXT, "the alert in one sentence"),
        ("measure", TEXT, "what the next three are: `score`, `members` or `value_at_stake`"),
        ("before", REAL, "what was last told; null if nothing was"),
        ("now", REAL, "what is"),
        ("delta", REAL, "`now` less `before`; null without `before`"),
        ("from_ring_ids", pa.list_(TEXT), "rings that merged; else empty"),
    ),
    "entity_feature": (
        ("entity_type", TEXT, "`account` or `wallet`; every one has a row"),
        ("entity_id", TEXT, "the entity"),
        ("event_timestamp", UTC_TIME, "`as_of`: what the features knew"),
        ("created_timestamp", UTC_TIME, "`as_of` as well, so that equal scans are equal byte by byte"),
        ("has_ring", FLAG, "whether it is a member of a listed ring"),
        ("score", REAL, "best member score; outside rings half the score of the best candidate, or a trace"),
        ("score_low", REAL, "the same of `score_low`"),
        ("score_high", REAL, "the same of `score_high`"),
        ("n_rings", WHOLE, "listed rings it belongs to"),
        ("ring_id", TEXT, "the one with its best member score; null if none"),
        ("ring_size", WHOLE, "members of that ring; null if none"),
        ("n_devices", WHOLE, "devices linked"),
        ("n_ips", WHOLE, "IPs linked"),
        ("n_instruments", WHOLE, "payment instruments linked"),
        ("n_wallets", WHOLE, "wallets linked"),
        ("n_links", WHOLE, "links of any type"),
        ("n_shared_signals", WHOLE, "signals that another account uses too"),
        ("max_shared_accounts", WHOLE, "accounts on its most widely shared signal"),
        ("affinity_degree", WHOLE, "accounts it is tied to with a probability above 0.03"),
        ("affinity_weight", REAL, "sum of those probabilities"),
        ("n_transfers_in", WHOLE, "transfers received"),
        ("n_transfers_out", WHOLE, "transfers sent"),
        ("n_events", WHOLE, "events"),
        ("account_age_days", REAL, "from its start to `as_of`; null if unknown"),
    ),
    "hub": (
        _SCAN_ID,
        ("entity_type", TEXT, "type of the signal's entity"),
        ("entity_id", TEXT, "the hub"),
        ("signal_type", TEXT, "how it is shared: its type, `referrer`, `funder`, `payee`, or a link between wallets"),
        ("n_accounts", WHOLE, "accounts that share it"),
        ("rule", TEXT, "`cap`, `known`, or `below_cap`: no hub, but half the cap would make it one and a ring uses it"),
        ("n_pairs_removed", WHOLE, "pairs of accounts that it does not join for being a hub"),
        ("n_pairs_half_cap", WHOLE, "pairs that would be lost with half the cap"),
        ("n_pairs_double_cap", WHOLE, "pairs that would be joined with double the cap"),
        ("n_rings_touched", WHOLE, "listed rings with at least two members on it"),
    ),
    "metric": (
        _SCAN_ID,
        ("name", TEXT, "what was counted or measured"),
        ("value", REAL, "its value; null for a share of none"),
        ("low", REAL, "lower end of its interval; null for counts"),
        ("high", REAL, "upper end; null for counts"),
        ("n", WHOLE, "out of how many, or over how many"),
    ),
    "rejected_row": (
        _SCAN_ID,
        ("source", TEXT, "file, query or frame"),
        ("line", WHOLE, "line of a CSV or JSON lines file, else row, from 1; null if unknown"),
        ("column", TEXT, "the canonical column that could not be used"),
        ("reason", TEXT, "why; never the value itself"),
    ),
    "refused_identifier": (
        _SCAN_ID,
        ("entity_type", TEXT, "type of the signal"),
        ("value", TEXT, "the value, masked or hashed"),
        ("reason", TEXT, "why it may not link accounts"),
        ("n_rows", WHOLE, "rows that carried it"),
    ),
}

SCHEMAS: dict[str, pa.Schema] = {
    table: pa.schema([(name, kind) for name, kind, _ in columns]) for table, columns in COLUMNS.items()
}


def conform(name: str, table: pa.Table) -> pa.Table:
    """Bring a table to the columns, order and types of its schema.

    Parameters
    ----------
    name : str
        A key of `SCHEMAS`.
    table : pyarrow.Table

    Returns
    -------
    pyarrow.Table
        One chunk per column, without metadata.

    Raises
    ------
    ValueError
        If a column is missing, unknown or of a type that cannot be cast.
    """
    schema = SCHEMAS[name]
    missing = [column for column in schema.names if column not in table.column_names]
    unknown = [column for column in table.column_names if column not in schema.names]
    if missing or unknown:
        raise ValueError(
            f"table `{name}` must have the columns of its schema, got missing {missing}, unknown {unknown}"
        )
    return table.select(schema.names).replace_schema_metadata(None).cast(schema).combine_chunks()


def upgrade(name: str, table: pa.Table) -> pa.Table:
    """Bring a table of an older schema version to the columns of this one.

    Parameters
    ----------
    name : str
    table : pyarrow.Table

    Returns
    -------
    pyarrow.Table
        Columns that came since are null, columns that went since are left out.
    """
    for field in SCHEMAS[name]:
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(len(table), field.type))
    return table.select(SCHEMAS[name].names)


def data_dictionary() -> str:
    """Write the meaning of every column of every table as Markdown."""
    out = []
    for table, columns in COLUMNS.items():
        out.append(f"#### `{table}`\n\n| column | type | meaning |\n|---|---|---|")
        out += [f"| `{name}` | {type_name(kind)} | {meaning} |" for name, kind, meaning in columns]
        out.append("")
    return "\n".join(out)


def type_name(kind: pa.DataType) -> str:
    """Name a type as the data dictionary does."""
    names = {TEXT: "text", WHOLE: "integer", REAL: "number", FLAG: "flag", UTC_TIME: "time (UTC)"}
    return names.get(kind, "list")


BEGIN, END = "<!-- data dictionary -->\n", "<!-- end -->"


def write_dictionary(readme: Path) -> None:
    """Write the data dictionary and the catalogue of metrics anew between their marks in a Markdown file.

    Raises
    ------
    ValueError
        If the marks are not there, in order.
    """
    text = readme.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{readme} must hold the marks {BEGIN.strip()!r} and {END!r}, got none")
    metrics = f"#### What `metric` holds\n\n{catalogue_markdown()}"
    cases = f"{case_event_markdown()}\n\nIt is a table of `cases.sqlite`, which lies in the store."
    readme.write_text(f"{before}{begin}\n{data_dictionary()}\n{cases}\n\n{metrics}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    write_dictionary(Path(sys.argv[1]))
