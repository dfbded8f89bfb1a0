"""What the picture of a ring holds, read from the page without a browser."""

import json
import math
import re

import pytest

from graphrisk.explain import rows_of
from graphrisk.ring_graph import choose_graph
from graphrisk.view import MOST_NODES, write_view


def picture(tables, path):
    write_view(tables, "r1", path)
    text = path.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="graph">(.*?)</script>', text)
    assert found is not None
    return json.loads(found[1]), text


def on_devices(names, n_devices=3, nats=3.0):
    return [(name, "shared_device", f"d{k % n_devices}", nats) for k, name in enumerate(names)]


def test_every_member_signal_and_link_of_a_small_ring_is_drawn(make_tables, tmp_path):
    names = ["a", "b", "c", "d"]
    links = [*on_devices(names, 2), ("a", "referral", "b", 2.0)]
    graph, text = picture(make_tables(names, links), tmp_path / "r.html")
    assert sorted(node["label"] for node in graph["nodes"]) == ["a", "b", "c", "d", "d0", "d1"]
    assert len(graph["edges"]) == 5
    assert [edge["arrows"] for edge in graph["edges"]].count("to") == 1
    assert "are left out" not in text


def test_types_differ_in_colour_and_in_shape_and_stand_in_the_legend(make_tables, tmp_path):
    links = [("a", f"shared_{kind}", kind, 1.0) for kind in ("device", "ip", "wallet", "instrument", "email")]
    graph, text = picture(make_tables(["a"], links), tmp_path / "r.html")
    assert len({node["shape"] for node in graph["nodes"]}) == len({node["color"] for node in graph["nodes"]}) == 6
    legend = text[text.index('class="legend"') :]
    for kind in ("account", "device", "ip", "wallet", "instrument", "email"):
        assert f">{kind}</span>" in legend


def test_a_hub_is_drawn_apart_and_says_what_it_is(make_tables, tmp_path):
    tables = make_tables(["a", "b"], [("a", "shared_ip", "h", 0.0), ("b", "shared_ip", "h", 0.0)], hubs=("h",))
    graph, text = picture(tables, tmp_path / "r.html")
    (hub,) = [node for node in graph["nodes"] if node["label"] == "h"]
    assert "a hub: sharing it says little" in hub["title"]
    assert all(edge["dashes"] for edge in graph["edges"])
    assert "grey: a hub" in text


def test_a_large_ring_keeps_its_strongest_signals_and_counts_what_is_left_out(make_tables, tmp_path):
    names = [f"a{k:04d}" for k in range(1800)]
    links = [*on_devices(names, 900, nats=1.0), ("a0000", "shared_ip", "strong", 9.0)]
    graph, text = picture(make_tables(names, links), tmp_path / "r.html")
    assert len(graph["nodes"]) == MOST_NODES
    assert any("strong" in node["title"] for node in graph["nodes"])
    assert f"showing 2,000 of 2,701 entities, the strongest; {2701 - MOST_NODES:,} are left out" in text


@pytest.mark.parametrize("n", [1, 20, 1500])
def test_the_picture_grows_with_the_root_of_its_nodes_so_that_all_can_be_seen(make_tables, tmp_path, n):
    names = [f"a{k:04d}" for k in range(n)]
    graph, _ = picture(make_tables(names, on_devices(names)), tmp_path / "r.html")
    places = [(node["x"], node["y"]) for node in graph["nodes"]]
    side = max(max(axis) - min(axis) for axis in zip(*places, strict=True))
    room = side / math.sqrt(len(places))
    # a node is about 30 wide: the room for each is between one and a half and four nodes
    assert 44 <= room <= 120
    assert len(set(places)) > 0.95 * len(places)


def test_a_page_for_a_folder_that_is_missing_is_refused(make_tables, tmp_path):
    with pytest.raises(FileNotFoundError, match="the folder of the page must exist"):
        write_view(make_tables(["a"], []), "r1", tmp_path / "none" / "r.html")


def with_hubs(n_members, n_hubs, kind="ip"):
    names = [f"a{k}" for k in range(n_members)]
    links = [(name, f"shared_{kind}", f"hub-{h:02d}", 0.0) for h in range(n_hubs) for name in names[: n_members - h]]
    return names, links, tuple(f"hub-{h:02d}" for h in range(n_hubs))


def test_hubs_of_a_type_are_folded_into_one_with_counts(make_tables, tmp_path):
    names, links, hubs = with_hubs(20, 15)
    links += [("a0", "shared_device", "d", 3.0), ("a1", "shared_device", "d", 3.0)]
    graph, text = picture(make_tables(names, links, hubs=hubs), tmp_path / "r.html")
    (fold,) = [node for node in graph["nodes"] if node["label"] == "15 ip hubs"]
    lines = fold["title"].split("\n")
    assert lines[1:3] == ["used by 20 members", "hub-00: 20 members, 20 accounts in all"]
    assert lines[-1] == "and 3 more"
    assert len(lines) == 2 + 12 + 1
    # one line per member, which says how many of the hubs it uses
    to_fold = [edge["title"].split("\n")[0] for edge in graph["edges"] if edge["dashes"]]
    assert len(to_fold) == 20
    assert to_fold[0] == "shared ip, 15 of the hubs"
    assert to_fold[-1] == "shared ip, 1 of the hubs"
    assert "showing 36 of 36 entities; 15 hubs are folded into 1" in text
    assert "grey: a hub; several of a type are folded into one" in text


def test_a_single_hub_and_hubs_of_other_types_stay_apart(make_tables, tmp_path):
    names, links, hubs = with_hubs(4, 2)
    links += [(name, "shared_device", "kiosk", 0.0) for name in names]
    graph, text = picture(make_tables(names, links, hubs=(*hubs, "kiosk")), tmp_path / "r.html")
    assert sorted(node["label"] for node in graph["nodes"]) == ["2 ip hubs", "a0", "a1", "a2", "a3", "kiosk"]
    assert "showing 7 of 7 entities; 2 hubs are folded into 1" in text


def test_a_fold_takes_no_name_that_the_data_have(make_tables, tmp_path):
    names, links, _ = with_hubs(3, 2)
    links += [(name, "shared_ip", "hubs", 2.0) for name in names]
    graph, _ = picture(make_tables(names, links, hubs=("hub-00", "hub-01")), tmp_path / "r.html")
    assert sorted(node["label"] for node in graph["nodes"]) == ["2 ip hubs", "a0", "a1", "a2", "hubs"]
    assert len(graph["edges"]) == 6


def test_folded_hubs_in_a_ring_that_is_cut_count_among_what_is_left_out(make_tables, tmp_path):
    names, links, hubs = with_hubs(8, 3)
    tables = make_tables(names, links, hubs=hubs)
    graph = choose_graph(rows_of(tables, "ring_member", "r1"), rows_of(tables, "ring_link", "r1"), most=4)
    assert graph.shown() == "showing 6 of 11 entities, the strongest; 5 are left out; 3 hubs are folded into 1"
