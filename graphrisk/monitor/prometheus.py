"""The metrics of a scan as Prometheus reads them from a text file."""

from __future__ import annotations

import math

import pyarrow as pa

from graphrisk.metric_catalogue import definition_of

PREFIX = "graphrisk_"


def prometheus_text(metrics: pa.Table, scan: pa.Table) -> str:
    """Write metrics in the text exposition format, for the textfile collector of the node exporter.

    Parameters
    ----------
    metrics : pyarrow.Table
        The table `metric` of a scan.
    scan : pyarrow.Table
        The table `scan` of it.

    Returns
    -------
    str
        One family per definition of the catalogue, the words in its braces as labels, bounds of intervals as families
        of their own, and the moment and the alerts of the scan.
    """
    families: dict[str, tuple[str, list[str]]] = {}
    for row in metrics.to_pylist():
        entry = definition_of(row["name"])
        if entry is None:
            continue
        name, labels = _split(entry.name, row["name"])
        for suffix, value in (("", row["value"]), ("_low", row["low"]), ("_high", row["high"]), ("_n", row["n"])):
            if value is not None and math.isfinite(value):
                lines = families.setdefault(f"{name}{suffix}", (entry.meaning, []))[1]
                lines.append(f"{name}{suffix}{labels} {value!r}")
    facts = scan.to_pylist()[0]
    for name, meaning, value in (
        ("as_of_seconds", "moment of the scan", facts["as_of"].timestamp()),
        ("finished_seconds", "when the scan finished", facts["finished_at"].timestamp()),
        ("alerts", "alerts of the scan", facts["n_alerts"]),
    ):
        families[f"{PREFIX}{name}"] = (meaning, [f"{PREFIX}{name} {value!r}"])
    out = []
    for name, (meaning, lines) in families.items():
        out += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge", *lines]
    return "\n".join(out) + "\n"


def _split(pattern: str, name: str) -> tuple[str, str]:
    """Name of the family, and the labels that tell its metrics apart."""
    words, labels = [], []
    for part, word in zip(pattern.split("."), name.split("."), strict=True):
        if "{" not in part:
            words.append(part)
            continue
        before, _, rest = part.partition("{")
        key, _, after = rest.partition("}")
        value = word[len(before) : len(word) - len(after)]
        words.append((before + after).strip("_"))
        labels.append(f'{key}="{_escaped(value)}"')
    family = PREFIX + "_".join(word for word in words if word)
    return family, "{" + ",".join(labels) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
