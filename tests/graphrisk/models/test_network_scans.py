import dataclasses
from datetime import timedelta

import duckdb
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks need `pip install graphrisk[torch]`")

from gnn.blend import Blend, Gain  # noqa: E402
from gnn.blended_trees import BlendedTrees  # noqa: E402
from gnn.hetero_network import Schema  # noqa: E402
from gnn.network_config import NetworkConfig  # noqa: E402
from gnn.network_training import make_network  # noqa: E402
from gnn.ring_network import RingNetwork  # noqa: E402
from graphrisk.checkpoints.packing import pack, unpack  # noqa: E402
from graphrisk.checkpoints.parts import SEARCH, SearchParts  # noqa: E402
from graphrisk.config import read_config  # noqa: E402
from graphrisk.models import choice  # noqa: E402
from graphrisk.models.choice import SHIPPED_FOLDER, choose_model  # noqa: E402
from graphrisk.models.files import load_model, save_model  # noqa: E402
from graphrisk.models.settings import ModelSettings  # noqa: E402
from graphrisk.pipeline import find_rings, run_scan  # noqa: E402
from graphrisk.rings.links import find_ring_links  # noqa: E402
from graphrisk.rings.network_reader import dealt_anew, network_graph  # noqa: E402
from graphrisk.rings.removal import removals  # noqa: E402
from graphrisk.rings.search import search_null  # noqa: E402
from graphrisk.rings.what_if import change_caps  # noqa: E402
from graphrisk.stages import StageLog  # noqa: E402
from loaders import ConfigError, load  # noqa: E402

CONFIG = NetworkConfig(width=8, device="cpu", seed=4)


@pytest.fixture(scope="module")
def loaded(world):
    config = read_config(world / "scan.toml")
    return load(config.load_config(), as_of=config.scan.as_of)


def blended(loaded, config=CONFIG, weight=0.3):
    """The shipped trees beside a network that has learned nothing: it disturbs scores, which is enough here."""
    trees = load_model(SHIPPED_FOLDER)
    network = make_network(Schema.of(network_graph(loaded.graph, loaded.as_of)), config).eval()
    gain = Gain(0.1, 0.05, 0.15)
    blend = Blend(weight, gain, gain, (0.0, 0.0), (1.0, 0.1), (0.5, 0.5, 0.6))
    line = dataclasses.replace(trees.calibration, slope=trees.calibration.slope / (1 - weight))
    return BlendedTrees("ours", trees.booster, RingNetwork(network, config, "", {}), blend, line, size_bonus=3.0)


@pytest.fixture(scope="module")
def store(loaded, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores") / "store"
    save_model(blended(loaded), {}, folder / "models" / "ours")
    return folder


def config_of(world, store):
    config = read_config(world / "scan.toml", {"store": str(store)})
    return config.model_copy(update={"model": ModelSettings(name="ours")})


@pytest.fixture(scope="module")
def scanned_by_both(world, store):
    return run_scan(config_of(world, store))


@pytest.fixture(scope="module")
def found(world, store, loaded):
    return find_rings(config_of(world, store), loaded, StageLog(None))[0]


def test_evidence_sums_to_the_score_and_says_what_the_network_adds(scanned_by_both):
    rings = scanned_by_both.rings.set_index("ring_id")
    evidence = scanned_by_both.evidence
    assert len(rings) > 5
    assert set(rings.model) == {"ours"}
    sums = evidence.groupby("ring_id").weight.sum().loc[rings.index]
    assert 1 / (1 + np.exp(-sums.to_numpy())) == pytest.approx(rings.score.to_numpy(), abs=1e-6)
    lines = evidence[evidence.reason_code == "network"]
    assert set(lines.ring_id) == set(rings.index)
    has_account = scanned_by_both.members.groupby("ring_id").entity_type.agg(lambda kinds: "account" in set(kinds))
    assert not has_account.all()  # of wallets that nobody owns it speaks too
    assert lines.text.str.contains("gives no reasons").all()
    assert ((lines.weight > 0) == (lines.direction == "for")).all()
    assert lines.weight.nunique() > len(lines) / 2


def test_a_scan_by_a_network_is_the_same_again_and_named_by_its_weights(world, store, loaded, scanned_by_both, scanned):
    again = run_scan(config_of(world, store))
    assert again.scan_id == scanned_by_both.scan_id != scanned.scan_id
    assert again.tables["ring"].equals(scanned_by_both.tables["ring"])
    assert again.tables["ring_evidence"].equals(scanned_by_both.tables["ring_evidence"])
    other = store.parent / "other"
    save_model(blended(loaded, dataclasses.replace(CONFIG, seed=5)), {}, other / "models" / "ours")
    config = config_of(world, other)
    assert run_scan(config, dry_run=True).scan_id != run_scan(config_of(world, store), dry_run=True).scan_id


def test_any_number_of_threads_gives_the_same_outputs(found, loaded):
    outputs = []
    before = torch.get_num_threads()
    try:
        for n in (1, 2):
            torch.set_num_threads(n)
            outputs.append(found.reader.outputs(found.candidates, found.sharing, found.history))
            assert torch.get_num_threads() == n
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(*outputs, equal_nan=True)
    assert np.array_equal(outputs[0][found.chosen], found.features.network, equal_nan=True)


def test_what_happens_later_changes_nothing_that_a_scan_says(world, store, loaded, tmp_path):
    """The tables as of a time, against the same tables without anything that came after it."""
    moment = loaded.as_of - timedelta(days=120)
    until = f"TIMESTAMPTZ '{moment.isoformat()}'"
    cut = tmp_path / "cut"
    cut.mkdir()
    (cut / "scan.toml").write_text((world / "scan.toml").read_text())
    times = {"accounts": "created_at", "links": "first_seen", "transfers": "occurred_at", "events": "occurred_at"}
    for name, time in times.items():
        # of a link that went on, only its first event is known by then
        known = (
            f"* REPLACE (least(last_seen, {until} - INTERVAL 1 SECOND) AS last_seen, "
            f"CASE WHEN last_seen >= {until} THEN 1 ELSE n_events END AS n_events)"
        )
        columns = known if name == "links" else "*"
        kept = f"SELECT {columns} FROM '{world / name}.parquet' WHERE {time} < {until}"
        duckdb.execute(f"COPY ({kept}) TO '{cut / name}.parquet'")
    results = [run_scan(config_of(folder, store), as_of=moment) for folder in (world, cut)]
    graphs = [network_graph(result.graph, moment) for result in results]
    assert graphs[0].n_edges < network_graph(loaded.graph, loaded.as_of).n_edges
    assert graphs[0].data_hash() == graphs[1].data_hash()
    columns = ["ring_id", "score", "score_low", "score_high", "q_value"]
    assert len(results[0].rings) > 3
    assert results[0].rings[columns].equals(results[1].rings[columns])


def test_without_a_signal_the_network_says_what_it_says_with_it(found, world, store):
    settings = config_of(world, store).rings
    left = removals(found, find_ring_links(found, settings), settings)
    assert len(left) > 20
    parts = found.model.parts(found.features)
    at = found.model.part_names.index("network")
    silent = dataclasses.replace(found.features, network=np.full(len(found.chosen), np.nan))
    quiet = dataclasses.replace(found, features=silent)
    without = removals(quiet, find_ring_links(quiet, settings), settings)
    assert left.log_odds - without.log_odds == pytest.approx(parts[left.rings, at], abs=1e-9)


def test_the_null_model_deals_histories_out_to_the_network_too(found, world, store):
    history = found.history.shuffled(3)
    graph = found.reader.graph
    dealt = dealt_anew(graph, history)
    n = graph.n_accounts
    assert np.array_equal(dealt.created_at, graph.created_at[history.order[:n]])
    assert dealt.links is graph.links
    kept, moved = graph.events, dealt.events
    key = np.lexsort((moved.types, moved.seconds, moved.accounts))
    assert np.array_equal(key, np.arange(len(moved)))
    referral = "referral"
    pairs = [
        sorted(zip(e.accounts[e.of_type(referral)], e.targets[e.of_type(referral)], strict=True)) for e in (kept, moved)
    ]
    assert pairs[0] == pairs[1]
    # all other acts go with the start of whoever did them
    for name in set(kept.type_names) - {referral}:
        counts = [np.bincount(e.accounts[e.of_type(name)], minlength=n) for e in (kept, moved)]
        assert np.array_equal(counts[1], counts[0][history.order[:n]])
    shuffled = found.reader.outputs(found.candidates, found.sharing, history)
    assert not np.array_equal(shuffled[found.chosen], found.features.network, equal_nan=True)
    settings = config_of(world, store).rings
    null = search_null(found, settings, 3)
    assert np.array_equal(null.log_odds, search_null(found, settings, 3).log_odds)


def test_without_starts_there_is_no_null_model_for_a_network(found, world, store):
    untimed = dataclasses.replace(found, history=dataclasses.replace(found.history, timed=False))
    with pytest.raises(ValueError, match="needs the starts of accounts for its null model"):
        search_null(untimed, config_of(world, store).rings, 0)


def test_other_caps_are_searched_with_the_network_too(found, world, store):
    config = config_of(world, store)
    same = change_caps(found.reader.graph, found, config.rings, 1.0)
    assert (same.n_rings, same.n_lost, same.n_gained) == (len(found.chosen), 0, 0)


def test_a_search_that_was_put_by_and_taken_up_again_still_knows_what_the_network_said(found, world, store, tmp_path):
    with (tmp_path / "parts").open("wb") as file:
        pack(file, SearchParts.of(found))
    parts = unpack(tmp_path / "parts", SEARCH)
    settings = config_of(world, store).rings
    again = parts.whole(found.sharing, found.policy, found.history, settings, found.model, found.reader)
    assert np.array_equal(again.features.network, found.features.network, equal_nan=True)
    assert np.array_equal(search_null(again, settings, 1).log_odds, search_null(found, settings, 1).log_odds)


def test_types_that_the_network_has_not_learned_from_are_named(world, store, loaded, tmp_path):
    model = blended(loaded)
    graph = network_graph(loaded.graph, loaded.as_of)
    kind = next(name for name in graph.features if name != "account")
    some = {types: ends for types, ends in graph.edges.items() if kind not in types}
    small = dataclasses.replace(graph, features={k: v for k, v in graph.features.items() if k != kind}, edges=some)
    network = RingNetwork(make_network(Schema.of(small), CONFIG).eval(), CONFIG, "", {})
    save_model(dataclasses.replace(model, network=network), {}, tmp_path / "models" / "ours")
    _, _, chosen = find_rings(config_of(world, tmp_path), loaded, StageLog(None))
    assert chosen.reason.startswith("the network has not learned from ")
    assert kind in chosen.reason


def test_a_network_needs_its_extra_and_starts(store, found, monkeypatch):
    with pytest.raises(ConfigError, match="the network of 'ours' needs the starts of accounts"):
        choose_model("ours", store, dataclasses.replace(found.history, timed=False), found.sharing)
    monkeypatch.setattr(choice, "can_load_networks", lambda: False)
    with pytest.raises(ConfigError, match=r"'ours' needs PyTorch for its network; install it with"):
        choose_model("ours", store, found.history, found.sharing)


def test_models_without_a_network_read_no_graph(world, loaded):
    found, _, _ = find_rings(read_config(world / "scan.toml"), loaded, StageLog(None))
    assert found.reader is None
    assert found.features.network is None
