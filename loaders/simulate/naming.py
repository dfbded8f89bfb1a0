"""Numbers written as the identifiers an exchange sees: opaque, valid, and telling nothing of what they belong to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from loaders.simulate.chance import BoolArray, Chance, LongArray, WordArray, mix

SIGNAL_TYPES = ("device", "instrument", "ip", "phone", "wallet")
DEVICE, INSTRUMENT, IP, PHONE, WALLET = range(5)
IPV6 = 1 << 60
"""Addresses at or above this are IPv6: prefix in bits 20 to 59, interface in the lowest 20."""

Bytes = npt.NDArray[np.uint8]
_HEX = np.frombuffer(b"".join(b"%02x" % i for i in range(256)), np.uint8).reshape(256, 2)
# blocks of 2^24 addresses that hold no private, reserved or documentation range
_PUBLIC = np.array(
    [2, 5, 24, 31, 37, 46, 50, *range(62, 96), 96, 97, 98, 99, 109, 173, 174, 176, 178, 184, 212, 213, 217]
)
_N_IPV4 = len(_PUBLIC) * 65_536 * 254
_N_PHONES = 400_000_000
_PHONE_STARTS = np.frombuffer(b"+49151+49152+49157+49159", np.uint8).reshape(4, 6)


def _text(matrix: Bytes, keep: BoolArray | None = None) -> pa.StringArray:
    """Rows of bytes as strings; `keep` marks the bytes that count."""
    n, width = matrix.shape
    lengths = np.full(n, width) if keep is None else keep.sum(axis=1)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    data = np.ascontiguousarray(matrix if keep is None else matrix[keep])
    return pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(data))


def _hex(words: WordArray, n_digits: int) -> Bytes:
    """Return the first hexadecimal digits of each word, shape (n, n_digits)."""
    parts = words.astype(">u8").view(np.uint8).reshape(-1, 8)
    return _HEX[parts].reshape(-1, 16)[:, :n_digits]


def _digits(numbers: LongArray, n_digits: int) -> Bytes:
    out = np.empty((len(numbers), n_digits), np.uint8)
    rest = numbers.copy()
    for at in range(n_digits - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        out[:, at] = digit + ord("0")
    return out


def _beside(*parts: bytes | Bytes) -> Bytes:
    """Join columns of bytes; constants are repeated in every row."""
    n = next(len(part) for part in parts if not isinstance(part, bytes))
    columns = [
        np.broadcast_to(np.frombuffer(part, np.uint8), (n, len(part))) if isinstance(part, bytes) else part
        for part in parts
    ]
    return np.concatenate(columns, axis=1)


class Names:
    """Identifiers of one world.

    Parameters
    ----------
    chance : Chance
        Salts the names, so that two worlds share none.
    """

    def __init__(self, chance: Chance) -> None:
        self._salts = [
            [chance.salt(f"name/{kind}/{word}") for word in range(3)] for kind in (*SIGNAL_TYPES, "transfer")
        ]
        self._ip_shift = chance.salt("name/ip") % _N_IPV4
        self._phone_shift = chance.salt("name/phone") % _N_PHONES

    def order(self, kind: int, numbers: LongArray) -> WordArray:
        """Return what to sort signals by, so that their order tells nothing; equal only for equal signals."""
        return mix(numbers, self._salts[kind][0])

    def transfer_order(self, numbers: LongArray) -> WordArray:
        """Return what to sort transfers of one second by."""
        return mix(numbers, self._salts[len(SIGNAL_TYPES)][0])

    def accounts(self, numbers: LongArray) -> pa.StringArray:
        """Account ids, in the order of their numbers."""
        return _text(_beside(b"u", _digits(numbers, 8)))

    def transfers(self, numbers: LongArray) -> pa.StringArray:
        """Transfer ids."""
        return _text(_beside(b"t", _hex(self.transfer_order(numbers), 16)))

    def signals(self, kind: int, numbers: LongArray) -> pa.StringArray:
        """Identifiers of one signal type."""
        makers = (self._devices, self._instruments, self._addresses, self._phones, self._wallets)
        return makers[kind](numbers)

    def _devices(self, numbers: LongArray) -> pa.StringArray:
        first, second = (_hex(mix(numbers, salt), 16) for salt in self._salts[DEVICE][:2])
        second = second.copy()
        second[:, 0] = ord("a")
        return _text(
            _beside(
                first[:, :8], b"-", first[:, 8:12], b"-4", first[:, 12:15], b"-", second[:, :4], b"-", second[:, 4:]
            )
        )

    def _instruments(self, numbers: LongArray) -> pa.StringArray:
        first, second = (_hex(mix(numbers, salt), 16) for salt in self._salts[INSTRUMENT][:2])
        return _text(_beside(b"fp_", first, second[:, :8]))

    def _wallets(self, numbers: LongArray) -> pa.StringArray:
        first, second, third = (_hex(mix(numbers, salt), 16) for salt in self._salts[WALLET])
        return _text(_beside(b"0x", first, second, third[:, :8]))

    def _phones(self, numbers: LongArray) -> pa.StringArray:
        at = (numbers * 104_729_003 + self._phone_shift) % _N_PHONES
        return _text(_beside(_PHONE_STARTS[at % 4], _digits(at // 4, 8)))

    def _addresses(self, numbers: LongArray) -> pa.StringArray:
        six = numbers >= IPV6
        matrix, keep = np.zeros((len(numbers), 39), np.uint8), np.zeros((len(numbers), 39), bool)
        matrix[six], keep[six] = self._ipv6(numbers[six]), True
        at = (numbers[~six] * 613_651_349 + self._ip_shift) % _N_IPV4
        at, host = np.divmod(at, 254)
        octets = np.stack([_PUBLIC[at >> 16], (at >> 8) & 255, at & 255, host + 1], axis=1)
        quad = np.full((len(at), 16), ord("."), np.uint8)
        show = np.ones((len(at), 16), bool)
        for k in range(4):
            quad[:, 4 * k : 4 * k + 3] = _digits(octets[:, k], 3)
            show[:, 4 * k], show[:, 4 * k + 1] = octets[:, k] >= 100, octets[:, k] >= 10
        show[:, 15] = False
        matrix[~six, :16], keep[~six, :16] = quad, show
        return _text(matrix, keep)

    def _ipv6(self, numbers: LongArray) -> Bytes:
        # no part begins with a zero: the text is in canonical form as it stands
        prefix = _hex(mix(numbers >> 20, self._salts[IP][1]), 16).copy()
        host = _hex(mix(numbers, self._salts[IP][2]), 16).copy()
        for part in (prefix, host):
            zero = part[:, ::4] == ord("0")
            part[:, ::4][zero] = ord("d")
        parts: list[bytes | Bytes] = [b"2a02:", prefix[:, :4], b":", prefix[:, 4:8], b":", prefix[:, 8:12]]
        for k in range(4):
            parts += [b":", host[:, 4 * k : 4 * k + 4]]
        return _beside(*parts)
