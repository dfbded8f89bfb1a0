"""A connection that breaks around a commit: whether it was done is not known, so the work is done again."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import closing, suppress
from urllib.parse import urlsplit

import pytest
from _scans import many_rings, write_scan

from graphrisk.neo4j.writeback import write_back

pytestmark = pytest.mark.neo4j
COMMIT = b"\x00\x02\xb0\x12\x00\x00"  # one chunk of two bytes: a structure without fields, COMMIT (Bolt, Messages)


def _cut(connection):
    """End it for whoever waits on it, too; `close` alone does not wake them."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class CuttingProxy:
    """Stands between driver and server, and breaks the connection at one commit.

    Parameters
    ----------
    uri : str
        Of the server.
    number : int
        Which commit, from zero.
    handed_on : bool
        Whether the server still gets it, and does it.
    """

    def __init__(self, uri, number, handed_on):
        where = urlsplit(uri)
        self._server = (where.hostname, where.port)
        self._left, self._handed_on, self._lock = number, handed_on, threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.uri = f"bolt://127.0.0.1:{self._listening.getsockname()[1]}"
        self.n_cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listening.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            for source, target, watch in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass_on, args=(source, target, watch), daemon=True).start()

    def _pass_on(self, source, target, watch):
        try:
            while data := source.recv(1 << 16):
                if watch and data.endswith(COMMIT) and self._is_the_one():
                    _cut(source)
                    if self._handed_on:
                        target.sendall(data)
                        time.sleep(0.3)  # to do it, before the server sees that the driver is gone
                    break
                target.sendall(data)
        except OSError:
            pass
        _cut(source)
        _cut(target)

    def _is_the_one(self):
        with self._lock:
            self._left -= 1
            self.n_cuts += self._left == -1
            return self._left == -1


@pytest.mark.parametrize("handed_on", [False, True], ids=["commit lost", "answer lost"])
def test_a_commit_whose_answer_was_lost_is_done_again_with_nothing_twice(database, settings, tmp_path, handed_on):
    store = write_scan(tmp_path / "store", "s1", many_rings(60))
    write_back(store, settings())
    expected = database.dump()
    number = 0
    while True:
        database.empty()
        proxy = CuttingProxy(settings().uri, number, handed_on)
        with closing(proxy):
            write_back(store, settings(uri=proxy.uri, retry_seconds=30))
        assert database.dump() == expected
        if not proxy.n_cuts:
            break
        number += 1
    assert number > 3  # each commit of a write-back was cut once
    assert not write_back(store, settings()).changed
