"""The page of a ring, as text and in a real browser."""

import sys
import unicodedata

import pytest

from graphrisk.view import MOST_NODES, write_view
from graphrisk.view_page import clean
from tests.graphrisk.chromium import chromium

HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    '"><img src=x onerror="window.hacked = 1">',
    "<svg onload=window.hacked=1>",
    '<a href="javascript:window.hacked=1">href</a>',
    "\u202eevil\u2066\x00\x1b[31m",
    "{{ 7 * 7 }}<!--",
    "x" * 10_000,
    "ordinary",
]


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def open_page(browser, path, **viewport):
    """Open a page and return it with everything that it said or asked for."""
    page = browser.new_page(viewport=viewport or {"width": 1280, "height": 800})
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: said.append(request.url) if not request.url.startswith("file:") else None)
    page.goto(f"file://{path}")
    page.wait_for_selector("canvas")
    page.wait_for_timeout(300)
    return page, said


DRAWN = """() => {
  const canvas = document.querySelector("canvas");
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let n = 0;
  for (let i = 3; i < data.length; i += 4) n += data[i] > 0;
  return n;
}"""


def ring_of(names, make_tables):
    links = [(name, "shared_device", f"device-{k % 3}", 3.0) for k, name in enumerate(names)]
    return make_tables(names, links)


@pytest.mark.browser
def test_the_picture_is_drawn_and_nothing_is_asked_of_any_network(browser, make_tables, tmp_path):
    write_view(ring_of([f"a{k}" for k in range(12)], make_tables), "r1", tmp_path / "r.html")
    page, said = open_page(browser, tmp_path / "r.html")
    assert said == []
    assert page.evaluate(DRAWN) > 1000
    assert "showing 15 of 15 entities" in page.inner_text(".legend")


@pytest.mark.browser
def test_hostile_ids_never_run(browser, make_tables, tmp_path):
    tables = make_tables(HOSTILE, [(name, "shared_device", f"d{name}", 3.0) for name in HOSTILE for _ in range(2)])
    write_view(tables, "r1", tmp_path / "r.html")
    page, said = open_page(browser, tmp_path / "r.html")
    for x in range(480, 1280, 40):
        page.mouse.move(x, 300)
    page.wait_for_timeout(300)
    assert said == []
    assert page.evaluate("window.hacked") is None
    assert '"><img src=x onerror="window.hacked = 1">' in page.inner_text("table")


@pytest.mark.browser
def test_a_ring_of_thousands_opens_and_says_what_it_leaves_out(browser, make_tables, tmp_path):
    write_view(ring_of([f"a{k:04d}" for k in range(3000)], make_tables), "r1", tmp_path / "r.html")
    page, said = open_page(browser, tmp_path / "r.html")
    assert said == []
    assert f"showing {MOST_NODES:,} of 3,003 entities" in page.inner_text(".legend")


@pytest.mark.browser
def test_the_page_fits_a_phone(browser, make_tables, tmp_path):
    write_view(ring_of([f"a{k}" for k in range(12)], make_tables), "r1", tmp_path / "r.html")
    page, _ = open_page(browser, tmp_path / "r.html", width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_evidence_on_both_sides_comes_before_the_score(make_tables, tmp_path):
    write_view(ring_of(["a", "b"], make_tables), "r1", tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    places = [text.index(title) for title in (">Evidence for<", ">Evidence against<", ">Score<", ">Members<")]
    assert places == sorted(places)


def test_the_same_ring_gives_the_same_page(make_tables, tmp_path):
    tables = ring_of([f"a{k}" for k in range(30)], make_tables)
    for name in ("one.html", "two.html"):
        write_view(tables, "r1", tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_an_unknown_ring_writes_nothing(make_tables, tmp_path):
    with pytest.raises(ValueError, match="got none"):
        write_view(ring_of(["a", "b"], make_tables), "r2", tmp_path / "r.html")
    assert list(tmp_path.iterdir()) == []


def test_cleaning_takes_out_what_a_screen_would_obey():
    assert clean("a\u202eb\x07c\u2028") == "a\ufffdb\ufffdc\ufffd"
    assert len(clean("x" * 10_000)) == 300


def test_cleaning_keeps_of_every_character_what_its_category_says():
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        is_kept = character in " \n" or unicodedata.category(character)[0] not in "CZ"
        assert clean(character) == (character if is_kept else "\ufffd"), hex(number)
