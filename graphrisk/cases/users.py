"""People who may use the page: their roles and their passwords, which are kept as Argon2 hashes only."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Literal

from graphrisk.cases.book import clean_actor
from graphrisk.cases.chain import append
from graphrisk.cases.database import CaseDatabase, CaseError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

Role = Literal["viewer", "investigator", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "investigator", "admin")
"""Each may do what those before it may: look; work on cases and see identifiers; read the audit."""

LEAST_PASSWORD, LONGEST_PASSWORD = 12, 1000
NEEDS_EXTRA = "the page needs `pip install graphrisk[serve]`"


@dataclass(frozen=True)
class User:
    """A person.

    Parameters
    ----------
    name : str
    role : {"viewer", "investigator", "admin"}
    has_password : bool
        Without one only a trusted proxy can say that it is them.
    """

    name: str
    role: Role
    has_password: bool = False

    def may(self, role: Role) -> bool:
        """Whether the person may do what a role may."""
        return ROLES.index(self.role) >= ROLES.index(role)


class Users:
    """The users of a store.

    Parameters
    ----------
    database : CaseDatabase
    """

    def __init__(self, database: CaseDatabase) -> None:
        self._database = database

    def all(self) -> list[User]:
        """Everybody, by name."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT name, role, password_hash FROM user ORDER BY name").fetchall()
        return [User(row["name"], row["role"], row["password_hash"] is not None) for row in rows]

    def get(self, name: str) -> User | None:
        """One of them."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT name, role, password_hash FROM user WHERE name = ?", (name,)).fetchone()
        return None if row is None else User(row["name"], row["role"], row["password_hash"] is not None)

    def put(self, name: str, role: str, password: str | None, *, actor: str) -> User:
        """Add a person, or give them another role or password; the log keeps who did it.

        Raises
        ------
        CaseError
            If the name, the role or the password will not do.
        """
        known = clean_actor(name)
        if role not in ROLES:
            raise CaseError(f"a role must be one of {', '.join(ROLES)}, got {role!r}")
        if password is not None and not LEAST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise CaseError(f"a password must have {LEAST_PASSWORD} to {LONGEST_PASSWORD} characters")
        hashed = None if password is None else hash_password(password)
        with self._database.writing() as connection:
            before = connection.execute("SELECT role FROM user WHERE name = ?", (known,)).fetchone()
            connection.execute("INSERT OR REPLACE INTO user VALUES (?, ?, ?)", (known, role, hashed))
            old = None if before is None else f"{known} {before['role']}"
            how = "without a password" if hashed is None else "with a password"
            append(
                connection,
                "user_set",
                clean_actor(actor),
                at=datetime.now(UTC),
                old=old,
                new=f"{known} {role}",
                note=how,
            )
        return User(known, ROLES[ROLES.index(role)], hashed is not None)

    def remove(self, name: str, *, actor: str) -> None:
        """Take a person out; what they did stays in the log.

        Raises
        ------
        CaseError
            If there is no such person.
        """
        known = clean_actor(name)
        with self._database.writing() as connection:
            row = connection.execute("SELECT role FROM user WHERE name = ?", (known,)).fetchone()
            if row is None:
                raise CaseError(f"there is no user {known!r}")
            connection.execute("DELETE FROM user WHERE name = ?", (known,))
            who = clean_actor(actor)
            append(connection, "user_removed", who, at=datetime.now(UTC), old=f"{known} {row['role']}")

    def check(self, name: str, password: str) -> User | None:
        """The person, if the password is theirs; takes as long for a name that nobody bears."""
        try:
            known = clean_actor(name)
        except CaseError:
            known = ""
        with self._database.reading() as connection:
            row = connection.execute("SELECT role, password_hash FROM user WHERE name = ?", (known,)).fetchone()
        hashed = None if row is None else row["password_hash"]
        fits = is_password(password[: LONGEST_PASSWORD + 1], hashed or _nobodys())
        return User(known, row["role"], True) if fits and hashed is not None else None


def hash_password(password: str) -> str:
    """Hash a password with Argon2id and a salt of its own."""
    return str(_hasher().hash(password))


def is_password(password: str, hashed: str) -> bool:
    """Whether a hash is that of a password."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        return bool(_hasher().verify(hashed, password))
    except (Argon2Error, InvalidHashError, UnicodeError):
        return False


def _hasher() -> PasswordHasher:
    try:
        from argon2 import PasswordHasher
    except ImportError as error:
        raise CaseError(NEEDS_EXTRA) from error
    return PasswordHasher()


@cache
def _nobodys() -> str:
    """Hash of a password that nobody knows, so that unknown names cost the same."""
    return hash_password(secrets.token_hex())
