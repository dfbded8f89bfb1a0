"""A commented configuration to start from: what loaders read, and what the scan adds."""

from __future__ import annotations

from pathlib import Path

from graphrisk.rings.settings import DEFAULT_CAPS, DEFAULT_EVIDENCE, GROWTH_NAMES, PATTERN_NAMES
from graphrisk.rings.wallets.settings import LINK_NAMES, WalletSettings
from loaders.layouts import read_layout, write_config
from loaders.template import template as load_template

RULES = """
# ---- hubs ---------------------------------------------------------------------------------------------------------
# A signal that more accounts share than its cap joins nobody. It stays visible in the table `hub`.

[hubs]
# caps = {{ {caps} }}
# default_cap = 40                    # of signal types not named
# known = {{ ip = ["198.51.100.7"] }}   # entities that never join anybody, however few share them
# known_labels = ["exchange", "hub"]  # entities with one of these labels in `labels` neither
# decay = 0.3                         # nats of evidence lost for each e-fold more accounts on a signal
# what_if = false                     # search again at half and double the caps and report the change

# ---- rings --------------------------------------------------------------------------------------------------------

[rings]
# min_size = 4
# max_size = 1000
# member_types = ["account", "wallet"]
# density = 0.02                      # least mean affinity, with triangles, across clusters that are merged
# triads = 8.0                        # what ties to third accounts add to those of two; 0 where groups are pairs
# bonus_events = ["claim", "bonus", "airdrop_claim", "reward"]
# evidence = {{ {evidence} }}   # nats
# overlap = 0.5                       # candidates that share more of the smaller one compete for one place
# min_score = 0.1                     # rings below are not listed; 0.5 where the transparent score stands in
# medium_score = 0.5                  # 0.75 where the transparent score stands in
# high_score = 0.9
# costs = {{ miss = 100, false_accusation = 1000, review = 5 }}   # sets medium_score and high_score by what errors cost
# q_value = 0.1                       # false-discovery rate that the bands high and medium keep
# max_pairs = 200000000               # a scan that would join more pairs is refused before it starts to

# ---- wallets ------------------------------------------------------------------------------------------------------
# Links between wallets, and between wallets and accounts. None is made unless it is named.

[wallets]
# links = [{wallets}]
# exclude = {{ exchange = ["0x28c6…"], bridge = [], contract = [] }}   # join nobody; exchanges tell deposit addresses
# utxo_currencies = [{utxo}]   # in these, rows with one transfer_id are one transaction
# most_inputs = 25                    # a transaction with more inputs is a service's
# forward_hours = 12.0                # within which a deposit address passes on what it received
# forward_tolerance = 0.01            # less or more than that, for fees
# sweep_share = 0.9                   # of what a wallet held, taken by its last payment
# burst_minutes = 10.0                # from one wallet of a burst to the next
# burst_tolerance = 0.05              # from one amount of a burst to the next larger one
# burst_wallets = 4
# run_length = 4                      # acts in a run of the same actions in the same hours
# most_sharers = 40                   # bursts and runs that more share join nobody

# ---- model --------------------------------------------------------------------------------------------------------

[model]
# name = "auto"                       # transparent, simulated (shipped), or one of your own: graphrisk model train

# ---- patterns -----------------------------------------------------------------------------------------------------
# Rings that timed transfers between strangers draw, and rings of growth abuse ({growth}).
# None is sought unless it is named; expect many false ones of the first kind.

[patterns]
# search = [{patterns}]
# windows_days = [5, 8, 14, 22, 30]   # a pattern must be complete within one of them
# most_meetings = 3                   # pairs with more transfers are no strangers
# most_strangers = 200                # who deals with more is a shop, an exchange or a payroll
# min_size = 3
# max_size = 200
# overlap = 0.6                       # of two rings with this Jaccard similarity only the better is listed
# deep_min_score = 0.2                # of rings among accounts that deal with more strangers than chance has any do
# max_q_value = 0.25                  # a ring that is less beyond chance is not listed
# growth_max_size = 1000              # larger trees and bursts are influencers and campaigns
# dormant_days = 14                   # who does nothing later than so long after signing up is dormant
# lockstep_seconds = 30               # acts on one target at most so far apart are in step
# sequence_length = 6                 # acts that accounts must have done in the same order to be compared
# sequence_pace = 2                   # their pauses are alike if none is more than so many times as long as another
# wash_hours = 24                     # money that comes back within so many hours is a return
# wash_min_size = 2
# sweep_days = 7                      # within how many days a farm passes on what it was given

# ---- lineage ------------------------------------------------------------------------------------------------------
# A ring keeps its id from scan to scan of one store. These change neither what is found nor the id of the scan.

[lineage]
# min_overlap = 0.3                   # from this overlap on two rings of two scans are kin
# remember_days = 730                 # a ring that is gone longer comes back under a new id; default: never

# ---- alerts -------------------------------------------------------------------------------------------------------
# A scan that raised one exits with 3. The first scan of a store is what later ones are held against.

[alerts]
# band = "high"                       # alerts are about rings of this band and above
# growth = 0.5                        # a ring is told again when it has grown by this share since its size was told
# value = 10000                       # a ring is told when its value at stake reaches this; default: no value is
# file = "alerts.jsonl"               # alerts are appended here as JSON lines
# webhook = "${{ALERT_URL}}"            # and posted here, signed with the secret in this environment variable:
# secret_env = "GRAPHRISK_WEBHOOK_SECRET"
# attempts = 5
# timeout_seconds = 10

# ---- metrics ------------------------------------------------------------------------------------------------------
# Precision and recall in the table `metric` rest on these values of `label` in the table `labels`.

[metrics]
# bad_labels = ["fraud", "fraudulent", "confirmed", "bad", "mule", "sybil", "laundering", "banned"]
# good_labels = ["legitimate", "innocent", "good", "cleared", "false_positive", "not_fraud"]

# ---- Neo4j; needs `pip install graphrisk[neo4j]` ------------------------------------------------------------------
# The password stands in the environment variable GRAPHRISK_NEO4J_PASSWORD, never here.

[neo4j]
# uri = "bolt://localhost:7687"
# user = "neo4j"
# database = "neo4j"
# write = false                       # write back after each scan, as `scan run --writeback` does
# mode = "mirror"                     # write accounts, signals and links too; "attach": hang rings on nodes there are
# nodes = {{ account = {{ label = "Customer", key = "customerId" }} }}
# names = {{ FraudRing = "Ring" }}      # our labels, types and properties by other names
# links = {{ sim = "USES_SIM" }}        # relationship types of signal types of your own
# batch_rows = 10000
# sessions = 2
# retry_seconds = 60
"""


def template() -> str:
    """Return a commented TOML configuration that shows every key."""
    caps = ", ".join(f"{kind} = {cap}" for kind, cap in DEFAULT_CAPS.items())
    evidence = ", ".join(f"{kind} = {nats}" for kind, nats in DEFAULT_EVIDENCE.items())
    wallets = ", ".join(f'"{name}"' for name in LINK_NAMES)
    utxo = ", ".join(f'"{name}"' for name in WalletSettings().utxo_currencies)
    patterns = ", ".join(f'"{name}"' for name in (*PATTERN_NAMES, *GROWTH_NAMES))
    growth = ", ".join(GROWTH_NAMES)
    rules = RULES.format(caps=caps, evidence=evidence, patterns=patterns, growth=growth, wallets=wallets, utxo=utxo)
    return load_template().rstrip("\n") + "\n" + rules


def layout_config(name: str, paths: list[Path]) -> str:
    """Write the configuration that reads and scans a published data set.

    Parameters
    ----------
    name : str
        Of a layout.
    paths : list of Path
        Its files, or the folder that they are in.

    Returns
    -------
    str
        TOML.

    Raises
    ------
    ConfigError
        If there is no such layout, or its files are not there.
    """
    layout = read_layout(name)
    names = ", ".join(f'"{pattern}"' for pattern in PATTERN_NAMES)
    patterns = "# nothing but transfers is known, so rings are sought in their shapes; expect many false ones\n"
    return write_config(layout, layout.recognise(paths), f"{patterns}[patterns]\nsearch = [{names}]")
