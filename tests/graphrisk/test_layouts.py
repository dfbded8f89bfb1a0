"""Published data sets, in small files with the columns that they are published with."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from graphrisk.cli.app import app
from graphrisk.cli.output import UsageError
from graphrisk.config import check_config, read_config
from graphrisk.pipeline import run_scan
from graphrisk.template import layout_config
from loaders import ConfigError
from loaders.layouts import layout_names, read_layout

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("GRAPHRISK_DATA", ROOT.parent / "shared" / "data"))

AMLSIM_ACCOUNTS = (
    "acct_id,dsply_nm,type,acct_stat,acct_rptng_crncy,prior_sar_count,branch_id,open_dt,close_dt,initial_deposit,"
    "tx_behavior_id,bank_id,first_name,last_name,street_addr,city,state,country,zip,gender,birth_date,ssn,lon,lat"
)
GENTEX = (
    "step,type,amount,nameOrig,bankOrig,daysInBankOrig,phoneChangesOrig,oldbalanceOrig,newbalanceOrig,nameDest,"
    "bankDest,daysInBankDest,phoneChangesDest,oldbalanceDest,newbalanceDest,isSAR,alertID,modelType"
)
EXTRA = (
    ",".join(f"Local_feature_{k}" for k in range(1, 94))
    + ","
    + ",".join(f"Aggregate_feature_{k}" for k in range(1, 73))
)

STEPS = {230425980: 1, 5530458: 1, 232022460: 2}

# layout: files with their published headers and two or three rows; transfers, labels that are bad, and what is known
SETS = {
    "amlworld": (
        {
            "HI-Small_Trans.csv": "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,"
            "Amount Paid,Payment Currency,Payment Format,Is Laundering\n"
            "2022/09/01 00:20,010,8000EBD30,03208,8000F4580,3697.34,US Dollar,3697.34,US Dollar,Cheque,0\n"
            "2022/09/01 00:26,03208,8000F4580,001,8000F5340,0.01,Euro,0.01,US Dollar,ACH,1\n",
            "HI-Small_accounts.csv": "Bank Name,Bank ID,Account Number,Entity ID,Entity Name\n"
            "Bank A,10,8000EBD30,800062E24,Corporation #1\nBank B,3208,8000F4580,800062E24,Corporation #1\n",
        },
        (2, {"3208-8000F4580", "1-8000F5340"}, "2022-09-01T00:26:01+00:00"),
    ),
    "amlsim example": (
        {
            "transactions.csv": "TX_ID,SENDER_ACCOUNT_ID,RECEIVER_ACCOUNT_ID,TX_TYPE,TX_AMOUNT,TIMESTAMP,IS_FRAUD,"
            "ALERT_ID\n"
            "1,6456,9069,TRANSFER,465.05,0,False,-1\n2,7516,9543,TRANSFER,564.64,3,True,7\n",
            "accounts.csv": "ACCOUNT_ID,CUSTOMER_ID,INIT_BALANCE,COUNTRY,ACCOUNT_TYPE,IS_FRAUD,TX_BEHAVIOR_ID\n"
            "6456,C_6456,100.0,US,I,false,1\n7516,C_7516,100.0,US,I,true,1\n",
        },
        (2, {"7516"}, "2024-01-04T00:00:01+00:00"),
    ),
    "amlsim converted": (
        {
            "transactions.csv": "tran_id,orig_acct,bene_acct,tx_type,base_amt,tran_timestamp,is_sar,alert_id\n"
            "1,1001,2001,TRANSFER,150.5,2017-01-01T10:00:00Z,False,-1\n"
            "2,2001,3001,TRANSFER,2750,2017-01-02T11:00:00Z,True,10\n",
            "accounts.csv": AMLSIM_ACCOUNTS + "\n1001,1001,SAV,A,USD,False,1,2017-01-01T00:00:00Z,"
            "4754-11-29T00:00:00Z,100,1,bank_a,Ann,Bee,1 Road,Town,ST,US,10000,F,1980-01-01,1-2-3,0.0,0.0\n",
        },
        (2, {"2001", "3001"}, "2017-01-02T11:00:01+00:00"),
    ),
    "amlsim log": (
        {
            "tx_log.csv": "step,type,amount,nameOrig,oldbalanceOrig,newbalanceOrig,nameDest,oldbalanceDest,"
            "newbalanceDest,isSAR,alertID\n0,TRANSFER,10.5,1,100,89.5,2,5,15.5,0,-1\n4,TRANSFER,9,2,15,6,3,0,9,1,5\n",
        },
        (2, {"2", "3"}, "2024-01-05T00:00:01+00:00"),
    ),
    "amlsim sample run": (
        {
            "transactions.csv": "sourceNodeId,targetNodeId,value,time\n0,1,5.0,1\n1,2,4.0,2\n",
            "accounts.csv": "nodeid,init_balance\n0,10\n1,10\n2,10\n",
            "labels.csv": "nodeid,isFraud,fraudStep\n0,0,-1\n1,1,2\n2,1,2\n",
        },
        (2, {"1", "2"}, "2024-01-03T00:00:01+00:00"),
    ),
    "amlgentex": (
        {
            "tx_log.csv": GENTEX + "\n0,INCOME,2000,-2,source,0,0,0,0,11,bank_a,5,0,0,2000,0,-1,0\n"
            "1,TRANSFER,500,11,bank_a,6,0,2000,1500,12,bank_b,3,1,0,500,1,4,2\n"
        },
        (2, {"11", "12"}, "2024-01-02T00:00:01+00:00"),
    ),
    "elliptic": (
        {
            "elliptic_txs_edgelist.csv": "txId1,txId2\n230425980,5530458\n5530458,232022460\n",
            "elliptic_txs_classes.csv": "txId,class\n230425980,unknown\n5530458,2\n232022460,1\n",
            "elliptic_txs_features.csv": "".join(
                f"{tx},{step},{','.join(['-0.17'] * 165)}\n" for tx, step in STEPS.items()
            ),
        },
        (2, {"232022460"}, "2016-01-29T00:00:01+00:00"),
    ),
    "elliptic++": (
        {
            "AddrTx_edgelist.csv": "input_address,txId\n1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,1\n"
            "12c6DSiU4Rq3P4ZxziKxzrL5LmMBrzjrJX,1\n1HLoD9E4SDFFPDiYfNYnkBLQ85Y51J3Zb1,2\n",
            "TxAddr_edgelist.csv": "txId,output_address\n1,1HLoD9E4SDFFPDiYfNYnkBLQ85Y51J3Zb1\n"
            "2,12c6DSiU4Rq3P4ZxziKxzrL5LmMBrzjrJX\n",
            "txs_features.csv": f"txId,Time step,{EXTRA},in_txs_degree,out_txs_degree,total_BTC\n"
            + "".join(f"{tx},{tx},{','.join(['0.1'] * 165)},1,1,2.5\n" for tx in (1, 2)),
            "wallets_classes.csv": "address,class\n1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,1\n"
            "12c6DSiU4Rq3P4ZxziKxzrL5LmMBrzjrJX,3\n",
        },
        (3, {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"}, "2016-01-29T00:00:01+00:00"),
    ),
    "paysim": (
        {
            "PS_20174392719_1491204439457_log.csv": "step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,nameDest,"
            "oldbalanceDest,newbalanceDest,isFraud,isFlaggedFraud\n"
            "1,PAYMENT,9839.64,C1231006815,170136.0,160296.36,M1979787155,0.0,0.0,0,0\n"
            "1,TRANSFER,181.0,C1305486145,181.0,0.0,C553264065,0.0,0.0,1,0\n",
        },
        (2, {"C1305486145", "C553264065"}, "2024-01-01T01:00:01+00:00"),
    ),
    "saml-d": (
        {
            "SAML-D.csv": "Time,Date,Sender_account,Receiver_account,Amount,Payment_currency,Received_currency,"
            "Sender_bank_location,Receiver_bank_location,Payment_type,Is_laundering,Laundering_type\n"
            "10:35:19,2022-10-07,8724731955,2769355426,1459.15,UK pounds,UK pounds,UK,UK,Cheque,0,Normal_Fan_Out\n"
            "10:35:20,2022-10-07,1491989064,8401255335,6019.64,UK pounds,Dirham,UK,UAE,Cross-border,1,Smurfing\n",
        },
        (2, {"1491989064", "8401255335"}, "2022-10-07T10:35:21+00:00"),
    ),
}


def write_set(name, folder):
    for file, text in SETS[name][0].items():
        (folder / file).write_text(text, encoding="utf-8")
    return [folder / file for file in SETS[name][0]]


def layout_of(name):
    return "elliptic++" if name == "elliptic++" else name.split(" ")[0]


@pytest.mark.parametrize("name", SETS)
def test_a_published_layout_is_read_whole(name, tmp_path):
    config = tmp_path / "scan.toml"
    config.write_text(layout_config(layout_of(name), write_set(name, tmp_path)), encoding="utf-8")
    assert check_config(config) == []
    settings = read_config(config, environment={})
    result = run_scan(settings, dry_run=True)
    n_transfers, bad, as_of = SETS[name][1]
    scan = result.tables["scan"].to_pylist()[0]
    assert (scan["n_transfers"], scan["n_rejected"]) == (n_transfers, 0)
    assert scan["as_of"].isoformat() == as_of
    transfers = result.graph.transfers
    assert transfers.seconds is not None
    assert (transfers.amounts is not None) == (not name.startswith("elliptic"))
    from loaders import load

    labels = load(settings.load_config()).labels.to_pandas()
    assert set(labels[labels.label.isin(["laundering", "fraud"])].entity_id) == bad
    assert {"legitimate", "merchant"} >= set(labels.label) - {"laundering", "fraud"}


def test_every_layout_that_is_shipped_is_tried_here():
    assert {read_layout(layout_of(name)).name for name in SETS} == set(layout_names())


def test_owners_of_accounts_are_shared_where_the_accounts_are_given(tmp_path):
    config = tmp_path / "scan.toml"
    config.write_text(layout_config("amlworld", write_set("amlworld", tmp_path)), encoding="utf-8")
    graph = run_scan(read_config(config, environment={}), dry_run=True).graph
    assert "owner" in graph.types
    assert len(graph.links) == 2
    config.write_text(layout_config("amlworld", [tmp_path / "HI-Small_Trans.csv"]), encoding="utf-8")
    assert "owner" not in run_scan(read_config(config, environment={}), dry_run=True).graph.types


def test_accounts_of_two_banks_with_one_number_are_two(tmp_path):
    transfers, owners = write_set("amlworld", tmp_path)
    with transfers.open("a", encoding="utf-8") as file:
        file.write("2022/09/01 00:30,70,8000EBD30,3208,8000F4580,5.00,Euro,5.00,Euro,ACH,0\n")
    with owners.open("a", encoding="utf-8") as file:
        file.write("Bank C,070,8000EBD30,800062E25,Sole Proprietorship #2\n")
    config = tmp_path / "scan.toml"
    config.write_text(layout_config("amlworld", [transfers, owners]), encoding="utf-8")
    graph = run_scan(read_config(config, environment={}), dry_run=True).graph
    names = graph.names.to_pylist()
    paid = {(names[s], names[t]) for s, t in zip(graph.transfers.sources, graph.transfers.targets, strict=True)}
    assert {source for source, target in paid if target == "3208-8000F4580"} == {"10-8000EBD30", "70-8000EBD30"}
    # a bank with and without the zeros before it is one bank
    owner = {names[a]: names[s] for a, s in zip(graph.links.accounts, graph.links.signals, strict=True)}
    assert owner["70-8000EBD30"] != owner["10-8000EBD30"] == owner["3208-8000F4580"]


def test_wallets_of_elliptic_plus_plus_share_the_inputs_of_a_transaction(tmp_path):
    config = tmp_path / "scan.toml"
    config.write_text(layout_config("Elliptic++", write_set("elliptic++", tmp_path)), encoding="utf-8")
    metric = run_scan(read_config(config, environment={})).tables["metric"].to_pandas().set_index("name").value
    assert metric["wallets.common_input.links"] == 1


def test_a_folder_is_searched_for_the_files_of_a_layout(tmp_path):
    write_set("elliptic", tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "else.csv").write_text("a,b\n1,2\n")
    assert set(read_layout("elliptic").recognise([tmp_path])) == {"edges", "classes", "features"}


def test_names_of_files_may_hold_anything(tmp_path):
    folder = tmp_path / 'it\'s [a] "folder" 100 %'
    folder.mkdir()
    config = tmp_path / "scan.toml"
    config.write_text(layout_config("paysim", write_set("paysim", folder)), encoding="utf-8")
    result = run_scan(read_config(config, environment={}), dry_run=True)
    assert result.tables["scan"]["n_labels"].to_pylist() == [5]


@pytest.mark.parametrize(
    ("layout", "files", "words"),
    [
        ("amlwurld", {}, "there is none named 'amlwurld'; known are amlgentex"),
        ("paysim", {}, "layout paysim: needs transactions (step, type, amount"),
        ("paysim", {"a.csv": "x,y\n1,2\n"}, "has not the columns of any file of paysim"),
        ("paysim", {"a.txt": "x"}, "the name tells neither CSV nor Parquet"),
        ("paysim", {"a.csv": ""}, "the file is empty"),
        ("elliptic", {"a.csv": "txId1,txId2\n1,2\n"}, "needs edges (txId1, txId2) and features (167 columns"),
        ("elliptic", {"a.csv": "txId1,txId2\n1,2\n", "b.csv": "txId1,txId2\n1,2\n"}, "is edges, and so is"),
    ],
)
def test_what_is_missing_or_unknown_is_said(layout, files, words, tmp_path):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError) as caught:
        layout_config(layout, [tmp_path / name for name in files])
    assert words in str(caught.value)


def test_one_command_writes_what_the_next_one_scans(tmp_path):
    files = write_set("saml-d", tmp_path)

    def graphrisk(*args):
        return CliRunner().invoke(app, list(map(str, args)))

    config = tmp_path / "scan.toml"
    config.write_text(graphrisk("config", "template", "--layout", "saml-d", *files).stdout)
    assert json.loads(graphrisk("scan", "run", config, "--dry-run", "--json").stdout)["scan"]["n_transfers"] == 2
    assert {row["layout"] for row in json.loads(graphrisk("config", "layouts", "--json").stdout)} == set(layout_names())
    wrong = graphrisk("config", "template", *files)
    assert isinstance(wrong.exception, UsageError)
    assert "files go with `--layout`" in str(wrong.exception)


@pytest.mark.real
@pytest.mark.parametrize(
    ("layout", "folder", "n_transfers"),
    [("amlworld", "amlworld_sample", 28_374), ("amlsim", "amlsim/20K_cycle200", 117_805)],
)
def test_real_files_are_read_whole(layout, folder, n_transfers, tmp_path):
    if not (SHARED / folder).exists():
        pytest.skip(f"{SHARED / folder} is not there; set GRAPHRISK_DATA")
    config = tmp_path / "scan.toml"
    config.write_text(layout_config(layout, [SHARED / folder]), encoding="utf-8")
    scan = run_scan(read_config(config, environment={}), dry_run=True).tables["scan"].to_pylist()[0]
    assert (scan["n_transfers"], scan["n_rejected"]) == (n_transfers, 0)


def test_a_parquet_log_is_read_as_a_csv_is(tmp_path):
    (csv,) = write_set("amlgentex", tmp_path)
    frame = pd.read_csv(csv)
    csv.unlink()
    frame.to_parquet(tmp_path / "tx_log.parquet")
    config = tmp_path / "scan.toml"
    config.write_text(layout_config("amlgentex", [tmp_path]), encoding="utf-8")
    scan = run_scan(read_config(config, environment={}), dry_run=True).tables["scan"].to_pylist()[0]
    assert (scan["n_transfers"], scan["n_labels"]) == (2, 2)
