"""Phone numbers in E.164, by the `phonenumbers` library; the common shapes are settled by its tables alone."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from loaders.identifiers.parsed import Parsed, is_opaque, keep_all, matches, overlay, parse_each, refuse_where

PUNCTUATION = r"[\s().\-/\x{00a0}\x{2010}-\x{2015}]"
PLAIN = r"^(?:\+|00)?[0-9]{4,17}$"
DUMMY = (
    r"^(?:\+|00)?[0-9]{0,3}(?:0{8,}|1{8,}|2{8,}|3{8,}|4{8,}|5{8,}|6{8,}|7{8,}|8{8,}|9{8,}|123456789|987654321)[0-9]?$"
)


def parse_phones(values: pa.LargeStringArray, default_region: str | None) -> Parsed:
    """Bring phone numbers to E.164.

    Numbers of an impossible length are refused; whether a number is in use is not asked, since people who invent one
    invent it together. Without a country code a number needs `default_region`.

    Parameters
    ----------
    values : pyarrow.LargeStringArray
        Trimmed, without nulls.
    default_region : str or None
        Two-letter region.
    """
    short = pc.replace_substring_regex(values, PUNCTUATION, "")
    plain = matches(short, PLAIN)
    rest = pc.invert(pc.or_(plain, is_opaque(values)))
    reason = "not a phone number" if default_region else "not a phone number with a country code; set `default_region`"

    def settle(text: str) -> str | None:
        return _fast(text, default_region) or _full(text, default_region)

    parsed = overlay(keep_all(values), plain, parse_each(pc.filter(short, plain), settle, reason))
    parsed = overlay(
        parsed, rest, parse_each(pc.filter(values, rest), lambda text: _full(text, default_region), reason)
    )
    return refuse_where(parsed, matches(short, DUMMY), "placeholder")


def _full(text: str, region: str | None) -> str | None:
    """E.164 by the library, None if it is no possible number."""
    if region is None and text.startswith("00"):
        text = "+" + text[2:]  # the library knows how to dial out of a region only
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _fast(short: str, region: str | None) -> str | None:
    """E.164 of digits that need no rewriting; None leaves them to the library."""
    if short[0] == "+":
        digits = short[1:]
    elif short[:2] == "00" and region is None:
        digits = short[2:]
    elif region is not None and short[0] != "0":
        code = phonenumbers.country_code_for_region(region)
        # digits that begin with the code may be a number with it: the library weighs which
        return f"+{code}{short}" if not short.startswith(str(code)) and _needs_no_rewriting(short, region) else None
    else:
        return None
    for width in (1, 2, 3):
        main = _main_region(digits[:width])
        if main is not None:
            return f"+{digits}" if _needs_no_rewriting(digits[width:], main) else None
    return None


@lru_cache(maxsize=2048)
def _main_region(code: str) -> str | None:
    """Main region of a country code, None if there is no such code or it belongs to no region."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code)) if code.isdigit() and code[0] != "0" else None
    return None if regions is None or regions[0] == "001" else str(regions[0])


def _needs_no_rewriting(national: str, region: str) -> bool:
    """Tell whether national digits are of a possible length and start with no prefix that E.164 leaves out."""
    lengths, prefix = _rules(region)
    return len(national) in lengths and (prefix is None or prefix.match(national) is None)


@lru_cache(maxsize=512)
def _rules(region: str) -> tuple[frozenset[int], re.Pattern[str] | None]:
    """Possible lengths of national numbers and the pattern of prefixes, by region."""
    metadata: Any = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    prefix = metadata.national_prefix_for_parsing
    return frozenset(metadata.general_desc.possible_length), re.compile(prefix) if prefix else None
