"""The configuration of a scan: one TOML file, beaten by the environment, beaten by options."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from graphrisk.alerts.settings import AlertSettings
from graphrisk.lineage.settings import LineageSettings
from graphrisk.models.settings import ModelSettings
from graphrisk.neo4j.settings import Neo4jSettings, from_environment, settings_problems
from graphrisk.ring_metrics import MetricSettings
from graphrisk.rings.settings import HubSettings, PatternRules, RingSettings
from graphrisk.rings.wallets.settings import WalletSettings
from loaders import ConfigError, IdentifierSettings, LoadConfig, SourceConfig, check_sources, validate
from loaders.toml_file import read_toml
from loaders.validation import error_sentences

PREFIX = "GRAPHRISK_"
SECTIONS = (
    *("scan", "source", "identifiers", "hubs", "rings", "wallets", "model"),
    *("patterns", "lineage", "alerts", "metrics", "neo4j"),
)


class ScanSettings(BaseModel):
    """The table ``[scan]``.

    Parameters
    ----------
    name : str
    as_of : datetime, optional
        Only what was known strictly before is used; by default just after the newest time in the data.
    store : Path
        Folder of the results.
    seed : int
    threads : int, optional
        By default all; results do not depend on it.
    max_rejected_share : float
        A scan with a greater share of rejected rows fails.
    unlisted_accounts : {"add", "reject"}
        What to do with rows about accounts that no `accounts` source lists.
    memory_limit : str, optional
        Most memory of the reader, such as ``8GB``.
    temp_dir : Path, optional
        Where the reader spills to.
    checkpoints : bool
        Keep what is done in the store, so that a scan that is killed goes on where it was.
    check_room : bool
        Refuse at the start what memory or disk have no room for.
    incremental : bool
        Load only files that have come since the scan before; the result is that of a full scan.
    full_every : int
        Of so many loads in a row one is of all files all the same, and warns if what was merged was another.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = "scan"
    as_of: datetime | None = None
    store: Path = Path("store")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    threads: Annotated[int, Field(ge=1)] | None = None
    max_rejected_share: Annotated[float, Field(ge=0, le=1)] = 0.05
    unlisted_accounts: Literal["add", "reject"] = "add"
    memory_limit: str | None = None
    temp_dir: Path | None = None
    checkpoints: bool = True
    check_room: bool = True
    incremental: bool = False
    full_every: Annotated[int, Field(ge=1)] = 7

    @field_validator("as_of")
    @classmethod
    def _to_utc(cls, value: datetime | None) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ScanConfig(BaseModel):
    """Everything that a scan needs to know.

    Parameters
    ----------
    scan : ScanSettings
    source : list of SourceConfig
    identifiers : IdentifierSettings
    hubs : HubSettings
    rings : RingSettings
    wallets : WalletSettings
    model : ModelSettings
    patterns : PatternRules
    lineage : LineageSettings
    alerts : AlertSettings
    metrics : MetricSettings
    neo4j : Neo4jSettings
    base_dir : Path
        Where relative paths start.
    """

    model_config = ConfigDict(extra="forbid")

    scan: ScanSettings = Field(default_factory=ScanSettings)
    source: list[SourceConfig] = Field(min_length=1)
    identifiers: IdentifierSettings = Field(default_factory=IdentifierSettings)
    hubs: HubSettings = Field(default_factory=HubSettings)
    rings: RingSettings = Field(default_factory=RingSettings)
    wallets: WalletSettings = Field(default_factory=WalletSettings)
    model: ModelSettings = Field(default_factory=ModelSettings)
    patterns: PatternRules = Field(default_factory=PatternRules)
    lineage: LineageSettings = Field(default_factory=LineageSettings)
    alerts: AlertSettings = Field(default_factory=AlertSettings)
    metrics: MetricSettings = Field(default_factory=MetricSettings)
    neo4j: Neo4jSettings = Field(default_factory=Neo4jSettings)
    base_dir: Path = Path()

    @property
    def store(self) -> Path:
        """Folder of the results."""
        return self.base_dir / self.scan.store

    def load_config(self) -> LoadConfig:
        """Return the part that loaders read."""
        temp_dir = self.scan.temp_dir
        return LoadConfig(
            sources=self.source,
            identifiers=self.identifiers,
            max_rejected_share=self.scan.max_rejected_share,
            unlisted_accounts=self.scan.unlisted_accounts,
            base_dir=self.base_dir,
            memory_limit=self.scan.memory_limit,
            threads=self.scan.threads,
            temp_dir=None if temp_dir is None else self.base_dir / temp_dir,
        )


def read_config(
    path: str | Path, overrides: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> ScanConfig:
    """Read a configuration file.

    Parameters
    ----------
    path : str or Path
        Relative paths in it start at its folder.
    overrides : mapping, optional
        Keys of ``[scan]`` that options gave; None means not given. A relative `store` here starts at the current
        folder.
    environment : mapping, optional
        By default the process's. ``GRAPHRISK_SEED`` and so on beat the file and are beaten by `overrides`.

    Returns
    -------
    ScanConfig

    Raises
    ------
    ConfigError
        With everything that is wrong at once.
    """
    file = Path(path)
    data = _read(file, overrides, environment)
    problems = find_problems(data, file.name)
    if problems:
        raise ConfigError(problems)
    config = ScanConfig.model_validate(data | {"base_dir": file.parent})
    try:
        config.load_config()
    except ValidationError as error:
        raise ConfigError([f"{file.name}: scan: {item['msg']}" for item in error.errors()]) from error
    return config


def _read(
    file: Path, overrides: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The tables of a configuration file, with what the environment and options put into them."""
    data, known = read_toml(file), os.environ if environment is None else environment
    scan, neo4j = data.get("scan", {}), data.get("neo4j", {})
    if isinstance(scan, dict):
        data["scan"] = scan | _from_environment(known)
        data["scan"] |= {key: value for key, value in (overrides or {}).items() if value is not None}
    if isinstance(neo4j, dict):
        data["neo4j"] = neo4j | from_environment(known)
    return data


def check_config(path: str | Path) -> list[str]:
    """Say everything that is wrong with a configuration file and with the tables it names, before any row is read.

    Headers and file footers are read; a source whose own settings are wrong is not opened.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    list of str
        ``file: key: what is wrong; what to do``, empty if all is well.

    Raises
    ------
    ConfigError
        If the file is missing or is not TOML.
    """
    file = Path(path)
    data = _read(file)
    problems = find_problems(data, file.name)
    sources = data.get("source")
    for number, source in enumerate(sources if isinstance(sources, list) else [], start=1):
        if validate({"source": [source]}):
            continue
        config = LoadConfig(sources=[SourceConfig.model_validate(source)], base_dir=file.parent)
        problems += [f"{file.name}: source {number}: {found.partition(': ')[2]}" for found in check_sources(config)]
    return problems


def find_problems(data: Mapping[str, Any], file: str) -> list[str]:
    """Check every part of a configuration.

    Parameters
    ----------
    data : mapping
        The parsed TOML.
    file : str
        What problems call the file.

    Returns
    -------
    list of str
        ``file: key: what is wrong; what to do``, empty if all is well.
    """
    problems = [
        f"{file}: {key}: there is no such table; known are {', '.join(SECTIONS)}" for key in data if key not in SECTIONS
    ]
    problems += validate(data, file)
    parts: tuple[tuple[str, type[BaseModel]], ...] = (
        ("scan", ScanSettings),
        ("hubs", HubSettings),
        ("rings", RingSettings),
        ("wallets", WalletSettings),
        ("patterns", PatternRules),
        ("lineage", LineageSettings),
        ("alerts", AlertSettings),
        ("metrics", MetricSettings),
    )
    for key, model in parts:
        try:
            model.model_validate(data.get(key, {}))
        except ValidationError as error:
            problems += error_sentences(error, f"{file}: {key}", model)
            problems += [f"{file}: {key}: {item['msg']}" for item in error.errors() if not item["loc"]]
    return problems + settings_problems(data.get("neo4j", {}), f"{file}: neo4j")


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Keys of ``[scan]`` that the environment sets, read as TOML values where they are such, else as text."""
    out: dict[str, Any] = {}
    for key, field in ScanSettings.model_fields.items():
        text = environment.get(PREFIX + key.upper())
        if text is None or not text:
            continue
        out[key] = text
        if field.annotation is not str:
            try:
                out[key] = tomllib.loads(f"value = {text}")["value"]
            except tomllib.TOMLDecodeError:
                out[key] = text
        if key == "store":
            out[key] = str(Path(text).absolute())
    return out
