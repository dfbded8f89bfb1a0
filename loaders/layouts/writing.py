"""Writing the configuration of a data set whose files are known."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from loaders.files import column_names, format_of
from loaders.layouts.layout import Layout
from loaders.relations import literal

PLACE = re.compile(r"\{(\w+)(:table)?\}")
PATTERNS = "patterns"


def write_config(layout: Layout, files: Mapping[str, Path], patterns: str = "") -> str:
    """Write a configuration that is ready to run.

    Parameters
    ----------
    layout : Layout
    files : mapping of str to Path
        As `Layout.recognise` gives them.
    patterns : str
        The table ``[patterns]``, for data sets that have nothing but transfers.

    Returns
    -------
    str
        TOML.
    """

    def filled(match: re.Match[str]) -> str:
        name, in_query = match.groups()
        if name == PATTERNS:
            return patterns
        if not in_query:
            return json.dumps(str(files[name]), ensure_ascii=False)
        return _relation(files[name], layout.file(name).n_columns == 0).replace("\\", "\\\\").replace('"', '\\"')

    head = f"# {layout.about}.\n# Paths are whole, so this file may stand anywhere.\n"
    parts = [head, f'[scan]\nname = "{layout.name}"\nstore = "store"\n']
    for block in layout.blocks:
        if {name for name, _ in PLACE.findall(block)} <= {*files, PATTERNS}:
            parts.append(PLACE.sub(filled, block).strip("\n") + "\n")
    return "\n".join(part for part in parts if part.strip())


def _relation(path: Path, has_header: bool) -> str:
    """SQL that reads a file, all values of a CSV as text."""
    # brackets and stars in a file's own name are no pattern
    name = literal(re.sub(r"([*?\[])", r"[\1]", str(path)))
    if format_of(path) == "parquet":
        return f"read_parquet({name})"
    options = f"all_varchar = true, header = {str(has_header).lower()}"
    names = column_names(path)
    if has_header and any(column.endswith(".1") for column in names):
        # two columns of one name: DuckDB would rename the second one in a way of its own
        options += f", names = [{', '.join(map(literal, names))}]"
    return f"read_csv({name}, {options})"
