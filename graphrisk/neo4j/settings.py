"""What a user says about their Neo4j: the table ``[neo4j]``, the environment, options."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from graphrisk.neo4j.names import TYPES, check_name, find_clashes, known_names
from loaders import ConfigError
from loaders.neo4j import check_uri
from loaders.toml_file import read_toml
from loaders.validation import error_sentences

PREFIX = "GRAPHRISK_NEO4J_"
DATABASE = re.compile(r"[A-Za-z][A-Za-z0-9.-]{2,62}")


class WritebackError(Exception):
    """A write-back that cannot be done or did not end; the results store is untouched."""


class NodeKey(BaseModel):
    """How the nodes of one entity type are found.

    Parameters
    ----------
    label : str
    key : str
        The property that holds the id.
    number : bool
        The property is a whole number, not a text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    key: str
    number: bool = False

    @field_validator("label", "key")
    @classmethod
    def _is_name(cls, value: str) -> str:
        return check_name(value)


class Neo4jSettings(BaseModel):
    """The table ``[neo4j]``; the password stands in ``GRAPHRISK_NEO4J_PASSWORD`` or ``NEO4J_PASSWORD`` instead.

    Parameters
    ----------
    uri : str
    user : str
    database : str
    mode : {"mirror", "attach"}
        `mirror` writes accounts, signals and links as well; `attach` hangs rings on nodes that are there.
    write : bool
        Write back after each scan.
    nodes : dict of str to NodeKey
        Entity type to its label and key. `attach` needs `account` and passes over the types that are not named;
        `mirror` calls the others ``(:Device {deviceId})`` and so on.
    names : dict of str to str
        Our labels, relationship types and properties by other names: ``{ FraudRing = "Ring", ringId = "id" }``.
    links : dict of str to str
        Signal type to the relationship type of its links, beside the built-in ones.
    batch_rows : int
        Rows per transaction.
    sessions : int
        Transactions at a time.
    retry_seconds : float
        How long a lost connection or a deadlock is tried again.
    """

    model_config = ConfigDict(extra="forbid")

    uri: str = "bolt://localhost:7687"
    user: Annotated[str, Field(min_length=1)] = "neo4j"
    database: str = "neo4j"
    mode: Literal["mirror", "attach"] = "mirror"
    write: bool = False
    nodes: dict[str, NodeKey] = Field(default_factory=dict)
    names: dict[str, str] = Field(default_factory=dict)
    links: dict[str, str] = Field(default_factory=dict)
    batch_rows: Annotated[int, Field(ge=1, le=200_000)] = 10_000
    sessions: Annotated[int, Field(ge=1, le=16)] = 2
    retry_seconds: Annotated[float, Field(ge=0)] = 60.0

    @field_validator("uri")
    @classmethod
    def _is_uri(cls, value: str) -> str:
        return check_uri(value)

    @field_validator("database")
    @classmethod
    def _is_database(cls, value: str) -> str:
        if not DATABASE.fullmatch(value):
            raise ValueError("a database name is 3 to 63 letters, digits, dots and dashes, the first a letter")
        return value

    @field_validator("names", "links")
    @classmethod
    def _are_names(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value.values():
            check_name(name)
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if unknown := sorted(set(self.names) - known_names()):
            raise ValueError(f"`names` must rename labels, types or properties of ours, got {', '.join(unknown)}")
        if clashes := find_clashes(self.names, [node.label for node in self.nodes.values()]):
            raise ValueError(f"`names` and `nodes` must keep different things apart, got twice {', '.join(clashes)}")
        reserved = {self.names.get(kind, kind) for kind in TYPES}
        if taken := sorted(reserved & set(self.links.values())):
            raise ValueError(f"`links` must not use the types of rings, got {', '.join(taken)}")
        if self.mode == "mirror" and any(node.number for node in self.nodes.values()):
            raise ValueError("`number` belongs to nodes that are there, in mode `attach`; take it away")
        if self.mode == "attach" and "account" not in self.nodes:
            raise ValueError('mode `attach` needs `nodes.account`, such as { label = "Customer", key = "customerId" }')
        return self


def read_settings(
    path: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Neo4jSettings:
    """Read the settings of a write-back.

    Parameters
    ----------
    path : Path, optional
        A scan configuration; only its table ``[neo4j]`` is read.
    overrides : mapping, optional
        What options gave; None means not given.
    environment : mapping, optional
        By default the process's; ``GRAPHRISK_NEO4J_URI`` and so on beat the file and are beaten by `overrides`.

    Raises
    ------
    ConfigError
        With everything that is wrong at once.
    """
    data = {} if path is None else read_toml(path).get("neo4j", {})
    place = "neo4j" if path is None else f"{path.name}: neo4j"
    if not isinstance(data, dict):
        raise ConfigError([f"{place}: must be a table that begins with [neo4j], got {data!r}"])
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    data = data | from_environment(os.environ if environment is None else environment) | given
    if problems := settings_problems(data, place):
        raise ConfigError(problems)
    return Neo4jSettings.model_validate(data)


def from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Keys of ``[neo4j]`` that the environment sets."""
    found = {key: environment.get(PREFIX + key.upper()) for key in ("uri", "user", "database", "mode")}
    return {key: value for key, value in found.items() if value}


def settings_problems(data: Any, place: str) -> list[str]:
    """Say everything that is wrong with a table ``[neo4j]``."""
    try:
        Neo4jSettings.model_validate(data)
    except ValidationError as error:
        problems = error_sentences(error, place, Neo4jSettings)
        return problems + [f"{place}: {item['msg']}" for item in error.errors() if not item["loc"]]
    return []
