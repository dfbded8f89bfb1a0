"""What commands say on standard error beside their results: lines for people, or one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

log = logging.getLogger("graphrisk.cli")

OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
HEARD = ("graphrisk", "py.warnings")
HELP = "Lines for people, or one JSON object a line."


class LogFormat(StrEnum):
    """How standard error is written."""

    TEXT = "text"
    JSON = "json"


RootLogOption = Annotated[LogFormat | None, typer.Option("--log-format", envvar="GRAPHRISK_LOG_FORMAT", help=HELP)]
# without the variable, which would beat the option of the root
LogOption = Annotated[LogFormat | None, typer.Option("--log-format", help=HELP)]


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object: `time`, `level`, `logger`, `message`, and whatever else it was given."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        moment = datetime.fromtimestamp(record.created, UTC)
        facts: dict[str, Any] = {"time": moment.isoformat(timespec="milliseconds"), "level": record.levelname.lower()}
        facts |= {"logger": record.name, "message": record.getMessage()}
        facts |= {key: value for key, value in vars(record).items() if key not in OWN}
        if record.exc_info:
            facts["exception"] = self.formatException(record.exc_info)
        return json.dumps(facts, default=str)


class _Handler(logging.Handler):
    """Writes to standard error, whatever that is at the moment; a class of ours, so that a second call finds it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def start_logging(wanted: LogFormat | None) -> None:
    """From here on, write standard error in this format; None leaves it as it is."""
    if wanted is LogFormat.JSON and not is_json():
        handler = _Handler()
        handler.setFormatter(JsonFormatter())
        for name in HEARD:
            logging.getLogger(name).addHandler(handler)
        logging.getLogger("graphrisk").setLevel(logging.INFO)
        logging.captureWarnings(True)
    elif wanted is LogFormat.TEXT and is_json():
        for name in HEARD:
            logger = logging.getLogger(name)
            logger.handlers = [handler for handler in logger.handlers if not isinstance(handler, _Handler)]
        logging.getLogger("graphrisk").setLevel(logging.NOTSET)
        logging.captureWarnings(False)


def is_json() -> bool:
    """Whether standard error is JSON."""
    return any(isinstance(handler, _Handler) for handler in logging.getLogger("graphrisk").handlers)


def tell(text: str, before: str = "graphrisk: ", *, level: int = logging.ERROR, **facts: Any) -> None:
    """Say a sentence: `before` and the text for people, or an object with these facts."""
    if is_json():
        log.log(level, text, extra=facts)
    else:
        typer.echo(f"{before}{text}", err=True)


def tell_fault(error: Exception) -> None:
    """Log a fault of our own with its traceback."""
    log.critical("%s: %s", type(error).__name__, error, exc_info=error)
