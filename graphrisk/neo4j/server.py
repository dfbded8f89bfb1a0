"""A connection that outlives deadlocks, lost connections and a server that is started anew."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from graphrisk.neo4j.settings import Neo4jSettings, WritebackError
from loaders.config import InputError
from loaders.neo4j import PASSWORDS, open_driver, sentence

T = TypeVar("T")
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.05, 2.0


class Server:
    """One database of a Neo4j server.

    Parameters
    ----------
    driver : neo4j.Driver
    settings : Neo4jSettings
    """

    def __init__(self, driver: Any, settings: Neo4jSettings) -> None:
        self._driver = driver
        self._settings = settings

    @classmethod
    @contextmanager
    def connect(cls, settings: Neo4jSettings) -> Generator[Server, None, None]:
        """Connect, and tell what goes wrong until the block ends in one sentence.

        Raises
        ------
        WritebackError
        """
        try:
            # notifications would tell at each first look that there is no such label yet
            driver = open_driver(settings.uri, settings.user, what="write-backs", notifications_min_severity="OFF")
        except InputError as error:
            raise WritebackError(str(error)) from error
        from neo4j.exceptions import AuthError, DriverError, Neo4jError

        with driver:
            try:
                yield cls(driver, settings)
            except AuthError as error:
                hint = f"check `user` and the environment variable {PASSWORDS[0]}"
                raise WritebackError(
                    f"Neo4j at {settings.uri} refused the login of {settings.user!r}; {hint}"
                ) from error
            except (DriverError, Neo4jError) as error:
                raise WritebackError(f"Neo4j at {settings.uri}: {sentence(error)}") from error

    def write(self, work: Callable[[Any], T]) -> T:
        """Run work in one transaction, again if it may not have ended; it must bear being run twice.

        If a commit was done and its answer lost, what comes back is of the second run: it counts no change.
        """

        def once() -> T:
            with self._session() as session, session.begin_transaction() as transaction:
                result = work(transaction)
                transaction.commit()
            return result

        return self._retry(once)

    def read(self, query: str, **parameters: Any) -> list[Any]:
        """Records of a query that changes nothing."""

        def once() -> list[Any]:
            with self._session(default_access_mode="READ") as session:
                return list(session.run(query, parameters))

        return self._retry(once)

    def run(self, query: str, **parameters: Any) -> Any:
        """Run a query that keeps its own transactions; gives its counters. It must bear being run twice."""

        def once() -> Any:
            with self._session() as session:
                return session.run(query, parameters).consume().counters

        return self._retry(once)

    def _session(self, **options: Any) -> Any:
        return self._driver.session(database=self._settings.database, **options)

    def _retry(self, once: Callable[[], T]) -> T:
        from neo4j.exceptions import DriverError, IncompleteCommit, Neo4jError

        delay, deadline = FIRST_DELAY_SECONDS, None
        while True:
            try:
                return once()
            except (DriverError, Neo4jError) as error:
                now = time.monotonic()
                deadline = deadline or now + self._settings.retry_seconds
                # the driver does not say so of a commit whose answer was lost, since it may be done; ours may be twice
                may_go_again = error.is_retryable() or isinstance(error, IncompleteCommit)
                if not may_go_again or now >= deadline:
                    raise
                time.sleep(min(delay * random.uniform(0.5, 1.5), max(deadline - now, 0)))
                delay = min(2 * delay, LONGEST_DELAY_SECONDS)
