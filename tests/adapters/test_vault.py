"""The vault: only the holder of the sealing key reads it, and what was kept first stands."""

from pathlib import Path

import pytest

from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.adapters.vault import LIMIT_BYTES, Vault
from prefect_federated.core.errors import PayloadTooLarge, Undecryptable

KEY, OTHER = SealingKey.from_seed(b"\x01" * 32), SealingKey.from_seed(b"\x02" * 32)
SLOT = "opening/31337/0xc0ffee/1/3/0xa11ce"


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def links_of(store: LocalStore) -> list[Path]:
    return sorted((store.root / "links").iterdir())


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_restarted_silo_finds_what_it_kept_on_another_machine(store: LocalStore) -> None:
    Vault(store, KEY).keep(SLOT, b"the opening")
    assert Vault(LocalStore(store.root), KEY).recall(SLOT) == b"the opening"


def test_second_document_under_a_name_does_not_replace_the_first(store: LocalStore) -> None:
    vault = Vault(store, KEY)
    assert vault.keep(SLOT, b"first") == b"first"
    assert vault.keep(SLOT, b"second") == b"first"
    assert vault.recall(SLOT) == b"first"


def test_name_that_was_never_kept_is_none(store: LocalStore) -> None:
    assert Vault(store, KEY).recall(SLOT) is None


def test_store_operator_reads_no_plain_byte(store: LocalStore) -> None:
    Vault(store, KEY).keep(SLOT, b"salt of the hospital")
    assert b"salt of the hospital" not in everything_in(store.root)


def test_same_document_kept_twice_is_two_ciphertexts(store: LocalStore) -> None:
    vault = Vault(store, KEY)
    vault.keep("a", b"same")
    vault.keep("b", b"same")
    one, other = (path.read_bytes() for path in links_of(store))
    assert one != other


def test_name_in_the_store_says_nothing_and_cannot_be_taken_by_a_guess(store: LocalStore) -> None:
    vault = Vault(store, KEY)
    store.link(SLOT, store.put([b"garbage of somebody who shares the store"]))
    assert vault.recall(SLOT) is None
    assert vault.keep(SLOT, b"mine") == b"mine"
    assert len([path for path in links_of(store) if "opening" not in path.name]) == 1


def test_two_silos_in_one_store_do_not_meet(store: LocalStore) -> None:
    Vault(store, KEY).keep(SLOT, b"mine")
    assert Vault(store, OTHER).recall(SLOT) is None


def test_document_moved_to_another_name_by_the_store_does_not_open(store: LocalStore) -> None:
    vault = Vault(store, KEY)
    vault.keep("round-1", b"opening of round 1")
    vault.keep("round-2", b"opening of round 2")
    one, other = links_of(store)
    uris = one.read_bytes(), other.read_bytes()
    one.write_bytes(uris[1])
    other.write_bytes(uris[0])
    with pytest.raises(Undecryptable, match="round-1"):
        vault.recall("round-1")


@pytest.mark.parametrize("content", [b"", b"short", bytes(12), bytes(28), bytes(100)], ids=len)
def test_garbage_put_under_a_name_by_the_store_is_undecryptable_and_not_a_crash(
    content: bytes, store: LocalStore
) -> None:
    vault = Vault(store, KEY)
    vault.keep(SLOT, b"salt of the hospital")
    (link,) = links_of(store)
    link.write_text(store.put([content]))
    for read in (lambda: vault.recall(SLOT), lambda: vault.keep(SLOT, b"mine")):
        with pytest.raises(Undecryptable, match="use the key it was kept with") as caught:
            read()
        assert KEY.private_bytes.hex() not in str(caught.value)


def test_document_too_large_to_read_back_is_refused_before_it_takes_the_name(store: LocalStore) -> None:
    vault = Vault(store, KEY)
    with pytest.raises(PayloadTooLarge):
        vault.keep(SLOT, bytes(LIMIT_BYTES))
    assert vault.recall(SLOT) is None
    largest = bytes(LIMIT_BYTES - 28)
    assert vault.keep(SLOT, largest) == largest


NEW = OTHER.after([KEY])  # OTHER replaced KEY


def test_what_was_kept_under_a_former_key_is_found_and_what_is_new_lies_under_the_current_one(
    store: LocalStore,
) -> None:
    Vault(store, KEY).keep("old", b"of then")
    vault = Vault(store, NEW)
    assert vault.find("old") == (b"of then", KEY)
    assert vault.keep("old", b"of now") == b"of then", "what was kept first stands, under whichever key"
    assert vault.keep("new", b"of now") == b"of now"
    assert Vault(store, OTHER).recall("new") == b"of now" and Vault(store, KEY).recall("new") is None


def test_a_former_key_is_asked_only_where_the_current_one_knows_nothing(store: LocalStore) -> None:
    Vault(store, OTHER).keep(SLOT, b"mine")
    Vault(store, KEY).keep(SLOT, b"of a thief of the former key, put there later")
    assert Vault(store, NEW).recall(SLOT) == b"mine" == Vault(store, NEW).keep(SLOT, b"again")


def test_a_thief_of_a_former_key_cannot_plant_what_belongs_to_a_round_since(store: LocalStore) -> None:
    Vault(store, KEY).keep(SLOT, b"an opening of the thief's")
    vault = Vault(store, NEW, lambda key, name: not (key == KEY and name == SLOT))
    assert vault.recall(SLOT) is None
    assert vault.keep(SLOT, b"mine") == b"mine" == vault.recall(SLOT)


def test_each_key_has_a_vault_of_its_own_and_tags_of_its_own(store: LocalStore) -> None:
    own, former = Vault(store, NEW).each
    former.keep("number 0", b"under the former key")
    assert own.recall("number 0") is None and own.keep("number 0", b"under this one") == b"under this one"
    assert former.tag("subject") == Vault(store, KEY).tag("subject") != own.tag("subject")
