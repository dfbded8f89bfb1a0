"""Texts that would do harm wherever they are taken for more than text."""

from __future__ import annotations

from pathlib import Path

from _scans import write_scan

from graphrisk.store import ResultStore

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "'}) MATCH (n) DETACH DELETE n //",
    "` }) DETACH DELETE n //",
    "\\u0027}) MATCH (n) DETACH DELETE n //",
    "$ids[0] + '\"'",
    '=HYPERLINK("http://x";"y")',
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    "\u202eabc\u202c",
    "\u05e9\u05dc\u05d5\u05dd",
    "a,b;c|d\te",
    'two\nlines\r\nand "quotes" ""',
    'back\\slash \\" \\n',
    "\u0001control",
    "  spaces  ",
    "null",
    "'",
    '"',
    "🦊\U0001f468‍👩",
]
LONG = "x" * 10_000 + '"'


def hostile_scan(folder: Path) -> ResultStore:
    """A scan with such texts as ids of rings and accounts, as roles and as sentences of 10 kB."""
    rings = {f"r{k}{text}": [f"{text}{k}", text, f"{text} "] for k, text in enumerate(HOSTILE)}
    return write_scan(folder, "s'1", rings, text="".join(HOSTILE) + LONG, role=HOSTILE[3])
