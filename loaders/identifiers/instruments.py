"""Payment instruments: fingerprints, IBANs, and cards as BIN with last four; never a whole card number."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from loaders.identifiers.parsed import Parsed, keep_all, matches, overlay, parse_each, refuse, refuse_where

RAW_CARD = "a raw card number; give a fingerprint, or BIN and last four"
CARD_TYPES = "card|instrument|payment|funding_source|^pan$|^bank_account$"
SHOWN_CARD = "(card number)"
CARD_DIGITS = r"^[0-9]{13,19}$"
BIN_LAST_FOUR = r"^([0-9]{6,8})[\s*xX#.\x{2022}-]+([0-9]{4})$"
IBAN = r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"
LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def holds_cards(entity_type: str) -> bool:
    """Tell by its name whether values of a type may be card numbers."""
    return re.search(CARD_TYPES, entity_type) is not None


def passes_luhn(digits: str) -> bool:
    """Tell whether the last digit is the check digit of a card number."""
    total = sum(int(digit) for digit in digits[-1::-2]) + sum(LUHN_DOUBLED[int(digit)] for digit in digits[-2::-2])
    return total % 10 == 0


def parse_instruments(values: pa.LargeStringArray) -> Parsed:
    """Bring instruments to one form; raw card numbers are refused.

    BIN and last four in any of their spellings (``411111******1111``, ``41111111-1111``) become ``411111-1111``; an
    IBAN with a right checksum is written without spaces; anything else is a fingerprint and stays as it is.

    Parameters
    ----------
    values : pyarrow.LargeStringArray
        Trimmed, without nulls.
    """
    compact = pc.replace_substring_regex(values, r"[\s-]", "")
    names = pc.replace_substring_regex(values, BIN_LAST_FOUR, r"\1-\2")
    upper = pc.utf8_upper(compact)
    candidate = matches(upper, IBAN)
    ibans = [_checked_iban(text) for text in upper.filter(candidate).to_pylist()]
    found = pc.coalesce(pa.array(ibans, pa.large_string()), names.filter(candidate))
    parsed = keep_all(pc.replace_with_mask(names, candidate, found))
    is_card = pc.equal(values, SHOWN_CARD)
    digits = matches(compact, CARD_DIGITS)
    luhn = pa.array([passes_luhn(text) for text in compact.filter(digits).to_pylist()], pa.bool_())
    return refuse_where(parsed, pc.or_(is_card, pc.replace_with_mask(is_card, digits, luhn)), RAW_CARD)


def parse_ibans(values: pa.LargeStringArray) -> Parsed:
    """Write IBANs without spaces and in capitals; a wrong checksum is refused (ISO 13616, modulo 97)."""
    compact = pc.utf8_upper(pc.replace_substring_regex(values, r"[\s-]", ""))
    shaped = matches(compact, IBAN)
    parsed = refuse(compact, pc.invert(shaped), "not an IBAN")
    return overlay(parsed, shaped, parse_each(compact.filter(shaped), _checked_iban, "an IBAN with a wrong checksum"))


def _checked_iban(text: str) -> str | None:
    """The IBAN if its number modulo 97 is one."""
    moved = text[4:] + text[:4]
    return text if int("".join(str(int(character, 36)) for character in moved)) % 97 == 1 else None
