"""Patterns come out of a scan as rings in the tables: scored, explained, the same every time, and as of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import graphrisk
from graphrisk.config import ScanConfig
from graphrisk.explain import explain_ring, explain_why, find_ring
from graphrisk.rings.patterns import TYPOLOGIES

DAY = pd.Timedelta(days=1)
START = pd.Timestamp("2025-01-01", tz="UTC")
BLOCK = [(f"m{a}", f"c{b}") for a in range(4) for b in range(4)]


def transfers(seed=1, n_accounts=300, extra=()):
    """Partners of old who pay each other now and then, strangers who meet by chance, and four mules in one week."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(250):
        a, b = rng.choice(n_accounts, 2, replace=False)
        rows += [(f"u{a:03}", f"u{b:03}", START + DAY * int(day), rng.gamma(2, 300)) for day in range(0, 90, 12)]
    for _ in range(300):
        a, b = rng.choice(n_accounts, 2, replace=False)
        rows.append((f"u{a:03}", f"u{b:03}", START + DAY * int(rng.integers(90)), rng.gamma(2, 300)))
    rows += [(f"m{k}", f"u{k:03}", START + DAY * day, 50.0) for k in range(4) for day in range(0, 90, 20)]
    rows += [(a, b, START + DAY * int(40 + rng.integers(4)), rng.gamma(2, 300)) for a, b in BLOCK]
    rows += list(extra)
    return pd.DataFrame(rows, columns=["source_id", "target_id", "occurred_at", "amount"])


def scan(frame, patterns=None, **sections):
    source = {"frame": "money", "table": "transfers"}
    rules = {"search": list(TYPOLOGIES)} | (patterns or {})
    config = ScanConfig.model_validate({"source": [source], "patterns": rules, **sections})
    return graphrisk.scan(config, frames={"money": frame})


@pytest.fixture(scope="module")
def result():
    return scan(transfers())


def test_a_planted_block_is_the_worst_ring(result):
    ring = result.rings.iloc[0]
    assert ring.typology == "bipartite"
    members = result.members[result.members.ring_id == ring.ring_id].set_index("entity_id")
    assert set(members.index) == {name for pair in BLOCK for name in pair}
    assert set(members.role[members.index.str.startswith("m")]) == {"originator"}
    assert set(members.role[members.index.str.startswith("c")]) == {"collector"}
    assert ring.q_value <= 0.1
    assert ring.first_seen >= START + 40 * DAY


def test_the_evidence_adds_up_to_the_score_and_speaks_against_too(result):
    for ring in result.rings[result.rings.typology.isin(TYPOLOGIES)].itertuples():
        lines = result.evidence[result.evidence.ring_id == ring.ring_id]
        assert 1 / (1 + np.exp(-lines.weight.sum())) == pytest.approx(ring.score)
        assert set(lines.direction) == {"for", "against"}
        assert ring.typology in set(lines.reason_code)
        facts = lines[lines.weight > 0].weight.max()
        rests = lines[lines.reason_code.isin(["rests_on_one_fact", "rests_on_many_facts"])].text.item()
        without = 1 / (1 + np.exp(facts - lines.weight.sum()))
        alone = (lines.weight > 0).sum() == 1
        told = "Nothing but" if alone else f"the score would be {without:.2f} instead of {ring.score:.2f}"
        assert told in rests
        assert ring.score_low <= ring.score <= ring.score_high


def test_the_list_is_in_the_order_of_the_score_and_tables_agree(result):
    assert result.rings.score.is_monotonic_decreasing
    assert result.rings.ring_id.is_unique
    sizes = result.members.groupby("ring_id").size()
    assert sizes[result.rings.ring_id].tolist() == result.rings.n_members.tolist()
    assert set(result.links.ring_id) <= set(result.rings.ring_id)
    row = result.tables["scan"].to_pylist()[0]
    assert row["n_rings"] == len(result.rings)


def test_members_have_the_score_of_their_ring(result):
    features = result.features.set_index("entity_id")
    assert features.loc["m0", "ring_id"] == result.rings.ring_id[0]
    assert features.loc["m0", "ring_size"] == 8
    assert features.loc["m0", "score"] > 0.9 * result.rings.score[0] * 0.7
    in_rings = result.members.groupby("entity_id").size()
    assert (features.n_rings[in_rings.index] == in_rings).all()
    assert (features.has_ring == (features.n_rings > 0)).all()


def test_a_ring_of_transfers_is_explained(result):
    ring_id = find_ring(result.tables, "1")
    assert "4 accounts paid the same 4 strangers" in str(explain_ring(result.tables, ring_id))
    assert explain_why(result.tables, ring_id, "m0", "m3").steps


def test_the_order_of_rows_changes_nothing(result):
    other = scan(transfers().sample(frac=1, random_state=3).reset_index(drop=True))
    for name in ("ring", "ring_member", "ring_evidence", "entity_feature"):
        assert (
            other.tables[name]
            .drop_columns("scan_id" if name != "entity_feature" else [])
            .equals(result.tables[name].drop_columns("scan_id" if name != "entity_feature" else []))
        ), name


def test_what_comes_later_changes_nothing(result):
    late = START + 120 * DAY
    extra = [(f"m{k}", f"c{(k + 1) % 4}", late, 5.0) for k in range(4)] + [("m0", "u001", late, 9.0)]
    as_of = {"as_of": (START + 100 * DAY).isoformat()}
    before, after = scan(transfers(), scan=as_of), scan(transfers(extra=extra), scan=as_of)
    assert before.rings.drop(columns="scan_id").equals(after.rings.drop(columns="scan_id"))


def test_a_pattern_that_is_not_asked_for_is_not_sought(result):
    none = graphrisk.scan(
        ScanConfig.model_validate({"source": [{"frame": "money", "table": "transfers"}]}), frames={"money": transfers()}
    )
    assert not set(none.rings.typology) & set(TYPOLOGIES)
    only = scan(transfers(), patterns={"search": ["cycle"]})
    assert set(only.rings.typology) & set(TYPOLOGIES) <= {"cycle"}
    assert set(result.rings.typology) & {"bipartite"}


def test_transfers_without_times_or_amounts_are_no_harm():
    assert not set(scan(transfers().drop(columns="occurred_at")).rings.typology) & set(TYPOLOGIES)
    bare = scan(transfers().drop(columns="amount"))
    assert bare.rings.typology[0] == "bipartite"
    assert bare.rings.value_at_stake.isna().all()


def test_a_shop_is_no_fan_and_is_counted():
    sales = [(f"u{k % 300:03}", "shop", START + DAY * (k % 90), 20.0) for k in range(300)]
    found = scan(transfers(extra=sales), patterns={"most_strangers": 50})
    assert "shop" not in set(found.members.entity_id[found.members.role.isin(["collector", "mule", "originator"])])
    metrics = found.tables["metric"].to_pandas().set_index("name").value
    assert metrics["patterns.busy_accounts_left_out"] == 1
