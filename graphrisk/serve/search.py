"""Find the rings that an identifier is in: an account, a wallet, or anything that members share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphrisk.serve.reader import StoreReader

Row = dict[str, Any]

MEMBERS = """
SELECT ring_id, entity_type, role, member_score FROM read_parquet($file, hive_partitioning = false)
WHERE entity_id IN ($exact, $lower) ORDER BY member_score DESC, ring_id LIMIT 200
"""
SIGNALS = """
SELECT ring_id, target_type AS entity_type, link_type, any_value(n_accounts) AS n_accounts, bool_or(is_hub) AS is_hub,
    count(*) AS n_members FROM read_parquet($file, hive_partitioning = false)
WHERE target_id IN ($exact, $lower) AND n_accounts IS NOT NULL
GROUP BY ALL ORDER BY is_hub, ring_id, link_type LIMIT 200
"""
KNOWN = """
SELECT entity_type, score, n_links, n_shared_signals FROM read_parquet($file, hive_partitioning = false)
WHERE entity_id IN ($exact, $lower) LIMIT 10
"""


@dataclass(frozen=True)
class Found:
    """What a scan knows of an identifier.

    Parameters
    ----------
    members : list of dict
        Rings that it is a member of, with `role` and `member_score`.
    signals : list of dict
        Rings whose members share it, with `n_members`, `n_accounts` and `is_hub`.
    known : list of dict
        Its rows of `entity_feature`, in a ring or not.
    """

    members: list[Row]
    signals: list[Row]
    known: list[Row]


def search(reader: StoreReader, scan_id: str, text: str) -> Found:
    """Look an identifier up, whole and as it is written or in small letters.

    Parts of identifiers find nothing, so that nobody can spell out one that is masked.
    """
    rows = []
    for name, sql in (("ring_member", MEMBERS), ("ring_link", SIGNALS), ("entity_feature", KNOWN)):
        file = reader.file(name, scan_id)
        wanted = {"exact": text.strip(), "lower": text.strip().lower()}
        rows.append([] if file is None else reader.query(sql, {"file": file, **wanted}))
    return Found(*rows)
