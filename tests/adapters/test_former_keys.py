"""Updates and the sealing keys that were replaced: former ones open what was sealed to them, and seal nothing more."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.payloads import fetch_update, gives_key_to, open_own, publish, seal_update
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.errors import Undecryptable
from prefect_federated.core.round_spec import Reader, RoundSpec
from prefect_federated.core.sealed import seal
from tests.adapters.payload_scene import AGGREGATOR, ALICE, GROUNDS, KEYS, MALLORY, STANDBY, WORDS, reveal, ward


@pytest.fixture
def spec() -> RoundSpec:
    return ward()


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def test_old_rounds_are_read_and_opened_with_the_keys_that_were_replaced(store: LocalStore, spec: RoundSpec) -> None:
    sealed, uri = reveal(store, spec)
    mine = SealingKey.generate(version=2).after([KEYS[ALICE]])
    assert np.array_equal(open_own(store, spec, ALICE, mine, sealed), WORDS)
    again = publish(store, spec, ALICE, mine, sealed)  # the same content key, wrapped anew
    reader = SealingKey.generate(version=2)
    for envelope in (uri, again):
        words = fetch_update(store, spec, ALICE, sealed.opening, envelope, AGGREGATOR, reader.after([KEYS[AGGREGATOR]]))
        assert np.array_equal(words[:], WORDS)
    with pytest.raises(Undecryptable, match=r"does not open for reader .*; restore .* former_keys of the Signer"):
        fetch_update(store, spec, ALICE, sealed.opening, uri, AGGREGATOR, reader.after([KEYS[MALLORY]]))
    with pytest.raises(Undecryptable, match=r"restore the sealing key current at the commit: .* former_keys of the Si"):
        open_own(store, spec, ALICE, SealingKey.generate(version=2), sealed)


def test_a_new_update_is_sealed_under_the_current_key_alone(store: LocalStore, spec: RoundSpec) -> None:
    new = SealingKey.generate(version=2)
    update = seal_update(store, spec, ALICE, new.after([KEYS[ALICE]]), WORDS, 120, {})
    sealed = seal(update, GROUNDS, new.private_bytes, spec.context(ALICE), 2)
    assert np.array_equal(open_own(store, spec, ALICE, new, sealed), WORDS)
    with pytest.raises(Undecryptable):
        open_own(store, spec, ALICE, KEYS[ALICE], sealed)


def test_a_reader_may_be_wrapped_to_any_key_that_it_had_in_the_round(store: LocalStore, spec: RoundSpec) -> None:
    _, uri = reveal(store, spec)
    new = Reader(STANDBY, SealingKey.generate(version=2).public_bytes)
    for reader, gives in ((new, False), (replace(new, keys=(KEYS[STANDBY].public_bytes,)), True)):
        later = replace(spec, readers=(spec.readers[0], reader))
        assert gives_key_to(store, later, ALICE, uri, AGGREGATOR, KEYS[AGGREGATOR], [STANDBY]) is gives
