"""What the pages show."""

import io
import json
import re
import xml.etree.ElementTree as ET
from datetime import timedelta

import networkx as nx
import pyarrow as pa
import pytest
from fastapi.testclient import TestClient

from graphrisk.serve.app import create_app
from graphrisk.serve.settings import ServeSettings
from graphrisk.store import ResultStore
from graphrisk.tables import SCHEMAS
from tests.graphrisk.conftest import MOMENT


def test_the_queue_lists_rings_with_reasons_and_keeps_filters_in_the_address(local):
    text = local.get("/").text
    assert 'href="/rings/r1"' in text
    assert "<strong>1</strong> of 1 rings" in text
    assert "reason 1" in text
    narrowed = local.get("/?band=low&typology=multi_account&size=3&text=r1").text
    assert "No ring fits" in narrowed
    assert 'value="3"' in narrowed
    assert "<option selected>low</option>" in narrowed


def test_the_page_of_a_ring_says_why_before_how_high(local):
    text = local.get("/rings/r1").text
    places = [text.index(f">{title}<") for title in ("Evidence for", "Evidence against", "How high", "Members", "Hubs")]
    assert places == sorted(places)
    assert text.index("Fact 1.") < text.index("0.900")


def test_identifiers_are_masked_until_asked_for_and_every_look_is_written_down(local):
    assert "account-0003" not in local.get("/rings/r1").text
    assert "ac•••03" in local.get("/rings/r1").text
    assert local.post("/rings/r1/show").status_code == 303
    for page in ("", "/print", "/why?a=1&b=2", "/export?kind=csv", "/graph.json", "/compare?before=s1"):
        answer = local.get(f"/rings/r1{page}").text
        assert "account-000" in answer, page
    looked = [event for event in local.client.app.state.service.book.audit() if event.event_type == "looked"]
    assert [event.new for event in reversed(looked)] == [
        "ring page",
        "print view",
        "why members 1 and 2",
        "file r1-ring_member.csv",
        "graph",
        "comparison with scan s1",
    ]
    assert {(event.actor, event.ring_id, event.scan_id) for event in looked} == {("root", "r1", "s2")}
    local.post("/rings/r1/hide")
    assert "account-0003" not in local.get("/rings/r1").text


@pytest.mark.parametrize("kind", ["csv", "graphml", "gexf", "json"])
def test_masked_files_hold_no_identifier(local, kind):
    for table in ("ring_member", "ring_evidence", "ring_link", "ring"):
        text = local.get(f"/rings/r1/export?kind={kind}&table={table}").text
        assert not any(name in text for name in ("account-000", "device-of-all", "public-wifi"))


def test_files_of_the_graph_can_be_read_by_networkx(local):
    local.post("/rings/r1/show")
    graphml = nx.read_graphml(io.BytesIO(local.get("/rings/r1/export?kind=graphml").content))
    gexf = nx.read_gexf(io.BytesIO(local.get("/rings/r1/export?kind=gexf").content))
    node_link = nx.node_link_graph(json.loads(local.get("/rings/r1/export?kind=json").content), edges="links")
    for graph in (graphml, gexf, node_link):
        assert (graph.number_of_nodes(), graph.number_of_edges()) == (10, 17)
        assert "account-0003" in {node["entity_id"] for _, node in graph.nodes(data=True)}


def test_why_two_members_are_together_is_what_the_command_says(local, store):
    from graphrisk.explain import explain_why
    from graphrisk.store import ResultStore

    local.post("/rings/r1/show")
    text = local.get("/rings/r1/why?a=3&b=5").text
    tables = {name: ResultStore(store).table(name, "s2") for name in ("ring_member", "ring_link")}
    chain = explain_why(tables, "r1", "account-0002", "account-0004")
    assert chain.steps[0].signal_id == "device-of-all"
    assert "share the device device-of-all" in text
    assert "account-0002 (#3) and account-0004 (#5)" in text
    assert "must differ" in local.get("/rings/r1/why?a=3&b=3").text


def test_search_finds_whole_identifiers_only(local):
    def search(text):
        return local.post("/search", "/search", identifier=text).text

    assert "Rings it is a member of" in search("account-0003")
    assert "Rings whose members share it" in search("device-of-all")
    assert "a hub: it says little" in search("public-wifi")
    assert "knows no such identifier" in search("account-000")
    assert local.post("/search", "/search", identifier="r1").headers["location"] == "/rings/r1"


def test_two_scans_of_a_ring_are_compared(local):
    text = local.get("/rings/r1/compare?before=s1").text
    assert "7 members stayed, 1 came, 0 left." in text
    assert "/compare?scan=s2&amp;before=s1" in local.get("/rings/r1").text
    assert local.get("/rings/r1/compare?before=none").status_code == 404


def test_the_graph_is_cut_to_what_was_asked_and_says_so(local):
    data = local.get("/rings/r1/graph.json?most=10").json()
    assert len(data["nodes"]) == 10
    assert data["shown"] == "showing 10 of 10 entities"
    assert {node["member"] for node in data["nodes"]} == {None, *range(1, 9)}


def test_the_print_view_has_a_picture_without_a_script(local):
    text = local.get("/rings/r1/print").text
    assert "<script" not in text
    svg = text[text.index('<svg class="picture"') :]
    assert len(ET.fromstring(svg[: svg.index("</svg>") + 6]).findall("circle")) == 10


def keep_acts(store, n_transfers, n_acts, **other_tables):
    """Publish the newest scan again, with a sign-up and transfers in `ring_act`."""
    results = ResultStore(store)
    tables = {name: results.table(name, "s2") for name in SCHEMAS} | other_tables
    same = {"scan_id": "s2", "ring_id": "r1", "source_type": "account", "target_type": None, "target_id": None}
    same |= {"value": None, "currency": None}
    rows = [same | {"act": "sign_up", "occurred_at": MOMENT, "source_id": "account-0003", "n_acts": 1}]
    payment = {"act": "transfer", "source_id": "account-0003", "target_type": "account", "target_id": "account-0005"}
    payment |= {"value": 1234.5, "currency": "USD", "n_acts": n_acts}
    rows += [same | payment | {"occurred_at": MOMENT + timedelta(minutes=k)} for k in range(1, n_transfers + 1)]
    tables["ring_act"] = pa.Table.from_pylist(rows, schema=SCHEMAS["ring_act"])
    results.publish("s2", tables, {"as_of": "2026-01-02T00:00:00+00:00", "previous_scan_id": "s1"})


def test_every_act_is_listed_in_order_and_what_is_left_out_is_said(local, store):
    keep_acts(store, 450, 900)
    text = local.get("/rings/r1").text
    assert "transfers: showing 450 of 900, evenly over time" in text
    first, last = local.get("/rings/r1/acts").text, local.get("/rings/r1/acts?page=3").text
    assert [text.count("<tr><td") for text in (first, last)] == [200, 51]
    assert first.index("signed up") < first.index("paid")
    assert "450 transfers are left out, evenly over time" in first
    assert "ac•••03 (#4)" in first
    assert "1,234.50" in first
    assert "Page 3 of 3" in last
    assert 'rel="next"' not in last
    assert "account-0003" not in first + local.get("/rings/r1/export?table=ring_act").text
    local.post("/rings/r1/show")
    assert "account-0005 (#6)" in local.get("/rings/r1/acts?page=99").text
    looked = [event for event in local.client.app.state.service.book.audit() if event.event_type == "looked"]
    assert looked[0].new == "acts, page 99"
    assert "account-0005" in local.get("/rings/r1/export?table=ring_act").text


def test_a_scan_from_before_single_acts_says_what_its_timeline_counts(local):
    assert "of transfers the first and the last of each pair count" in local.get("/rings/r1").text
    assert "keeps no single acts" in local.get("/rings/r1/acts").text


def test_what_is_not_there_is_told(local):
    assert local.get("/rings/r9").status_code == 404
    assert "No scan in the store lists such a ring." in local.get("/rings/r9").text
    assert local.get("/?scan=none").status_code == 404
    assert local.get("/rings/r1/graph.json?most=1").json() == {"detail": "This does not fit: most."}


def test_health_needs_nobody(people, store):
    assert people("vera").client.app is not None
    assert people("vera").get("/health").json()["status"] == "ok"


def test_where_a_score_starts_is_told_last_and_is_no_reason_in_the_queue(scanned, tmp_path):
    ResultStore(tmp_path / "store").publish(scanned.scan_id, scanned.tables, scanned.manifest)
    client = TestClient(create_app(ServeSettings(tmp_path / "store", local_user="root")), base_url="http://127.0.0.1")
    assert "sign up burst" in client.get("/").text
    assert "prior" not in client.get("/").text
    text = client.get(f"/rings/{scanned.rings.ring_id[0]}").text
    against = text[text.index("Evidence against") : text.index("How high")]
    codes = [code for code in set(scanned.evidence.reason_code) if code in against]
    assert max(codes, key=against.rindex) == "prior"


def test_with_single_acts_the_timeline_keeps_the_lanes_that_links_tell(local, store):
    results = ResultStore(store)
    links = results.table("ring_link", "s2")
    kinds = ["common_input" if kind == "referral" else kind for kind in links["link_type"].to_pylist()]
    column = links.column_names.index("link_type")
    keep_acts(store, 5, 5, ring_link=links.set_column(column, "link_type", pa.array(kinds)))
    text = local.get("/rings/r1").text
    lanes = re.findall(r'class="lane">([a-z -]+) <tspan class="soft">(\d+)<', text)
    assert lanes == [("sign-ups", "1"), ("transfers", "5"), ("links between wallets", "1"), ("first shared uses", "8")]
