"""Bring the alerts of a store to where they should go, each at least once and, where nothing breaks, only once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphrisk.alerts.settings import AlertSettings
from graphrisk.alerts.webhook import DeliveryError, post, url_problem
from graphrisk.store import ResultStore
from loaders import ConfigError
from loaders.environment import expand

SENT = "alerts-sent.json"
LOOKED_AT = 30
"""How many of the newest scans may still have alerts that were not delivered."""

Row = dict[str, Any]
Channel = Callable[[Row], None]


def channels(settings: AlertSettings, base_dir: Path) -> dict[str, Channel]:
    """Ways that alerts go, as functions that deliver one.

    Parameters
    ----------
    settings : AlertSettings
    base_dir : Path
        Where a relative `file` starts.

    Returns
    -------
    dict of str to callable
        By the name of the setting.

    Raises
    ------
    ConfigError
        If the URL cannot be used, or there is no secret to sign with.
    """
    out: dict[str, Channel] = {}
    if settings.file is not None:
        file = base_dir / settings.file
        out["file"] = lambda alert: _append(file, alert)
    if settings.webhook is not None:
        url, secret = expand(settings.webhook, "alerts.webhook"), os.environ.get(settings.secret_env, "")
        if problem := url_problem(url):
            raise ConfigError([f"alerts.webhook: {problem}"])
        if len(secret) < 16:
            name = settings.secret_env
            raise ConfigError([f"alerts.secret_env: {name} must hold a secret of at least 16 characters; set it"])
        out["webhook"] = lambda alert: post(
            url,
            _json(alert).encode(),
            secret=secret.encode(),
            alert_id=alert["alert_id"],
            attempts=settings.attempts,
            timeout_seconds=settings.timeout_seconds,
        )
    return out


def deliver(store: ResultStore, scan_id: str, ways: dict[str, Channel]) -> list[str]:
    """Deliver what has not been delivered yet: the alerts of a scan that was just published, and earlier ones.

    What was delivered is kept in the store, so that a delivery that failed, or a scan that was killed before it, is
    made up for after the next scan. A way that is used for the first time gets the alerts of this scan only.

    Parameters
    ----------
    store : ResultStore
    scan_id : str
        Published.
    ways : dict of str to callable
        As `channels` gives them.

    Returns
    -------
    list of str
        A sentence for each way that failed.
    """
    if not ways:
        return []
    alerts = {scan: _alerts(store, scan) for scan in _newest(store, scan_id)}
    sent = _read_sent(store)
    problems = []
    for way, send in ways.items():
        done = set(sent.get(way, [row["alert_id"] for scan in alerts if scan != scan_id for row in alerts[scan]]))
        pending = [row for rows in alerts.values() for row in rows if row["alert_id"] not in done]
        for number, row in enumerate(pending):
            try:
                send(row)
            except (DeliveryError, OSError) as error:
                left = len(pending) - number
                many = "1 alert was" if left == 1 else f"{left} alerts were"
                problems.append(f"{many} not delivered to `alerts.{way}`: {error}; the next scan tries again")
                break
            done.add(row["alert_id"])
            sent[way] = _known(done, alerts)
            _write_sent(store, sent)
        sent[way] = _known(done, alerts)
    _write_sent(store, sent)
    return problems


def _newest(store: ResultStore, scan_id: str) -> list[str]:
    scans = store.scans()[-LOOKED_AT:]
    return scans if scan_id in scans else [*scans, scan_id]


def _known(done: set[str], alerts: dict[str, list[Row]]) -> list[str]:
    return sorted(done & {row["alert_id"] for rows in alerts.values() for row in rows})


def _alerts(store: ResultStore, scan_id: str) -> list[Row]:
    as_of = store.manifest(scan_id)["as_of"]
    return [{**row, "as_of": as_of} for row in store.table("alert", scan_id).to_pylist()]


def _json(alert: Row) -> str:
    return json.dumps(alert, ensure_ascii=True, allow_nan=False, sort_keys=True)


def _append(file: Path, alert: Row) -> None:
    with file.open("a", encoding="utf-8") as handle:
        handle.write(_json(alert) + "\n")
        handle.flush()
        os.fsync(handle.fileno())


def _read_sent(store: ResultStore) -> dict[str, list[str]]:
    try:
        sent: dict[str, list[str]] = json.loads((store.path / SENT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return sent


def _write_sent(store: ResultStore, sent: dict[str, list[str]]) -> None:
    aside = store.path / f".{SENT}"
    aside.write_text(json.dumps(sent, sort_keys=True), encoding="utf-8")
    aside.replace(store.path / SENT)
