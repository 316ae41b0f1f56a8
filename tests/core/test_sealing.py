"""Sealing: only the reader named opens it, and only as it was sealed."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.errors import Undecryptable
from prefect_federated.core.sealing import (
    ATTEMPT_BYTES,
    SEGMENT_BYTES,
    TAG_BYTES,
    attempt_of,
    derive,
    key_hash,
    open_stream,
    seal_stream,
    unwrap,
    wrap,
)

AGGREGATOR = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
MALLORY = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
KEY, ATTEMPT = b"\x01" * 32, b"\x02" * 16
HEAD = 4 + ATTEMPT_BYTES
SEALED = SEGMENT_BYTES + TAG_BYTES


def seal(plain: bytes) -> bytes:
    return b"".join(seal_stream([plain], KEY, ATTEMPT))


def unseal(body: bytes, key: bytes = KEY) -> bytes:
    return b"".join(open_stream([body], key))


def cut(data: bytes, pieces: list[int]) -> list[bytes]:
    """The same bytes as a stream of pieces of these sizes."""
    stream = []
    for size in pieces:
        stream.append(data[:size])
        data = data[size:]
    return [*stream, data]


sizes = st.sampled_from([0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 2 * SEGMENT_BYTES]) | st.integers(
    0, 3 * SEGMENT_BYTES
)


@given(
    sizes,
    st.lists(st.integers(0, SEGMENT_BYTES), max_size=4),
    st.lists(st.integers(0, SEGMENT_BYTES), max_size=4),
)
def test_stream_opens_to_itself_however_it_was_cut(size: int, out: list[int], back: list[int]) -> None:
    plain = bytes(range(251)) * (size // 251 + 1)
    plain = plain[:size]
    body = b"".join(seal_stream(cut(plain, out), KEY, ATTEMPT))
    assert body == seal(plain)
    assert b"".join(open_stream(cut(body, back), KEY)) == plain
    assert attempt_of(body) == ATTEMPT


def test_no_plain_byte_lies_in_the_body() -> None:
    assert b"a secret tensor" not in seal(b"a secret tensor" * 100)


@pytest.mark.parametrize("plain_bytes", [0, 1, SEGMENT_BYTES, SEGMENT_BYTES + 5, 2 * SEGMENT_BYTES])
def test_body_cut_anywhere_does_not_open(plain_bytes: int) -> None:
    body = seal(bytes(plain_bytes))
    for kept in {0, 3, HEAD - 1, HEAD, HEAD + 5, HEAD + TAG_BYTES, HEAD + SEALED, len(body) - 1} - {len(body)}:
        if kept < len(body):
            with pytest.raises(Undecryptable):
                unseal(body[:kept])


@pytest.mark.parametrize("extra", [b"\x00", bytes(TAG_BYTES), bytes(SEALED)])
def test_body_with_bytes_appended_does_not_open(extra: bytes) -> None:
    for plain in (b"", bytes(SEGMENT_BYTES), bytes(SEGMENT_BYTES + 7)):
        with pytest.raises(Undecryptable):
            unseal(seal(plain) + extra)


def test_segments_cannot_be_dropped_swapped_or_repeated() -> None:
    body = seal(b"a" * SEGMENT_BYTES + b"b" * SEGMENT_BYTES + b"c" * SEGMENT_BYTES)
    head, one, two, three = (
        body[:HEAD],
        *(body[HEAD + i * SEALED : HEAD + (i + 1) * SEALED] for i in range(3)),
    )
    assert unseal(head + one + two + three)
    for altered in (two + one + three, one + two, one + three, one + one + two + three, three):
        with pytest.raises(Undecryptable, match="segment"):
            unseal(head + altered)


@given(st.data())
def test_no_flipped_bit_goes_unseen(data: st.DataObject) -> None:
    body = bytearray(seal(b"some words"))
    body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Undecryptable):
        unseal(bytes(body))


def test_segment_of_another_attempt_does_not_fit_in() -> None:
    other = b"".join(seal_stream([b"some words"], KEY, b"\x03" * 16))
    with pytest.raises(Undecryptable):
        unseal(seal(b"some words")[:HEAD] + other[HEAD:])


def test_wrong_key_does_not_open() -> None:
    with pytest.raises(Undecryptable, match="does not open under the content key"):
        unseal(seal(b"some words"), b"\x09" * 32)


@pytest.mark.parametrize("key", [b"", b"short", bytes(16), bytes(24), bytes(33)])
def test_content_key_of_odd_length_is_undecryptable_and_not_a_crash(key: bytes) -> None:
    with pytest.raises(Undecryptable, match=f"has {len(key)} bytes"):
        unseal(seal(b"some words"), key)


@pytest.mark.parametrize(("key", "attempt"), [(KEY, b"short"), (bytes(16), ATTEMPT)])
def test_nothing_is_sealed_that_could_not_be_opened(key: bytes, attempt: bytes) -> None:
    with pytest.raises(ValueError, match="they need 16 and 32"):
        list(seal_stream([b"words"], key, attempt))


def test_sealing_holds_one_segment_at_a_time() -> None:
    given: list[int] = []

    def endless():  # type: ignore[no-untyped-def]
        while True:
            given.append(1)
            yield bytes(SEGMENT_BYTES)

    stream = seal_stream(endless(), KEY, ATTEMPT)
    for _ in range(3):
        next(stream)
    assert len(given) <= 4


def test_each_use_and_each_place_has_its_own_secret(context: RoundContext) -> None:
    variants = [
        derive(KEY, "salt", context, 1),
        derive(KEY, "content key", context, 1),
        derive(KEY, "salt", context, 2),
        derive(b"\x02" * 32, "salt", context, 1),
        derive(KEY, "salt", context, 1, ATTEMPT),
        derive(KEY, "salt", context, 1, b"\x03" * 16),
        derive(KEY, "salt", replace(context, chain_id=1), 1),
        derive(KEY, "salt", replace(context, coordinator=MALLORY), 1),
        derive(KEY, "salt", replace(context, task=2), 1),
        derive(KEY, "salt", replace(context, round=4), 1),
        derive(KEY, "salt", replace(context, participant=MALLORY), 1),
    ]
    assert len(set(variants)) == len(variants)
    assert derive(KEY, "salt", context, 1) == variants[0], "a lost machine must find the same salt"


def test_secrets_are_not_derived_from_an_empty_key(context: RoundContext) -> None:
    with pytest.raises(ValueError, match="has 32 bytes, not 0"):
        derive(b"", "salt", context, 1)


def test_wrapped_key_opens_for_its_reader_alone(context: RoundContext) -> None:
    reader, other = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    wrapped = wrap(KEY, reader.public_key(), context, AGGREGATOR)
    assert unwrap(wrapped, reader, context, AGGREGATOR) == KEY
    with pytest.raises(Undecryptable, match=AGGREGATOR):
        unwrap(wrapped, other, context, AGGREGATOR)


def test_wrapped_key_of_another_round_or_participant_cannot_be_replayed(context: RoundContext) -> None:
    reader = X25519PrivateKey.generate()
    wrapped = wrap(KEY, reader.public_key(), context, AGGREGATOR)
    for place in (replace(context, round=4), replace(context, participant=MALLORY), replace(context, task=9)):
        with pytest.raises(Undecryptable):
            unwrap(wrapped, reader, place, AGGREGATOR)
    with pytest.raises(Undecryptable):
        unwrap(wrapped, reader, context, MALLORY)


@given(st.binary(max_size=100))
def test_garbage_instead_of_a_wrapped_key_is_undecryptable(wrapped: bytes) -> None:
    context = RoundContext(1, MALLORY, 1, 1, bytes(32), MALLORY)
    with pytest.raises(Undecryptable):
        unwrap(wrapped, X25519PrivateKey.from_private_bytes(KEY), context, AGGREGATOR)


def test_readers_given_different_keys_can_be_told_from_the_commitment() -> None:
    assert key_hash(KEY) != key_hash(b"\x02" * 32)
