"""Progress on standard error: which stage, how many rows, how fast, how long to go."""

from __future__ import annotations

import logging
import sys
import time

from graphrisk.cli.logs import is_json, tell


class ProgressPrinter:
    """Prints stages as they go on; nothing in the first two seconds, and nothing beside a log in JSON.

    On a terminal one line is written over and over; elsewhere a line is written every few seconds.

    Parameters
    ----------
    unit : str
        What is counted; empty if the stages are named after it.
    """

    QUIET_SECONDS = 2.0

    def __init__(self, unit: str = "rows") -> None:
        self._unit = f" {unit}" if unit else ""
        self._terminal = sys.stderr.isatty()
        self._every = 0.2 if self._terminal else 5.0
        self._began = time.monotonic()
        self._stage = ""
        self._stage_began = self._began
        self._printed = 0.0
        self._width = 0

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Take note of one step."""
        if is_json():
            return
        now = time.monotonic()
        new = stage != self._stage
        if new:
            self._stage, self._stage_began = stage, now
        if now - self._began < self.QUIET_SECONDS or (not new and now - self._printed < self._every):
            return
        self._printed = now
        self._write(self._line(now, done, total))

    def _line(self, now: float, done: int, total: int | None) -> str:
        parts = [f"{now - self._began:6.0f} s  {self._stage}"]
        seconds = now - self._stage_began
        if done:
            parts.append(f"{done:,}{self._unit}" if total is None else f"{done:,} of {total:,}{self._unit}")
            if seconds > 0.5:
                if done >= seconds:
                    parts.append(f"{done / seconds:,.0f}{self._unit}/s")
                if total is not None and total > done:
                    parts.append(f"{(total - done) * seconds / done:.0f} s left")
        return ", ".join(parts)

    def _write(self, line: str) -> None:
        if self._terminal:
            sys.stderr.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def note(self, text: str) -> None:
        """Write a line that stays, at once."""
        if is_json():
            tell(text, level=logging.INFO)
            return
        self.close()
        sys.stderr.write(f"{time.monotonic() - self._began:6.0f} s  {text}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """End the line on a terminal."""
        if self._terminal and self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
