"""`graphrisk model …`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphrisk.cli.output import JsonOption, UsageError, print_json, print_table

if TYPE_CHECKING:
    from graphrisk.config import ScanConfig
    from graphrisk.models.labelled import LabelledCandidates
    from graphrisk.models.training import Progress

app = typer.Typer(no_args_is_help=True, help="Train, measure and describe models of rings.")
Configs = Annotated[
    list[Path] | None, typer.Argument(help="Configurations of scans whose `labels` sources name rings.")
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
    json: JsonOption = False,
) -> None:
    """Train a model on labelled rings, on simulated worlds, or on both.

    One configuration alone is parted so that groups that share a member stay together.

    Example: graphrisk model train scan.toml --name ours
    """
    from graphrisk import __version__
    from graphrisk.cli.progress import ProgressPrinter
    from graphrisk.models.card import LIMITS, card_text
    from graphrisk.models.choice import model_folder
    from graphrisk.models.files import check_place, read_card, save_model
    from graphrisk.models.settings import AUTO, NAME_PATTERN, SHIPPED, TRANSPARENT
    from graphrisk.models.training import TrainingError, train_model

    if name in (AUTO, TRANSPARENT) or (name == SHIPPED and out is None):
        raise UsageError(f"`--name` must be a name of your own, got {name!r}, which stands for another model")
    if not re.fullmatch(NAME_PATTERN, name):
        raise UsageError(f"`--name` must be made of letters, digits, dots and dashes, got {name!r}")
    folder = out or model_folder(store, name)
    check_place(folder)
    progress = ProgressPrinter()
    try:
        populations = _populations(configs or [], simulated, seed, progress)
        model, card = train_model(populations, name, seed=seed, progress=progress)
    except TrainingError as error:
        raise UsageError(str(error)) from error
    finally:
        progress.close()
    told = [*map(str, configs or []), *(["--simulated", str(simulated)] if simulated else [])]
    command = " ".join(["graphrisk model train", *told, "--name", name, "--seed", str(seed)])
    folder.parent.mkdir(parents=True, exist_ok=True)
    save_model(model, card | {"command": command, "code_version": __version__, "limits": list(LIMITS)}, folder)
    if json:
        print_json(read_card(folder))
        return
    typer.echo(f"{folder}\n{card_text(read_card(folder))}")


@app.command("evaluate")
def evaluate(
    name: Annotated[str, typer.Argument(help="Name of a model; `simulated` is the shipped one.")],
    configs: Configs = None,
    simulated: Simulated = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the simulated worlds.")] = 1,
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

    if not can_load_trees():
        raise UsageError("models need LightGBM, which cannot be loaded here")
    model = load_model(model_folder(store, name))
    progress = ProgressPrinter()
    try:
        figures = evaluate_model(model, _populations(configs or [], simulated, seed, progress, part=False))
    finally:
        progress.close()
    if json:
        print_json(figures)
        return
    columns = ["population", "scored by", "true", "listed", "recovered", "false per true", "ring AP", "said", "rings"]
    print_table(f"Model {name}", columns, [[row[column] for column in columns] for row in figures["rows"]])
    typer.echo(f"expected calibration error of {name}: {figures['calibration_error']:.3f}")


@app.command("card")
def card(
    name: Annotated[str, typer.Argument(help="Name of a model; `simulated` is the shipped one.")] = "simulated",
    store: Store = Path("store"),
    json: JsonOption = False,
) -> None:
    """Say what a model learned from, how good it was on what it had not seen, and where its limits are.

    Example: graphrisk model card
    """
    from graphrisk.models.card import card_text
    from graphrisk.models.choice import model_folder
    from graphrisk.models.files import read_card

    told = read_card(model_folder(store, name))
    if json:
        print_json(told)
        return
    typer.echo(card_text(told))


def _populations(
    configs: list[Path], simulated: int, seed: int, progress: Progress, part: bool = True
) -> list[LabelledCandidates]:
    from graphrisk.config import read_config
    from graphrisk.models.labelled import split_population
    from graphrisk.models.training import N_PARTS, label_scans
    from graphrisk.models.worlds import plan_worlds, simulated_configs

    if not configs and not simulated:
        raise UsageError("give configurations of labelled scans, or `--simulated` with a number of worlds")

    def every() -> Iterator[ScanConfig]:
        for path in configs:
            yield read_config(path)
        yield from simulated_configs(plan_worlds(simulated, seed))

    found = list(label_scans(every(), len(configs) + simulated, progress))
    for population in found:
        if population.n_true == 0:
            raise UsageError(f"{population.name}: no label names a ring; a `labels` source must give `ring_id`")
    if not found:
        raise UsageError("the starts of accounts say nothing in these data; a model cannot learn from them")
    return split_population(found[0], N_PARTS, seed) if part and len(found) == 1 else found
