"""Stolen money followed through the tables that a scan reads."""

import json
import math
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from typer.testing import CliRunner

from graphrisk.cli.app import app
from graphrisk.cli.output import UsageError
from graphrisk.config import ScanConfig
from graphrisk.taint import TaintError, trace

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
# a victim pays a thief, who has money of his own; half goes to a mule, half to an exchange, which pays its customers
ROWS = [
    ("t1", "wallet", "0xEmployer", "wallet", "0xThief", 100.0),
    ("t2", "wallet", "0xVictim", "wallet", "0xThief", 100.0),
    ("t3", "wallet", "0xThief", "account", "mule", 100.0),
    ("t4", "wallet", "0xThief", "wallet", "0xExchange", 100.0),
    ("t5", "wallet", "0xExchange", "wallet", "0xCustomer", 100.0),
    ("t6", "account", "mule", "account", "friend", 40.0),
    ("t7", "wallet", "0xVictim", "wallet", "0xShop", 9.0),
]


def frame(rows=ROWS):
    columns = ["transfer_id", "source_type", "source_id", "target_type", "target_id", "amount"]
    table = pd.DataFrame(rows, columns=columns).assign(currency="USD")
    return table.assign(occurred_at=[BEGIN + timedelta(hours=k) for k in range(len(rows))])


def config(**more):
    return ScanConfig.model_validate({"source": [{"frame": "transfers", "table": "transfers"}], **more})


EXCHANGE = {"wallets": {"exclude": {"exchange": ["0xExchange"]}}}


def traced(method="fifo", rows=ROWS, settings=EXCHANGE, **options):
    return trace(config(**settings), method=method, frames={"transfers": frame(rows)}, **options)


def received(result):
    table = result.accounts().to_pandas()
    return dict(zip(table.entity_id, table.received, strict=True))


@pytest.mark.parametrize(
    ("method", "amounts"),
    [
        ("fifo", {"0xThief": 100, "0xExchange": 100}),
        ("haircut", {"0xThief": 100, "mule": 50, "0xExchange": 50, "friend": 20}),
        ("poison", {"0xThief": 100, "mule": 100, "0xExchange": 100, "friend": 40}),
    ],
)
def test_a_theft_is_followed_by_its_transfer_id(method, amounts):
    result = traced(method, transfer_ids=["t2"])
    assert received(result) == amounts
    assert (result.summary()["currency"], result.summary()["issued"]) == ("USD", 100.0)


def test_tables_say_who_when_how_much_and_what_is_left():
    result = traced("haircut", transfer_ids=["t2"])
    accounts = result.accounts().to_pandas().set_index("entity_id")
    assert accounts.loc["mule", ["entity_type", "received", "held", "balance"]].tolist() == ["account", 50, 30, 60]
    assert accounts.loc["friend"].first_tainted_at == BEGIN + timedelta(hours=5)
    assert accounts.is_service[accounts.is_service].index.tolist() == ["0xExchange"]
    transfers = result.transfers().to_pandas()
    assert transfers.tainted.tolist() == [100, 50, 50, 20]
    assert transfers.loc[3, ["source_type", "source_id", "target_id", "amount"]].tolist() == [
        *("account", "mule", "friend", 40.0)
    ]


def test_money_goes_into_services_and_not_out_of_them_unless_that_is_asked_for():
    assert "0xCustomer" not in received(traced(transfer_ids=["t2"]))
    assert received(traced(transfer_ids=["t2"], through_services=True))["0xCustomer"] == 100
    assert received(traced(transfer_ids=["t2"], settings={}))["0xCustomer"] == 100


def test_all_that_a_source_pays_is_tainted_and_sources_are_not_listed():
    assert received(traced(sources=["wallet:0xVictim"])) == {"0xThief": 100, "0xExchange": 100, "0xShop": 9}
    assert received(traced(sources=["mule"])) == received(traced(sources=["account:mule"])) == {"friend": 40}


def test_what_comes_later_changes_nothing():
    early = traced(transfer_ids=["t2"], as_of=BEGIN + timedelta(hours=3))
    assert received(early) == {"0xThief": 100}
    with pytest.raises(TaintError, match="no transfer before 2026-01-01 01:00 has the id 't2'"):
        traced(transfer_ids=["t2"], as_of=BEGIN + timedelta(hours=1))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "must name a source"),
        ({"sources": ["wallet:0xNobody"]}, "there is no wallet '0xNobody' in the data"),
        ({"sources": ["0xThief"]}, "there is no account '0xThief' in the data; name others than accounts"),
        ({"transfer_ids": ["t1", "t9"]}, "has the id 't9'"),
        ({"sources": ["mule"], "rows": [(*row[:5], math.nan) for row in ROWS]}, "haircut and fifo need amounts"),
    ],
)
def test_what_is_not_there_is_said(options, words):
    with pytest.raises(TaintError, match=words):
        traced(**options)


def test_ids_are_found_as_loading_writes_them(monkeypatch):
    monkeypatch.setenv("TAINT_KEY", "0123456789abcdef")
    result = traced(sources=["mule"], settings={"identifiers": {"hash_key_env": "TAINT_KEY"}})
    (name,) = received(result)
    assert name != "friend"
    assert len(name) > 20


def test_several_currencies_without_rates_have_no_sum():
    table = frame([("a", "account", "x", "account", "y", 5.0), ("b", "account", "x", "account", "y", 7.0)])
    table["currency"] = ["EUR", "GBP"]
    result = trace(config(), method="haircut", sources=["x"], frames={"transfers": table})
    assert result.transfers().to_pandas().currency.tolist() == ["EUR", "GBP"]
    assert result.accounts()["received"].to_pylist() == [None]
    assert result.summary()["currency"] is None


def test_the_command_prints_and_writes(tmp_path):
    frame().to_csv(tmp_path / "transfers.csv", index=False)
    text = '[[source]]\npath = "transfers.csv"\ntable = "transfers"\n'
    (tmp_path / "scan.toml").write_text(text + '[wallets]\nexclude = { exchange = ["0xExchange"] }\n')

    def taint(*args):
        return CliRunner().invoke(app, ["taint", str(tmp_path / "scan.toml"), *map(str, args)])

    done = taint("--transfer", "t2", "--json", "--out", tmp_path / "stolen")
    said = json.loads(done.stdout)
    assert said["summary"]["n_accounts"] == 4
    assert [row["entity_id"] for row in said["accounts"]] == ["0xThief", "mule", "0xExchange", "friend"]
    assert len(pd.read_parquet(tmp_path / "stolen" / "transfers.parquet")) == 4
    assert len(pd.read_parquet(tmp_path / "stolen" / "accounts.parquet")) == 4
    for args, words in (
        (("--transfer", "t2", "--out", tmp_path / "stolen"), "exists already"),
        (("--source", "wallet:0xNobody"), "there is no wallet '0xNobody'"),
    ):
        wrong = taint(*args)
        assert isinstance(wrong.exception, UsageError)
        assert words in str(wrong.exception)
    shown = taint("--source", "wallet:0xVictim", "--method", "fifo", "--limit", "2")
    assert "3 accounts and wallets reached by tainted money of 109.00 USD, fifo" in shown.stdout
    assert "service, not followed further" in shown.stdout
    assert "0xShop" not in shown.stdout
