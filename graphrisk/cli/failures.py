"""Errors that mean that the machine has too little of something, told in one sentence."""

from __future__ import annotations

import errno

OURS = ("graphrisk", "loaders", "algorithms", "gnn")
SIGNS = ("failed to map segment", "annot allocate memory", "can't start new thread", "bad allocation", "bad_alloc")


def memory_sentence(error: BaseException) -> str | None:
    """One sentence if an error, or what caused it, was too little memory; else None, as for errors of our own.

    Our own have a sentence already. Libraries tell of it in their own ways: one that cannot be loaded for want of
    memory is an ImportError.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    str or None
    """
    if type(error).__module__.partition(".")[0] in OURS:
        return None
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        short = isinstance(cause, MemoryError) or (isinstance(cause, OSError) and cause.errno == errno.ENOMEM)
        if short or any(sign in str(cause) for sign in SIGNS):
            detail = (str(cause).splitlines() or [""])[0]
            return f"out of memory{f' ({detail})' if detail else ''}; free some, or read fewer rows"
        cause = cause.__cause__ or cause.__context__
    return None
