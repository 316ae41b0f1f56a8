"""`federated participant rotate`: the new key is safe before the chain has it, and whatever dies, it is run again."""

from pathlib import Path

import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.record_file import write_record
from prefect_federated.adapters.rest_keys import rest_key_of
from prefect_federated.adapters.sealed_file import is_sealed
from prefect_federated.core.consent import ConsentRecord
from tests.cli.commands import PASSWORD
from tests.cli.conftest import Party, SmallFederation

NAMES = ("rotates", "dies", "loses", "takes")


@pytest.fixture(scope="module")
def small(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    """A federation in which each test has a silo of its own."""
    return SmallFederation(devnet.url, tmp_path_factory.mktemp("rotation"), silo_count=len(NAMES)).set_up()


def silo_of(small: SmallFederation, name: str) -> Party:
    return small.silos[NAMES.index(name)]


def registered(small: SmallFederation, silo: Party) -> tuple[int, bytes]:
    found = small.reader.participant(silo.address)
    return found.key_version, found.sealing_key


def command(small: SmallFederation, silo: Party, folder: Path, *more: object, old: bool = True) -> list[object]:
    """What a user types; the copy goes onto another disk."""
    files = ["--sealing-key", folder / "new.pem", "--backup", folder / "usb" / "new.pem"]
    former = ["--former-key", silo.sealing_key] if old else []
    return ["participant", "rotate", *files, *former, *more, *silo.options, *small.options]


def test_the_new_key_is_registered_and_kept_twice_and_says_what_to_write_where(cli, small, tmp_path) -> None:
    silo, new, old = silo_of(small, "rotates"), tmp_path / "new.pem", registered(small, silo_of(small, "rotates"))[1]
    holder = ["holder", "key", "--store", small.store_address, *silo.options, *small.options]
    secret = cli(*holder, "--sealing-key", silo.sealing_key).stdout
    done = cli(*command(small, silo, tmp_path))
    assert done.exit_code == 0, done.output
    key = SealingKey.load(new, PASSWORD)
    assert key.version == 2 and registered(small, silo) == (2, key.public_bytes)
    assert SealingKey.load(tmp_path / "usb" / "new.pem", PASSWORD) == key
    for said in (f"sealing_key {new}, and {silo.sealing_key} first in former_keys", f"keep {silo.sealing_key}"):
        assert said in done.stdout
    again = cli(*command(small, silo, tmp_path))
    assert again.exit_code == 0 and "registered already; nothing was sent" in again.stdout
    assert "first in former_keys" in again.stdout and registered(small, silo) == (2, key.public_bytes)
    assert [one for one, _ in small.reader.sealing_keys(silo.address)] == [old, key.public_bytes]

    record = tmp_path / "old.sealed"  # commands open what is older with the former key
    write_record(record, ConsentRecord(bytes(32), b"\x04" * 32, ("age",), ("subject-01",)), old)
    data = tmp_path / "ward.csv"
    data.write_text("subject,age\nsubject-01,40\n")
    root = ["dataset", "root", "--data", data, "--record", record, "--sealing-key", new]
    refused = cli(*root)
    assert refused.exit_code == 2 and "FEDERATED_FORMER_KEYS" in refused.stderr
    named = {"FEDERATED_FORMER_KEYS": str(silo.sealing_key)}
    assert cli(*root, env=named).exit_code == 0
    assert secret and cli(*holder, "--sealing-key", new, env=named).stdout == secret, "a key holder's key is the same"


def test_whenever_it_dies_it_is_run_again_with_the_same_key(cli, small, tmp_path, monkeypatch) -> None:
    silo, send = silo_of(small, "dies"), Federation.rotate_sealing_key
    before = registered(small, silo)
    kept = SealingKey.generate(version=2)
    kept.save(tmp_path / "usb" / "new.pem", PASSWORD)  # it died between the copy and the file
    (tmp_path / "new.pem.new").write_bytes(b"prefect-federated sealing key, ver")  # and in the middle of the file

    def dies(self: Federation, key: bytes) -> None:
        raise RuntimeError("the machine stopped")

    def dies_later(self: Federation, key: bytes) -> None:
        send(self, key)
        raise RuntimeError("the machine stopped")

    for death, version in ((dies, 1), (dies_later, 2)):
        with monkeypatch.context() as patch:
            patch.setattr(Federation, "rotate_sealing_key", death)
            assert isinstance(cli(*command(small, silo, tmp_path)).exception, RuntimeError)
        assert SealingKey.load(tmp_path / "new.pem", PASSWORD) == kept, "it lies there before anything is sent"
        assert registered(small, silo) == (before if version == 1 else (2, kept.public_bytes))
    done = cli(*command(small, silo, tmp_path))
    assert done.exit_code == 0 and "nothing was sent" in done.stdout and "first in former_keys" in done.stdout
    assert registered(small, silo) == (2, kept.public_bytes) and not (tmp_path / "new.pem.new").exists()


def test_nothing_is_sent_where_a_key_could_be_lost(cli, small, tmp_path) -> None:
    silo = silo_of(small, "loses")
    before, other = registered(small, silo), tmp_path / "other.pem"
    SealingKey.generate().save(other, PASSWORD)
    home = ["--home", tmp_path]
    stranger = ["--keystore", small.parties["sponsor"].keystore, *home]
    bare = ["participant", "rotate", "--sealing-key", tmp_path / "new.pem", *small.options]
    named = ["--former-key", silo.sealing_key]
    for words, arguments in (
        ("neither was given", command(small, silo, tmp_path, old=False)),
        ("both were given", command(small, silo, tmp_path, "--lost")),
        ("the one to replace is", [*bare, *silo.options, "--former-key", other]),
        ("one is made only together with a copy", [*bare, *silo.options, *named]),
        ("one is made only together with a copy", [*bare, *silo.options, *named, "--backup", tmp_path / "new.pem"]),
        (
            "says it is version 1",
            ["participant", "rotate", "--sealing-key", other, *named, *silo.options, *small.options],
        ),
        ("is not registered", [*bare, *stranger, *named]),
        ("was a sealing key of", command(small, silo, tmp_path, "--from", silo.sealing_key)),
    ):
        refused = cli(*arguments)
        assert refused.exit_code and words in refused.stderr.replace("\n", " "), (words, refused.output)
        assert registered(small, silo) == before
    assert not (tmp_path / "new.pem").exists() and not (tmp_path / "usb").exists()
    SealingKey.generate(version=2).save(tmp_path / "usb" / "new.pem", PASSWORD)
    SealingKey.generate(version=2).save(tmp_path / "new.pem", PASSWORD)
    refused = cli(*command(small, silo, tmp_path))
    assert "holds another sealing key" in refused.stderr and registered(small, silo) == before

    lost = cli(*command(small, silo, tmp_path / "lost", "--lost", old=False))
    assert lost.exit_code == 0 and f"0x{before[1].hex()} in lost_keys" in lost.stdout
    assert registered(small, silo)[0] == 2


def test_a_key_made_elsewhere_is_taken_and_lies_sealed_at_rest(cli, small, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("WARD_KEY", "5a" * 32)
    silo, made = silo_of(small, "takes"), SealingKey.generate()
    made.save(tmp_path / "made.pem", PASSWORD)
    done = cli(*command(small, silo, tmp_path, "--from", tmp_path / "made.pem", "--at-rest", "env:WARD_KEY"))
    assert done.exit_code == 0, done.output
    for path in (tmp_path / "new.pem", tmp_path / "usb" / "new.pem"):
        assert is_sealed(path)
        key = SealingKey.load_at_rest(path, rest_key_of("env:WARD_KEY", lambda: ""))
        assert (key.private_bytes, key.version) == (made.private_bytes, 2)
    assert registered(small, silo) == (2, made.public_bytes)
    opened = cli("at-rest", "show", tmp_path / "new.pem")
    assert opened.exit_code == 0 and "sealing key" in opened.stdout
