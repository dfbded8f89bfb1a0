"""The examples by name."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple


class Example(NamedTuple):
    """The file of an example, and what it is for."""

    file: str
    about: str


EXAMPLES = {
    "cron": Example("graphrisk.cron", "a scan every night, a health check by mail, and pruning, for /etc/cron.d"),
    "systemd": Example("graphrisk.service", "a scan as a service, with limits and tries; the timer starts it"),
    "systemd-timer": Example("graphrisk.timer", "starts the service every night"),
    "airflow": Example("airflow_dag.py", "a DAG for Airflow 3: validate, scan, health, prune"),
    "kubernetes": Example("cronjob.yaml", "a CronJob and the volume that it keeps its store on"),
}


def read_example(name: str) -> str:
    """Text of an example.

    Parameters
    ----------
    name : str
        A key of `EXAMPLES`.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there is no such example.
    """
    if name not in EXAMPLES:
        raise ValueError(f"an example must be one of {', '.join(EXAMPLES)}, got {name!r}")
    return (files("graphrisk.examples") / EXAMPLES[name].file).read_text(encoding="utf-8")
