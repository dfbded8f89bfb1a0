"""Batches side by side, each of them exactly once, however often the write-back or the server dies.

Each lane has a node that holds how many of its batches are in. A batch and the new number are one transaction, which
begins by locking the node and looking at the number: what is in is passed over. So plain CREATE does what would
otherwise need MERGE, and a commit whose answer was lost is not done again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any

from graphrisk.neo4j import queries
from graphrisk.neo4j.names import Cypher
from graphrisk.neo4j.plan import Step
from graphrisk.neo4j.server import Server
from graphrisk.neo4j.settings import WritebackError
from graphrisk.stages import Progress


class Lanes:
    """Runs steps of one scan.

    Parameters
    ----------
    server : Server
    cypher : Cypher
    scan_id : str
    n_lanes : int
    progress : callable, optional
    """

    def __init__(self, server: Server, cypher: Cypher, scan_id: str, n_lanes: int, progress: Progress | None) -> None:
        self._server, self._scan_id, self._n_lanes = server, scan_id, n_lanes
        self._lock_query, self._advance_query = cypher(queries.LOCK_LANE), cypher(queries.ADVANCE_LANE)
        self._progress = progress
        self._stop = threading.Event()
        self._counting = threading.Lock()
        self._done = [0] * n_lanes
        self.n_skipped = 0
        """Batches that were in already."""

    def run(self, steps: list[Step]) -> None:
        """Run all steps one after the other, the batches of each side by side."""
        for step in steps:
            n_lanes = self._n_lanes if step.apart else 1
            self._run_step(step, [range(lane, len(step.bounds) - 1, n_lanes) for lane in range(n_lanes)])

    def _run_step(self, step: Step, shares: list[range]) -> None:
        told = 0

        def tell(n_rows: int) -> None:
            nonlocal told
            with self._counting:
                told += n_rows
                if self._progress is not None:
                    self._progress(step.name, told, step.n_rows)

        tell(0)
        if len(shares) == 1:
            self._run_share(0, step, shares[0], tell)
            return
        pool = ThreadPoolExecutor(len(shares), thread_name_prefix="graphrisk-neo4j")
        try:
            lanes = [pool.submit(self._run_share, lane, step, share, tell) for lane, share in enumerate(shares)]
            for lane in wait(lanes, return_when=FIRST_EXCEPTION).done:
                lane.result()
        except BaseException:
            # the other lanes end after the batch they are at; whoever interrupted us does not wait for them
            self._stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()

    def _run_share(self, lane: int, step: Step, share: range, tell: Callable[[int], None]) -> None:
        for number, parameters in zip(share, step.batches(share), strict=True):
            if self._stop.is_set():
                return
            self._write(lane, step, parameters)
            tell(int(step.bounds[number + 1] - step.bounds[number]))

    def _write(self, lane: int, step: Step, parameters: dict[str, Any]) -> None:
        """Write one batch unless it is in; batches of a lane are numbered through all steps."""
        number, name = self._done[lane], f"{self._scan_id}/{lane}"

        def work(transaction: Any) -> bool:
            held = transaction.run(self._lock_query, lane=name).single()
            if held is None:
                raise WritebackError(
                    "another write-back of this scan has ended meanwhile; run it again to see its state"
                )
            if held["done"] > number:
                return False
            counters = transaction.run(step.query, parameters, scanId=self._scan_id).consume().counters
            n_written = counters.relationships_created
            transaction.run(self._advance_query, lane=name, done=number + 1, nWritten=n_written).consume()
            return True

        if not self._server.write(work):
            with self._counting:
                self.n_skipped += 1
        self._done[lane] = number + 1
