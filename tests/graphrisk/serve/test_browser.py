"""The investigator's day in a real browser."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from graphrisk.cases.book import CaseBook
from graphrisk.cases.database import CaseDatabase
from graphrisk.cases.users import Users
from graphrisk.store import ResultStore
from graphrisk.tables import SCHEMAS
from tests.graphrisk.chromium import chromium
from tests.graphrisk.serve.browser import Watched, serving
from tests.graphrisk.serve.conftest import PASSWORD, publish_ring

pytestmark = pytest.mark.browser
HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    '"><img src=x onerror="window.hacked = 1">',
    "<svg onload=window.hacked=1>",
    '<a href="javascript:window.hacked=1">href</a>',
    "' onfocus=window.hacked=1 autofocus x='",
    "\u202eevil\u2066\x00\x1b[31m",
    "{{ 7 * 7 }}{% raw %}<!--",
    '=HYPERLINK("http://evil.example")',
    "hx-get=http://evil.example",
    "x" * 10_000,
]


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def world_store(scanned, tmp_path_factory):
    """The simulated world as published."""
    folder = tmp_path_factory.mktemp("served") / "store"
    ResultStore(folder).publish(scanned.scan_id, scanned.tables, scanned.manifest)
    users = Users(CaseDatabase(folder))
    for name in ("ivan", "ines"):
        users.put(name, "investigator", PASSWORD, actor="setup")
    return folder


def first_ring_of_accounts(folder):
    """The worst ring that has accounts to block; the worst of all may be of wallets."""
    store = ResultStore(folder)
    members = store.table("ring_member").to_pylist()
    with_accounts = {row["ring_id"] for row in members if row["entity_type"] == "account"}
    return next(row for row in store.table("ring").to_pylist() if row["ring_id"] in with_accounts)


def log_in(watched, name):
    page = watched.go("/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector("text=Rings to look at")
    return page


def test_the_day_of_an_investigator_from_the_queue_to_the_decision(browser, world_store):
    ring = first_ring_of_accounts(world_store)
    with serving(world_store) as address:
        ivan, ines = Watched(browser, address), Watched(browser, address)
        page = log_in(ivan, "ivan")
        ivan.shoot("1-queue")
        page.get_by_label("Band").select_option(ring["band"])
        page.wait_for_url(f"**band={ring['band']}**")
        assert ivan.fits()
        page.get_by_role("link", name=ring["ring_id"]).click()
        page.wait_for_selector("#graph[data-drawn]")
        ivan.shoot("2-ring")
        assert ivan.fits()
        assert "showing" in page.inner_text("#legend")
        page.get_by_role("button", name="Why?").click()
        page.wait_for_selector("#answer li")
        assert "/why" not in page.url
        page.get_by_role("button", name="Show identifiers").click()
        page.wait_for_selector("text=each look is written down")
        assert "•••" not in page.inner_text("#members")
        page.get_by_role("button", name="Open as mine").click()
        page.wait_for_selector("text=assigned to")
        page.locator("#case").get_by_text("Block accounts").click()
        page.get_by_role("button", name="Ask for the block").click()
        page.wait_for_selector("text=Block waits for a second person")
        page.get_by_label("confirmed").check()
        page.locator("fieldset textarea").fill("one person, many accounts")
        page.get_by_role("button", name="Decide").click()
        page.wait_for_selector("#case .status.confirmed")
        ivan.shoot("3-decided")
        second = log_in(ines, "ines")
        second.goto(page.url.partition("#")[0])
        second.get_by_role("button", name="Approve the block").click()
        second.wait_for_selector("text=Block in force")
        ines.shoot("4-approved")
        second.get_by_role("link", name="Print view").click()
        second.wait_for_selector("svg.picture")
        ines.shoot("5-print")
        assert ivan.said == ines.said == []
    book = CaseBook(world_store)
    (case,) = book.cases().values()
    assert (case.decision, case.block.requested_by, case.block.approved_by) == ("confirmed", "ivan", "ines")
    assert book.verify().n_events >= 8


def test_everything_but_the_picture_works_without_scripts(browser, world_store):
    with serving(world_store) as address:
        watched = Watched(browser, address, scripts=False)
        page = log_in(watched, "ivan")
        page.get_by_label("Status").select_option("all")
        page.get_by_label("Members, at least").fill("5")
        page.get_by_role("button", name="Apply").click()
        assert "size=5" in page.url
        page.locator("a.ring").first.click()
        page.get_by_role("button", name="Why?").click()
        page.wait_for_selector("h1:has-text('together')")
        page.go_back()
        page.get_by_role("link", name="print view").first.click()
        page.wait_for_selector("svg.picture circle")
        watched.shoot("6-print-without-scripts")


@pytest.mark.slow
def test_the_page_can_be_used_with_the_keyboard_alone(browser, world_store):
    with serving(world_store) as address:
        watched = Watched(browser, address)
        page = log_in(watched, "ivan")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.className") == "ring":
                break
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Why it was flagged")


@pytest.fixture
def hostile_store(make_tables, tmp_path):
    """Hostile texts wherever a text can stand."""
    import pyarrow as pa

    folder = publish_ring(make_tables, tmp_path / "store", HOSTILE)
    store = ResultStore(folder)
    tables = {name: store.table(name, "s2") for name in store.manifest("s2")["tables"]}
    for name, columns in {
        "ring": ("typology", "band", "currency", "lineage", "model"),
        "ring_member": ("role",),
        "ring_evidence": ("reason_code", "text"),
        "ring_link": ("target_type",),
    }.items():
        table = tables[name]
        for column in columns:
            texts = [f"{HOSTILE[k % len(HOSTILE)]}{k}" for k in range(len(table))]
            if name == "ring_link":
                # members keep their type, or nothing would join them
                texts = [
                    t if n else k
                    for t, k, n in zip(texts, table[column].to_pylist(), table["n_accounts"].to_pylist(), strict=True)
                ]
            table = table.set_column(table.column_names.index(column), column, pa.array(texts, pa.string()))
        tables[name] = table
    acts = [
        dict.fromkeys(SCHEMAS["ring_act"].names, text)
        | {"scan_id": "s2", "ring_id": "r1", "act": "transfer" if k % 2 else text}
        | {"occurred_at": datetime(2026, 1, 1, tzinfo=UTC), "value": -1.0, "n_acts": 900}
        for k, text in enumerate(HOSTILE)
    ]
    tables["ring_act"] = pa.Table.from_pylist(acts, schema=SCHEMAS["ring_act"])
    store.publish("s2", tables, {"as_of": "2026-01-02T00:00:00+00:00", "previous_scan_id": "s1"})
    book = CaseBook(folder)
    case = book.open("r1", "ana", note=HOSTILE[1])
    for text in HOSTILE:
        book.note(case.case_id, "ana", text)
    book.assign(case.case_id, "ana", "<img src=x onerror=window.hacked=1>")
    return folder


@pytest.mark.parametrize("shown", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["shown", "masked"])
def test_hostile_texts_never_run(browser, hostile_store, shown):
    with serving(hostile_store, local_user="root") as address:
        watched = Watched(browser, address)
        page = watched.go("/rings/r1")
        if shown:
            page.get_by_role("button", name="Show identifiers").click()
        page.wait_for_selector("#graph[data-drawn]")
        for x in range(60, 880, 40):
            page.mouse.move(x, 300)
        page.locator("#pair").get_by_role("button").click()
        page.wait_for_selector("#answer > *")
        assert watched.fits()
        watched.shoot(f"7-hostile-{'shown' if shown else 'masked'}")
        for path in (
            "/?status=all",
            "/rings/r1/print",
            "/rings/r1/acts",
            "/rings/r1/compare?before=s1",
            "/rings/r1/why?a=1&b=3",
            "/audit",
        ):
            watched.go(path)
            page.wait_for_timeout(100)
            assert page.evaluate("window.hacked") is None, path
            assert watched.fits(), path
        for text in HOSTILE[:2] if shown else HOSTILE:
            watched.go("/search").get_by_label("Identifier").fill(text)
            page.get_by_role("button", name="Find").click()
            watched.go(f"/?text={quote(text[:100])}")
        assert page.evaluate("window.hacked") is None
        assert watched.said == []


def test_hostile_texts_are_no_formulas_in_files(hostile_store):
    import csv
    import io

    from fastapi.testclient import TestClient

    from graphrisk.export import FORMULA
    from graphrisk.serve.app import create_app
    from graphrisk.serve.settings import ServeSettings
    from tests.graphrisk.serve.conftest import Person

    app = create_app(ServeSettings(hostile_store, local_user="root"))
    person = Person(TestClient(app, base_url="http://127.0.0.1"))
    person.post("/rings/r1/show")
    for table in ("ring", "ring_member", "ring_evidence", "ring_link", "ring_act"):
        text = person.get(f"/rings/r1/export?table={table}").text
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert len(cells) > 10
        assert not any(cell.startswith(FORMULA) and not _is_number(cell) for cell in cells)
    for kind in ("graphml", "gexf", "json"):
        assert person.get(f"/rings/r1/export?kind={kind}").status_code == 200


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


@pytest.mark.slow
def test_a_ring_of_two_thousand_is_drawn_and_says_what_is_left_out(browser, make_tables, tmp_path):
    names = [f"account-{k:05d}" for k in range(2500)]
    tables = make_tables(names, [(name, "shared_device", f"device-{k % 60}", 3.0) for k, name in enumerate(names)])
    ResultStore(tmp_path / "store").publish("s1", tables, {"as_of": "2026-01-01T00:00:00+00:00"})
    with serving(Path(tmp_path / "store"), local_user="root") as address:
        watched = Watched(browser, address)
        page = watched.go("/rings/r1")
        page.wait_for_selector("#graph[data-drawn='2000']")
        assert "showing 2,000 of 2,560 entities" in page.inner_text("#legend")
        assert "Showing 100 of 2,500." in page.inner_text("#members")
        assert watched.said == []
        watched.shoot("8-two-thousand")
