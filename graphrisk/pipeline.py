"""A scan: from a configuration to the result tables, one stage after the other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from algorithms.times import MISSING_TIME
from gnn.blended_trees import BlendedTrees
from gnn.transparent import Transparent
from graphrisk import __version__
from graphrisk.act_table import add_acts
from graphrisk.alerts.swallowed import Alert, find_alerts
from graphrisk.audit.metrics import audit_metrics
from graphrisk.case_metrics import case_metrics
from graphrisk.checkpoints.folder import Checkpoints
from graphrisk.checkpoints.keys import load_key, search_key
from graphrisk.checkpoints.parts import CHANGE, LOAD, NULL, keep_search
from graphrisk.config import ScanConfig
from graphrisk.hubs import HubPolicy, find_hubs
from graphrisk.incremental import KeptLoad
from graphrisk.models.choice import Choice, choose_model, model_key
from graphrisk.pattern_tables import add_patterns
from graphrisk.result import ScanResult
from graphrisk.ring_metrics import Row, ring_metrics, with_metrics
from graphrisk.rings.evidence import EvidenceWriter
from graphrisk.rings.history import find_history
from graphrisk.rings.links import find_ring_links
from graphrisk.rings.network_reader import NetworkReader
from graphrisk.rings.patterns.drawn import drawn_by_growth, drawn_by_transfers
from graphrisk.rings.patterns.growth.acts import make_acts
from graphrisk.rings.patterns.growth.search import GrowthSearch, search_growth
from graphrisk.rings.patterns.search import PatternSearch, search_patterns
from graphrisk.rings.removal import removals
from graphrisk.rings.search import NullDraw, Search, count_draws, q_values, search_null
from graphrisk.rings.settings import GROWTH_NAMES, PATTERN_NAMES, HubSettings
from graphrisk.rings.sharing import find_sharing
from graphrisk.rings.value import amount_currency
from graphrisk.rings.wallets.build import WalletLinks, find_wallet_links
from graphrisk.rings.wallets.services import find_services
from graphrisk.rings.wallets.settings import EXCHANGE
from graphrisk.rings.what_if import CapChange, change_caps
from graphrisk.scan_tables import ScanTables
from graphrisk.stages import Progress, StageLog
from loaders import LoadConfig, LoadResult, load
from loaders.identifiers import key_from_environment, normalise

NOT_IN_HASH = {"store", "threads", "memory_limit", "temp_dir", "base_dir", "name", "lineage", "alerts", "neo4j"}
NOT_IN_HASH |= {"checkpoints", "check_room", "incremental", "full_every"}


def run_scan(
    config: ScanConfig,
    *,
    frames: Mapping[str, Any] | None = None,
    as_of: datetime | None = None,
    progress: Progress | None = None,
    dry_run: bool = False,
    kept: Checkpoints | None = None,
    before: KeptLoad | None = None,
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
    kept : Checkpoints, optional
        What a scan that was killed has left, and where this one leaves what it has done; by default nothing is kept.
    before : KeptLoad, optional
        What the load of the scan before has left, and where this one leaves the same; by default all is loaded.

    Returns
    -------
    ScanResult

    Raises
    ------
    ConfigError, InputError
        If the configuration or the data cannot be used.
    """
    began = datetime.now(UTC)
    log, kept, before = StageLog(progress), kept or Checkpoints(), before or KeptLoad()
    with log.stage("load") as stage:
        loaded = _load(config, frames, as_of or config.scan.as_of, progress, kept, before)
        stage.rows = sum(loaded.row_counts.values())
    scan_id = make_scan_id(config, loaded)
    if kept.active:
        model = model_key(config.model.name, config.store)
        kept.begin("search", search_key(config_hash(config), loaded, config.scan.seed, model))
    tables = ScanTables(scan_id, loaded)
    alerts: list[Alert] = []
    manifest: dict[str, Any] = {
        "as_of": loaded.as_of.isoformat(),
        "code_version": __version__,
        "config_hash": config_hash(config),
        "n_unlisted_accounts": loaded.n_unlisted_accounts,
    }
    if not dry_run:
        found, policy, choice = find_rings(config, loaded, log, kept)
        nulls = _find_nulls(found, config, log, kept)
        changes = _what_if(config, loaded, found, log, kept)
        patterns = _find_patterns(config, loaded, found, log)
        growth = _find_growth(config, loaded, found, log)
        with log.stage("evidence") as stage:
            q = q_values(found, nulls)
            links = find_ring_links(found, config.rings)
            left = removals(found, links, config.rings)
            writer = EvidenceWriter(found, links, q, left, config.rings)
            tables.add_rings(found, q, links, left, writer, config.rings)
            tables.add_entities(found, config.rings)
            limit, currency = config.rings.q_value, amount_currency(loaded.graph.transfers)
            for drawn in (
                drawn_by_transfers(patterns, limit, found.sharing, currency),
                drawn_by_growth(growth, limit, found.sharing, currency),
            ):
                add_patterns(tables, drawn, found.sharing, found.history, config.rings)
            add_acts(tables, loaded.graph, found.sharing, found.history, config.rings)
            tables.add_hubs(found, policy)
            alerts = find_alerts(found, tables.ring_ids, config.rings)
            tables.add_metrics(found, nulls, changes, patterns, growth)
            stage.rows = len(found.chosen) + len(patterns.rings) + len(growth.rings)
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
        finished = with_metrics(finished, _reviewed(config, loaded))
        manifest |= {"model": choice.model.name, "model_reason": choice.reason}
    manifest |= before.facts
    if kept.used:
        manifest["stages_of_killed_scan"] = kept.used
    return ScanResult(scan_id, finished, loaded.graph, [alert.text for alert in alerts], manifest)


def _load(
    config: ScanConfig,
    frames: Mapping[str, Any] | None,
    as_of: datetime | None,
    progress: Progress | None,
    kept: Checkpoints,
    before: KeptLoad,
) -> LoadResult:
    """Load the data, all or what is new, or take what a killed scan had loaded of the same files."""
    settings, transactions = config.load_config(), config.wallets.needs_transactions

    def read(narrowed: LoadConfig, moment: datetime | None) -> LoadResult:
        return load(narrowed, frames=frames, as_of=moment, progress=progress, transactions=transactions)

    # rows of one transaction may come in several files
    if not transactions and before.keeps(settings):
        return before.load(settings, as_of, read)  # what it keeps is a checkpoint too
    key = load_key(settings, as_of, transactions) if kept.active else None
    kept.begin("load", key)
    return kept.keep(
        "load",
        LOAD,
        partial(read, settings, as_of),
        # files that changed while they were read belong to no key
        sure=lambda: load_key(settings, as_of, transactions) == key,
    )


def _reviewed(config: ScanConfig, loaded: LoadResult) -> list[Row]:
    """Metrics of what people judged since: the store's cases, and its audits by the labels."""
    bad, good = config.metrics.bad_labels, config.metrics.good_labels
    return case_metrics(config.store, loaded.as_of) + audit_metrics(config.store, loaded.labels, bad, good)


def find_rings(
    config: ScanConfig,
    loaded: LoadResult,
    log: StageLog,
    kept: Checkpoints | None = None,
) -> tuple[Search, HubPolicy, Choice]:
    """Search the data.

    Parameters
    ----------
    config : ScanConfig
    loaded : LoadResult
    log : StageLog
    kept : Checkpoints, optional

    Returns
    -------
    found : Search
    policy : HubPolicy
    choice : Choice
        The model that scored, and why it did.
    """
    graph = loaded.graph
    with log.stage("sharing") as stage:
        hubs = comparable(config)
        with_wallets = "wallet" in config.rings.member_types
        sharing = find_sharing(graph, with_wallets=with_wallets, wallet_links=_link_wallets(config, hubs, loaded))
        history = find_history(graph, sharing, config.rings)
        stage.rows = len(sharing.row_signals)
    with log.stage("hubs") as stage:
        policy = find_hubs(graph, sharing, hubs, loaded.labels)
        stage.rows = sharing.n_signals
    with log.stage("rings") as stage:
        choice = choose_model(config.model.name, config.store, history, sharing, bool(config.wallets.links))
        reader = None
        if isinstance(choice.model, BlendedTrees):
            reader = NetworkReader(graph, loaded.as_of, choice.model.network)
            if unknown := reader.unknown():
                choice = replace(choice, reason=f"the network has not learned from {', '.join(unknown)}")
        found = keep_search(kept or Checkpoints(), sharing, policy, history, config.rings, choice.model, reader)
        stage.rows = len(found.affinity)
    return found, policy, choice


def _link_wallets(config: ScanConfig, hubs: HubSettings, loaded: LoadResult) -> WalletLinks:
    """Make the links between wallets that the configuration names."""
    if not config.wallets.links:
        return WalletLinks.none()
    exchanges = as_loaded(config, "wallet", config.wallets.exclude.get(EXCHANGE, []))
    services, exchange = find_services(loaded.graph, hubs, exchanges, loaded.labels)
    return find_wallet_links(loaded.graph, config.wallets, services, exchange)


def _find_nulls(found: Search, config: ScanConfig, log: StageLog, kept: Checkpoints) -> list[NullDraw]:
    """Search the null model, beside the data."""
    with log.stage("null model") as stage:
        nulls = [
            kept.keep(f"null {draw}", NULL, partial(search_null, found, config.rings, config.scan.seed + draw))
            for draw in range(count_draws(found, config.rings))
        ]
        stage.rows = sum(null.n_pairs for null in nulls)
    return nulls


def _find_patterns(config: ScanConfig, loaded: LoadResult, found: Search, log: StageLog) -> PatternSearch:
    """Seek patterns of laundering, if transfers have times."""
    seconds = loaded.graph.transfers.seconds
    if seconds is None or not (seconds != MISSING_TIME).any() or not set(config.patterns.search) & set(PATTERN_NAMES):
        return PatternSearch([], np.empty(0))
    with log.stage("patterns") as stage:
        least = config.rings.levels(Transparent.levels).least
        patterns = search_patterns(loaded.graph, found.sharing, found.policy, config.patterns, config.scan.seed, least)
        stage.rows = len(loaded.graph.transfers)
    return patterns


def _find_growth(config: ScanConfig, loaded: LoadResult, found: Search, log: StageLog) -> GrowthSearch:
    """Seek patterns of growth abuse, if any is asked for."""
    if not set(config.patterns.search) & set(GROWTH_NAMES):
        return GrowthSearch([])
    with log.stage("growth") as stage:
        rules = config.patterns
        acts = make_acts(
            loaded.graph, found.sharing, found.policy, found.history, config.rings.bonus_events, rules.dormant_days
        )
        growth = search_growth(acts, rules, config.rings.levels(Transparent.levels).least)
        stage.rows = len(acts)
    return growth


def comparable(config: ScanConfig) -> HubSettings:
    """Hub settings whose known ids have the form that loading gave to all ids, with the wallets of services."""
    known = {kind: as_loaded(config, kind, ids) for kind, ids in config.hubs.known.items()}
    services = [wallet for ids in config.wallets.exclude.values() for wallet in ids]
    if services:
        known["wallet"] = [*known.get("wallet", []), *as_loaded(config, "wallet", services)]
    return config.hubs.model_copy(update={"known": known})


def as_loaded(config: ScanConfig, kind: str, ids: list[str]) -> list[str]:
    """Ids as loading writes them: normalised, and hashed if wished; those that stand for "unknown" are left out."""
    secret = config.identifiers.hash_key_env
    key = None if secret is None else key_from_environment(secret)
    names = normalise(kind, pa.array(ids, pa.large_string()), config.identifiers, key).names
    return [str(name) for name in names.drop_null().to_pylist()]


def _what_if(
    config: ScanConfig, loaded: LoadResult, found: Search, log: StageLog, kept: Checkpoints
) -> list[CapChange]:
    """Search again at half and double the caps, if asked to."""
    if not config.hubs.what_if:
        return []
    with log.stage("half and double caps") as stage:
        graph, rules, labels = loaded.graph, config.rings, loaded.labels
        changes = [
            kept.keep(f"caps {factor}", CHANGE, partial(change_caps, graph, found, rules, factor, labels))
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
