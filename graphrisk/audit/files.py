"""Where audits lie in a store, and what the verdicts on them say."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from graphrisk.audit.sampling import ABOVE, BELOW, SCHEMA, Stratum
from graphrisk.export import FORMULA, safe_cell
from graphrisk.store import StoreError
from graphrisk.tables import TEXT, UTC_TIME

FOLDER = "audits"
SOURCE = "audit"


def write_audit(store: str | Path, sample: pa.Table) -> Path:
    """Keep a sample in the store, whole or not at all; the same one again replaces itself.

    Parameters
    ----------
    store : str or Path
    sample : pyarrow.Table
        At least one row of `draw_sample`.

    Returns
    -------
    Path
    """
    folder = Path(store) / FOLDER
    folder.mkdir(exist_ok=True)
    file = folder / f"{sample['audit_id'][0].as_py()}.parquet"
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with pa.OSFile(str(aside), "wb") as handle:
            pq.write_table(sample, handle)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
    return file


def read_audits(store: str | Path) -> list[pa.Table]:
    """Samples in the store, by the moment of their scan and then by name.

    Raises
    ------
    StoreError
        If a file cannot be read or is no audit.
    """
    found = []
    for file in sorted((Path(store) / FOLDER).glob("a*.parquet")):
        try:
            with pa.OSFile(str(file), "rb") as handle:
                table = pq.read_table(handle, pre_buffer=False).cast(SCHEMA)
        except (OSError, pa.ArrowException, ValueError) as error:
            raise StoreError(f"{file} cannot be read: {str(error).splitlines()[0]}") from error
        found.append(table)
    return sorted(found, key=lambda table: (table["as_of"][0].as_py(), table["audit_id"][0].as_py()))


def write_sheet(sample: pa.Table, file: Path) -> None:
    """Write what reviewers fill in: ids and an empty label, and nothing that tells what the scan thinks of them.

    Parameters
    ----------
    sample : pyarrow.Table
    file : Path
        CSV with the columns of the canonical table `labels`. An id that a spreadsheet would take for a formula gets an
        apostrophe, which `read_sheet` takes away; take it away before such a row goes to a scan as a label.
    """
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with aside.open("w", encoding="utf-8", newline="") as handle:
            lines = csv.writer(handle)
            lines.writerow(["entity_type", "entity_id", "label", "known_at", "source"])
            for row in sample.to_pylist():
                lines.writerow(["account", safe_cell(row["entity_id"]), "", "", f"{SOURCE}:{row['audit_id']}"])
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def audit_verdicts(
    labels: pa.Table, bad: list[str], good: list[str]
) -> dict[str, dict[str, tuple[datetime | None, bool]]]:
    """Verdicts of reviewers, by audit and account; of several the last known counts.

    Only labels whose source is ``audit:`` and the audit count: whoever is known for another reason is no random draw.
    """
    out: dict[str, dict[str, tuple[datetime | None, bool]]] = {}
    rows = [row for row in labels.to_pylist() if (row["source"] or "").startswith(f"{SOURCE}:")]
    rows = [row for row in rows if row["entity_type"] == "account" and row["label"] in (*bad, *good)]
    for row in sorted(rows, key=lambda row: (row["known_at"] is not None, row["known_at"], row["label"])):
        audit = row["source"].removeprefix(f"{SOURCE}:")
        out.setdefault(audit, {})[row["entity_id"]] = (row["known_at"], row["label"] in bad)
    return out


def count_strata(sample: pa.Table, verdicts: Mapping[str, tuple[datetime | None, bool]]) -> list[Stratum]:
    """What was found in each stratum of a sample."""
    rows = sample.to_pylist()
    out = []
    for name in (*ABOVE, *BELOW):
        drawn = [row for row in rows if row["stratum"] == name]
        if drawn:
            judged = [verdicts[row["entity_id"]][1] for row in drawn if row["entity_id"] in verdicts]
            out.append(Stratum(name, drawn[0]["n_stratum"], len(judged), sum(judged)))
    return out


def read_sheet(file: Path) -> pa.Table:
    """Read what reviewers filled in.

    Parameters
    ----------
    file : Path
        CSV or Parquet with `entity_type`, `entity_id`, `label`, `source` and perhaps `known_at`; ids are texts.

    Returns
    -------
    pyarrow.Table
        With these five columns; rows without a label are left in, for nobody has judged them yet.

    Raises
    ------
    ValueError
        If the name ends otherwise, or a column is missing.
    """
    needed = ("entity_type", "entity_id", "label", "source")
    if file.suffix == ".parquet":
        with pa.OSFile(str(file), "rb") as handle:
            table = pq.read_table(handle, pre_buffer=False)
    elif file.suffix == ".csv":
        types = dict.fromkeys((*needed, "known_at"), TEXT)
        table = pa_csv.read_csv(file, convert_options=pa_csv.ConvertOptions(column_types=types))
    else:
        raise ValueError(f"the sheet must end in .csv or .parquet, got {file.name!r}")
    if missing := [name for name in needed if name not in table.column_names]:
        raise ValueError(f"the sheet must have the columns {', '.join(needed)}, got none for {', '.join(missing)}")
    times = table["known_at"] if "known_at" in table.column_names else pa.nulls(len(table), TEXT)
    if pa.types.is_string(times.type):
        times = pc.if_else(pc.equal(times, ""), None, times).cast(UTC_TIME)
    ids = [name[1:] if name and name[0] == "'" and name[1:].startswith(FORMULA) else name for name in _texts(table)]
    table = table.set_column(table.column_names.index("entity_id"), "entity_id", pa.array(ids, TEXT))
    return table.select(needed).append_column("known_at", times.cast(UTC_TIME))


def _texts(table: pa.Table) -> list[str | None]:
    names: list[str | None] = table["entity_id"].cast(TEXT).to_pylist()
    return names
