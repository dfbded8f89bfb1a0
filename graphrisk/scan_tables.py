"""From what a scan found to its result tables; the only place where integers become the user's ids again."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from algorithms.times import MISSING_TIME
from gnn.scoring import Levels
from graphrisk import __version__
from graphrisk.alerts.raising import alert_row
from graphrisk.alerts.swallowed import Alert
from graphrisk.entity_features import entity_columns
from graphrisk.hubs import HubPolicy, hub_columns
from graphrisk.metrics import growth_metric_rows, metric_rows, pattern_metric_rows
from graphrisk.rings.evidence import Evidence, EvidenceWriter
from graphrisk.rings.links import RingLinks, span
from graphrisk.rings.member_scores import member_scores
from graphrisk.rings.patterns.growth.search import GrowthSearch
from graphrisk.rings.patterns.search import PatternSearch
from graphrisk.rings.removal import Removals, score_without
from graphrisk.rings.search import NullDraw, Search
from graphrisk.rings.settings import RingSettings
from graphrisk.rings.typology import member_roles, name_typologies
from graphrisk.rings.value import value_at_stake
from graphrisk.rings.what_if import CapChange
from graphrisk.stages import Stage
from graphrisk.tables import SCHEMAS, conform
from loaders import LoadResult

UTC_TIME = pa.timestamp("us", tz="UTC")


def times(seconds: npt.ArrayLike) -> pa.Array:
    """Turn seconds into timestamps, null where absent."""
    values = np.asarray(seconds, dtype=np.int64)
    absent = values == MISSING_TIME
    return pa.array(np.where(absent, 0, values) * 1_000_000, pa.int64(), mask=absent).cast(UTC_TIME)


def _n_signals(signals: npt.NDArray[np.int64]) -> int:
    return len(np.unique(signals[signals >= 0]))


def make_ring_id(names: list[str]) -> str:
    """Name a ring that no scan before knows by a hash of its members."""
    return "r" + hashlib.sha256("\x00".join(sorted(names)).encode()).hexdigest()[:11]


class ScanTables:
    """Collects the tables of one scan.

    Parameters
    ----------
    scan_id : str
    loaded : LoadResult
    """

    def __init__(self, scan_id: str, loaded: LoadResult) -> None:
        self.scan_id = scan_id
        self.ring_ids: list[str] = []
        self._entity_nodes: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._member_nodes: dict[str, npt.NDArray[np.int64]] = {}
        self._loaded = loaded
        self._graph = loaded.graph
        self._tables: dict[str, dict[str, Any] | pa.Table] = {
            "rejected_row": loaded.rejected,
            "refused_identifier": loaded.refused,
        }

    def names(self, nodes: npt.ArrayLike) -> pa.Array:
        """Return the user's ids of nodes."""
        return self._graph.names.take(pa.array(np.asarray(nodes, dtype=np.int64)))

    def types(self, nodes: npt.ArrayLike) -> pa.Array:
        """Return the types of nodes."""
        codes = self._graph.type_codes(np.asarray(nodes, dtype=np.int64))
        return pa.array(list(self._graph.types), pa.string()).take(pa.array(codes))

    def add_rings(
        self,
        found: Search,
        q_values: npt.NDArray[np.float64],
        links: RingLinks,
        left: Removals,
        writer: EvidenceWriter,
        settings: RingSettings,
    ) -> None:
        """Make `ring`, `ring_member`, `ring_link` and `ring_evidence`."""
        chosen, n_rings = found.chosen, len(found.chosen)
        members = [found.candidates[int(c)] for c in chosen]
        self.ring_ids = [make_ring_id(self.names(found.sharing.actors[group]).to_pylist()) for group in members]
        ends = np.searchsorted(links.rings, np.arange(n_rings + 1))
        spans = [span(links.first_seen[a:b], links.last_seen[a:b]) for a, b in pairwise(ends)]
        value, currency = value_at_stake(self._graph, found, settings)
        scores = found.scores
        self._tables["ring"] = {
            "ring_id": self.ring_ids,
            "typology": name_typologies(found.features, found.history.claims),
            "score": scores.score[chosen],
            "score_low": scores.low[chosen],
            "score_high": scores.high[chosen],
            "q_value": q_values,
            "band": bands(scores.score[chosen], q_values, settings.levels(found.model.levels), settings.q_value),
            "n_members": found.candidates.sizes[chosen],
            "n_signals": [_n_signals(links.signals[a:b]) for a, b in pairwise(ends)],
            "value_at_stake": pa.array(value, pa.float64(), mask=np.isnan(value)),
            "currency": currency,
            "first_seen": times([first for first, _ in spans]),
            "last_seen": times([last for _, last in spans]),
            "lineage": pa.nulls(n_rings, pa.string()),
            "model": [found.model.name] * n_rings,
        }
        self._add_members(found, members)
        self._add_links(links, score_without(left, links))
        lines = [(ring, line) for ring in range(n_rings) for line in writer.of_ring(ring)]
        self._tables["ring_evidence"] = self.evidence_columns(self.ring_ids, lines)

    def _add_members(self, found: Search, members: list[npt.NDArray[np.int32]]) -> None:
        flat = np.concatenate(members) if members else np.empty(0, np.int32)
        nodes = found.sharing.actors[flat]
        groups = [found.sharing.actors[group].astype(np.int64) for group in members]
        self._member_nodes = dict(zip(self.ring_ids, groups, strict=True))
        scores = [member_scores(found, int(c)) for c in found.chosen]
        self._tables["ring_member"] = {
            "ring_id": np.repeat(np.array(self.ring_ids, dtype=object), [len(m) for m in members]),
            "entity_type": self.types(nodes),
            "entity_id": self.names(nodes),
            "role": [role for group in members for role in member_roles(found, group)],
            "member_score": np.concatenate(scores) if scores else np.empty(0),
            "joined_at": times(found.history.started[flat]),
            "claimed_at": times(found.history.claimed_at[flat]),
        }

    def _add_links(self, links: RingLinks, without: npt.NDArray[np.float64]) -> None:
        ids = np.array(self.ring_ids or [""], dtype=object)
        self._tables["ring_link"] = {
            "ring_id": ids[links.rings],
            "source_type": self.types(links.sources),
            "source_id": self.names(links.sources),
            "target_type": self.types(links.targets),
            "target_id": self.names(links.targets),
            "link_type": links.types,
            "weight": links.weights,
            "first_seen": times(links.first_seen),
            "last_seen": times(links.last_seen),
            "n_events": links.n_events,
            "n_accounts": pa.array(links.n_accounts, pa.int64(), mask=links.n_accounts < 0),
            "is_hub": links.is_hub,
            "score_without": pa.array(without, pa.float64(), mask=np.isnan(without)),
        }

    def evidence_columns(self, ring_ids: list[str], lines: list[tuple[int, Evidence]]) -> dict[str, Any]:
        """Columns of `ring_evidence` for lines of rings, each named by its position in `ring_ids`."""
        numbers: dict[int, int] = {}
        ids = []
        for ring, _ in lines:
            numbers[ring] = numbers.get(ring, 0) + 1
            ids.append(f"{ring_ids[ring]}-{numbers[ring]:02d}")
        flat = [node for _, line in lines for node in line.nodes]
        kinds, names = self.types(flat).to_pylist(), self.names(flat).to_pylist()
        entities, at = [], 0
        for _, line in lines:
            pairs = zip(kinds[at : at + len(line.nodes)], names[at : at + len(line.nodes)], strict=True)
            entities.append([{"entity_type": kind, "entity_id": name} for kind, name in pairs])
            at += len(line.nodes)
        return {
            "ring_id": [ring_ids[ring] for ring, _ in lines],
            "evidence_id": ids,
            "reason_code": [line.reason_code for _, line in lines],
            "direction": [line.direction for _, line in lines],
            "text": [line.text for _, line in lines],
            "entities": pa.array(entities, SCHEMAS["ring_evidence"].field("entities").type),
            "first_seen": times([line.first_seen for _, line in lines]),
            "last_seen": times([line.last_seen for _, line in lines]),
            "weight": [line.weight for _, line in lines],
            "is_hub": [line.is_hub for _, line in lines],
        }

    def add_entities(self, found: Search, settings: RingSettings) -> None:
        """Make `entity_feature`: one row per account and wallet."""
        as_of = int(self._loaded.as_of.timestamp())
        columns = entity_columns(self._graph, found, settings, as_of)
        self._entity_nodes = nodes = columns.pop("node")
        best = np.asarray(columns.pop("ring"), dtype=np.int64)
        ids = pa.array([*self.ring_ids, ""], pa.string())
        moment = pa.array([self._loaded.as_of] * 1, UTC_TIME)[0]
        self._tables["entity_feature"] = {
            "entity_type": self.types(nodes),
            "entity_id": self.names(nodes),
            "event_timestamp": pa.repeat(moment, len(nodes)),
            "created_timestamp": pa.repeat(moment, len(nodes)),
            "ring_id": ids.take(pa.array(best, pa.int64(), mask=best < 0)),
            **columns,
        }

    def listed(self) -> dict[str, npt.NDArray[np.int64]]:
        """Node ids of the members of every ring listed so far, in the order of the table `ring`."""
        ring_ids = self._shaped("ring", self._tables["ring"])["ring_id"].to_pylist()
        return {ring_id: self._member_nodes[ring_id] for ring_id in ring_ids}

    def put(self, name: str, columns: dict[str, Any]) -> None:
        """Set a whole table."""
        self._tables[name] = columns

    def scores_by_ring(self) -> dict[str, float]:
        """Score of every ring listed so far."""
        ring = self._shaped("ring", self._tables["ring"])
        return dict(zip(ring["ring_id"].to_pylist(), ring["score"].to_pylist(), strict=True))

    def append(self, rows: dict[str, dict[str, Any]], members: dict[str, npt.NDArray[np.int64]]) -> None:
        """Add rings with their members, links and evidence, and put all in the order of the score, worst first.

        A ring that is listed already is replaced.

        Parameters
        ----------
        rows : dict of str to dict
            Columns to add to ``ring``, ``ring_member``, ``ring_link`` and ``ring_evidence``.
        members : dict of str to array of int64
            Node ids of the members of each of these rings.
        """
        self._member_nodes |= members
        parts = {name: [self._shaped(name, self._tables[name]), self._shaped(name, rows[name])] for name in rows}
        new = parts["ring"][1]["ring_id"]
        for tables in parts.values():
            tables[0] = tables[0].filter(pc.invert(pc.is_in(tables[0]["ring_id"], value_set=new.combine_chunks())))
        rings = pa.concat_tables(parts["ring"])
        order = np.argsort(-rings["score"].to_numpy(), kind="stable")
        place = {ring_id: k for k, ring_id in enumerate(rings["ring_id"].take(pa.array(order)).to_pylist())}
        for name, tables in parts.items():
            table = pa.concat_tables(tables)
            places = np.array([place[ring_id] for ring_id in table["ring_id"].to_pylist()], dtype=np.int64)
            self._tables[name] = table.take(pa.array(np.argsort(places, kind="stable"))).combine_chunks()

    @staticmethod
    def _shaped(name: str, columns: dict[str, Any] | pa.Table) -> pa.Table:
        """Bring columns to the types of a schema, before the scan is named in them."""
        fields = [field for field in SCHEMAS[name] if field.name != "scan_id"]
        table = columns if isinstance(columns, pa.Table) else pa.table(columns)
        return table.select([field.name for field in fields]).cast(pa.schema(fields))

    def raise_scores(
        self,
        nodes: npt.NDArray[np.int64],
        ring_ids: npt.NDArray[np.object_],
        scores: npt.NDArray[np.float64],
        bounds: npt.NDArray[np.float64],
        sizes: npt.NDArray[np.int64],
        is_new: npt.NDArray[np.bool_],
    ) -> None:
        """Give members of further rings their best score in `entity_feature`.

        Parameters
        ----------
        nodes : array of int64, shape (n,)
            A row is a membership.
        ring_ids : array of str, shape (n,)
        scores : array of float64, shape (n,)
        bounds : array of float64, shape (n, 2)
            Low and high score.
        sizes : array of int64, shape (n,)
            Members of the ring.
        is_new : array of bool, shape (n,)
            False where the ring replaces one with the same members.
        """
        columns = self._tables["entity_feature"]
        assert isinstance(columns, dict)
        row_of = np.full(self._graph.n_nodes, -1, np.int64)
        row_of[self._entity_nodes] = np.arange(len(self._entity_nodes))
        rows = row_of[nodes]
        own = {name: np.array(columns[name]) for name in ("score", "score_low", "score_high", "n_rings")}
        ring_id = np.array(columns["ring_id"].to_pylist(), dtype=object)
        ring_size = np.array(columns["ring_size"].fill_null(0))
        np.add.at(own["n_rings"], rows, is_new.astype(np.int64))
        for k in np.argsort(scores, kind="stable").tolist():
            row = rows[k]
            if scores[k] > own["score"][row] or ring_id[row] is None:
                own["score"][row] = scores[k]
                own["score_low"][row], own["score_high"][row] = bounds[k, 0], bounds[k, 1]
                ring_id[row], ring_size[row] = ring_ids[k], sizes[k]
        columns |= own
        columns["has_ring"] = own["n_rings"] > 0
        columns["ring_id"] = pa.array(ring_id.tolist(), pa.string())
        columns["ring_size"] = pa.array(ring_size, pa.int64(), mask=own["n_rings"] == 0)

    def add_hubs(self, found: Search, policy: HubPolicy) -> None:
        """Make `hub`."""
        members = [found.candidates[int(c)] for c in found.chosen]
        starts = np.concatenate([[0], np.cumsum([len(group) for group in members])]).astype(np.int64)
        flat = np.concatenate(members) if members else np.empty(0, np.int32)
        columns = hub_columns(policy, found.sharing, starts, flat)
        nodes = columns.pop("node")
        self._tables["hub"] = {"entity_type": self.types(nodes), "entity_id": self.names(nodes), **columns}

    def add_metrics(
        self,
        found: Search,
        nulls: list[NullDraw],
        changes: list[CapChange],
        patterns: PatternSearch,
        growth: GrowthSearch,
    ) -> None:
        """Make `metric`."""
        ring = self._shaped("ring", self._tables["ring"])
        bands, typologies = ring["band"].to_pylist(), ring["typology"].to_pylist()
        rows = metric_rows(found, nulls, changes, bands, typologies, self._loaded)
        if patterns.searched:
            rows += pattern_metric_rows(patterns, typologies)
        if growth.searched:
            rows += growth_metric_rows(growth, typologies)
        self._tables["metric"] = {
            key: pa.array(
                [row[k] for row in rows], pa.int64() if key == "n" else pa.string() if k == 0 else pa.float64()
            )
            for k, key in enumerate(("name", "value", "low", "high", "n"))
        }

    def add_scan(
        self, *, began: datetime, config_hash: str, seed: int, stages: list[Stage], status: str, alerts: list[Alert]
    ) -> None:
        """Make `alert`, and `scan`, the only table that knows the wall clock."""
        counts = self._loaded.row_counts
        rows = [alert_row(alert, self.scan_id, self._loaded.as_of.isoformat()) for alert in alerts]
        self._tables["alert"] = pa.Table.from_pylist(rows, schema=SCHEMAS["alert"])
        self._tables["scan"] = {
            "as_of": pa.array([self._loaded.as_of], UTC_TIME),
            "started_at": pa.array([began], UTC_TIME),
            "finished_at": pa.array([datetime.now(UTC)], UTC_TIME),
            "status": [status],
            "config_hash": [config_hash],
            "input_hash": [self._loaded.input_hash],
            "code_version": [__version__],
            "seed": [seed],
            **{f"n_{key}": [int(counts.get(key, 0))] for key in ("accounts", "links", "transfers", "events", "labels")},
            "n_rejected": [len(self._loaded.rejected)],
            "n_rings": [self._n_rings()],
            "n_alerts": [len(alerts)],
            "alerts": [[alert.text for alert in alerts]],
            "stages": [[vars(stage) for stage in stages]],
        }

    def _n_rings(self) -> int:
        return len(self._shaped("ring", self._tables["ring"])) if "ring" in self._tables else 0

    def finish(self) -> dict[str, pa.Table]:
        """Bring every table to its schema; tables that a dry run did not fill are empty."""
        out = {}
        for name, schema in SCHEMAS.items():
            columns = self._tables.get(name)
            if columns is None:
                out[name] = schema.empty_table()
                continue
            table = columns if isinstance(columns, pa.Table) else pa.table(columns)
            if "scan_id" in schema.names and "scan_id" not in table.column_names:
                table = table.append_column("scan_id", pa.repeat(pa.scalar(self.scan_id), len(table)))
            out[name] = conform(name, table)
        return out


def bands(
    scores: npt.NDArray[np.float64], q_values: npt.NDArray[np.float64], levels: Levels, q_limit: float
) -> list[str]:
    """Name the band of each ring: `high` and `medium` need a score and a q-value, the rest is `low`."""
    significant = q_values <= q_limit
    choice = np.select([significant & (scores >= levels.high), significant & (scores >= levels.medium)], [2, 1], 0)
    return [("low", "medium", "high")[k] for k in choice]
