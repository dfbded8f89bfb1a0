"""The commands as a user runs them: in a process of their own."""

import json
import re
import shutil

import pandas as pd
import pytest

from tests.graphrisk.commands import ROOT, damaged, graphrisk


@pytest.fixture(scope="module")
def store(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores") / "store"
    done = graphrisk("scan", "run", world / "scan.toml", "--store", folder, "--json")
    assert done.returncode in (0, 3), done.stderr
    return folder


def test_a_scan_prints_one_json_document_and_progress_elsewhere(world, tmp_path):
    done = graphrisk("scan", "run", world / "scan.toml", "--store", tmp_path / "store", "--json")
    summary = json.loads(done.stdout)
    assert summary["n_rings"] == sum(summary["bands"].values()) > 0
    assert (done.returncode == 3) == bool(summary["alerts"])
    assert summary["scan"]["stages"][0]["name"] == "load"


def test_a_scan_prints_a_table_and_what_to_do_next(world, tmp_path):
    page = tmp_path / "ring.html"
    done = graphrisk("scan", "run", world / "scan.toml", "--store", tmp_path / "store", "--view", page)
    assert "typology" in done.stdout
    assert "graphrisk ring show 1" in done.stdout
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_hub_report_says_which_hubs_by_which_rule_and_what_other_caps_would_do(world, tmp_path):
    config = tmp_path / "scan.toml"
    text = (world / "scan.toml").read_text().replace('path = "', f'path = "{world}/')
    links = pd.read_parquet(world / "links.parquet")
    degrees = links[links.signal_type == "ip"].groupby("signal_id").account_id.nunique().sort_values()
    config.write_text(
        text + f'\n[hubs]\ncaps = {{ ip = 24 }}\nknown = {{ ip = ["{degrees[degrees > 1].index[0]}"] }}\n'
    )
    run = ["scan", "run", config, "--hub-report", "--store", tmp_path / "store"]
    report = json.loads(graphrisk(*run, "--json").stdout)["hub_report"]
    (ip,) = (row for row in report["signals"] if row["signal_type"] == "ip")
    assert (ip["cap"], ip["known_hubs"], ip["hubs_over_cap"]) == (24, 1, (degrees > 24).sum())
    pairs = degrees * (degrees - 1) // 2
    assert ip["pairs_removed"] == pairs[degrees > 24].sum() + 1
    assert ip["pairs_lost_at_half_cap"] == pairs[(degrees > 12) & (degrees <= 24)].sum()
    assert ip["pairs_gained_at_double_cap"] == pairs[(degrees > 24) & (degrees <= 48)].sum()
    assert report["widest"][0]["n_accounts"] >= degrees.max()
    rings = report["rings"]
    for change in (rings["half_cap"], rings["double_cap"]):
        # a ring of one list may be like two of the other
        assert change["lost"] <= rings["listed"]
        assert change["gained"] <= change["listed"]
    shown = graphrisk(*run).stdout
    assert "the widest hubs" in shown
    assert f"rings listed: {rings['listed']} now; with half the caps {rings['half_cap']['listed']}: " in shown


@pytest.mark.parametrize("command", ["list", "show", "explain"])
def test_rings_can_be_read_as_text_and_as_json(store, command):
    args = ["ring", command, *(["1"] if command != "list" else []), "--store", store]
    text, machine = graphrisk(*args), graphrisk(*args, "--json")
    assert text.returncode == machine.returncode == 0, text.stderr
    assert text.stdout.strip()
    assert json.loads(machine.stdout)


def test_why_two_members_are_together(store):
    shown = json.loads(graphrisk("ring", "show", "1", "--store", store, "--json").stdout)
    one, *_, other = (row["entity_id"] for row in shown["ring_member"])
    done = graphrisk("ring", "why", "1", one, other, "--store", store, "--json")
    chain = json.loads(done.stdout)
    assert chain["steps"][0]["source"] == one
    assert chain["steps"][-1]["target"] == other
    assert one in graphrisk("ring", "why", "1", one, other, "--store", store).stdout


def test_a_view_and_an_export_are_written(store, tmp_path):
    assert graphrisk("ring", "view", "1", "--out", tmp_path / "r.html", "--store", store).returncode == 0
    assert (tmp_path / "r.html").stat().st_size > 100_000
    assert graphrisk("ring", "export", tmp_path / "r.jsonl", "--store", store).returncode == 0
    first = json.loads((tmp_path / "r.jsonl").read_text().splitlines()[0])
    assert first["members"]
    assert first["evidences"]
    again = graphrisk("ring", "export", tmp_path / "r.jsonl", "--store", store)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_features_are_exported_keyed_by_account(store, tmp_path):
    done = graphrisk("features", "export", tmp_path / "f.parquet", "--store", store, "--json")
    frame = pd.read_parquet(tmp_path / "f.parquet")
    assert json.loads(done.stdout)["n_rows"] == len(frame) == 5_000
    assert frame.account_id.is_unique
    assert not frame.has_ring.isna().any()
    assert graphrisk("features", "export", tmp_path / "f.parquet", "--store", store).returncode == 2
    assert graphrisk("features", "export", tmp_path / "f.csv", "--store", store).returncode == 2


def test_the_scans_of_a_store_are_listed(store):
    scans = json.loads(graphrisk("scan", "list", "--store", store, "--json").stdout)
    assert [scan["status"] for scan in scans] == ["done"]
    assert scans[0]["scan_id"] in graphrisk("scan", "list", "--store", store).stdout


def test_a_second_night_can_be_compared_with_the_first(world, tmp_path):
    run = ["scan", "run", world / "scan.toml", "--store", tmp_path]
    for as_of in ("2025-11-01", "2025-11-20"):
        assert graphrisk(*run, "--as-of", as_of).returncode in (0, 3)
    diff = graphrisk("scan", "diff", "previous", "latest", "--store", tmp_path)
    found = json.loads(graphrisk("scan", "diff", "202511", "202511", "--store", tmp_path, "--json").stdout or "{}")
    assert (diff.returncode, found) == (0, {})
    found = json.loads(graphrisk("scan", "diff", "20251101", "20251120", "--store", tmp_path, "--json").stdout)
    assert found["same_history"]
    assert found["n_new"] + found["n_changed"] + found["n_unchanged"] > 0
    assert f"{found['n_new']} new, {found['n_gone']} gone, {found['n_changed']} changed" in diff.stdout
    lineage = graphrisk("ring", "lineage", "1", "--store", tmp_path)
    assert "first listed 2025-11-" in lineage.stdout


def test_a_store_is_verified_and_pruned(store, tmp_path):
    shutil.copytree(store, tmp_path / "store")
    verified = json.loads(graphrisk("store", "verify", "--store", tmp_path / "store", "--json").stdout)["verified"]
    assert len(verified) == 1
    done = graphrisk("store", "prune", "--keep", "1", "--store", tmp_path / "store")
    assert "0 scans removed" in done.stdout
    assert graphrisk("store", "prune", "--keep", "0", "--store", tmp_path / "store").returncode == 2


def test_a_webhook_without_a_secret_is_wrong_usage_before_any_row_is_read(world, tmp_path):
    folder = damaged(world, tmp_path)
    with (folder / "scan.toml").open("a") as file:
        file.write('\n[alerts]\nwebhook = "https://example.com/x"\n')
    done = graphrisk("scan", "run", folder / "scan.toml", env={"GRAPHRISK_WEBHOOK_SECRET": ""})
    assert done.returncode == 2
    assert "must hold a secret" in done.stderr


def test_a_dry_run_publishes_nothing(world, tmp_path):
    done = graphrisk("scan", "run", world / "scan.toml", "--store", tmp_path / "store", "--dry-run")
    assert done.returncode == 0
    assert "5,000 accounts" in done.stdout
    assert not (tmp_path / "store").exists()


def test_the_template_is_a_configuration_that_only_lacks_its_files(tmp_path):
    template = graphrisk("config", "template").stdout
    (tmp_path / "scan.toml").write_text(template)
    done = graphrisk("config", "validate", tmp_path / "scan.toml")
    assert done.returncode == 2
    assert all("users.csv" in line or "logins" in line or "payments" in line for line in done.stderr.splitlines())


def test_validation_says_everything_at_once(tmp_path):
    (tmp_path / "scan.toml").write_text(
        "[scan]\nsede = 1\nmax_rejected_share = 2\n[rings]\nmin_size = 1\n[hubz]\n"
        '[[source]]\ntable = "linkz"\npath = "x"\n'
    )
    done = graphrisk("config", "validate", tmp_path / "scan.toml")
    assert done.returncode == 2
    for words in ("scan.sede", "`seed`", "max_rejected_share", "rings.min_size", "hubz", "table"):
        assert words in done.stderr


def test_a_wrong_key_does_not_hide_a_missing_file(tmp_path):
    (tmp_path / "scan.toml").write_text(
        '[rings]\nmin_sise = 3\n[[source]]\npath = "gone.csv"\ntable = "accounts"\n[[source]]\ntable = "x"\n'
    )
    problems = json.loads(graphrisk("config", "validate", tmp_path / "scan.toml", "--json").stdout)["problems"]
    assert any("min_sise" in problem and "`min_size`" in problem for problem in problems)
    assert any("source 1" in problem and "gone.csv" in problem for problem in problems)
    assert any("source 2.table" in problem for problem in problems)


def test_links_alone_are_enough_for_a_scan_and_the_accounts_in_them_are_counted(tmp_path):
    rows = [f"u{i},d{i // 5}" for i in range(100)]
    (tmp_path / "links.csv").write_text("\n".join(["account_id,device", *rows]) + "\n")
    source = '[[source]]\npath = "links.csv"\ntable = "links"\nsignals = { device = "device" }\n'
    (tmp_path / "scan.toml").write_text(source)
    done = graphrisk("scan", "run", tmp_path / "scan.toml", "--store", tmp_path / "store")
    assert done.returncode == 0, done.stderr
    assert "0 accounts, 100 links" in done.stdout
    assert "100 accounts that no source lists" in done.stdout


def test_a_configuration_is_shown_with_its_defaults(world):
    shown = json.loads(graphrisk("config", "show", world / "scan.toml", "--json").stdout)
    assert shown["rings"]["min_size"] == 4
    assert len(shown["source"]) == 4


def test_options_beat_the_environment_which_beats_the_file(world, tmp_path):
    env = {"GRAPHRISK_SEED": "7", "GRAPHRISK_STORE": str(tmp_path / "from-env")}
    assert json.loads(graphrisk("config", "show", world / "scan.toml", "--json", env=env).stdout)["scan"]["seed"] == 7
    args = ["scan", "run", world / "scan.toml", "--seed", "9", "--json"]
    summary = json.loads(graphrisk(*args, env=env).stdout)
    assert summary["scan"]["seed"] == 9
    assert summary["store"] == str(tmp_path / "from-env")


def test_one_and_two_threads_give_the_same_bytes(world, tmp_path):
    files = {}
    for threads in (1, 2):
        env = {"NUMBA_NUM_THREADS": str(threads)}
        where = tmp_path / str(threads)
        done = graphrisk("scan", "run", world / "scan.toml", "--store", where, "--threads", threads, "--json", env=env)
        assert done.returncode in (0, 3), done.stderr
        (scan,) = where.glob("scan=*")
        files[threads] = {f.name: f.read_bytes() for f in scan.glob("*.parquet") if f.name != "scan.parquet"}
    assert len(files[1]) == 13
    assert files[1] == files[2]


def commands(group, path=()):
    """Paths of all commands, such as ("scan", "run")."""
    for name, command in group.commands.items():
        yield from commands(command, (*path, name)) if hasattr(command, "commands") else [(*path, name)]


def test_every_command_has_help_with_an_example_and_stands_in_the_readme():
    from typer.main import get_command
    from typer.testing import CliRunner

    from graphrisk.cli.app import app

    told = (ROOT / "README.md").read_text(encoding="utf-8")
    told = told[told.index("\n## Commands\n") : told.index("| exit code | means |")]
    found = list(commands(get_command(app)))
    assert len(found) > 40
    for command in found:
        text = CliRunner().invoke(app, [*command, "--help"]).output
        assert f"Example: graphrisk {' '.join(command)}" in " ".join(text.split()), command
        assert "--json" in text, command
        # by its whole name, or by the last word of it in a row about the same group
        whole, group, last = " ".join(command), re.escape(command[0]), re.escape(command[-1])
        assert re.search(rf"`(graphrisk )?{whole}\b|\| `graphrisk {group} .*`({group} )?{last}\b", told), command


def test_an_empty_store_is_a_failure_in_one_sentence(tmp_path):
    done = graphrisk("ring", "list", "--store", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("graphrisk: there is no scan in")


def test_a_list_can_bound_the_share_that_is_expected_to_be_wrong(store, world, tmp_path):
    def scores(*options):
        return [row["score"] for row in json.loads(graphrisk("ring", "list", "--json", *options).stdout)]

    every = scores("--store", store)
    bounded = scores("--store", store, "--fdr", "0.2")
    assert bounded == every[: len(bounded)]
    assert 0 < len(bounded) < len(every)
    assert sum(1 - s for s in bounded) <= 0.2 * len(bounded) < sum(1 - s for s in every[: len(bounded) + 1])
    config = tmp_path / "plain.toml"
    text = (world / "scan.toml").read_text().replace('path = "', f'path = "{world}/')
    config.write_text(text + '\n[model]\nname = "transparent"\n')
    assert graphrisk("scan", "run", config, "--store", tmp_path / "plain").returncode in (0, 3)
    refused = graphrisk("ring", "list", "--fdr", "0.2", "--store", tmp_path / "plain")
    assert (refused.returncode, "needs scores that are probabilities" in refused.stderr) == (2, True)


def test_an_unknown_ring_is_wrong_usage(store):
    done = graphrisk("ring", "show", "nope", "--store", store)
    assert done.returncode == 2
    assert "the ring must be an id" in done.stderr


def test_hostile_ids_reach_the_terminal_as_plain_text():
    from graphrisk.cli.output import plain

    assert plain("a\x1b[31mred\u202e\n") == "a\ufffd[31mred\ufffd\ufffd"


def test_a_world_has_the_rings_that_were_asked_for(tmp_path):
    options = ["--accounts", "2000", "--ring-share", "0.1", "--ring-size", "30", "--ring-size-max", "40"]
    done = graphrisk("simulate", tmp_path / "world", *options, "--json")
    assert done.returncode == 0, done.stderr
    truth = pd.read_parquet(tmp_path / "world" / "truth.parquet")
    sizes = truth[(truth.ring >= 0) & (truth.entity_type == "account")].groupby("ring").size()
    assert sizes.median() > 20
    assert sizes.max() <= 40
    done = graphrisk(
        "simulate", tmp_path / "careful", "--accounts", "1000", "--careful", "0.2", "--twins", "0.3", "--json"
    )
    made = json.loads(done.stdout)
    assert made["rings"]["same_sequence"] > 0
    assert made["lookalikes"]["class"] > 0
    done = graphrisk("simulate", tmp_path / "other", "--ring-size", "1")
    assert done.returncode == 2
    assert "`ring_size_median` must be between 4 and 1,000, got 1.0" in done.stderr
