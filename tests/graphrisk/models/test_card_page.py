import re

from typer.testing import CliRunner

from graphrisk.cli.app import app
from graphrisk.models.card_page import MARGIN, SIDE, card_page
from graphrisk.models.choice import SHIPPED_FOLDER
from graphrisk.models.files import read_card


def test_every_bin_is_drawn_where_it_belongs():
    card = read_card(SHIPPED_FOLDER)
    drawn = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', card_page(card))
    bins = card["held_out"]["reliability"]
    assert len(drawn) == len(bins) == 10
    for (x, y), row in zip(drawn, bins, strict=True):
        assert abs((float(x) - MARGIN) / SIDE - row["said"]) < 0.001
        assert abs(1 - (float(y) - MARGIN) / SIDE - row["true"]) < 0.001


def test_names_are_escaped_and_nothing_is_loaded():
    card = read_card(SHIPPED_FOLDER) | {"name": "<script>x</script>"}
    page = card_page(card)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"(src|href)=", page)


def test_the_command_writes_the_page(tmp_path):
    out = tmp_path / "card.html"
    made = CliRunner().invoke(app, ["model", "card", "--out", str(out)])
    assert made.exit_code == 0, made.output
    assert out.read_text(encoding="utf-8") == card_page(read_card(SHIPPED_FOLDER))
