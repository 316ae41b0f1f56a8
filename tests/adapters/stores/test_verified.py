"""A stream is cut at its limit and checked at its end, whatever the store behind it does."""

from collections.abc import Iterator
from itertools import repeat

import pytest

from prefect_federated.adapters.stores.naming import LONGEST_SEGMENT, redacted, segment
from prefect_federated.adapters.stores.verified import Sha256, regrouped, verified
from prefect_federated.core.errors import ContentMismatch, PayloadTooLarge

UPDATE = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # sha256 of b"x"


def test_endless_stream_is_read_no_further_than_the_limit() -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for chunk in repeat(bytes(100)):
            read += len(chunk)
            yield chunk

    with pytest.raises(PayloadTooLarge, match="cas://x holds at least 1100 bytes where 1000 are allowed"):
        list(verified(endless(), Sha256(), UPDATE, "cas://x", 1000))
    assert read == 1100


def test_true_bytes_pass_and_one_flipped_bit_does_not() -> None:
    assert list(verified([b"x"], Sha256(), UPDATE, "cas://x", 1)) == [b"x"]
    with pytest.raises(ContentMismatch, match=UPDATE):
        list(verified([b"y"], Sha256(), UPDATE, "cas://x", 1))


def test_small_chunks_become_few_pieces_with_the_same_bytes() -> None:
    pieces = list(regrouped((bytes([at % 251]) * 1024 for at in range(1000)), 1 << 16))
    assert len(pieces) == 16
    assert b"".join(pieces) == b"".join(bytes([at % 251]) * 1024 for at in range(1000))


def test_two_long_names_with_one_beginning_get_two_segments() -> None:
    one, other = segment("x" * 300), segment("x" * 301)
    assert one != other
    assert max(len(one), len(other)) <= LONGEST_SEGMENT


def test_name_made_to_look_like_a_shortened_one_does_not_meet_it() -> None:
    shortened = segment("x" * 300)
    assert segment(shortened) != shortened


@pytest.mark.parametrize("url", ["http://[::1]:5001/x", "http://me:secret@[::1]:5001"])
def test_redacted_endpoint_keeps_the_host(url: str) -> None:
    assert redacted(url) == "http://[::1]:5001"


def test_redacted_nonsense_shows_nothing() -> None:
    assert redacted("http://me:secret@host:port") == "(malformed URL)"
