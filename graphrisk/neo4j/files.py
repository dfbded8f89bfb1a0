"""A scan as CSV files for `neo4j-admin database import`, for a first fill that is too big for a driver.

An import of the files gives the same database as a write-back in mode `mirror` into an empty one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from graphrisk.neo4j.entities import Entities
from graphrisk.neo4j.names import Cypher, link_name
from graphrisk.neo4j.plan import EVIDENCE_COLUMNS, LINK_COLUMNS, RING_COLUMNS
from graphrisk.neo4j.scan_rows import ScanRows
from graphrisk.neo4j.settings import Neo4jSettings, WritebackError
from graphrisk.stages import Progress
from graphrisk.store import ResultStore

ARGUMENTS = "import.args"
STYLE = pv.WriteOptions(include_header=False, quoting_style="needed")
TYPES = {"string": "string", "int64": "long", "double": "double", "bool": "boolean"}


@dataclass(frozen=True)
class FilesReport:
    """What was written: folder, rows by file, and the command that imports them."""

    scan_id: str
    folder: Path
    rows: dict[str, int]
    command: str


def write_files(
    store: ResultStore,
    settings: Neo4jSettings,
    folder: Path,
    *,
    scan_id: str | None = None,
    progress: Progress | None = None,
) -> FilesReport:
    """Write the files of one scan.

    Parameters
    ----------
    store : ResultStore
    settings : Neo4jSettings
        Names and mode, which must be `mirror`: an import makes a new database.
    folder : Path
        Made; must not exist.
    scan_id : str, optional
        The newest by default.
    progress : callable, optional

    Returns
    -------
    FilesReport

    Raises
    ------
    WritebackError
        If the folder exists or the mode is `attach`.
    """
    if settings.mode != "mirror":
        raise WritebackError("files are for a new database, so the mode must be `mirror`, got `attach`")
    if "," in str(folder.absolute()):
        raise WritebackError(f"the folder must have no comma in its path, which ends a file name there, got {folder}")
    if folder.exists():
        raise WritebackError(f"{folder} exists already; choose another folder")
    rows = ScanRows(store, scan_id or store.latest())
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        aside.mkdir(parents=True)
        writer = _Files(aside, Cypher(settings.names), rows.scan_id, progress)
        _write_nodes(writer, rows, settings)
        _write_relationships(writer, rows, settings)
        writer.write_scan_node(rows, settings)
        writer.write_arguments(folder, settings.database)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    command = f"neo4j-admin database import full @{folder / ARGUMENTS}"
    return FilesReport(rows.scan_id, folder, writer.rows, command)


class _Files:
    """Writes tables as CSV with typed headers, and remembers the arguments that import them."""

    def __init__(self, folder: Path, cypher: Cypher, scan_id: str, progress: Progress | None) -> None:
        self.folder, self.cypher, self.scan_id, self._progress = folder, cypher, scan_id, progress
        self.rows: dict[str, int] = {}
        self.n_relationships = 0
        self._arguments: list[tuple[str, str, str]] = []
        self._has_lines = False

    def nodes(self, name: str, label: str, table: pa.Table, key: str, space: str) -> None:
        """Write nodes; the first column is their id in an id space."""
        header = [f"{key}:ID({space})", *self._header(table.drop_columns(table.column_names[0]))]
        self._write(name, header, table)
        self._arguments.append(("nodes", label, name))

    def relationships(self, name: str, kind: str, table: pa.Table, spaces: tuple[str, str]) -> None:
        """Write relationships; the first two columns are the ids of their ends."""
        if not len(table):
            return
        ends = [f":START_ID({spaces[0]})", f":END_ID({spaces[1]})"]
        table = table.append_column("scanId", pa.repeat(pa.scalar(self.scan_id), len(table)))
        self._write(name, [*ends, *self._header(table.drop_columns(table.column_names[:2]))], table)
        self._arguments.append(("relationships", kind, name))
        self.n_relationships += len(table)

    def _header(self, table: pa.Table) -> list[str]:
        kinds = {field.name: TYPES.get(str(field.type), "datetime") for field in table.schema}
        return [f"{self.cypher.name(name)}:{kind}" for name, kind in kinds.items()]

    def _write(self, name: str, header: list[str], table: pa.Table) -> None:
        if self._progress is not None:
            self._progress(name, len(table), len(table))
        table = pa.table([_text_of(column) for column in table.columns], names=table.column_names)
        for column in table.columns:
            if pa.types.is_string(column.type) and not self._has_lines:
                self._has_lines = bool(pc.any(pc.match_substring_regex(column, "[\r\n]")).as_py())
        with (self.folder / f"{name}.csv").open("wb") as handle:
            handle.write((",".join(header) + "\n").encode())
            pv.write_csv(table, handle, STYLE)
        self.rows[name] = len(table)

    def write_scan_node(self, rows: ScanRows, settings: Neo4jSettings) -> None:
        """Write the node of the scan, as a write-back leaves it when it has ended."""
        kinds = rows.table("ring_link")["link_type"].unique().to_pylist()
        facts, links = rows.facts, sorted({link_name(kind, settings.links) for kind in kinds})
        own = ["isCurrent:boolean", "asOf:datetime", "codeVersion:string", "nRings:long", "nMemberships:long"]
        own = [self.cypher.name(column.split(":")[0]) + ":" + column.split(":")[1] for column in own]
        header = [f"{self.cypher.name('scanId')}:ID(scan)", *own, f"{self.cypher.name('nMissing')}:long"]
        header += ["contentHash:string", "nRelationships:long", "linkTypes:string[]", "imported:boolean"]
        table = pa.table(
            {
                "scan_id": [rows.scan_id],
                "current": [True],
                "as_of": pa.array([facts["as_of"]], pa.timestamp("us", tz="UTC")),
                "version": [facts["code_version"]],
                "rings": [facts["n_rings"]],
                "members": [len(rows.table("ring_member"))],
                "missing": [0],
                "hash": [rows.content_hash(settings)],
                "written": [self.n_relationships],
                "links": [";".join(links)],
                "imported": [True],
            }
        )
        self._write("scan", header, table)
        self._arguments.append(("nodes", self.cypher.name("RingScan"), "scan"))

    def write_arguments(self, folder: Path, database: str) -> None:
        """Write what `neo4j-admin database import full` needs to know."""
        files = [(what, f"{name}={folder.absolute()}/{file}.csv") for what, name, file in self._arguments]
        lines = [_quoted(f"--{what}={value}") for what, value in files]
        lines += [_quoted(f"--report-file={folder.absolute()}/import.report")]
        lines += [f"--multiline-fields={str(self._has_lines).lower()}", "--bad-tolerance=0", database]
        (self.folder / ARGUMENTS).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


def _text_of(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times as ISO texts with whole milliseconds, all else as it is."""
    if not pa.types.is_timestamp(column.type):
        return column
    return pc.strftime(column.cast(pa.timestamp("ms", tz="UTC"), safe=False), "%Y-%m-%dT%H:%M:%SZ")


def _write_nodes(files: _Files, rows: ScanRows, settings: Neo4jSettings) -> None:
    entities = Entities(settings, rows.entity_types())
    name = files.cypher.name
    for kind in entities.types:
        node = entities.node(kind)
        files.nodes(f"nodes-{kind}", node.label, pa.table({"id": rows.entity_ids(kind)}), node.key, f"e-{kind}")
    rings = _named(rows.table("ring"), RING_COLUMNS)
    for column, value in (("scanId", rows.scan_id), ("status", "listed")):
        rings = rings.append_column(column, pa.repeat(pa.scalar(value), len(rings)))
    files.nodes("rings", name("FraudRing"), rings, name("ringId"), "ring")
    evidence = _named(rows.table("ring_evidence"), EVIDENCE_COLUMNS)
    evidence = evidence.append_column("scanId", pa.repeat(pa.scalar(rows.scan_id), len(evidence)))
    files.nodes("evidence", name("RingEvidence"), evidence, name("evidenceId"), "evidence")


def _write_relationships(files: _Files, rows: ScanRows, settings: Neo4jSettings) -> None:
    entities, name = Entities(settings, rows.entity_types()), files.cypher.name
    for kind in entities.types:
        columns = {"start": "entity_id", "end": "ring_id", "score": "member_score", "role": "role"}
        members = _named(rows.members(kind), columns | {"joinedAt": "joined_at"})
        files.relationships(f"members-{kind}", name("MEMBER_OF"), members, (f"e-{kind}", "ring"))
        rests = rows.evidence_entities(kind)
        files.relationships(f"rests-on-{kind}", name("RESTS_ON"), rests, ("evidence", f"e-{kind}"))
    evidence = rows.table("ring_evidence").select(["ring_id", "evidence_id"])
    files.relationships("has-evidence", name("HAS_EVIDENCE"), evidence, ("ring", "evidence"))
    for number, ((source, target, kind), table) in enumerate(rows.links()):
        links = _named(table, {"start": "source_id", "end": "target_id", **LINK_COLUMNS})
        links = links.append_column("linkType", pa.repeat(pa.scalar(kind), len(links)))
        spaces = (f"e-{source}", f"e-{target}")
        files.relationships(f"links-{number}", link_name(kind, settings.links), links, spaces)
    rings = rows.table("ring")
    found = _named(rings, {"start": "ring_id", "score": "score", "band": "band", "nMembers": "n_members"})
    found = found.add_column(1, "end", pa.repeat(pa.scalar(rows.scan_id), len(found)))
    files.relationships("found-in", name("FOUND_IN"), found, ("ring", "scan"))
    listed = pa.chunked_array(rings["ring_id"].chunks, pa.string())
    for event, kind, ends in (
        ("merged", "MERGED_INTO", ("otherId", "ringId")),
        ("split", "SPLIT_FROM", ("ringId", "otherId")),
    ):
        pairs = rows.lineage(event)
        pairs = pairs.filter(pc.is_in(pairs["otherId"], value_set=listed))
        files.relationships(f"{event}", name(kind), pairs.select(list(ends)), ("ring", "ring"))


def _named(table: pa.Table, columns: Mapping[str, str]) -> pa.Table:
    return table.select(list(columns.values())).rename_columns(list(columns))
