"""Whole scans in which wallets and accounts are linked."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from graphrisk.config import ScanConfig
from graphrisk.explain import explain_why
from graphrisk.neo4j.files import write_files
from graphrisk.neo4j.names import link_name
from graphrisk.neo4j.settings import Neo4jSettings
from graphrisk.pipeline import config_hash, run_scan
from graphrisk.rings.wallets import PAIR_KINDS
from graphrisk.serve.timeline import make_timeline
from graphrisk.store import ResultStore
from graphrisk.view import write_view

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
RING = {"w_ring0", "w_ring1", "w_ring2", "a001", "a002", "a003"}
LINKS = ["common_input", "deposit_address", "first_funder", "funder_burst", "last_sweep", "same_actions"]


def at(hours):
    return BEGIN + timedelta(hours=float(hours))


def world():
    """Strangers who pay one another, and one hand behind three free wallets and the wallets of three accounts."""
    rng = np.random.default_rng(0)
    accounts = [f"a{k:03d}" for k in range(120)]
    owned = [(f"a{k:03d}", f"w_own{k}", at(rng.uniform(0, 900))) for k in range(4, 120)]
    rows = []

    def pay(payer, payee, hours, amount, number=None):
        rows.append((payer, payee, at(hours), amount, f"t{len(rows)}" if number is None else number))

    for k in range(4, 120):
        pay(f"w_payer{k % 60}", f"w_own{k}", rng.uniform(0, 500), rng.lognormal(3))
        pay(f"w_own{k}", f"w_shop{rng.integers(30)}", rng.uniform(500, 900), rng.lognormal(2))
    for k in range(90):
        pay("w_exchange", f"w_stranger{k}", 100 + 0.05 * k, 7.0)
    hand = ["w_ring0", "w_ring1", "w_ring2", "w_own1x", "w_own2x", "w_own3x"]
    owned += [(f"a00{k}", f"w_own{k}x", at(600)) for k in (1, 2, 3)]
    for k, wallet in enumerate(hand):
        pay("w_root", wallet, 600 + 0.1 * k, 50.0)
    for payer in hand[1:]:
        pay(payer, "w_till", 700, 12.0, "spend")
    links = pd.DataFrame(owned, columns=["account_id", "signal_id", "first_seen"]).assign(signal_type="wallet")
    columns = ["source_id", "target_id", "occurred_at", "amount", "transfer_id"]
    transfers = pd.DataFrame(rows, columns=columns).assign(source_type="wallet", target_type="wallet", currency="BTC")
    created = [at(599 if k in (1, 2, 3) else h) for k, h in enumerate(rng.uniform(0, 900, 120))]
    return {
        "accounts": pd.DataFrame({"account_id": accounts, "created_at": created}),
        "links": links,
        "transfers": transfers,
    }


def scan(**wallets):
    frames = world()
    sources = [{"frame": name, "table": name} for name in frames]
    return run_scan(ScanConfig.model_validate({"source": sources, "wallets": wallets}), frames=frames)


@pytest.fixture(scope="module")
def linked():
    return scan(links=LINKS, exclude={"exchange": ["w_exchange"]})


def ring_of(result, entity):
    members = result.members
    mine = members[members.ring_id.isin(members[members.entity_id == entity].ring_id)]
    return mine


def test_wallets_and_accounts_of_one_hand_are_one_ring(linked):
    members = ring_of(linked, "w_ring1")
    assert set(members.entity_id) >= RING
    assert set(members.entity_type) == {"account", "wallet"}
    assert not {"w_exchange", *(f"w_stranger{k}" for k in range(90))} & set(linked.members.entity_id)


def test_every_link_of_the_ring_has_its_sentence_and_its_weight(linked):
    ring_id = ring_of(linked, "w_ring1").ring_id.iloc[0]
    evidence = linked.evidence[linked.evidence.ring_id == ring_id].set_index("reason_code")
    spent = evidence.loc["common_input"]
    assert spent.text == "5 of 8 members spent coins in one transaction with another member: 10 pairs."
    assert spent.weight > evidence.loc["shared_first_funder"].weight > 0
    assert "first funded by one payer in one burst" in evidence.loc["funder_burst"].text
    assert "6 of 8 members got their first money from 1 first payer" in evidence.loc["shared_first_funder"].text
    assert evidence.weight.sum() == pytest.approx(np.log(linked.rings.score / (1 - linked.rings.score)).iloc[0])


def test_why_two_members_are_together_names_the_link(linked):
    ring_id = ring_of(linked, "w_ring1").ring_id.iloc[0]
    assert (
        "spent coins in one transaction on 2026-01-30" in explain_why(linked.tables, ring_id, "w_ring1", "a001").text()
    )


def test_links_are_drawn_and_have_names_in_neo4j(linked, tmp_path):
    ring_id = ring_of(linked, "w_ring1").ring_id.iloc[0]
    write_view(linked.tables, ring_id, tmp_path / "ring.html")
    assert "funder burst" in (tmp_path / "ring.html").read_text(encoding="utf-8")
    kinds = set(linked.links.link_type)
    assert {link_name(kind, {}) for kind in kinds} >= {"SPENT_WITH", "FIRST_FUNDED_BY", "FUNDED_WITH"}


def test_links_reach_the_timeline_of_the_page(linked):
    ring_id = ring_of(linked, "w_ring1").ring_id.iloc[0]
    members, links = (
        [row for row in linked.tables[name].to_pylist() if row["ring_id"] == ring_id]
        for name in ("ring_member", "ring_link")
    )
    (lane,) = (lane for lane in make_timeline(members, links).lanes if lane.name == "links between wallets")
    pairs = linked.links[linked.links.link_type.isin(PAIR_KINDS) & (linked.links.ring_id == ring_id)]
    assert lane.n == len(pairs) > 0


def test_links_are_written_for_neo4j_between_the_members_that_they_join(linked, tmp_path):
    store = ResultStore(tmp_path / "store")
    store.publish(linked.scan_id, linked.tables, linked.manifest)
    write_files(store, Neo4jSettings(), tmp_path / "files")
    arguments = (tmp_path / "files" / "import.args").read_text(encoding="utf-8")
    assert {f"--relationships={name}=" in arguments for name in ("SPENT_WITH", "FIRST_FUNDED_BY")} == {True}
    rows = [file.read_text(encoding="utf-8") for file in (tmp_path / "files").glob("links-*.csv")]
    assert sum(text.count('"common_input"') for text in rows) == 10


def test_the_scan_reports_what_leaving_services_out_changed(linked):
    metric = linked.tables["metric"].to_pandas().set_index("name").value
    assert metric["wallets.first_funder.links_without_exclusions"] - metric["wallets.first_funder.links"] == 90
    assert metric["wallets.funder_burst.links"] == 15
    hubs = linked.tables["hub"].to_pandas()
    assert set(hubs[hubs.entity_id == "w_exchange"].rule) == {"known"}


def test_the_shipped_model_is_not_asked_about_what_it_never_saw(linked):
    assert linked.manifest["model"] == "transparent"
    assert "links between wallets" in linked.manifest["model_reason"]


def test_nothing_is_linked_unless_it_is_asked_for():
    plain = scan()
    kinds = {"common_input", "shared_first_funder", "funder_burst", "same_actions", "shared_last_sweep"}
    assert not kinds & set(plain.links.link_type)
    assert not RING & set(plain.members.entity_id)
    assert not plain.tables["metric"].to_pandas().name.str.startswith("wallets.").any()


def test_a_configuration_without_links_hashes_as_if_there_were_none():
    source = [{"frame": "accounts", "table": "accounts"}]
    plain = config_hash(ScanConfig.model_validate({"source": source}))
    assert plain == config_hash(ScanConfig.model_validate({"source": source, "wallets": {"links": []}}))
    assert plain != config_hash(ScanConfig.model_validate({"source": source, "wallets": {"links": ["last_sweep"]}}))


def test_later_transfers_change_nothing():
    frames = world()
    later = frames["transfers"].tail(4).assign(occurred_at=at(5000), transfer_id="later")
    more = frames | {"transfers": pd.concat([frames["transfers"], later])}
    sources = [{"frame": name, "table": name} for name in frames]
    config = ScanConfig.model_validate({"source": sources, "wallets": {"links": LINKS}})
    now, then = (run_scan(config, frames=given, as_of=at(1000)) for given in (frames, more))
    for name in ("ring", "ring_member", "ring_link", "ring_evidence"):
        assert now.tables[name].equals(then.tables[name]), name
