"""What a signal to stop does: the command ends with one true sentence about what became of its work."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from graphrisk.cli.logs import tell


class Interrupted(BaseException):
    """The user or the system asked the process to stop.

    Not a KeyboardInterrupt, which the command-line library would turn into an exit code of its own.
    """


class _Interrupts:
    """Whether a signal is waiting, and what to say when it is obeyed."""

    def __init__(self) -> None:
        self.sentence = "interrupted"
        self.held = False
        self.waiting = False
        self.obeyed = False

    def receive(self, number: int, frame: FrameType | None) -> None:
        if self.held:
            self.waiting = True
        else:
            self.obeyed = True
            raise Interrupted


_interrupts = _Interrupts()


def catch_interrupts() -> None:
    """Turn SIGINT and SIGTERM into `Interrupted`."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupts.receive)


def ignore_interrupts() -> None:
    """Let no signal cut short the interpreter's shutdown: the command has done its work and has an exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def when_interrupted(sentence: str) -> None:
    """From here on, say this sentence if a signal comes."""
    _interrupts.sentence = sentence


@contextmanager
def hold_interrupts(done: str) -> Iterator[None]:
    """Let a step end that must not be cut in two; a signal that came meanwhile is obeyed after it.

    Parameters
    ----------
    done : str
        What to say of the command once the step has been done.
    """
    _interrupts.held = True
    try:
        yield
        _interrupts.sentence = done
    finally:
        _interrupts.held = False
    if _interrupts.waiting:
        _interrupts.obeyed = True
        raise Interrupted


def is_interrupted() -> bool:
    """Whether a signal unwinds the stack; a library may have put an error of its own in the place of ours."""
    return _interrupts.obeyed


def leave_interrupted(code: int) -> NoReturn:
    """Say what became of the work and end the process at once.

    A signal may have unwound the stack out of compiled code or out of a library's callback, so nothing of the
    interpreter's own shutdown is run: what it would call may be half made.
    """
    tell(_interrupts.sentence, exit_code=code)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            continue
    os._exit(code)
