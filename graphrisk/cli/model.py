"""`graphrisk model …`."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphrisk.cli.model_data import labelled_populations, train_account_model
from graphrisk.cli.output import JsonOption, UsageError, print_json, print_table

if TYPE_CHECKING:
    from graphrisk.models.training import Trees

app = typer.Typer(no_args_is_help=True, help="Train, measure and describe models of rings.")
Configs = Annotated[
    list[Path] | None, typer.Argument(help="Configurations of scans whose `labels` sources name rings.")
]
By = Annotated[
    list[str] | None, typer.Option(help="Attribute of accounts to tell figures by, as `country`; more than once.")
]
Simulated = Annotated[int, typer.Option(min=0, help="Simulated worlds to take as well.")]
Store = Annotated[Path, typer.Option(envvar="GRAPHRISK_STORE", help="Folder of the results; models lie in it.")]


@app.command("train")
def train(
    configs: Configs = None,
    name: Annotated[str, typer.Option(help="Name of the model.")] = "trained",
    simulated: Simulated = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random choice.")] = 0,
    store: Store = Path("store"),
    out: Annotated[Path | None, typer.Option(help="Folder of the model; by default within the store.")] = None,
    cases: Annotated[
        bool, typer.Option(help="Learn from the decided cases of the store as well; of one configuration.")
    ] = False,
    accounts: Annotated[bool, typer.Option(help="A model of single labelled accounts, of one configuration.")] = False,
    forest: Annotated[bool, typer.Option(help="A random forest of rings instead of boosting.")] = False,
    unlabelled: Annotated[
        bool, typer.Option(help="Groups that no label names may be rings all the same: only some rings are labelled.")
    ] = False,
    network: Annotated[
        bool, typer.Option(help="A network over the graph beside the trees, kept if it is shown to help.")
    ] = False,
    by: By = None,
    test_after: Annotated[
        datetime | None,
        typer.Option(help="With `--accounts`: measure one trained as of then on what became known later."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Train a model on labelled rings, on simulated worlds, or on both; or on labelled accounts.

    One configuration alone is parted so that groups that share a member stay together.

    Example: graphrisk model train scan.toml --name ours
    """
    from graphrisk import __version__
    from graphrisk.cli.progress import ProgressPrinter
    from graphrisk.models.card import LIMITS, card_text
    from graphrisk.models.choice import can_load_networks, model_folder
    from graphrisk.models.errors import TrainingError
    from graphrisk.models.files import check_place, read_card, save_model
    from graphrisk.models.settings import AUTO, NAME_PATTERN, SHIPPED, TRANSPARENT
    from graphrisk.models.training import train_model

    if name in (AUTO, TRANSPARENT) or (name == SHIPPED and out is None):
        raise UsageError(f"`--name` must be a name of your own, got {name!r}, which stands for another model")
    if not re.fullmatch(NAME_PATTERN, name):
        raise UsageError(f"`--name` must be made of letters, digits, dots and dashes, got {name!r}")
    folder = out or model_folder(store, name)
    check_place(folder)
    if test_after is not None and not accounts:
        raise UsageError("`--test-after` must stand beside `--accounts`, got it alone")
    if forest and accounts:
        raise UsageError("`--accounts` takes the trees that were best on what was held out, got `--forest` beside it")
    if unlabelled and (accounts or simulated):
        raise UsageError("`--unlabelled` is for rings of your own data, got `--accounts` or `--simulated` beside it")
    if network and (accounts or unlabelled):
        raise UsageError("`--network` learns rings that are all labelled, got `--accounts` or `--unlabelled` beside it")
    if network and not can_load_networks():
        raise UsageError("`--network` needs PyTorch; install it with `pip install graphrisk[torch]`")
    if cases and (len(configs or []) != 1 or simulated):
        raise UsageError(f"`--cases` needs one configuration and no simulated worlds, got {len(configs or [])}")
    case_store = store if cases else None
    if accounts:
        train_account_model(configs or [], name, seed, test_after, folder, json, case_store)
        return
    progress = ProgressPrinter()
    try:
        populations = labelled_populations(
            configs or [], simulated, seed, progress, case_store=case_store, by=by or (), network=network
        )
        trees: Trees = "forest" if forest else "boosting"
        model, card = train_model(
            populations, name, seed=seed, progress=progress, trees=trees, unlabelled=unlabelled, network=network
        )
    except TrainingError as error:
        raise UsageError(str(error)) from error
    finally:
        progress.close()
    told = [
        *map(str, configs or []),
        *(["--cases"] if cases else []),
        *(["--forest"] if forest else []),
        *(["--unlabelled"] if unlabelled else []),
        *(["--network"] if network else []),
        *(word for name in by or [] for word in ("--by", name)),
        *(["--simulated", str(simulated)] if simulated else []),
    ]
    command = " ".join(["graphrisk model train", *told, "--name", name, "--seed", str(seed)])
    folder.parent.mkdir(parents=True, exist_ok=True)
    save_model(model, card | {"command": command, "code_version": __version__, "limits": list(LIMITS)}, folder)
    if json:
        print_json(read_card(folder))
        return
    typer.echo(f"{folder}\n{card_text(read_card(folder))}")


@app.command("score")
def score(
    name: Annotated[str, typer.Argument(help="Name of a model of accounts.")],
    config: Annotated[Path, typer.Argument(help="Configuration of the scan whose accounts are scored.")],
    out: Annotated[Path, typer.Option(help="Parquet file to write: `account_id`, `score`, `model`.")],
    store: Store = Path("store"),
    json: JsonOption = False,
) -> None:
    """Score every account by a model of accounts.

    Example: graphrisk model score ours scan.toml --out scores.parquet
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from graphrisk.config import read_config
    from graphrisk.models.accounts import load_accounts
    from graphrisk.models.choice import model_folder
    from graphrisk.models.files import load_account_model

    model = load_account_model(model_folder(store, name))
    data = load_accounts(read_config(config))
    scores = model.score(data.columns, len(data.ids))
    pq.write_table(pa.table({"account_id": data.ids, "score": scores, "model": [name] * len(scores)}), out)
    if json:
        print_json({"accounts": len(scores), "model": name, "file": str(out)})
        return
    typer.echo(f"{out}: {len(scores):,} accounts")


@app.command("evaluate")
def evaluate(
    name: Annotated[str, typer.Argument(help="Name of a model; `simulated` is the shipped one.")],
    configs: Configs = None,
    simulated: Simulated = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the simulated worlds.")] = 1,
    by: By = None,
    store: Store = Path("store"),
    json: JsonOption = False,
) -> None:
    """Measure a model, and the transparent score beside it, on labelled data that it has not seen.

    Example: graphrisk model evaluate simulated scan.toml
    """
    from graphrisk.cli.progress import ProgressPrinter
    from graphrisk.models.choice import can_load_trees, model_folder
    from graphrisk.models.evaluation import evaluate_model
    from graphrisk.models.files import load_model
    from graphrisk.models.scoring import needs_view

    if not can_load_trees():
        raise UsageError("models need LightGBM, which cannot be loaded here")
    model = load_model(model_folder(store, name))
    progress = ProgressPrinter()
    try:
        populations = labelled_populations(
            configs or [], simulated, seed, progress, part=False, by=by or (), network=needs_view(model)
        )
        figures = evaluate_model(model, populations)
    finally:
        progress.close()
    if json:
        print_json(figures)
        return
    columns = ["population", "scored by", "true", "listed", "recovered", "false per true", "ring AP", "said", "rings"]
    print_table(f"Model {name}", columns, [[row[column] for column in columns] for row in figures["rows"]])
    columns = ["by", "group", "listed", "right", "low", "high", "said", "reachable", "recovered"]
    print_table(
        "By what the groups are like", columns, [[row[column] for column in columns] for row in figures["groups"]]
    )
    typer.echo(f"expected calibration error of {name}: {figures['calibration_error']:.3f}")


@app.command("innocent")
def innocent(
    name: Annotated[str, typer.Argument(help="Name of a model of rings; `simulated` is the shipped one.")],
    configs: Configs = None,
    simulated: Simulated = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the simulated worlds.")] = 2,
    store: Store = Path("store"),
    json: JsonOption = False,
) -> None:
    """Score the innocent groups of labelled data that a model has not seen, for `ring list --fdr … --conformal`.

    Example: graphrisk model innocent simulated --simulated 20
    """
    from graphrisk.cli.progress import ProgressPrinter
    from graphrisk.models.choice import model_folder
    from graphrisk.models.files import load_model
    from graphrisk.models.innocent import FILE, innocent_scores, save_innocent
    from graphrisk.models.scoring import needs_view

    folder, progress = model_folder(store, name), ProgressPrinter()
    model = load_model(folder)
    try:
        told = innocent_scores(
            model, labelled_populations(configs or [], simulated, seed, progress, network=needs_view(model))
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    finally:
        progress.close()
    told["command"] = " ".join(
        ["graphrisk model innocent", name, *map(str, configs or []), f"--simulated {simulated} --seed {seed}"]
    )
    save_innocent(told, folder)
    if json:
        print_json(told)
        return
    typer.echo(f"{folder / FILE}: {len(told['innocent']):,} innocent of {told['listed']:,} listed groups")
    for row in told["checked"]:
        typer.echo(
            f"  bound {row['bound']:.0%}: {row['wrong']:.1%} wrong (standard error {row['standard_error']:.1%}), "
            f"{row['listed']:,} listed"
        )


@app.command("card")
def card(
    name: Annotated[str, typer.Argument(help="Name of a model; `simulated` is the shipped one.")] = "simulated",
    store: Store = Path("store"),
    out: Annotated[Path | None, typer.Option(help="Page to write, with the reliability drawn.")] = None,
    json: JsonOption = False,
) -> None:
    """Say what a model learned from, how good it was on what it had not seen, and where its limits are.

    Example: graphrisk model card
    """
    from graphrisk.models.card import card_text
    from graphrisk.models.card_page import card_page
    from graphrisk.models.choice import model_folder
    from graphrisk.models.files import read_card

    told = read_card(model_folder(store, name))
    if out is not None:
        out.write_text(card_page(told), encoding="utf-8")
    if json:
        print_json(told)
        return
    typer.echo(card_text(told))
