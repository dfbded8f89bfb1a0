"""Each link on a hand-made ring, and on innocents that look like it."""

import numpy as np
import pyarrow as pa
import pytest

from algorithms.entity_graph import EntityGraph
from algorithms.transfers import Transfers
from graphrisk.hubs import find_hubs
from graphrisk.rings.affinity import find_affinity
from graphrisk.rings.settings import DEFAULT_CAPS, DEFAULT_EVIDENCE, HubSettings, RingSettings
from graphrisk.rings.sharing import find_sharing
from graphrisk.rings.wallets import LINKS
from graphrisk.rings.wallets.build import find_wallet_links
from graphrisk.rings.wallets.services import find_services
from graphrisk.rings.wallets.settings import LINK_NAMES, WalletSettings

HOUR, DAY = 3600, 86_400
EXCHANGE, BRIDGE = "x_exchange", "x_bridge"


def graph_of(rows, currency=None):
    """Rows are (payer, payee, seconds, amount) or the same with a transaction; all are wallets."""
    names = sorted({name for row in rows for name in row[:2]} | {EXCHANGE, BRIDGE})
    node = {name: k for k, name in enumerate(names)}
    transfers = Transfers(
        np.array([node[row[0]] for row in rows]),
        np.array([node[row[1]] for row in rows]),
        np.array([row[2] for row in rows]),
        np.array([row[3] for row in rows], dtype=float),
        currencies=None if currency is None else np.zeros(len(rows), np.int16),
        currency_names=() if currency is None else (currency,),
        transactions=np.array([row[4] for row in rows]) if len(rows[0]) == 5 else None,
    )
    return EntityGraph.from_nodes(("account", "wallet"), [[], names], transfers=transfers)


def joined(link, rows, *, services=(), currency=None, **settings):
    """Pairs that a link alone joins, with names, whatever the transfers say themselves."""
    graph = graph_of(rows, currency)
    names = graph.names.to_pylist()
    excluded = np.array([name in services for name in names])
    exchanges = excluded & (np.array(names) == EXCHANGE)
    found = find_wallet_links(graph, WalletSettings(links=[link], **settings), excluded, exchanges)
    sharing = find_sharing(graph, wallet_links=found)
    hubs = HubSettings(known={"wallet": list(services)})
    silent = dict.fromkeys(("funder", "payee", "transfer"), 0.0)
    affinity = find_affinity(sharing, find_hubs(graph, sharing, hubs), RingSettings(evidence=silent))
    ends = zip(sharing.actors[affinity.sources], sharing.actors[affinity.targets], affinity.evidence, strict=True)
    pairs = {(names[a], names[b]) for a, b, nats in ends if nats > 0}
    return pairs, found.reports[0]


def all_pairs(*names):
    return {(a, b) for a in names for b in names if a < b}


def transaction(number, seconds, inputs, outputs):
    total = sum(inputs.values())
    return [(a, b, seconds, v * x / total, number) for a, x in inputs.items() for b, v in outputs.items()]


RING = {"w1": 5.0, "w2": 4.0, "w3": 3.0}
SPENDS = transaction(0, 10 * DAY, RING, {"shop": 11.5})


def test_wallets_that_spend_together_are_joined_and_the_shop_is_not():
    assert joined("common_input", SPENDS)[0] == all_pairs("w1", "w2", "w3")


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        (transaction(0, DAY, RING, {"a": 3.0, "b": 3.0, "c": 3.0, "d": 2.0, "e": 0.5}), {}),  # a CoinJoin
        ([(name, "shop", DAY, 1.0, k) for k, name in enumerate(RING)], {}),  # customers of one shop
        (transaction(0, DAY, RING | {EXCHANGE: 9.0}, {"shop": 20.0}), {"services": [EXCHANGE]}),  # an exchange's
        (SPENDS, {"currency": "ETH"}),  # the steps of a contract
        (transaction(0, DAY, {f"w{k:02d}": 1.0 for k in range(30)}, {"shop": 29.0}), {}),  # a service consolidates
    ],
    ids=["coinjoin", "shop", "exchange", "contract", "consolidation"],
)
def test_wallets_of_different_owners_are_not_joined_by_common_inputs(rows, options):
    assert joined("common_input", rows, **options)[0] == set()


def test_currencies_of_utxo_chains_may_be_named_and_case_does_not_matter():
    assert len(joined("common_input", SPENDS, currency="btc")[0]) == 3
    assert len(joined("common_input", SPENDS, currency="XMR", utxo_currencies=["xmr"])[0]) == 3


KNOWN_SHOP = [("somebody", "shop", DAY, 1.0, -1)]


def test_change_is_joined_to_who_spent_and_the_payee_is_not():
    rows = KNOWN_SHOP + transaction(0, 10 * DAY, {"w1": 5.0, "w2": 4.0}, {"shop": 7.0, "w3": 1.5})
    assert joined("change_address", rows)[0] == {("w1", "w3"), ("w2", "w3")}


def test_two_new_payees_take_no_change():
    rows = transaction(0, 10 * DAY, {"w1": 5.0, "w2": 4.0}, {"shop": 7.0, "w3": 1.5})
    assert joined("change_address", rows)[0] == set()


def deposits(payers, passes_on=EXCHANGE, late=HOUR):
    rows = [(name, "deposit", k * DAY, 10.0) for k, name in enumerate(payers)]
    return rows + [("deposit", passes_on, k * DAY + late, 9.95) for k in range(len(payers))]


def test_payers_of_one_deposit_address_are_joined():
    pairs, report = joined("deposit_address", deposits(["w1", "w2", "w3"]), services=[EXCHANGE])
    assert pairs == all_pairs("w1", "w2", "w3")
    assert report.n_links == 3


@pytest.mark.parametrize(
    ("rows", "services"),
    [
        (deposits(["w1", "w2", "w3"], passes_on="shop"), [EXCHANGE]),  # a shop's wallet
        (deposits(["w1", "w2", "w3"], late=3 * DAY), [EXCHANGE]),  # a friend who sells now and then
        (deposits(["w1", "w2", "w3"]), []),  # no exchange is known
        (deposits([f"w{k:02d}" for k in range(30)]), [EXCHANGE]),  # an exchange nobody listed, over the cap
    ],
    ids=["shop", "friend", "unknown", "service"],
)
def test_who_pays_anybody_else_together_shares_no_deposit_address(rows, services):
    assert joined("deposit_address", rows, services=services)[0] == set()


TREE = [("root", "w1", DAY, 1.0), ("root", "w2", 2 * DAY, 1.0), ("w2", "w3", 3 * DAY, 0.4), ("w2", "w4", 4 * DAY, 0.4)]


def test_wallets_with_one_first_funder_are_joined():
    assert joined("first_funder", TREE)[0] == all_pairs("w1", "w2") | all_pairs("w3", "w4")


def test_who_was_paid_by_the_funder_later_only_is_not_joined():
    rows = [("root", "w1", DAY, 1.0), ("salary", "w2", DAY, 9.0), ("root", "w2", 2 * DAY, 1.0)]
    assert joined("first_funder", rows)[0] == set()


def test_an_exchange_as_first_funder_joins_nobody_and_the_report_says_what_that_changed():
    rows = [(EXCHANGE, f"w{k}", k * DAY, 1.0) for k in range(5)] + [("root", f"v{k}", k * DAY, 1.0) for k in range(2)]
    pairs, report = joined("first_funder", rows, services=[EXCHANGE])
    assert pairs == {("v0", "v1")}
    assert (report.n_links, report.n_without_exclusions) == (2, 7)
    # an exchange that paid first is not passed over for whoever paid next
    assert joined("first_funder", [*rows, ("root", "w0", 9 * DAY, 1.0)], services=[EXCHANGE])[0] == {("v0", "v1")}


def swept(names, into, share=1.0):
    rows = [(f"f{name}", name, DAY, 10.0) for name in names]
    return rows + [(name, into, 5 * DAY, 10.0 * share) for name in names]


def test_wallets_emptied_into_one_are_joined():
    assert all_pairs("w1", "w2", "w3") <= joined("last_sweep", swept(["w1", "w2", "w3"], "till"))[0]


def test_customers_who_keep_money_are_not_emptied():
    assert not all_pairs("w1", "w2", "w3") & joined("last_sweep", swept(["w1", "w2", "w3"], "shop", 0.3))[0]


def funded(names, step=60, amounts=(5.0,), payer="root"):
    return [(payer, name, DAY + step * k, amounts[k % len(amounts)]) for k, name in enumerate(names)]


NAMES = ["w1", "w2", "w3", "w4", "w5"]


def test_wallets_funded_in_one_burst_are_joined():
    assert joined("funder_burst", funded(NAMES))[0] == all_pairs(*NAMES)


@pytest.mark.parametrize(
    ("rows", "services"),
    [
        (funded(NAMES, amounts=(5.0, 9.0, 2.0, 30.0, 14.0)), []),  # a payroll
        (funded(NAMES, step=2 * HOUR), []),  # one after the other over days
        (funded(NAMES, payer=EXCHANGE), [EXCHANGE]),  # withdrawals of one sum
        (funded(NAMES[:3]), []),  # three are no burst
    ],
    ids=["payroll", "slow", "exchange", "few"],
)
def test_payrolls_and_withdrawals_are_no_bursts(rows, services):
    assert joined("funder_burst", rows, services=services)[0] == set()


def route(name, contracts, late=0):
    return [(name, contract, DAY + k * HOUR + late, 1.0) for k, contract in enumerate(contracts)]


CONTRACTS = ["bridge", "swap", "lend", "claim"]


def test_wallets_that_go_the_same_way_in_the_same_hours_are_joined():
    rows = route("w1", CONTRACTS) + route("w2", CONTRACTS, 900) + route("w3", CONTRACTS[::-1])
    assert joined("same_actions", rows)[0] == {("w1", "w2")}


def test_the_same_way_on_another_day_and_a_campaign_join_nobody():
    assert joined("same_actions", route("w1", CONTRACTS) + route("w2", CONTRACTS, 2 * DAY))[0] == set()
    campaign = [row for k in range(41) for row in route(f"w{k:02d}", CONTRACTS)]
    pairs, report = joined("same_actions", campaign)
    assert (pairs, report.n_too_wide) == (set(), 1)


def test_a_service_is_joined_to_nobody_by_any_link():
    rows = [*funded([*NAMES, BRIDGE]), *route(BRIDGE, CONTRACTS), *route("w1", CONTRACTS)]
    for name in ("first_funder", "funder_burst", "same_actions", "last_sweep"):
        pairs, _ = joined(name, rows, services=[BRIDGE])
        assert BRIDGE not in {end for pair in pairs for end in pair}, name


def test_every_link_has_its_name_a_cap_and_a_weight_in_the_settings():
    assert set(LINKS) == set(LINK_NAMES) <= set(DEFAULT_CAPS) & set(DEFAULT_EVIDENCE)
    assert {RingSettings().evidence_of(name, 10) for name in LINKS} == {link.nats for link in LINKS.values()}
    assert HubSettings().cap_of("common_input") == LINKS["common_input"].cap


@pytest.mark.parametrize(("known_labels", "n_services"), [(["exchange", "bridge"], 3), (["bridge"], 2)])
def test_services_are_named_or_labelled(known_labels, n_services):
    graph = graph_of([("x_other", "w1", DAY, 1.0)])
    rows = [("wallet", EXCHANGE, "exchange"), ("wallet", BRIDGE, "bridge"), ("wallet", "w1", "fraud")]
    columns = dict(zip(("entity_type", "entity_id", "label"), map(list, zip(*rows, strict=True)), strict=True))
    hubs = HubSettings(known={"wallet": ["x_other"]}, known_labels=known_labels)
    services, exchanges = find_services(graph, hubs, ["x_other"], pa.table(columns))
    names = graph.names.to_pylist()
    assert services.sum() == n_services
    assert {names[k] for k in np.flatnonzero(exchanges)} == {"x_other", EXCHANGE} - (
        set() if "exchange" in known_labels else {EXCHANGE}
    )
    assert not (exchanges & ~services).any()
