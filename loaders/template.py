"""A commented config to start from."""

from __future__ import annotations

TEMPLATE = '''\
# A ring scan: where the tables are, and what their columns mean.
# Relative paths start at the folder of this file; ${NAME} stands for an environment variable.

[scan]
name = "daily"
store = "store"                       # the folder of the results
# as_of = "2026-11-01T00:00:00Z"      # use only what was known before; default: just after the newest time in the data
# seed = 0
# max_rejected_share = 0.05           # fail if more rows than this cannot be used
# unlisted_accounts = "add"           # or "reject": rows about accounts that no `accounts` source lists
# memory_limit = "8GB"                # of the reader; it spills to temp_dir beyond
# threads = 4
# temp_dir = "/var/tmp"
# incremental = false                 # load only new files; the result is that of a full scan
# full_every = 7                      # of so many loads in a row one is of all files all the same
# checkpoints = true                  # keep what is done in the store, so that a scan that is killed goes on
# check_room = true                   # refuse at the start what memory or disk have no room for

# ---- one [[source]] per file, folder, glob, query or frame --------------------------------------------------------
# `table` is one of
#   accounts    account_id, created_at
#   links       account_id, signal_type, signal_id, first_seen, last_seen, n_events
#   transfers   transfer_id, occurred_at, source_type, source_id, target_type, target_id, amount, currency, amount_usd
#   events      account_id, event_type, occurred_at, target_id, value
#   labels      entity_type, entity_id, label, ring_id, known_at, source
# and every further key maps a canonical column: account_id = "user_id"
# or gives a constant: source_type = { value = "wallet" }
# Columns that already bear the canonical name need no key.

[[source]]
path = "users.csv"                    # .csv, .jsonl or .parquet (.gz too), a folder, or a glob: "users/*.parquet"
table = "accounts"
account_id = "user_id"
created_at = "signup_time"
attributes = ["country"]              # further columns to keep
# timezone = "Europe/Berlin"          # of times that name none; default UTC
# time_format = "%Y/%m/%d %H:%M"      # for times that are not ISO
# time_unit = "ms"                    # for times that are numbers: s (default), ms, us, ns, minute, hour, day
# time_origin = "2024-01-01"          # where those numbers begin; default 1970-01-01
# delimiter = ";"                     # of a CSV; default: told from the header

[[source]]
path = "logins.parquet"
table = "links"
account_id = "user_id"
first_seen = "time"
signals = { device = "device_id", ip = "ip_address" }   # signal type = your column, several at once

[[source]]
path = "payments/*.parquet"
table = "transfers"
source_id = "payer"
target_id = "payee"
target_type = { value = "wallet" }
occurred_at = { column = "day", unit = "day", origin = "2024-01-01" }
# amount, currency and amount_usd may be absent: what needs them is then absent, never zero

# [[source]]                          # a DuckDB query over files
# query = """SELECT invitee AS account_id, 'referral' AS event_type, at AS occurred_at, inviter AS target_id
#            FROM 'invitations/*.parquet'"""
# table = "events"

# [[source]]                          # PostgreSQL; needs `pip install graphrisk[postgres]`
# connection = "${PG_URL}"
# query = "SELECT user_id, card_fingerprint, added_at FROM cards"
# table = "links"
# account_id = "user_id"
# first_seen = "added_at"
# signals = { instrument = "card_fingerprint" }

# [[source]]                          # Neo4j; needs `pip install graphrisk[neo4j]`; NEO4J_USERNAME, NEO4J_PASSWORD
# neo4j = "bolt://localhost:7687"
# database = "customers"              # default: the server's own
# query = "MATCH (c:Customer)-[u:USED]->(d:Device) RETURN c.id AS account_id, d.id AS device, u.at AS first_seen"
# table = "links"
# signals = { device = "device" }

# ---- identifiers --------------------------------------------------------------------------------------------------
# email, phone, ip, device, wallet, instrument (or card), iban, document and address are normalised before they link;
# types of your own stay as they are. Placeholders and very popular values are refused and reported.

[identifiers]
# default_region = "US"               # of phone numbers without a country code
# hash_key_env = "GRAPHRISK_HASH_KEY" # replace every identifier by a hash under the secret in this variable
# ip_subnets = true                   # link by /24 and /64 as well, as the weaker type ip_subnet
# placeholders = ["guest-device"]     # more values that mean "unknown"
# popularity_types = ["device", "document", "email", "instrument", "phone"]
# popularity_share = 0.005            # refused as links above this share of all accounts ...
# popularity_accounts = 1000          # ... and above this many accounts
'''


def template() -> str:
    """A commented TOML config that shows every key that loaders read."""
    return TEMPLATE
