"""Identifiers are brought to one form by type, or refused with a reason."""

from __future__ import annotations

import hashlib
import ipaddress
import time

import numpy as np
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loaders import IdentifierSettings
from loaders.identifiers import ips, normalise

PLAIN = IdentifierSettings()
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
SEGWIT = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
TAPROOT = "bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297"


def one(entity_type: str, value: str, settings_: IdentifierSettings = PLAIN) -> tuple[str | None, str | None]:
    """Name and reason of one value."""
    done = normalise(entity_type, pa.array([value]), settings_)
    return done.names[0].as_py(), done.reasons[0].as_py()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("  Ann@Mail.org ", "ann@mail.org"),
        ("ann+promo@mail.org", "ann@mail.org"),
        ("a.n.n+x@gmail.com", "ann@gmail.com"),
        ("A.nn@GoogleMail.com", "ann@gmail.com"),
        ("a.nn@mail.org", "a.nn@mail.org"),
        ("5d41402abc4b2a76b9719d911017c592", "5d41402abc4b2a76b9719d911017c592"),
        ("email-77", "email-77"),
    ],
)
def test_emails_have_one_form_per_mailbox(value: str, name: str) -> None:
    assert one("email", value) == (name, None)


@pytest.mark.parametrize("value", ["ann", "ann@home", "@mail.org", "a b@mail.org", "a@b@mail.org", "a@mail..org"])
def test_what_is_no_email_is_refused(value: str) -> None:
    assert one("email", value) == (None, "not an e-mail address")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("+1 (650) 253-0000", "+16502530000"),
        ("650.253.0000", "+16502530000"),
        ("1-650-253-0000", "+16502530000"),
        ("+44 (0)20 7031 3000", "+442070313000"),
        ("011 44 20 7031 3000", "+442070313000"),
        ("+39 06 6982", "+39066982"),
        ("tel:+49-30-901820", "+4930901820"),
        ("phone-12", "phone-12"),
    ],
)
def test_phones_become_e164(value: str, name: str) -> None:
    assert one("phone", value, IdentifierSettings(default_region="US")) == (name, None)


def test_a_phone_without_country_code_needs_a_default_region() -> None:
    name, reason = one("phone", "650 253 0000")
    assert name is None
    assert reason == "not a phone number with a country code; set `default_region`"
    assert one("phone", "0044 20 7031 3000") == ("+442070313000", None)


@settings(max_examples=300)
@example(None, "003100000")
@example("CN", "861000000")
@given(
    st.sampled_from(["US", "GB", "DE", "IT", "MX", "BR", "AR", "RU", "CN", "IN", "NG", None]),
    st.from_regex(r"\A(\+|00)?[0-9]{5,14}\Z"),
)
def test_the_quick_way_for_phones_agrees_with_the_library(region: str | None, text: str) -> None:
    """The twin parses every number with the library alone."""
    prefixed = "+" + text[2:] if region is None and text.startswith("00") else text
    try:
        number = phonenumbers.parse(prefixed, region)
        expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        expected = expected if phonenumbers.is_possible_number(number) else None
    except phonenumbers.NumberParseException:
        expected = None
    name, reason = one("phone", text, IdentifierSettings(default_region=region))
    assert name == expected or reason == "placeholder"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("8.8.8.8", "8.8.8.8"),
        ("8.8.8.8:443", "8.8.8.8"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("2001:4860:4860:0:0:0:0:8888", "2001:4860:4860::8888"),
        ("[2001:4860:4860::8888]:443", "2001:4860:4860::8888"),
        ("2001:4860:4860::8888%eth0", "2001:4860:4860::8888"),
        ("ip-12", "ip-12"),
    ],
)
def test_addresses_have_one_spelling(value: str, name: str) -> None:
    assert one("ip", value) == (name, None)


@pytest.mark.parametrize(
    "value",
    [
        *("10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.0.1", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
        *("255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1", "fe80::1", "fc00::1", "::1", "::", "ff02::1"),
        *("2001:db8::1", "::ffff:10.0.0.1"),
    ],
)
def test_private_and_reserved_addresses_are_refused(value: str) -> None:
    assert one("ip", value) == (None, "private or reserved address")


FIRST = st.one_of(
    st.sampled_from(["2001", "2002", "2000", "3fff", "3ffe", "2a02", "fe80", "fc00", "ff02", "0064", "0100", "0000"]),
    st.integers(0, 0xFFFF).map(lambda n: f"{n:04x}"),
)
GROUP = st.one_of(
    st.sampled_from(["0000", "0db8", "0001", "01ff", "0200", "ffff"]), st.integers(0, 0xFFFF).map("{:04x}".format)
)


@settings(max_examples=400)
@given(FIRST, st.lists(GROUP, min_size=7, max_size=7), st.sampled_from(["exploded", "compressed"]), st.booleans())
def test_quick_spelling_of_ipv6_agrees_with_the_standard_library(first, rest, spelling, upper):
    address = ipaddress.IPv6Address(":".join([first, *rest]))
    text = getattr(address, spelling)
    text = text.upper() if upper else text
    assert ips._unicast(text) in (None, address.compressed)
    parsed = ips._parse_v6(pa.array([text], pa.large_string()))
    assert (parsed.names.to_pylist()[0], parsed.reasons.to_pylist()[0]) == ips._one_v6(text)
    subnet = ips.subnets_of(pa.array([address.compressed], pa.large_string())).to_pylist()
    assert subnet == [str(ipaddress.IPv6Network((address, 64), strict=False))]


def test_most_addresses_are_spelled_quickly():
    assert ips._unicast("2A02:0810:8A40:0000:0000:0000:0000:0001") == "2a02:810:8a40::1"
    assert ips._unicast("2001:4860:4860::8888") == "2001:4860:4860::8888"
    for special in (
        "2001:db8::1",
        "2001:10::1",
        "2002::1",
        "3fff::1",
        "fe80::1",
        "ff02::1",
        "8.8.8.8",
        "x",
        "2a02::\0",
    ):
        assert ips._unicast(special) is None


@pytest.mark.parametrize("value", ["256.1.1.1", "1.2.3", "01.2.3.4", "1.2.3.4.5", "2001:::1", "host.example"])
def test_what_is_no_address_is_refused(value: str) -> None:
    assert one("ip", value) == (None, "not an IP address")


def test_subnets_are_24_and_64_bits_of_public_addresses() -> None:
    values = pa.array(["8.8.4.4", "2001:4860:4860:1:2::1", "10.0.0.1", "ip-9"])
    subnets = normalise("ip", values, IdentifierSettings(ip_subnets=True)).subnets
    assert subnets is not None
    assert subnets.to_pylist() == ["8.8.4.0/24", "2001:4860:4860:1::/64", None, None]
    assert normalise("ip", values, PLAIN).subnets is None


def test_ethereum_addresses_are_lower_case_and_other_wallets_stay() -> None:
    assert one("wallet", "0x" + "aB" * 20) == ("0x" + "ab" * 20, None)
    for other in (
        "0",
        "wallet-7",
        "DRpbCBMxVnDK7maPM5tGv6MvB3v1sRMC86PZ8okm21hy",
        "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh",
    ):
        assert one("wallet", other) == (other, None)


def test_bitcoin_addresses_must_have_their_checksum() -> None:
    for address in (GENESIS, "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", SEGWIT, TAPROOT):
        assert one("wallet", address) == (address, None)
    assert one("wallet", SEGWIT.upper()) == (SEGWIT, None)
    for wrong in (GENESIS[:-1] + "b", SEGWIT[:-1] + "p", TAPROOT[:-1] + "8", SEGWIT[:8].upper() + SEGWIT[8:]):
        assert one("wallet", wrong) == (None, "a Bitcoin address with a wrong checksum")


@given(st.binary(min_size=20, max_size=20), st.sampled_from([0, 5]), st.integers(0, 32))
def test_every_base58_address_is_known_and_no_swapped_sign_is(body: bytes, version: int, place: int) -> None:
    raw = bytes([version]) + body
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    signs = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = signs[rest] + text
    text = "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text
    name, reason = one("wallet", text)
    assert name == text or reason == "placeholder" or len(text) < 26
    place = 1 + place % (len(text) - 1)
    other = "z" if text[place] != "z" else "y"
    if len(text) >= 26:
        assert one("wallet", text[:place] + other + text[place + 1 :])[0] is None


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("411111******1111", "411111-1111"),
        ("41111111 1111", "41111111-1111"),
        ("411111xxxxxx1111", "411111-1111"),
        ("GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432"),
        ("gb82west12345698765432", "GB82WEST12345698765432"),
        ("fp_8sKd92Ka", "fp_8sKd92Ka"),
        ("4111111111111112", "4111111111111112"),
    ],
)
@pytest.mark.parametrize("entity_type", ["instrument", "card"])
def test_instruments_have_one_form(entity_type: str, value: str, name: str) -> None:
    assert one(entity_type, value) == (name, None)


@pytest.mark.parametrize("value", ["4111111111111111", "4111 1111 1111 1111", "3782-822463-10005", "6304000000000000"])
def test_a_raw_card_number_is_refused_and_not_shown(value: str) -> None:
    done = normalise("instrument", pa.array([value]), PLAIN)
    assert done.names.to_pylist() == [None]
    assert done.reasons.to_pylist() == ["a raw card number; give a fingerprint, or BIN and last four"]
    assert done.shown.to_pylist() == ["(card number)"]


def test_ibans_must_have_their_checksum() -> None:
    assert one("iban", "DE89 3704 0044 0532 0130 00") == ("DE89370400440532013000", None)
    assert one("iban", "DE88370400440532013000") == (None, "an IBAN with a wrong checksum")
    assert one("iban", "3704 0044") == (None, "not an IBAN")


def test_devices_documents_and_addresses_have_one_form() -> None:
    assert one("device", "{ABCDEF12-1234-1234-1234-ABCDEFABCDEF}") == ("abcdef12-1234-1234-1234-abcdefabcdef", None)
    assert one("device", "Pixel-AbC9") == ("Pixel-AbC9", None)
    assert one("document", "p 123-45.6/x") == ("P123456X", None)
    assert one("address", " 12,  Main St. ") == ("12 main st", None)
    assert one("address", "...,") == (None, "no address")


def test_types_of_the_users_own_keep_their_values() -> None:
    assert one("browser_font", "  Fira Sans ") == ("Fira Sans", None)
    assert one("birth_year", "0") == ("0", None)


@pytest.mark.parametrize(
    ("entity_type", "value"),
    [
        ("device", "00000000-0000-0000-0000-000000000000"),
        ("device", "02:00:00:00:00:00"),
        ("device", "9774D56D682E549C"),
        ("device", "Unknown"),
        ("email", "test@test.com"),
        ("email", "someone@example.com"),
        ("email", "none@none.com"),
        ("phone", "+10000000000"),
        ("phone", "+49123456789"),
        ("instrument", "000000000000"),
        ("document", "123456789"),
        ("document", "XXX"),
        ("address", "N/A"),
        ("browser_font", "null"),
        ("wallet", "0x" + "0" * 40),
        ("wallet", "0x000000000000000000000000000000000000dEaD"),
        ("account", "NULL"),
    ],
)
def test_placeholders_are_refused(entity_type: str, value: str) -> None:
    assert one(entity_type, value) == (None, "placeholder")


def test_placeholders_of_the_users_own_are_refused_for_signals() -> None:
    mine = IdentifierSettings(placeholders=["Guest-Device"])
    assert one("device", "guest-device", mine) == (None, "placeholder")
    assert one("account", "guest-device", mine) == ("guest-device", None)


TYPES = ("email", "phone", "ip", "wallet", "instrument", "iban", "device", "document", "address", "own_type")


@settings(max_examples=200)
@example("document", ["/\x1f0", "\x85a b\u2028"])
@given(st.sampled_from(TYPES), st.lists(st.text(max_size=50), max_size=5))
def test_any_text_gets_a_name_or_a_reason_and_names_are_stable(entity_type: str, values: list[str]) -> None:
    settings_ = IdentifierSettings(default_region="US", ip_subnets=True)
    done = normalise(entity_type, pa.array(values, pa.string()), settings_)
    for name, reason in zip(done.names.to_pylist(), done.reasons.to_pylist(), strict=True):
        assert (name is None) != (reason is None)
    names = done.names.drop_null()
    assert normalise(entity_type, names, settings_).names.to_pylist() == names.to_pylist()


@pytest.mark.slow
@pytest.mark.parametrize("entity_type", ["email", "phone", "ip", "wallet", "instrument", "device"])
def test_three_million_values_take_less_than_a_minute_together(entity_type: str) -> None:
    rng = np.random.default_rng(0)
    numbers = rng.integers(2_010_000_000, 9_890_000_000, 500_000)
    make = {
        "email": lambda n: f"user.{n}+x@gmail.com",
        "phone": lambda n: f"+1{n}",
        "ip": lambda n: f"{20 + n % 70}.{n // 70 % 256}.{n // 17920 % 256}.{n % 251}",
        "wallet": lambda n: f"0x{n:040X}",
        "instrument": lambda n: f"{n:06d}******{n % 10_000:04d}",
        "device": lambda n: f"{n:032x}",
    }[entity_type]
    values = pa.array([make(int(n)) for n in numbers])
    start = time.perf_counter()
    done = normalise(entity_type, values, PLAIN)
    assert time.perf_counter() - start < 10
    assert done.names.null_count < 100
