"""Third-party data loads by a TOML mapping alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loaders import LoadResult, check_sources, load, read_load_config

pytestmark = pytest.mark.real
CONFIGS = Path(__file__).parent.parent / "real"
DATA = Path(os.environ.get("GRAPHRISK_DATA", Path(__file__).parents[3] / "shared" / "data"))


def load_real(name: str, monkeypatch: pytest.MonkeyPatch) -> LoadResult:
    if not DATA.is_dir():
        pytest.skip(f"the data are not in {DATA}; set GRAPHRISK_DATA")
    monkeypatch.setenv("GRAPHRISK_DATA", str(DATA))
    config = read_load_config(CONFIGS / name / "scan.toml")
    assert check_sources(config) == []
    result = load(config)
    assert result.rejected.num_rows == 0
    return result


def test_airdrop_has_all_wallets_and_edges_without_time_or_amount(monkeypatch: pytest.MonkeyPatch) -> None:
    result = load_real("airdrop", monkeypatch)
    graph = result.graph
    assert graph.types == ("account", "wallet")
    assert graph.n_accounts == 43_052
    assert len(graph.transfers) == 758_877
    assert graph.transfers.seconds is None
    assert graph.transfers.amounts is None
    assert "exchange" in result.labels["label"].to_pylist()


def test_laundering_has_its_transfers_over_99_days(monkeypatch: pytest.MonkeyPatch) -> None:
    transfers = load_real("laundering_10k", monkeypatch).graph.transfers
    assert len(transfers) == 111_377
    assert transfers.seconds is not None
    assert transfers.seconds.max() - transfers.seconds.min() == 98 * 86_400


@pytest.mark.parametrize(
    ("name", "n"), [("20K_cycle200", 117_805), ("20K_fanin200", 118_250), ("20K_fanin200cycle200", 120_558)]
)
def test_amlsim_has_20000_accounts_and_all_transfers(monkeypatch: pytest.MonkeyPatch, name: str, n: int) -> None:
    result = load_real(f"amlsim_{name}", monkeypatch)
    assert result.graph.n_accounts == 20_000
    assert len(result.graph.transfers) == n
    assert result.n_unlisted_accounts == 0


def test_amlworld_loads_from_its_original_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    transfers = load_real("amlworld_sample", monkeypatch).graph.transfers
    assert len(transfers) == 28_374
    assert transfers.seconds is not None
    assert transfers.seconds.min() >= 1_661_990_400
    assert {"US Dollar", "Bitcoin"} < set(transfers.currency_names)


def test_identity_has_names_dates_and_places_as_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = load_real("identity_50k", monkeypatch).graph
    assert graph.n_accounts == 50_578
    assert set(graph.types[1:]) == {"birth_date", "birth_place", "first_name", "full_name", "postcode", "surname"}
