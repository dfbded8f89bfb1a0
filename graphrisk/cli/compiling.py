"""Says that kernels are being compiled, which takes a while on a machine that never ran them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

COMPILING = "compiling kernels, which is kept for the next time"


@contextmanager
def told_of_compiling(say: Callable[[str], None]) -> Iterator[None]:
    """Call `say` once if a kernel is compiled meanwhile; those that come from the cache are not."""
    from numba.core import event

    class Listener(event.Listener):  # type: ignore[misc]
        told = False

        def on_start(self, event: Any) -> None:
            if not self.told:
                self.told = True
                say(COMPILING)

        def on_end(self, event: Any) -> None:
            pass

    with event.install_listener("numba:compile", Listener()):
        yield
