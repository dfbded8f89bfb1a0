"""What the signs are called on the page, and each in one sentence."""

from __future__ import annotations

from html import escape

from graphrisk.monitor.changes import INDICATORS, Change
from graphrisk.monitor.drift import Drift
from graphrisk.monitor.lead_times import LeadTime
from graphrisk.monitor.plots import short

SERIES = (
    ("rings", "Listed rings", "Groups of accounts that the scan lists."),
    ("rings.band.high", "Rings of band high", "The strongest of them."),
    ("accounts.in_rings", "Accounts in rings", "Members of listed rings."),
    ("accounts.in_rings.share", "Share of accounts in rings", "The shaded range is the 95 % interval."),
    ("sign_ups.day", "Sign-ups", "Accounts that started within the day before the scan."),
    ("sign_ups.in_candidates.share", "Share of sign-ups in candidate rings", "Of rings that are not listed, too."),
    ("signals.new_per_sign_up", "New signals per sign-up", "Devices, cards and so on that nobody used before."),
    ("rings.event.born", "New rings", "Rings that the scan before did not list."),
    ("rings.event.grown", "Rings that grew", "Rings that the scan before listed with fewer members."),
    ("growth.mean", "Mean growth of rings", "0.1 means that an average ring grew by 10 %."),
    ("days_to_detection.median", "Days from first act to detection", "Of the new rings; the range holds the median."),
)
WORDS = {
    "score": "score",
    "has_ring": "share in rings",
    "n_devices": "devices",
    "n_ips": "IP addresses",
    "n_instruments": "cards and bank accounts",
    "n_wallets": "wallets",
    "n_links": "links",
    "n_shared_signals": "signals shared with others",
    "max_shared_accounts": "accounts on their most shared signal",
    "affinity_degree": "accounts they are tied to",
    "affinity_weight": "strength of these ties",
    "n_transfers_in": "transfers received",
    "n_transfers_out": "transfers sent",
    "n_events": "events",
}
SIGNS = {
    "report": "any of these signs",
    "drift": "any feature of new accounts",
    "drift.score": "score of new accounts",
    **{indicator.metric: indicator.words for indicator in INDICATORS},
}


def drift_sentence(drift: Drift) -> str:
    """Say how new accounts differ, as HTML."""
    way = "more" if drift.mean_now > drift.mean_before else "less"
    means = f"{short(drift.mean_before)} before, {short(drift.mean_now)} now"
    since = "in the newest scan" if drift.n_scans == 1 else f"in the newest {drift.n_scans} scans"
    return f"{escape(WORDS[drift.feature])}: {way} than before {since} (on average {means})"


def change_sentence(change: Change) -> str:
    """Say what step a metric took, as HTML."""
    way = "more" if change.size > 0 else "fewer or less"
    means = f"{short(change.usual + change.size)} on average, where {short(change.usual)} would be usual"
    return f"{escape(change.words)}: {way} since {change.since:%Y-%m-%d} ({means})"


def lead_sentence(lead: LeadTime) -> str:
    """Say what a sign was worth, as HTML."""
    name = escape(SIGNS[lead.sign])
    if lead.median_nights is None:
        return f"{name}: told of no attack before the loss"
    nights = f"{lead.median_nights:g} night" + ("" if lead.median_nights == 1 else "s")
    return f"{name}: told of {lead.found:.0%} of the attacks before the loss, in half of these at least {nights} before"
