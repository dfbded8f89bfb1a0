"""Values that stand for "nothing known" and would join strangers."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from loaders.identifiers.parsed import matches

NULLS = frozenset({"", "null", "none", "nan", "n/a", "#n/a", "<na>", "(null)", "<null>", "undefined", "\\n"})
ABSENT = NULLS | {
    *("unknown", "unk", "nil", "missing", "empty", "blank", "not available", "not provided", "not applicable"),
    *(
        "not set",
        "notset",
        "(not set)",
        "unspecified",
        "anonymous",
        "default",
        "tbd",
        "test",
        "dummy",
        "-",
        "--",
        "---",
    ),
    *("?", "??", "???", ".", "...", "*", "**", "***", "****", "redacted", "masked", "hidden", "no data", "no value"),
}
DEVICES = frozenset(
    {
        "02:00:00:00:00:00",  # what Android and iOS give instead of a MAC address
        "9774d56d682e549c",  # ANDROID_ID shared by a whole series of old phones
        "004999010640000",  # IMEI of copied firmware
        "to be filled by o.e.m.",
        "default string",
        "system serial number",
        "serial number",
        "emulator",
        "goldfish",
        "simulator",
    }
)
ONE_SIGN = (
    r"^(?:0{6,}|1{6,}|2{6,}|3{6,}|4{6,}|5{6,}|6{6,}|7{6,}|8{6,}|9{6,}|[fF]{8,}|[xX]{3,}|123456(?:7(?:8(?:90?)?)?)?)$"
)
COUNTED_TYPES = frozenset({"device", "document", "instrument"})


def is_placeholder(kind: str, values: pa.LargeStringArray, further: Collection[str] = ()) -> pa.Array:
    """Mark placeholders among identifiers of one kind.

    Accounts and wallets have few placeholders, since a wrong refusal would drop an actor; signals of all types have
    the words for "unknown"; devices, documents and instruments also repeated signs and ``123456…``.

    Parameters
    ----------
    kind : str
        ``account``, ``wallet``, ``device``, …
    values : pyarrow.LargeStringArray
        Trimmed, without nulls.
    further : collection of str
        The user's own placeholders.

    Returns
    -------
    pyarrow.BooleanArray
    """
    words = set(NULLS if kind in ("account", "wallet") else ABSENT) | (set(DEVICES) if kind == "device" else set())
    if kind != "account":
        words |= {word.casefold() for word in further}
    lower = pc.utf8_lower(values)
    found = pc.is_in(lower, value_set=pa.array(sorted(words), pa.large_string()))
    if kind in COUNTED_TYPES:
        compact = pc.replace_substring_regex(lower, r"[\s:{}._-]", "")
        found = pc.or_(found, matches(compact, ONE_SIGN))
    return found
