import numpy as np
import pytest

from algorithms import MISSING_TIME, Transfers, find_deposit_addresses

HOUR = 3600
EXCHANGE, CUSTOMER, DEPOSIT, OTHER = 0, 1, 2, 3
KNOWN = np.array([True, False, False, False])


def is_deposit(*rows, **columns):
    """Rows are (source, target, hours, amount)."""
    source, target, hours, amount = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    given = {"seconds": (hours * HOUR).astype(np.int64), "amounts": amount} | columns
    return bool(find_deposit_addresses(Transfers(source, target, **given), KNOWN)[DEPOSIT])


PASSED_ON = ((CUSTOMER, DEPOSIT, 0, 10.0), (DEPOSIT, EXCHANGE, 1, 9.99))


def test_what_passes_all_on_to_an_exchange_is_a_deposit_address():
    assert is_deposit(*PASSED_ON)


def test_several_deposits_may_be_passed_on_at_once_and_again():
    rows = ((CUSTOMER, DEPOSIT, 0, 4.0), (OTHER, DEPOSIT, 1, 6.0), (DEPOSIT, EXCHANGE, 2, 10.0))
    assert is_deposit(*rows, (CUSTOMER, DEPOSIT, 50, 3.0), (DEPOSIT, EXCHANGE, 51, 3.0))


def test_gas_from_the_exchange_is_no_deposit():
    assert is_deposit((CUSTOMER, DEPOSIT, 0, 10.0), (EXCHANGE, DEPOSIT, 0.5, 0.3), (DEPOSIT, EXCHANGE, 1, 10.0))


@pytest.mark.parametrize(
    "rows",
    [
        ((CUSTOMER, DEPOSIT, 0, 10.0), (DEPOSIT, EXCHANGE, 30, 10.0)),  # a person who sells the next day
        ((CUSTOMER, DEPOSIT, 0, 10.0), (DEPOSIT, EXCHANGE, 1, 5.0)),  # half stays
        (*PASSED_ON, (DEPOSIT, OTHER, 2, 0.01)),  # pays somebody else as well
        ((DEPOSIT, EXCHANGE, 1, 5.0),),  # nothing came in
        ((CUSTOMER, DEPOSIT, 2, 5.0), (DEPOSIT, EXCHANGE, 1, 5.0)),  # went out before it came in
        ((CUSTOMER, DEPOSIT, 0, 5.0), (DEPOSIT, OTHER, 1, 5.0)),
    ],
)
def test_a_wallet_of_a_person_is_none(rows):
    assert not is_deposit(*rows)


def test_without_times_and_amounts_paying_exchanges_only_must_do():
    assert is_deposit(*PASSED_ON, seconds=None, amounts=None)
    assert not is_deposit(*PASSED_ON, (DEPOSIT, OTHER, 2, 1.0), seconds=None, amounts=None)


def test_amounts_of_different_currencies_are_not_compared():
    mixed = {"currencies": np.array([0, 1]), "currency_names": ("BTC", "ETH")}
    assert is_deposit((CUSTOMER, DEPOSIT, 0, 10.0), (DEPOSIT, EXCHANGE, 1, 5.0), **mixed)


def test_rows_without_a_time_come_before_all_others():
    seconds = np.array([MISSING_TIME, 5])
    assert is_deposit(*PASSED_ON, seconds=seconds)
    assert not find_deposit_addresses(Transfers([], []), KNOWN).any()
