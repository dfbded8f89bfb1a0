"""The queue: the rings of a scan in order, narrowed by what the address bar says."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrisk.cases.state import Case
from graphrisk.serve.reader import StoreReader

Row = dict[str, Any]
Flags = npt.NDArray[np.bool_]

PAGE_SIZE = 50
BANDS = ("high", "medium", "low")
STATUSES = ("todo", "all", "new", "open", "needs_more", "snoozed", "confirmed", "false_positive")
"""`todo`: what waits for somebody, which is neither decided for good nor snoozed."""
DONE = ("snoozed", "confirmed", "false_positive")
KEPT_SCANS = 4


@dataclass(frozen=True)
class Filters:
    """What the address bar asks for; empty text and 0 ask for nothing.

    Parameters
    ----------
    typology, band : str
    status : str
        One of `STATUSES`.
    size : int
        Least number of members.
    text : str
        Part of the id of a ring or its case, of a typology or of an assignee.
    assignee : str
        `me`, `nobody` or empty.
    sort : {"score", "value"}
    page : int
        From 1.
    scan : str
        Empty for the newest.
    """

    typology: str = ""
    band: str = ""
    status: str = "todo"
    size: int = 0
    text: str = ""
    assignee: str = ""
    sort: Literal["score", "value"] = "score"
    page: int = 1
    scan: str = ""

    def query(self, **changes: Any) -> str:
        """The filters, with changes, as the query of an address; what is as usual is left out."""
        values = {field.name: changes.get(field.name, getattr(self, field.name)) for field in fields(self)}
        usual = {field.name: field.default for field in fields(self)}
        return urlencode({name: value for name, value in values.items() if value != usual[name]})


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue.

    Parameters
    ----------
    rows : tuple of dict
        Rows of the table `ring` with `place`, its place in the whole list.
    page, n_pages : int
        `page` is the one asked for, or the last.
    n_found, n_rings : int
        After and before the filters.
    """

    rows: tuple[Row, ...]
    page: int
    n_pages: int
    n_found: int
    n_rings: int


class QueueIndex:
    """The rings of one scan, in memory and in both orders.

    Parameters
    ----------
    rings : pyarrow.Table
        The table `ring`.
    """

    def __init__(self, rings: pa.Table) -> None:
        self._rings = rings.combine_chunks()
        # what looks equal is equal: rings with the same score to three digits are told apart by their value
        score = np.round(rings["score"].to_numpy(), 3)
        value = rings["value_at_stake"].fill_null(-1.0).to_numpy()
        size = rings["n_members"].to_numpy()
        ids = np.array(rings["ring_id"].to_pylist(), dtype=object)
        names = np.argsort(np.argsort(ids)) if len(ids) else np.empty(0, np.int64)
        self._orders = {
            "score": np.lexsort((names, -size, -value, -score)),
            "value": np.lexsort((names, -size, -score, -value)),
        }
        self._size = size
        self._rows = {ring_id: k for k, ring_id in enumerate(ids.tolist())}
        self._band, self._typology = (rings[name].combine_chunks().dictionary_encode() for name in ("band", "typology"))

    def __contains__(self, ring_id: str) -> bool:
        return ring_id in self._rows

    @property
    def typologies(self) -> list[str]:
        """Those that occur."""
        return sorted(self._typology.dictionary.to_pylist())

    def find(
        self, filters: Filters, cases: Mapping[str, Case], *, me: str, now: datetime, page_size: int = PAGE_SIZE
    ) -> QueuePage:
        """Narrow and cut out one page.

        Parameters
        ----------
        filters : Filters
        cases : mapping of str to Case
            By ring.
        me : str
        now : datetime
        page_size : int

        Returns
        -------
        QueuePage
            O(rings), a few milliseconds for 100,000.
        """
        keep = self._size >= filters.size
        for column, wanted in ((self._band, filters.band), (self._typology, filters.typology)):
            if wanted:
                keep &= _equals(column, wanted)
        keep &= self._by_case(filters, cases, me, now)
        if filters.text.strip():
            keep &= self._by_text(filters.text.strip(), cases)
        order = self._orders[filters.sort]
        found = order[keep[order]]
        n_pages = max(1, -(-len(found) // page_size))
        page = min(max(filters.page, 1), n_pages)
        chosen = found[(page - 1) * page_size : page * page_size]
        rows = self._rings.take(pa.array(chosen)).to_pylist()
        first = (page - 1) * page_size + 1
        numbered = tuple({**row, "place": first + k} for k, row in enumerate(rows))
        return QueuePage(numbered, page, n_pages, len(found), len(self._size))

    def _by_case(self, filters: Filters, cases: Mapping[str, Case], me: str, now: datetime) -> Flags:
        """Rings whose case fits; rings without one are new and nobody's."""
        keep = np.full(len(self._size), filters.status in ("todo", "all", "new") and filters.assignee != "me")
        for ring_id, case in cases.items():
            row = self._rows.get(ring_id)
            if row is None:
                continue
            status = case.status(now)
            fits = filters.status == "all" or status == filters.status
            fits |= filters.status == "todo" and status not in DONE
            if filters.assignee == "me":
                fits &= case.assignee == me
            elif filters.assignee == "nobody":
                fits &= case.assignee is None
            keep[row] = fits
        return keep

    def _by_text(self, text: str, cases: Mapping[str, Case]) -> Flags:
        keep: Flags = pc.match_substring(self._rings["ring_id"], text, ignore_case=True).to_numpy().copy()
        low = text.casefold()
        for name in self._typology.dictionary.to_pylist():
            if low in name or low in name.replace("_", " "):
                keep |= _equals(self._typology, name)
        for ring_id, case in cases.items():
            if ring_id in self._rows and (low in case.case_id or low in (case.assignee or "")):
                keep[self._rows[ring_id]] = True
        return keep


def _equals(column: pa.DictionaryArray, wanted: str) -> Flags:
    flags: Flags = np.array(pc.equal(column, wanted).fill_null(False).to_numpy(zero_copy_only=False), dtype=np.bool_)
    return flags


class Queues:
    """Indexes of the scans that were asked for last; a scan that was published anew is read anew.

    Parameters
    ----------
    reader : StoreReader
    """

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], QueueIndex] = {}

    def of(self, scan_id: str) -> QueueIndex:
        """Index of a scan."""
        digest = str(self._reader.store.manifest(scan_id)["tables"]["ring"]["sha256"])
        with self._lock:
            found = self._kept.pop((scan_id, digest), None)
            index = found or QueueIndex(self._reader.store.table("ring", scan_id))
            self._kept[scan_id, digest] = index
            while len(self._kept) > KEPT_SCANS:
                del self._kept[next(iter(self._kept))]
            return index
