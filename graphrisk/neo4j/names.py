"""Names in the database: ours, the user's in their place, and the check that none of them is anything but a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from graphrisk.rings.wallets import LINKS

LABELS = ("FraudRing", "RingScan", "RingEvidence")
TYPES = ("MEMBER_OF", "FOUND_IN", "HAS_EVIDENCE", "RESTS_ON", "MERGED_INTO", "SPLIT_FROM")
PROPERTIES = (
    *("ringId", "scanId", "evidenceId", "score", "scoreLow", "scoreHigh", "qValue", "band", "typology", "status"),
    *("lineage", "firstSeen", "lastSeen", "nMembers", "nSignals", "valueAtStake", "currency", "model", "role"),
    *("joinedAt", "reasonCode", "direction", "text", "weight", "isHub", "nEvents", "nAccounts", "linkType"),
    *("asOf", "isCurrent", "codeVersion", "nRings", "nMemberships", "nMissing"),
)
# words of the queries that stand for the label and key of an entity type and for a link's relationship type
PARTS = ("Entity", "entityKey", "Target", "targetKey", "LINK")

# letters of any script, digits, underscores, and spaces or dashes within: nothing that could end a quoted name
NAME = re.compile(r"[^\W\d](?:[\w -]{0,62}\w)?")
LINK_TYPES = {
    **{"shared_device": "USES_DEVICE", "shared_ip": "LOGGED_IN_FROM", "shared_ip_subnet": "LOGGED_IN_FROM_SUBNET"},
    **{"shared_instrument": "PAID_WITH", "shared_wallet": "WITHDREW_TO", "shared_referrer": "INVITED_BY"},
    **{"shared_funder": "FUNDED_BY", "shared_payee": "PAID_TO", "referral": "INVITED", "transfer": "TRANSFERRED"},
    **{f"shared_{kind}": f"HAS_{kind.upper()}" for kind in ("email", "phone", "address", "document")},
    **{link.name if link.is_pair else f"shared_{link.name}": link.relationship for link in LINKS.values()},
}


def check_name(name: str) -> str:
    """Give a name back if it is a plain one.

    Raises
    ------
    ValueError
        If it holds anything but letters, digits, underscores, and single spaces or dashes within.
    """
    if not NAME.fullmatch(name):
        raise ValueError(
            "a name begins with a letter and holds up to 64 letters, digits, underscores, spaces and dashes"
        )
    return name


def known_names() -> set[str]:
    """Every name of ours that a user may change."""
    return {*LABELS, *TYPES, *PROPERTIES}


def find_clashes(names: Mapping[str, str], entity_labels: Iterable[str]) -> list[str]:
    """Names that would stand for two things of one kind."""
    clashes: set[str] = set()
    for kind in (LABELS, TYPES, PROPERTIES):
        used = [names.get(name, name) for name in kind]
        clashes |= {name for name in used if used.count(name) > 1}
    ours = {names.get(name, name) for name in LABELS}
    return sorted(clashes | (ours & set(entity_labels)))


def camel(entity_type: str) -> str:
    """CamelCase of an entity type: ``ip_subnet`` is ``IpSubnet``."""
    return "".join(word[:1].upper() + word[1:] for word in entity_type.split("_") if word)


def link_name(link_type: str, links: Mapping[str, str]) -> str:
    """Relationship type of the links of one type."""
    signal = link_type.removeprefix("shared_")
    return links.get(signal) or LINK_TYPES.get(link_type) or check_name(f"USES_{signal.upper()}")


class Cypher:
    """Turns our constant queries into those for a user's names.

    Parameters
    ----------
    names : mapping of str to str
        Our name to theirs.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = {name: check_name(names.get(name, name)) for name in known_names()}

    def __call__(self, query: str, **parts: str) -> str:
        """Put quoted names in; `parts` are names for the words in `PARTS`.

        Only whole words that are neither parameters nor quoted already are replaced, and only in queries that
        are constants of ours: no text from data ever passes through here.
        """
        words = self._names | {word: check_name(name) for word, name in parts.items()}
        pattern = r"(?<![\w$`'])(" + "|".join(map(re.escape, words)) + r")(?![\w`'])"
        return re.sub(pattern, lambda match: f"`{words[match[1]]}`", query)

    def name(self, ours: str) -> str:
        """Return what the user calls one of our names."""
        return self._names[ours]
