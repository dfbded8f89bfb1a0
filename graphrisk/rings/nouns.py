"""How evidence names and counts things."""

from graphrisk.rings.wallets import LINKS

NOUNS = {
    **{"ip": "IP", "ip_subnet": "IP subnet", "referrer": "inviter", "funder": "payer"},
    **{link.name: link.noun for link in LINKS.values()},
}
PLURALS = {"address": "addresses", **{link.name: link.plural for link in LINKS.values()}}


def noun(kind: str) -> str:
    """Name a type of signal, or a link between wallets, as people do."""
    return NOUNS.get(kind, kind)


def count(n: int, kind: str) -> str:
    """Write a number of things, such as signals of a type."""
    return f"{n} {noun(kind) if n == 1 else PLURALS.get(kind, noun(kind) + 's')}"
