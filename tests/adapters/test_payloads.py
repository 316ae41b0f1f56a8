"""Updates through a real store: the reader takes exactly what was committed, whatever a participant puts there."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prefect_federated.adapters import payloads
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.payloads import fetch_update, fetch_words, publish, seal_update, store_words
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.canonical import canonical
from prefect_federated.core.commitment import check
from prefect_federated.core.errors import (
    ContentMismatch,
    ContentMissing,
    PayloadError,
    PayloadTooLarge,
    Undecryptable,
)
from prefect_federated.core.payload import payload_root
from prefect_federated.core.round_spec import Reader, RoundSpec
from prefect_federated.core.sealed import seal
from prefect_federated.core.sealing import derive, key_hash, wrap
from prefect_federated.core.spec import ModelSpec, Tensor
from tests.adapters.payload_scene import (
    AGGREGATOR,
    ALICE,
    GROUNDS,
    KEYS,
    MALLORY,
    STANDBY,
    WORDS,
    fetch,
    hostile,
    reveal,
    ward,
)


@pytest.fixture
def spec() -> RoundSpec:
    return ward()


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def test_reader_gets_the_words_that_were_trained(store: LocalStore, spec: RoundSpec) -> None:
    sealed, uri = reveal(store, spec)
    check(sealed.opening.digest(spec.context(ALICE)), sealed.opening, spec.context(ALICE))
    assert np.array_equal(fetch(store, spec, sealed.opening, uri), WORDS)


def test_standby_can_finish_when_the_aggregator_is_gone(store: LocalStore, spec: RoundSpec) -> None:
    sealed, uri = reveal(store, spec)
    words = fetch_update(store, spec, ALICE, sealed.opening, uri, STANDBY.lower(), KEYS[STANDBY])
    assert np.array_equal(words, WORDS)


def test_nothing_plain_ever_lies_in_the_store(store: LocalStore, spec: RoundSpec) -> None:
    sealed, _ = reveal(store, spec)
    held = b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file())
    content_key = derive(KEYS[ALICE].private_bytes, "content key", spec.context(ALICE), 1, sealed.attempt)
    for secret in (WORDS[:64].tobytes(), sealed.opening.salt, content_key, content_key.hex().encode()):
        assert secret not in held


def test_who_is_no_reader_of_the_round_gets_no_key(store: LocalStore, spec: RoundSpec) -> None:
    sealed, uri = reveal(store, spec)
    with pytest.raises(Undecryptable, match=f"no key for reader {MALLORY}"):
        fetch_update(store, spec, ALICE, sealed.opening, uri, MALLORY, KEYS[MALLORY])
    with pytest.raises(Undecryptable):
        fetch_update(store, spec, ALICE, sealed.opening, uri, AGGREGATOR, KEYS[MALLORY])


def test_copied_envelope_does_not_open_for_the_copier(store: LocalStore, spec: RoundSpec) -> None:
    sealed, uri = reveal(store, spec)
    with pytest.raises(Undecryptable, match=MALLORY):
        fetch(store, spec, sealed.opening, uri, who=MALLORY)


def test_envelope_of_another_round_cannot_be_replayed(store: LocalStore, spec: RoundSpec) -> None:
    sealed, uri = reveal(store, spec)
    with pytest.raises(Undecryptable):
        fetch(store, replace(spec, round=4), sealed.opening, uri)


def test_same_update_sealed_twice_never_meets_the_same_key(store: LocalStore, spec: RoundSpec) -> None:
    one, other = reveal(store, spec)[0], reveal(store, spec)[0]
    assert one.opening.content_key_hash != other.opening.content_key_hash
    assert one.opening.payload_root != other.opening.payload_root


def test_rotated_sealing_key_is_noticed_before_an_unreadable_reveal(store: LocalStore, spec: RoundSpec) -> None:
    update = seal_update(store, spec, ALICE, KEYS[ALICE], WORDS, 120, {})
    sealed = seal(update, GROUNDS, KEYS[ALICE].private_bytes, spec.context(ALICE), 1)
    for key in (SealingKey.from_seed(KEYS[ALICE].private_bytes, 2), KEYS[MALLORY]):
        with pytest.raises(Undecryptable, match="restore the sealing key"):
            publish(store, spec, ALICE, key, sealed)


@pytest.mark.parametrize("public_key", [bytes(32), (1).to_bytes(32, "little"), b"short"], ids=["zero", "one", "short"])
def test_reader_with_a_useless_key_cannot_keep_anybody_from_revealing(
    public_key: bytes, store: LocalStore, spec: RoundSpec
) -> None:
    broken = replace(spec, readers=(spec.readers[0], Reader(STANDBY, public_key)))
    sealed, uri = reveal(store, broken)
    assert np.array_equal(fetch(store, broken, sealed.opening, uri), WORDS)
    with pytest.raises(Undecryptable, match="no key for reader"):
        fetch_update(store, broken, ALICE, sealed.opening, uri, STANDBY, KEYS[STANDBY])


def test_reader_who_was_wrapped_another_key_can_tell(store: LocalStore, spec: RoundSpec) -> None:
    opening, uri = hostile(store, spec)
    other = replace(opening, content_key_hash=key_hash(b"\x44" * 32))
    with pytest.raises(Undecryptable, match="another content key than the one it committed to"):
        fetch(store, spec, other, uri, MALLORY)


def test_honest_bytes_pass_through_the_same_door_as_the_hostile_ones_below(store: LocalStore, spec: RoundSpec) -> None:
    assert np.array_equal(fetch(store, spec, *hostile(store, spec), who=MALLORY), WORDS)


def test_body_other_than_the_one_committed_is_a_content_mismatch(store: LocalStore, spec: RoundSpec) -> None:
    opening, uri = hostile(store, spec)
    with pytest.raises(ContentMismatch, match="sealed body"):
        fetch(store, spec, replace(opening, sealed_root=bytes(32)), uri, MALLORY)
    with pytest.raises(ContentMismatch, match="payload"):
        fetch(store, spec, replace(opening, payload_root=bytes(32)), uri, MALLORY)


def test_weight_inside_must_be_the_weight_that_was_opened(store: LocalStore, spec: RoundSpec) -> None:
    opening, uri = hostile(store, spec)
    with pytest.raises(PayloadError, match="payload says weight 120, the opening 1000"):
        fetch(store, spec, replace(opening, weight=1000), uri, MALLORY)


@pytest.mark.parametrize("key", [b"", b"short", bytes(16)], ids=len)
def test_committed_key_of_odd_length_is_undecryptable_and_not_a_crash(
    key: bytes, store: LocalStore, spec: RoundSpec
) -> None:
    opening, uri = hostile(store, spec, content_key=key, sealing_key=b"\x33" * 32)
    with pytest.raises(Undecryptable, match=f"has {len(key)} bytes"):
        fetch(store, spec, opening, uri, MALLORY)


@pytest.mark.parametrize(
    ("layer", "error"),
    [
        ({"body": lambda b: b[:-1]}, Undecryptable),
        ({"body": lambda b: b""}, Undecryptable),
        ({"body": lambda b: b"PFS2" + b[4:]}, Undecryptable),
        ({"body": lambda b: b + bytes(1000)}, PayloadTooLarge),
        ({"plain": lambda p: p[:-1]}, PayloadError),
        ({"plain": lambda p: b""}, PayloadError),
        ({"plain": lambda p: b"[" * len(p)}, PayloadError),
        ({"plain": lambda p: p[:-1] + b"\x01"}, PayloadError),
    ],
    ids=["cut", "empty", "magic", "long", "short plain", "no plain", "nested", "padding"],
)
def test_hostile_bytes_at_any_layer_are_an_error_that_excludes(
    layer: dict[str, Any], error: type[Exception], store: LocalStore, spec: RoundSpec
) -> None:
    opening, uri = hostile(store, spec, **layer)
    with pytest.raises(error):
        fetch(store, spec, opening, uri, MALLORY)


def test_long_body_as_committed_that_does_not_open_is_undecryptable_and_not_altered(
    store: LocalStore, spec: RoundSpec
) -> None:
    """It fails in its first segment of 37; the root is that of the whole all the same."""
    model = ModelSpec(tensors=(Tensor(name="w", shape=(600_000,)),), genesis_uri="")
    long = replace(spec, spec=spec.spec.model_copy(update={"model": model}))
    words = np.arange(600_000, dtype=np.int32)
    opening, uri = hostile(store, long, words=words, sealing_key=b"\x34" * 32)
    with pytest.raises(Undecryptable, match="segment 0 does not open"):
        fetch(store, long, opening, uri, MALLORY)
    honest, uri = hostile(store, long, words=words)
    assert np.array_equal(fetch(store, long, honest, uri, MALLORY), words)


@pytest.mark.parametrize(
    "changes",
    [
        {"body": 5},
        {"body": None},
        {"keys": []},
        {"keys": {AGGREGATOR.lower(): 5}},
        {"keys": {AGGREGATOR.lower(): None}},
        {"keys": {AGGREGATOR.lower(): "zz"}},
        {"keys": {AGGREGATOR.lower(): ["00"]}},
        {"format": "federated-envelope/2"},
        {"more": 1},
    ],
    ids=str,
)
def test_envelope_of_the_wrong_shape_is_a_payload_error(
    changes: dict[str, Any], store: LocalStore, spec: RoundSpec
) -> None:
    opening, uri = hostile(store, spec, envelope=changes)
    with pytest.raises(PayloadError, match="envelope"):
        fetch(store, spec, opening, uri, MALLORY)


@pytest.mark.parametrize("wrapped", ["", "00", "00" * 32, "00" * 80], ids=len)
def test_wrapped_key_that_is_none_is_undecryptable(wrapped: str, store: LocalStore, spec: RoundSpec) -> None:
    opening, uri = hostile(store, spec, envelope={"keys": {AGGREGATOR.lower(): wrapped}})
    with pytest.raises(Undecryptable):
        fetch(store, spec, opening, uri, MALLORY)


@pytest.mark.parametrize("content", [b"", b"null", b"{", b"\xff", b"[" * 60_000], ids=len)
def test_envelope_that_is_no_json_object_is_a_payload_error(content: bytes, store: LocalStore, spec: RoundSpec) -> None:
    opening, _ = hostile(store, spec)
    with pytest.raises(PayloadError, match="envelope") as caught:
        fetch(store, spec, opening, store.put([content]), MALLORY)
    assert len(str(caught.value)) < 500


def test_endless_envelope_is_cut_off(store: LocalStore, spec: RoundSpec) -> None:
    opening, _ = hostile(store, spec)
    with pytest.raises(PayloadTooLarge):
        fetch(store, spec, opening, store.put([b" " * (1 << 17)]), MALLORY)


def test_withheld_body_is_missing_and_not_malformed(store: LocalStore, spec: RoundSpec) -> None:
    opening, uri = hostile(store, spec)
    envelope = json.loads(b"".join(store.get(uri, 1 << 16))) | {"body": "cas://sha256/" + "0" * 64}
    with pytest.raises(ContentMissing):
        fetch(store, spec, opening, store.put([canonical(envelope)]), MALLORY)


@pytest.mark.parametrize("kind", ["aggregate", "model"])
def test_stored_words_come_back_under_their_root_alone(kind: str, store: LocalStore, spec: RoundSpec) -> None:
    uri, found = store_words(store, spec, kind, WORDS)
    assert found == payload_root(spec.header(kind), {"model": WORDS})
    assert np.array_equal(fetch_words(store, spec, kind, uri, found), WORDS)
    with pytest.raises(ContentMismatch, match=f"{kind} at {uri} has root"):
        fetch_words(store, spec, kind, uri, bytes(32))


def test_aggregate_cannot_stand_in_for_a_model(store: LocalStore, spec: RoundSpec) -> None:
    uri, found = store_words(store, spec, "aggregate", WORDS)
    with pytest.raises(PayloadError, match="announces aggregate"):
        fetch_words(store, spec, "model", uri, found)


def test_stored_words_longer_than_the_model_are_not_read_to_their_end(store: LocalStore, spec: RoundSpec) -> None:
    with pytest.raises(PayloadTooLarge):
        fetch_words(store, spec, "model", store.put([bytes(10_000)]), bytes(32))


def test_reader_sees_whether_another_was_given_the_same_key(store: LocalStore, spec: RoundSpec) -> None:
    envelope = json.loads(b"".join(store.get(reveal(store, spec)[1], 1 << 16)))
    other = wrap(b"\x44" * 32, KEYS[STANDBY].private.public_key(), spec.context(ALICE), STANDBY).hex()
    for key, same in ((envelope["keys"].pop(STANDBY.lower()), True), (other, False), (None, False)):
        keys = envelope["keys"] | ({STANDBY.lower(): key} if key else {})
        uri = store.put([canonical(envelope | {"keys": keys})])
        assert payloads.gives_key_to(store, spec, ALICE, uri, AGGREGATOR, KEYS[AGGREGATOR], [STANDBY]) is same
