"""What every metric means and how it is computed; the `metric` table holds no name that is not explained here."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Definition:
    """One metric, or several whose names differ in a word.

    Parameters
    ----------
    name : str
        Words in braces stand for a band, a typology and so on.
    meaning : str
        What `value` is.
    n : str
        What `n` counts.
    interval : str
        What `low` and `high` are; empty if they are null.
    """

    name: str
    meaning: str
    n: str
    interval: str = ""


WILSON = "95 %, Wilson score"
AUDIT = "95 %, Clopper-Pearson in the strata, put together by MOVER"
CATALOGUE: tuple[Definition, ...] = (
    Definition("rings", "listed rings", "candidates"),
    Definition("rings.band.{band}", "listed rings of the band", "listed rings"),
    Definition("rings.typology.{typology}", "listed rings of the typology", "listed rings"),
    Definition("rings.event.{event}", "events of this kind since the scan before", "rings with any event"),
    Definition("rings.null_model", "rings that the same search lists in a draw of the null model, on average", "draws"),
    Definition("rings.at_{change}_cap", "listed rings with the hub caps halved or doubled", "listed rings"),
    Definition("rings.lost_at_{change}_cap", "rings that would not be listed then", "listed rings"),
    Definition("rings.gained_at_{change}_cap", "rings that would be listed only then", "rings listed then"),
    Definition("affinity.pairs", "pairs of accounts or wallets with evidence", "accounts and wallets that act"),
    Definition("patterns.rings", "rings that patterns of transfers draw", "listed rings"),
    Definition("patterns.null_model", "rings that the same patterns draw in the null model, on average", "draws"),
    Definition("patterns.searches_cut", "searches for patterns that were cut short", "rings of patterns"),
    Definition("patterns.busy_accounts_left_out", "accounts too busy to be searched", "rings of patterns"),
    Definition("growth_abuse.rings", "rings that patterns of growth abuse draw", "listed rings"),
    Definition(
        "growth_abuse.tested", "trees, windows and pairs that those patterns looked at", "rings of growth abuse"
    ),
    Definition("growth_abuse.crowded_left_out", "acts and places left out as too popular", "rings of growth abuse"),
    Definition("accounts.unlisted", "accounts that no `accounts` source lists", "accounts"),
    Definition("accounts.in_rings", "accounts that are members of listed rings", "accounts"),
    Definition("accounts.in_rings.share", "the same as a share", "accounts", WILSON),
    Definition("accounts.band.{band}", "accounts in at least one ring of the band", "accounts in listed rings"),
    Definition("accounts.typology.{typology}", "accounts in at least one such ring", "accounts in listed rings"),
    Definition("sign_ups.day", "accounts that started within 24 hours before `as_of`", "accounts with a known start"),
    Definition("sign_ups.in_candidates.share", "share of them in a candidate ring, listed or not", "them", WILSON),
    Definition(
        "signals.new_per_sign_up", "signals first used in the 24 hours before `as_of`, per such account", "them"
    ),
    Definition(
        "value_at_stake.{currency}.{band}",
        "sum over the rings of the band; whoever is in two rings counts twice; `unnamed` where the data name none",
        "rings with a value",
    ),
    Definition("hubs.{signal}", "hubs of this signal type", "signals of the type"),
    Definition("hubs.{signal}.pairs_lost_at_half_cap", "pairs that would be lost with half the cap", "pairs now"),
    Definition("hubs.{signal}.pairs_gained_at_double_cap", "pairs that double the cap would join", "pairs then"),
    Definition(
        "wallets.{link}.links",
        "links of this kind that may join wallets or accounts, those of services left out",
        "links if no service were left out",
    ),
    Definition("wallets.{link}.links_without_exclusions", "the same if no service were left out", "the same"),
    Definition(
        "wallets.{link}.too_wide",
        "transactions, bursts or runs left out because too many take part",
        "links if no service were left out",
    ),
    Definition(
        "precision.accounts.{band}",
        "of the labelled accounts in rings of the band, the share labelled with one of `metrics.bad_labels`",
        "labelled accounts there",
        WILSON,
    ),
    Definition(
        "precision.rings.{band}",
        "of the rings of the band with a labelled member, the share confirmed: at least half of those labels are bad",
        "rings with a labelled member",
        WILSON,
    ),
    Definition(
        "precision.at.{k}",
        "the same over the k worst rings of any band",
        "of them, rings with a labelled member",
        WILSON,
    ),
    Definition(
        "recall.labelled",
        "share of the accounts labelled bad that are in a listed ring; too high if only rings are reviewed",
        "accounts labelled bad",
        WILSON,
    ),
    Definition(
        "false_accusations_per_confirmed_ring",
        "accounts labelled good in rings of band high or medium, per confirmed ring of these bands",
        "confirmed rings",
    ),
    Definition("precision.cases", "of the cases decided before `as_of`, the share confirmed", "decided cases", WILSON),
    Definition(
        "precision.alerts",
        "the same of cases about rings that an alert of an earlier scan told of",
        "decided cases about such rings",
        WILSON,
    ),
    Definition(
        "review_minutes.median",
        "median over the cases: from opened to first decided, waiting included",
        "cases ever decided",
        "95 %, order statistics",
    ),
    Definition(
        "cases.false_accusations_per_confirmed",
        "accounts and wallets judged in cases decided as false positives, per confirmed case",
        "confirmed cases",
    ),
    Definition(
        "recall.audited",
        "share of all bad accounts that were in listed rings when the newest reviewed audit was drawn: "
        "Horvitz-Thompson over its strata",
        "reviewed accounts of the audit",
        AUDIT,
    ),
    Definition(
        "audit.missed",
        "bad accounts that were in no listed ring then, the same estimator",
        "reviewed accounts below the line",
        AUDIT,
    ),
    Definition("audit.reviewed.share", "share of the audit that has a verdict", "accounts drawn", WILSON),
    Definition(
        "days_to_detection.median",
        "median over the rings born in this scan: from `ring.first_seen` to `as_of`",
        "rings born with a known first act",
        "95 %, order statistics",
    ),
    Definition(
        "growth.mean",
        "mean over the rings listed in both scans: members now / before - 1, without those that merged or split",
        "such rings",
    ),
)


def definition_of(name: str) -> Definition | None:
    """Find the definition of a metric.

    Parameters
    ----------
    name : str
        As in the `metric` table.

    Returns
    -------
    Definition or None
        The most literal one that fits; None if there is none.
    """
    fitting = [entry for entry in CATALOGUE if re.fullmatch(_pattern(entry.name), name)]
    return min(fitting, key=lambda entry: (entry.name.count("{"), -len(entry.name)), default=None)


def _pattern(name: str) -> str:
    return "".join("[^.]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", name))


def catalogue_markdown() -> str:
    """Write the catalogue as a Markdown table."""
    lines = ["| metric | value | n | interval |", "|---|---|---|---|"]
    lines += [f"| `{entry.name}` | {entry.meaning} | {entry.n} | {entry.interval} |" for entry in CATALOGUE]
    return "\n".join(lines) + "\n"
