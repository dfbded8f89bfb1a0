"""A scan: from a configuration to the result tables, one stage after the other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from algorithms.times import MISSING_TIME
from gnn.transparent import Transparent
from graphrisk import __version__
from graphrisk.act_table import add_acts
from graphrisk.alerts.swallowed import Alert, find_alerts
from graphrisk.config import ScanConfig
from graphrisk.hubs import HubPolicy, find_hubs
from graphrisk.models.choice import Choice, choose_model, model_key
from graphrisk.pattern_tables import add_patterns
from graphrisk.result import ScanResult
from graphrisk.ring_metrics import ring_metrics, with_metrics
from graphrisk.rings.evidence import EvidenceWriter
from graphrisk.rings.history import find_history
from graphrisk.rings.links import find_ring_links
from graphrisk.rings.patterns.search import PatternSearch, search_patterns
from graphrisk.rings.search import Search, q_values, search, search_nulls
from graphrisk.rings.settings import HubSettings
from graphrisk.rings.sharing import find_sharing
from graphrisk.rings.value import amount_currency
from graphrisk.rings.what_if import CapChange, change_caps
from graphrisk.scan_tables import ScanTables
from graphrisk.stages import Progress, StageLog
from loaders import LoadResult, load
from loaders.identifiers import key_from_environment, normalise

NOT_IN_HASH = {"store", "threads", "memory_limit", "temp_dir", "base_dir", "name", "lineage", "alerts", "neo4j"}


def run_scan(
    config: ScanConfig,
    *,
    frames: Mapping[str, Any] | None = None,
    as_of: datetime | None = None,
    progress: Progress | None = None,
    dry_run: bool = False,
) -> ScanResult:
    """Load the data, find rings and make the result tables; nothing is published.

    Parameters
    ----------
    config : ScanConfig
    frames : mapping of str to DataFrame or pyarrow.Table, optional
        Frames that sources of the configuration name.
    as_of : datetime, optional
        Beats the configuration; only what was known strictly before is used.
    progress : callable, optional
        Called with a stage, rows done and rows in all (None where unknown).
    dry_run : bool
        Load and report the rows only; the ring tables stay empty.

    Returns
    -------
    ScanResult

    Raises
    ------
    ConfigError, InputError
        If the configuration or the data cannot be used.
    """
    began = datetime.now(UTC)
    log = StageLog(progress)
    with log.stage("load") as stage:
        loaded = load(config.load_config(), frames=frames, as_of=as_of or config.scan.as_of, progress=progress)
        stage.rows = sum(loaded.row_counts.values())
    scan_id = make_scan_id(config, loaded)
    tables = ScanTables(scan_id, loaded)
    alerts: list[Alert] = []
    manifest = {"as_of": loaded.as_of.isoformat(), "code_version": __version__, "config_hash": config_hash(config)}
    if not dry_run:
        found, policy, choice = find_rings(config, loaded, log)
        nulls = _find_nulls(found, config, log)
        changes = _what_if(config, loaded, found, log)
        patterns = _find_patterns(config, loaded, found, log)
        with log.stage("evidence") as stage:
            q = q_values(found, nulls)
            links = find_ring_links(found, config.rings)
            writer = EvidenceWriter(found, links, q, config.rings.q_value)
            tables.add_rings(found, q, links, writer, config.rings)
            tables.add_entities(found, config.rings)
            currency = amount_currency(loaded.graph.transfers)
            add_patterns(tables, patterns, found.sharing, found.history, config.rings, currency)
            add_acts(tables, loaded.graph, found.sharing, found.history, config.rings)
            tables.add_hubs(found, policy)
            alerts = find_alerts(found, tables.ring_ids, config.rings)
            tables.add_metrics(found, nulls, changes, patterns)
            stage.rows = len(found.chosen) + len(patterns.rings)
    tables.add_scan(
        began=began,
        config_hash=config_hash(config),
        seed=config.scan.seed,
        stages=log.stages,
        status="dry_run" if dry_run else "done",
        alerts=alerts,
    )
    finished: dict[str, pa.Table] = tables.finish()
    if not dry_run:
        finished = with_metrics(finished, ring_metrics(finished, loaded.labels, config.metrics))
        manifest |= {"model": choice.model.name, "model_reason": choice.reason}
    return ScanResult(scan_id, finished, loaded.graph, [alert.text for alert in alerts], manifest)


def find_rings(config: ScanConfig, loaded: LoadResult, log: StageLog) -> tuple[Search, HubPolicy, Choice]:
    """Search the data.

    Parameters
    ----------
    config : ScanConfig
    loaded : LoadResult
    log : StageLog

    Returns
    -------
    found : Search
    policy : HubPolicy
    choice : Choice
        The model that scored, and why it did.
    """
    graph, seed = loaded.graph, config.scan.seed
    with log.stage("sharing") as stage:
        sharing = find_sharing(graph, with_wallets="wallet" in config.rings.member_types)
        history = find_history(graph, sharing, config.rings)
        stage.rows = len(sharing.row_signals)
    with log.stage("hubs") as stage:
        policy = find_hubs(graph, sharing, comparable(config), loaded.labels)
        stage.rows = sharing.n_signals
    with log.stage("rings") as stage:
        choice = choose_model(config.model.name, config.store, history, sharing)
        found = search(sharing, policy, history, config.rings, choice.model, seed)
        stage.rows = len(found.affinity)
    return found, policy, choice


def _find_nulls(found: Search, config: ScanConfig, log: StageLog) -> list[Search]:
    """Search the null model, beside the data."""
    with log.stage("null model") as stage:
        nulls = search_nulls(found, config.rings, config.scan.seed)
        stage.rows = sum(len(null.affinity) for null in nulls)
    return nulls


def _find_patterns(config: ScanConfig, loaded: LoadResult, found: Search, log: StageLog) -> PatternSearch:
    """Seek patterns of laundering, if transfers have times."""
    seconds = loaded.graph.transfers.seconds
    if seconds is None or not (seconds != MISSING_TIME).any() or not config.patterns.search:
        return PatternSearch([], np.empty(0))
    with log.stage("patterns") as stage:
        least = config.rings.levels(Transparent.levels).least
        patterns = search_patterns(loaded.graph, found.sharing, found.policy, config.patterns, config.scan.seed, least)
        stage.rows = len(loaded.graph.transfers)
    return patterns


def comparable(config: ScanConfig) -> HubSettings:
    """Hub settings whose known ids have the form that loading gave to all ids: normalised, and hashed if wished."""
    secret = config.identifiers.hash_key_env
    key = None if secret is None else key_from_environment(secret)
    known = {
        kind: normalise(kind, pa.array(ids, pa.large_string()), config.identifiers, key).names.drop_null().to_pylist()
        for kind, ids in config.hubs.known.items()
    }
    return config.hubs.model_copy(update={"known": known})


def _what_if(config: ScanConfig, loaded: LoadResult, found: Search, log: StageLog) -> list[CapChange]:
    """Search again at half and double the caps, if asked to."""
    if not config.hubs.what_if:
        return []
    with log.stage("half and double caps") as stage:
        changes = [
            change_caps(loaded.graph, found, config.rings, config.scan.seed, factor, loaded.labels)
            for factor in (0.5, 2.0)
        ]
        stage.rows = sum(change.n_rings for change in changes)
    return changes


def config_hash(config: ScanConfig) -> str:
    """Hash of everything in a configuration that can change a result."""
    # where results go to afterwards changes none of them
    settings = config.model_dump(mode="json", exclude_none=True, exclude={"neo4j"})

    def cleaned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: cleaned(inner) for key, inner in sorted(value.items()) if key not in NOT_IN_HASH}
        return [cleaned(inner) for inner in value] if isinstance(value, list) else value

    return hashlib.sha256(json.dumps(cleaned(settings), sort_keys=True).encode()).hexdigest()


def make_scan_id(config: ScanConfig, loaded: LoadResult) -> str:
    """Name a scan by its moment and by all that it depends on, so that the same scan has the same name."""
    model = model_key(config.model.name, config.store)
    parts = (
        config_hash(config),
        loaded.input_hash,
        __version__,
        str(config.scan.seed),
        loaded.as_of.isoformat(),
        model,
    )
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"{loaded.as_of:%Y%m%dT%H%M%SZ}-{digest[:8]}"
