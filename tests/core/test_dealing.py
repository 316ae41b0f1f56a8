"""A content key dealt to a committee: any threshold of its members opens it, fewer are told nothing, no lie passes."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.dealing import (
    Dealt,
    deal,
    join_key,
    open_release,
    release,
    share_hash,
    shares_of,
    unwrap_share,
)
from prefect_federated.core.errors import Undecryptable
from prefect_federated.core.masking.shamir import PRIME
from prefect_federated.core.sealing import key_hash

HERE = RoundContext(31337, "0x" + "cc" * 20, 1, 3, b"\x07" * 32, "0x" + "aa" * 20)
SEATS = tuple("0x" + f"{number:02x}" * 20 for number in range(1, 8))
KEYS = {seat: X25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number, seat in enumerate(SEATS, 1)}
READER, READERS_KEY = "0x" + "bb" * 20, X25519PrivateKey.from_private_bytes(b"\x77" * 32)
KEY = bytes(range(32))


def public(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def dealt(share: bytes, seat: str, context: RoundContext = HERE) -> Dealt:
    return deal(share, public(KEYS[seat]), seat, context)


def released(share: bytes, seat: str, context: RoundContext = HERE) -> bytes:
    made = release(share, public(READERS_KEY), seat, READER, context)
    assert made is not None
    return made


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.integers(1, 7), st.integers(1, 7))
def test_any_threshold_of_shares_opens_the_key(key: bytes, size: int, threshold: int) -> None:
    threshold = min(size, threshold)
    shares = shares_of(key, threshold, SEATS[:size], HERE)
    for some in combinations(SEATS[:size], threshold):
        assert join_key({seat: shares[seat] for seat in some}, threshold, key_hash(key)) == key
    assert join_key(shares, threshold, key_hash(key)) == key


@pytest.mark.parametrize("number", [PRIME - 1, PRIME, PRIME + 1, 2**256 - 1, 0, 188, 189])
def test_keys_at_the_ends_of_the_field_are_opened_as_well(number: int) -> None:
    key = number.to_bytes(32, "big")
    assert join_key(shares_of(key, 2, SEATS[:3], HERE), 2, key_hash(key)) == key


@pytest.mark.parametrize("threshold", [2, 3, 5])
def test_fewer_shares_than_the_threshold_open_nothing(threshold: int) -> None:
    shares = shares_of(KEY, threshold, SEATS, HERE)
    for some in combinations(SEATS, threshold - 1):
        assert join_key({seat: shares[seat] for seat in some}, threshold - 1, key_hash(KEY)) is None


def test_fewer_shares_than_the_threshold_fit_every_key() -> None:
    """For any key there is a polynomial through the shares that are known: they decide nothing by themselves."""
    threshold, known = 3, SEATS[:2]
    shares = shares_of(KEY, threshold, SEATS, HERE)
    points = {int(seat, 16) + 1: int.from_bytes(shares[seat], "big") for seat in known}
    for other in (bytes(32), b"\x55" * 32, shares_of(b"\x01" * 32, 3, SEATS, HERE)[SEATS[0]]):
        through = points | {0: int.from_bytes(other, "big") % PRIME}
        third = lagrange(through, at=int(SEATS[2], 16) + 1)
        found = {**{seat: shares[seat] for seat in known}, SEATS[2]: third.to_bytes(32, "big")}
        assert join_key(found, threshold, key_hash(other)) == other


def lagrange(points: dict[int, int], at: int) -> int:
    """The polynomial through the points, written out from the definition."""
    total = 0
    for x, y in points.items():
        above = below = 1
        for other in points:
            if other != x:
                above, below = above * (at - other) % PRIME, below * (x - other) % PRIME
        total += y * above * pow(below, -1, PRIME)
    return total % PRIME


def test_a_members_shares_of_two_keys_look_alike() -> None:
    """Over a thousand rounds, bits of one share of a key of zeros and of a key of ones are set about as often."""
    rounds = [replace(HERE, round=number) for number in range(1, 1001)]
    counts = [
        sum(set_bits(shares_of(key, 2, SEATS[:3], place)[SEATS[0]]) for place in rounds)
        for key in (bytes(32), b"\xff" * 32)
    ]
    whole = 1000 * 256
    spread = (whole / 4) ** 0.5  # standard deviation of as many fair bits
    assert all(abs(count - whole / 2) < 4 * spread for count in counts)


def test_no_threshold_of_bits_tells_two_keys_apart() -> None:
    """Each bit of a share, over many rounds: no guess of which of two keys was dealt beats chance."""
    rounds = [replace(HERE, round=number) for number in range(1, 501)]
    first, second = (
        [int.from_bytes(shares_of(key, 2, SEATS[:3], place)[SEATS[1]], "big") for place in rounds]
        for key in (b"\x01" * 32, b"\xfe" * 32)
    )
    for bit in range(256):
        ones = [sum(share >> bit & 1 for share in shares) for shares in (first, second)]
        assert abs(ones[0] - ones[1]) < 5 * (500 / 2) ** 0.5  # five standard deviations of the difference


def set_bits(share: bytes) -> int:
    return int.from_bytes(share, "big").bit_count()


def test_dealing_again_gives_the_same_bytes_and_holds_for_one_payload_alone() -> None:
    shares = shares_of(KEY, 2, SEATS[:3], HERE)
    assert shares_of(KEY, 2, reversed(SEATS[:3]), HERE) == shares
    assert shares_of(KEY, 2, SEATS, HERE).items() >= shares.items()  # who else is dealt one changes nobody's
    assert dealt(shares[SEATS[0]], SEATS[0]) == dealt(shares[SEATS[0]], SEATS[0])
    assert released(shares[SEATS[0]], SEATS[0]) == released(shares[SEATS[0]], SEATS[0])
    for other in (replace(HERE, round=4), replace(HERE, participant=SEATS[6]), replace(HERE, task=2)):
        assert not shares_of(KEY, 2, SEATS[:3], other).items() & shares.items()
    assert not shares_of(KEY, 3, SEATS[:3], HERE).items() & shares.items()


def test_holder_opens_its_own_share_and_no_other() -> None:
    shares = shares_of(KEY, 2, SEATS[:3], HERE)
    first, second = SEATS[:2]
    assert unwrap_share(dealt(shares[first], first), KEYS[first], first, HERE) == shares[first]
    for key, account in ((KEYS[second], first), (KEYS[second], second), (KEYS[first], second)):
        with pytest.raises(Undecryptable, match=f"does not open for its holder {account}"):
            unwrap_share(dealt(shares[first], first), key, account, HERE)


@pytest.mark.parametrize(
    "elsewhere", [replace(HERE, round=4), replace(HERE, participant=SEATS[6]), replace(HERE, task=2)], ids=repr
)
def test_share_replayed_from_another_payload_or_round_opens_nothing(elsewhere: RoundContext) -> None:
    """A participant that copies another's envelope would have the committee release that one's shares as its own."""
    seat, share = SEATS[0], shares_of(KEY, 2, SEATS[:3], HERE)[SEATS[0]]
    copied = dealt(share, seat)
    with pytest.raises(Undecryptable, match="does not open"):
        unwrap_share(copied, KEYS[seat], seat, elsewhere)
    with pytest.raises(Undecryptable, match="made for another key, payload or account"):
        open_release(released(share, seat), READERS_KEY, copied, seat, READER, elsewhere)


def test_share_swapped_between_members_is_told() -> None:
    first, second = SEATS[:2]
    shares = shares_of(KEY, 2, SEATS[:3], HERE)
    with pytest.raises(Undecryptable, match="made for another key, payload or account"):
        open_release(released(shares[first], first), READERS_KEY, dealt(shares[second], second), second, READER, HERE)
    with pytest.raises(Undecryptable, match=f"from {second} hashes to 0x.* the envelope says 0x"):  # passed off as own
        open_release(released(shares[first], second), READERS_KEY, dealt(shares[second], second), second, READER, HERE)


def test_forged_share_is_told_by_both_hashes() -> None:
    seat, share = SEATS[0], shares_of(KEY, 2, SEATS[:3], HERE)[SEATS[0]]
    forged = bytes([share[0] ^ 1]) + share[1:]
    hashes = share_hash(forged, seat, HERE).hex(), share_hash(share, seat, HERE).hex()
    with pytest.raises(Undecryptable, match=f"from {seat} hashes to 0x{hashes[0]}, the envelope says 0x{hashes[1]}"):
        open_release(released(forged, seat), READERS_KEY, dealt(share, seat), seat, READER, HERE)
    badly = replace(dealt(share, seat), wrapped=dealt(forged, seat).wrapped)
    with pytest.raises(Undecryptable, match="it is not the one that was dealt"):
        unwrap_share(badly, KEYS[seat], seat, HERE)


def test_release_opens_for_its_reader_alone() -> None:
    seat, share = SEATS[0], shares_of(KEY, 2, SEATS[:3], HERE)[SEATS[0]]
    made, envelope = released(share, seat), dealt(share, seat)
    assert open_release(made, READERS_KEY, envelope, seat, READER, HERE) == share
    for key, reader in ((KEYS[SEATS[1]], READER), (READERS_KEY, SEATS[1])):
        with pytest.raises(Undecryptable, match=f"does not open for {reader}"):
            open_release(made, key, envelope, seat, reader, HERE)


@pytest.mark.parametrize("wrong", [(0,), (0, 1), (2,)])
def test_shares_of_another_key_join_to_none(wrong: Sequence[int]) -> None:
    shares, others = (shares_of(key, 3, SEATS[:3], HERE) for key in (KEY, b"\x09" * 32))
    mixed = shares | {SEATS[at]: others[SEATS[at]] for at in wrong}
    assert join_key(mixed, 3, key_hash(KEY)) is None


def test_key_that_is_of_no_use_leaves_its_holder_without_a_share() -> None:
    share = shares_of(KEY, 2, SEATS[:3], HERE)[SEATS[0]]
    without = deal(share, bytes(32), SEATS[0], HERE)
    assert without.wrapped is None
    with pytest.raises(Undecryptable, match=f"does not open for its holder {SEATS[0]}"):
        unwrap_share(without, KEYS[SEATS[0]], SEATS[0], HERE)
    assert release(share, bytes(32), SEATS[0], READER, HERE) is None
