"""What a normaliser of one identifier type gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

TEXT = pa.large_string()
NO_TEXT = pa.scalar(None, TEXT)

# a token that somebody made of an identifier before: a hash, or a word and a number such as ip-1234
OPAQUE = r"^(?:[0-9a-fA-F]{32,128}|[A-Za-z0-9+/_=-]{43,88}|[A-Za-z]+[-_#]?[0-9][A-Za-z0-9_#-]*)$"


@dataclass(frozen=True)
class Parsed:
    """Comparable forms and the reasons why a value has none; exactly one of the two is null in each row.

    Parameters
    ----------
    names : pyarrow.LargeStringArray
    reasons : pyarrow.LargeStringArray
    """

    names: pa.LargeStringArray
    reasons: pa.LargeStringArray


def refuse(names: pa.Array, bad: pa.Array, reason: str) -> Parsed:
    """Keep `names` where `bad` is false, give the reason where it is true."""
    bad = pc.fill_null(bad, True)
    return Parsed(pc.if_else(bad, NO_TEXT, names), pc.if_else(bad, pa.scalar(reason, TEXT), NO_TEXT))


def refuse_where(parsed: Parsed, bad: pa.Array, reason: str) -> Parsed:
    """Refuse further values that were kept so far."""
    bad = pc.and_(pc.fill_null(bad, False), pc.is_valid(parsed.names))
    names = pc.if_else(bad, NO_TEXT, parsed.names)
    return Parsed(names, pc.if_else(bad, pa.scalar(reason, TEXT), parsed.reasons))


def keep_all(names: pa.Array) -> Parsed:
    """All values are usable."""
    return Parsed(names, pa.nulls(len(names), TEXT))


def matches(values: pa.Array, pattern: str) -> pa.Array:
    """Where a regular expression is found."""
    return pc.match_substring_regex(values, pattern)


def is_opaque(values: pa.Array) -> pa.Array:
    """Where a value is a token rather than the identifier itself."""
    return matches(values, OPAQUE)


def overlay(base: Parsed, where: pa.Array, part: Parsed) -> Parsed:
    """Put the rows of `part` over those of `base` where the mask is true; `part` has one row for each."""
    return Parsed(
        pc.replace_with_mask(base.names, where, part.names),
        pc.replace_with_mask(base.reasons, where, part.reasons),
    )


def parse_each(values: pa.Array, parse: Callable[[str], str | None], reason: str) -> Parsed:
    """Apply a Python function to every value; None refuses it for `reason`."""
    names = pa.array([parse(value) for value in values.to_pylist()], TEXT)
    return refuse(names, pc.is_null(names), reason)
