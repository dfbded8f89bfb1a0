"""E-mail addresses: one form per mailbox."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from loaders.identifiers.parsed import Parsed, is_opaque, matches, refuse, refuse_where

SHAPE = r'^[^@\s"<>,;]+@[^@\s"<>,;]+\.[^@\s"<>,;.]{2,}$'
DUMMY = (
    r"^(?:test|testing|none|null|unknown|no|na|n\.a|nobody|noemail|no-email|nomail|email|mail|user|dummy|fake|abc|asdf|xxx|"
    r"a|aa|aaa)@(?:test|none|null|unknown|no|na|nobody|noemail|nomail|email|dummy|fake|abc|asdf|xxx|a|aa|aaa)\.[a-z]+$"
)
RESERVED = r"@(?:.+\.)?(?:example\.(?:com|org|net)|test|example|invalid|localhost|local)$"


def parse_emails(values: pa.LargeStringArray) -> Parsed:
    """Bring addresses to one form per mailbox.

    Lower case; what stands after ``+`` in the local part goes, since nearly all providers deliver it to the same
    mailbox; dots in the local part go for Gmail alone, where they mean nothing; ``googlemail.com`` is ``gmail.com``.

    Parameters
    ----------
    values : pyarrow.LargeStringArray
        Trimmed, without nulls.
    """
    lower = pc.utf8_lower(values)
    names = pc.replace_substring_regex(lower, r"^([^+@]+)\+[^@]*@", r"\1@")
    names = pc.replace_substring_regex(names, r"@googlemail\.com$", "@gmail.com")
    local = pc.replace_substring(pc.replace_substring_regex(names, r"@gmail\.com$", ""), ".", "")
    gmail = pc.binary_join_element_wise(
        local, pa.scalar("gmail.com", pa.large_string()), pa.scalar("@", pa.large_string())
    )
    names = pc.if_else(pc.ends_with(names, "@gmail.com"), gmail, names)
    malformed = pc.invert(pc.and_(matches(names, SHAPE), pc.invert(matches(names, r"^@|\.\."))))
    opaque = is_opaque(values)
    parsed = refuse(pc.if_else(opaque, values, names), pc.and_not(malformed, opaque), "not an e-mail address")
    return refuse_where(parsed, pc.or_(matches(names, DUMMY), matches(names, RESERVED)), "placeholder")
