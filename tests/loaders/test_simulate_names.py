import ipaddress
import re

import numpy as np
import phonenumbers
import pytest

from loaders.simulate.chance import Chance, mix
from loaders.simulate.naming import DEVICE, INSTRUMENT, IP, IPV6, PHONE, SIGNAL_TYPES, WALLET, Names

NUMBERS = np.concatenate([np.arange(2_000), np.arange(2_000) * 5_003 + 7_000])
PATTERNS = {
    DEVICE: r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}",
    INSTRUMENT: r"fp_[0-9a-f]{24}",
    WALLET: r"0x[0-9a-f]{40}",
    PHONE: r"\+49\d{11}",
}


@pytest.mark.parametrize("kind", range(len(SIGNAL_TYPES)))
def test_different_signals_have_different_names(kind: int) -> None:
    names = Names(Chance(1)).signals(kind, NUMBERS).to_pylist()
    assert len(set(names)) == len(NUMBERS)


@pytest.mark.parametrize("kind", list(PATTERNS))
def test_names_have_the_form_of_their_type(kind: int) -> None:
    names = Names(Chance(2)).signals(kind, NUMBERS).to_pylist()
    assert all(re.fullmatch(PATTERNS[kind], name) for name in names)


def test_addresses_are_public_and_canonical() -> None:
    six = IPV6 | (NUMBERS << 20) | (NUMBERS & 0xFFFFF)
    texts = Names(Chance(3)).signals(IP, np.concatenate([NUMBERS, six])).to_pylist()
    parsed = [ipaddress.ip_address(text) for text in texts]
    assert all(address.is_global for address in parsed)
    assert [str(address) for address in parsed] == texts
    assert {address.version for address in parsed} == {4, 6}


def test_people_of_one_ipv6_home_have_one_prefix_and_their_own_addresses() -> None:
    home = IPV6 | (77 << 20) | np.arange(5)
    texts = Names(Chance(3)).signals(IP, home).to_pylist()
    prefixes = {ipaddress.ip_network(f"{text}/64", strict=False) for text in texts}
    assert (len(set(texts)), len(prefixes)) == (5, 1)


def test_phones_are_valid_numbers() -> None:
    texts = Names(Chance(4)).signals(PHONE, NUMBERS).to_pylist()
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(text)) for text in texts)


def test_mixing_is_one_to_one_and_leaves_no_order() -> None:
    words = mix(np.arange(100_000), 12)
    assert len(np.unique(words)) == 100_000
    assert abs(np.corrcoef(np.arange(100_000), words.astype(float))[0, 1]) < 0.02


def test_chance_of_an_id_depends_on_the_id_and_the_topic_alone() -> None:
    chance = Chance(5)
    ids = np.arange(50_000)
    drawn = chance.uniform("a", ids)
    assert np.array_equal(drawn[::-1], chance.uniform("a", ids[::-1]))
    assert abs(np.corrcoef(drawn, chance.uniform("b", ids))[0, 1]) < 0.02
    assert drawn.mean() == pytest.approx(0.5, abs=0.01)
    assert 0 < drawn.min() < drawn.max() < 1
    assert chance.exponential("a", ids, 3.0).mean() == pytest.approx(3.0, rel=0.03)
