"""What the commands of models learn from: configurations, decided cases, simulated worlds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from graphrisk.cli.output import UsageError, print_json

if TYPE_CHECKING:
    from graphrisk.config import ScanConfig
    from graphrisk.models.labelled import LabelledCandidates
    from graphrisk.models.training import Progress


def train_account_model(
    configs: list[Path],
    name: str,
    seed: int,
    test_after: datetime | None,
    folder: Path,
    json: bool,
    case_store: Path | None,
) -> None:
    """Train a model of accounts, put it into its folder and tell of it."""
    from graphrisk import __version__
    from graphrisk.cli.progress import ProgressPrinter
    from graphrisk.models.account_training import later_figures, train_accounts
    from graphrisk.models.accounts import load_accounts
    from graphrisk.models.card import ACCOUNT_LIMITS, card_text
    from graphrisk.models.errors import TrainingError
    from graphrisk.models.files import read_card, save_account_model

    if len(configs) != 1:
        raise UsageError(f"`--accounts` needs one configuration, got {len(configs)}")
    until = test_after if test_after is None or test_after.tzinfo else test_after.replace(tzinfo=UTC)
    progress = ProgressPrinter()
    try:
        with _configured(configs, case_store) as (config,):
            data = load_accounts(config)
            model, card = train_accounts(data, name, seed=seed, progress=progress)
            if until is not None:
                card["later"] = later_figures(load_accounts(config, until), data, until, seed)
    except TrainingError as error:
        raise UsageError(str(error)) from error
    finally:
        progress.close()
    asked = "--accounts --cases" if case_store else "--accounts"
    command = f"graphrisk model train {configs[0]} {asked} --name {name} --seed {seed}"
    command += f" --test-after {until.isoformat()}" if until else ""
    folder.parent.mkdir(parents=True, exist_ok=True)
    told = {"command": command, "code_version": __version__, "limits": list(ACCOUNT_LIMITS)}
    save_account_model(model, card | told, folder)
    if json:
        print_json(read_card(folder))
        return
    typer.echo(f"{folder}\n{card_text(read_card(folder))}")


@contextmanager
def _configured(configs: list[Path], case_store: Path | None) -> Iterator[list[ScanConfig]]:
    """Read configurations, with the decided cases of a store as labels where one is given."""
    from graphrisk.cases.feedback import with_case_labels
    from graphrisk.config import read_config

    read = [read_config(path) for path in configs]
    if case_store is None:
        yield read
        return
    with tempfile.TemporaryDirectory(prefix="graphrisk-cases-") as folder:
        config, n_labels = with_case_labels(read[0], case_store, Path(folder))
        if not n_labels:
            raise UsageError(f"{case_store}: no case has been decided; decide some with `graphrisk case decide`")
        yield [config]


def labelled_populations(
    configs: list[Path],
    simulated: int,
    seed: int,
    progress: Progress,
    part: bool = True,
    case_store: Path | None = None,
    by: Sequence[str] = (),
    network: bool = False,
) -> list[LabelledCandidates]:
    """Search all that was named, and label what was found; one population alone is parted where `part` says so."""
    from graphrisk.models.parting import split_population
    from graphrisk.models.training import N_PARTS, label_scans
    from graphrisk.models.traits import TraitError
    from graphrisk.models.worlds import plan_worlds, simulated_configs

    if not configs and not simulated:
        raise UsageError("give configurations of labelled scans, or `--simulated` with a number of worlds")

    def every() -> Iterator[ScanConfig]:
        with _configured(configs, case_store) as read:
            yield from read
        yield from simulated_configs(plan_worlds(simulated, seed))

    try:
        found = list(label_scans(every(), len(configs) + simulated, progress, by, network))
    except TraitError as error:
        raise UsageError(str(error)) from error
    for population in found:
        if population.n_true == 0:
            raise UsageError(f"{population.name}: no label names a ring; a `labels` source must give `ring_id`")
    if not found:
        raise UsageError("the starts of accounts say nothing in these data; a model cannot learn from them")
    return split_population(found[0], N_PARTS, seed) if part and len(found) == 1 else found
