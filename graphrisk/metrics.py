"""Figures about one scan: how many rings, against what null, and what the hub policy did."""

from __future__ import annotations

import math

import numpy as np

from graphrisk.arrival_metrics import Row, arrival_metrics
from graphrisk.hubs import pairs_by_cap
from graphrisk.rings.patterns import TYPOLOGIES as PATTERN_TYPOLOGIES
from graphrisk.rings.patterns.growth import GROWTH_TYPOLOGIES
from graphrisk.rings.patterns.growth.search import GrowthSearch
from graphrisk.rings.patterns.search import PatternSearch
from graphrisk.rings.search import NullDraw, Search
from graphrisk.rings.typology import TYPOLOGIES
from graphrisk.rings.what_if import CapChange
from loaders import LoadResult


def metric_rows(
    found: Search,
    nulls: list[NullDraw],
    changes: list[CapChange],
    bands: list[str],
    typologies: list[str],
    loaded: LoadResult,
) -> list[Row]:
    """Rows (name, value, low, high, n) of the `metric` table.

    Parameters
    ----------
    found : Search
    nulls : list of NullDraw
    changes : list of CapChange
    bands, typologies : list of str
        Of the listed rings.
    loaded : LoadResult

    Returns
    -------
    list of tuple
    """
    n = len(bands)
    rows: list[Row] = [("rings", float(n), None, None, len(found.candidates))]
    rows += [(f"rings.band.{band}", float(bands.count(band)), None, None, n) for band in ("high", "medium", "low")]
    rows += [(f"rings.typology.{kind}", float(typologies.count(kind)), None, None, n) for kind in TYPOLOGIES]
    per_draw = sum(len(null.log_odds) for null in nulls) / len(nulls)
    rows.append(("rings.null_model", per_draw, None, None, len(nulls)))
    rows.append(("affinity.pairs", float(len(found.affinity)), None, None, found.sharing.n_actors))
    rows.append(("accounts.unlisted", float(loaded.n_unlisted_accounts), None, None, loaded.graph.n_accounts))
    rows += _arrivals(found, loaded)
    for kind, hubs, half, full, double in pairs_by_cap(found.policy, found.sharing):
        n_signals = int((found.sharing.kinds == found.sharing.signal_types.index(kind)).sum())
        rows.append((f"hubs.{kind}", float(hubs), None, None, n_signals))
        rows.append((f"hubs.{kind}.pairs_lost_at_half_cap", float(full - half), None, None, full))
        rows.append((f"hubs.{kind}.pairs_gained_at_double_cap", float(double - full), None, None, full))
    for report in found.sharing.wallet_reports:
        place, links = f"wallets.{report.name}", report.n_without_exclusions
        rows.append((f"{place}.links", float(report.n_links), None, None, links))
        rows.append((f"{place}.links_without_exclusions", float(links), None, None, links))
        rows.append((f"{place}.too_wide", float(report.n_too_wide), None, None, links))
    for change in changes:
        at = "half_cap" if change.factor < 1 else "double_cap"
        rows.append((f"rings.at_{at}", float(change.n_rings), None, None, n))
        rows.append((f"rings.lost_at_{at}", float(change.n_lost), None, None, n))
        rows.append((f"rings.gained_at_{at}", float(change.n_gained), None, None, change.n_rings))
    return rows


def _arrivals(found: Search, loaded: LoadResult) -> list[Row]:
    n = loaded.graph.n_accounts
    inside = np.zeros(found.sharing.n_actors, np.bool_)
    inside[found.candidates.members] = True
    as_of = math.ceil(loaded.as_of.timestamp())
    return arrival_metrics(found.history.started[:n], inside[:n], loaded.graph.links, as_of)


def pattern_metric_rows(patterns: PatternSearch, typologies: list[str]) -> list[Row]:
    """Rows about rings that transfers drew.

    Parameters
    ----------
    patterns : PatternSearch
    typologies : list of str
        Of all listed rings.

    Returns
    -------
    list of tuple
    """
    n = len(typologies)
    rows: list[Row] = [
        (f"rings.typology.{kind}", float(typologies.count(kind)), None, None, n) for kind in PATTERN_TYPOLOGIES
    ]
    rows.append(("patterns.rings", float(len(patterns.rings)), None, None, n))
    rows.append(("patterns.null_model", patterns.n_decoys, None, None, patterns.n_draws))
    rows.append(("patterns.searches_cut", float(patterns.n_cut), None, None, len(patterns.rings)))
    rows.append(("patterns.busy_accounts_left_out", float(patterns.n_hubs), None, None, len(patterns.rings)))
    return rows


def growth_metric_rows(growth: GrowthSearch, typologies: list[str]) -> list[Row]:
    """Rows about rings that abuse growth.

    Parameters
    ----------
    growth : GrowthSearch
    typologies : list of str
        Of all listed rings.

    Returns
    -------
    list of tuple
    """
    n = len(typologies)
    rows: list[Row] = [
        (f"rings.typology.{kind}", float(typologies.count(kind)), None, None, n) for kind in GROWTH_TYPOLOGIES
    ]
    rows.append(("growth_abuse.rings", float(len(growth.rings)), None, None, n))
    rows.append(("growth_abuse.tested", float(growth.n_tested), None, None, len(growth.rings)))
    rows.append(("growth_abuse.crowded_left_out", float(growth.n_crowded), None, None, len(growth.rings)))
    return rows
