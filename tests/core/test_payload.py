"""Payloads: what comes back is what was sealed, and no header can fool or exhaust the reader."""

import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.canonical import canonical
from prefect_federated.core.errors import PayloadError, PayloadTooLarge, SpecError
from prefect_federated.core.fixed_point import Encoding
from prefect_federated.core.merkle import chunks_of, root
from prefect_federated.core.payload import (
    MAGIC,
    Header,
    Part,
    Words,
    header_chunk,
    parse,
    payload_bytes,
    payload_chunks,
    payload_root,
)

ENCODING = Encoding(16, 2**20)
SECRET = b"\x05" * 32
EXPECTED = Header("update", (Part("model", 100, ENCODING),), chunk_bytes=512)
SENT = replace(EXPECTED, weight=7, secret=SECRET)
WORDS = np.arange(-50, 50, dtype=np.int32)

counts = st.lists(st.integers(0, 300), min_size=1, max_size=4)


def stream_of(header: Header, parts: dict[str, Words]) -> bytes:
    return b"".join(payload_chunks(header, parts))


def with_header(**changes: object) -> bytes:
    """A stream whose header says something else, in canonical form."""
    body = json.loads(header_chunk(SENT)[6:].rstrip(b"\x00"))
    return with_body(canonical(body | changes))


def with_body(body: bytes) -> bytes:
    chunk = (MAGIC + len(body).to_bytes(2, "big") + body).ljust(512, b"\x00")[:512]
    return chunk + stream_of(SENT, {"model": WORDS})[512:]


@given(counts, st.sampled_from([256, 1024, 4096]), st.integers(0, 2**32 - 1), st.randoms())
def test_parsing_gives_back_what_was_written(counts, chunk_bytes, weight, random) -> None:  # type: ignore[no-untyped-def]
    parts = tuple(Part(f"p{i}", count, ENCODING) for i, count in enumerate(counts))
    header = Header("update", parts, weight, SECRET, max(chunk_bytes, 1024))
    rng = np.random.default_rng(random.getrandbits(32))
    words = {p.name: rng.integers(-(2**31), 2**31, p.count, dtype=np.int32) for p in parts}
    stream = stream_of(header, words)
    assert len(stream) == payload_bytes(header)
    assert root(chunks_of(stream, header.chunk_bytes)) == payload_root(header, words)
    found, vectors = parse(stream, replace(header, weight=0, secret=b""))
    assert found == header
    assert all(np.array_equal(vectors[name], words[name]) for name in words)


def test_every_part_starts_on_a_chunk_so_that_a_coordinate_is_found_by_arithmetic() -> None:
    header = Header("model", (Part("a", 3, ENCODING), Part("b", 200, ENCODING)), chunk_bytes=512)
    stream = stream_of(header, {"a": WORDS[:3], "b": np.arange(200, dtype=np.int32)})
    assert int.from_bytes(stream[1024 + 4 * 150 :][:4], "little") == 150


def test_equal_updates_under_different_secrets_have_different_roots() -> None:
    other = replace(SENT, secret=b"\x06" * 32)
    assert payload_root(SENT, {"model": WORDS}) != payload_root(other, {"model": WORDS})


def test_update_without_a_secret_is_not_written_since_its_root_could_be_guessed() -> None:
    with pytest.raises(SpecError, match="an update needs 32"):
        header_chunk(replace(SENT, secret=b""))


def test_model_with_a_secret_is_refused_since_nobody_could_recompute_its_root() -> None:
    with pytest.raises(SpecError, match="anything else none"):
        header_chunk(replace(SENT, kind="model"))


def test_secret_stays_out_of_logs() -> None:
    assert "5, 5" not in repr(SENT) and "\\x05" not in repr(SENT)


@pytest.mark.parametrize("words", [WORDS.astype(np.int64), WORDS.astype(np.float64), WORDS[:99], WORDS.reshape(10, 10)])
def test_vector_of_another_type_or_length_is_never_cast_in_silence(words: Words) -> None:
    with pytest.raises(PayloadError, match=r"announces int32 \[100\], holds"):
        stream_of(SENT, {"model": words})


def test_header_that_does_not_fit_a_chunk_is_refused() -> None:
    many = tuple(Part(f"part-{i}", 1, ENCODING) for i in range(4000))
    with pytest.raises(SpecError, match="use fewer parts"):
        header_chunk(replace(SENT, parts=many))


def test_one_byte_more_than_announced_is_too_large() -> None:
    with pytest.raises(PayloadTooLarge, match="has 1025 bytes, the task allows 1024"):
        parse(stream_of(SENT, {"model": WORDS}) + b"\x00", EXPECTED)


@pytest.mark.parametrize("kept", [0, 3, 511, 512, 1023])
def test_stream_cut_short_is_refused(kept: int) -> None:
    with pytest.raises(PayloadError, match="cut short"):
        parse(stream_of(SENT, {"model": WORDS})[:kept], EXPECTED)


@pytest.mark.parametrize(
    "changes",
    [
        {"weight": True},
        {"weight": -1},
        {"weight": 1.5},
        {"weight": 2**32},
        {"weight": None},
        {"weight": "7"},
        {"weight": [7]},
        {"secret": ""},
        {"secret": "05" * 31},
        {"secret": 5},
        {"secret": "zz" * 32},
        {"kind": "model"},
        {"kind": 1},
        {"format": "federated-payload/2"},
        {"chunk_bytes": 0},
        {"chunk_bytes": 256},
        {"chunk_bytes": "512"},
        {"extra": 1},
        {"parts": []},
        {"parts": {}},
        {"parts": 3},
        {"parts": [1]},
        {"parts": [{"name": "model"}]},
        {"parts": [{"name": "model", "count": True, "frac_bits": 16, "limit": 2**20}]},
        {"parts": [{"name": "model", "count": 2**40, "frac_bits": 16, "limit": 2**20}]},
        {"parts": [{"name": "model", "count": -100, "frac_bits": 16, "limit": 2**20}]},
        {"parts": [{"name": "model", "count": 101, "frac_bits": 16, "limit": 2**20}]},
        {"parts": [{"name": "model", "count": 100, "frac_bits": 15, "limit": 2**20}]},
        {"parts": [{"name": "model", "count": 100, "frac_bits": 99, "limit": 2**20}]},
        {"parts": [{"name": "other", "count": 100, "frac_bits": 16, "limit": 2**20}]},
        {"parts": [{"name": ["model"], "count": 100, "frac_bits": 16, "limit": 2**20}]},
    ],
    ids=str,
)
def test_header_that_says_anything_else_is_a_payload_error(changes: dict[str, object]) -> None:
    with pytest.raises(PayloadError):
        parse(with_header(**changes), EXPECTED)


def test_true_does_not_pass_for_the_weight_one() -> None:
    assert parse(with_header(weight=1), EXPECTED)[0].weight == 1
    with pytest.raises(PayloadError, match="True is no whole number"):
        parse(with_header(weight=True), EXPECTED)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b"[" * 506,
        b'{"weight":1e999}',
        b'{"weight":' + b"9" * 480 + b"}",
        b'{"secret":"\\ud800"}',
    ],
    ids=repr,
)
def test_body_that_is_no_header_is_a_payload_error(body: bytes) -> None:
    with pytest.raises(PayloadError, match="header"):
        parse(with_body(body), EXPECTED)


def test_deeply_nested_header_does_not_crash_the_aggregator() -> None:
    body = b'{"weight":' + b"[" * 60_000
    expected = replace(EXPECTED, chunk_bytes=65536)
    chunk = (MAGIC + len(body).to_bytes(2, "big") + body).ljust(65536, b"\x00")
    with pytest.raises(PayloadError, match="cannot be read"):
        parse(chunk + bytes(65536), expected)


@pytest.mark.parametrize("chunk_bytes", [10**10, 10**15, 2**80])
def test_announced_chunk_size_cannot_take_the_readers_memory(chunk_bytes: int) -> None:
    body = json.loads(header_chunk(SENT)[6:].rstrip(b"\x00")) | {"chunk_bytes": chunk_bytes}
    stream = with_body(json.dumps(body, separators=(",", ":"), sort_keys=True).encode())
    tracemalloc.start()
    with pytest.raises(PayloadError):
        parse(stream, EXPECTED)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_same_values_in_another_form_are_refused_since_their_root_differs() -> None:
    body = json.loads(header_chunk(SENT)[6:].rstrip(b"\x00"))
    spaced = json.dumps(body, sort_keys=True).encode()
    twice = canonical(body)[:-1] + b',"weight":7}'
    for other in (spaced, twice):
        with pytest.raises(PayloadError, match="canonical"):
            parse(with_body(other), EXPECTED)


def test_bytes_hidden_in_the_padding_are_refused() -> None:
    stream = bytearray(stream_of(SENT, {"model": WORDS}))
    stream[-1] = 1
    with pytest.raises(PayloadError, match="padding after part 'model'"):
        parse(bytes(stream), EXPECTED)
    stream[-1], stream[511] = 0, 1
    with pytest.raises(PayloadError, match="canonical"):
        parse(bytes(stream), EXPECTED)


@given(st.integers(0, 511), st.integers(1, 255))
def test_altered_header_byte_is_found_or_changes_weight_or_secret_only(at: int, flip: int) -> None:
    stream = bytearray(stream_of(SENT, {"model": WORDS}))
    stream[at] ^= flip
    try:
        header, _ = parse(bytes(stream), EXPECTED)
    except PayloadError:
        return
    assert (header.kind, header.parts) == (EXPECTED.kind, EXPECTED.parts)
    assert (header.weight, header.secret) != (SENT.weight, SENT.secret)


@given(st.binary(min_size=512, max_size=512))
def test_random_bytes_are_a_payload_error(chunk: bytes) -> None:
    with pytest.raises(PayloadError):
        parse(chunk + bytes(512), EXPECTED)


def test_message_about_a_hostile_header_stays_short() -> None:
    with pytest.raises(PayloadError) as caught:
        parse(with_header(kind="x" * 250), EXPECTED)
    assert len(str(caught.value)) < 600


def test_vectors_are_read_only_views() -> None:
    _, parts = parse(stream_of(SENT, {"model": WORDS}), EXPECTED)
    with pytest.raises(ValueError, match="read-only"):
        parts["model"][0] = 1


def test_empty_part_takes_no_chunk() -> None:
    header = Header("model", (Part("empty", 0, ENCODING), Part("w", 1, ENCODING)), chunk_bytes=512)
    stream = stream_of(header, {"empty": WORDS[:0], "w": WORDS[:1]})
    assert len(stream) == 1024
    assert parse(stream, header)[1]["w"].tolist() == [-50]
