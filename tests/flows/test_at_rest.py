"""A silo whose sealing key and rows lie sealed under a key of KMS: it takes part, and its disk holds nothing plain."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from prefect_federated.adapters.record_file import erase_file
from prefect_federated.adapters.rest_keys import LocalRestKey
from prefect_federated.adapters.sealed_file import rewrap_file, seal_file
from prefect_federated.blocks import AtRestKey, Silo
from prefect_federated.core.at_rest import Use
from prefect_federated.core.errors import KeyUnavailable
from prefect_federated.core.round import Status
from prefect_federated.scenario.consortium import Consortium, data_path
from tests.fakes.kms import aws_client, kms_server
from tests.fakes.s3 import ACCESS_KEY, REGION, SECRET
from tests.flows import local_scene as scene
from tests.flows.conftest import Found

NAME = "hospital-a"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with kms_server() as url:
        yield url


@pytest.fixture
def consortium(found: Found, prefect_api: str, tmp_path: Path) -> Consortium:
    return found(tmp_path, rounds=2)


def sealed_block(consortium: Consortium, key: AtRestKey) -> Silo:
    """The hospital's block after its files were sealed; what lay open is gone."""
    block = consortium.members[NAME]
    data, signer, opened = data_path(consortium.ground, NAME), block.signer, key.open()
    target = data.with_name("data.csv.sealed")
    seal_file(data, target, opened, Use.DATA)
    signer.open_sealing_key().save_at_rest(signer.home / "sealing-key.sealed", opened)
    erase_file(data)
    erase_file(signer.sealing_key)
    sealed = signer.model_copy(update={"sealing_key": signer.home / "sealing-key.sealed", "at_rest": key})
    return block.model_copy(update={"data": target, "at_rest": key, "signer": sealed})


def test_a_sealed_silo_settles_a_round_and_nothing_plain_is_on_its_disk(
    consortium: Consortium, server: str, tmp_path: Path
) -> None:
    block = consortium.members[NAME]
    rows = data_path(consortium.ground, NAME).read_bytes().splitlines()[1:]
    subjects = [subject.encode() for subject in block.open().consent_record().subjects]
    private = block.signer.open_sealing_key().private_bytes
    kms = aws_client("kms", server)
    key = AtRestKey(kms_key=kms.create_key()["KeyMetadata"]["KeyId"], endpoint_url=server, region=REGION)
    consortium.members[NAME] = sealed_block(consortium, key)
    consortium.members[NAME].save("sealed", overwrite=True)
    loaded = Silo.load("sealed")
    assert isinstance(loaded, Silo) and loaded.at_rest is not None and loaded.at_rest.kms_key == key.kms_key
    consortium.members[NAME] = loaded
    spec = scene.play(consortium)
    assert consortium.federation().round_state(spec.task).status is Status.SUCCESS
    wanted = [*rows, *subjects, private, private.hex().encode()]
    mine = [consortium.ground.out / part for part in (f"silos/{NAME}", f"keys/{NAME}", "store")]
    looked = [path for folder in mine for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(looked) > 5
    assert not [path for path in looked if any(needle in path.read_bytes() for needle in wanted)]
    kms.disable_key(KeyId=key.kms_key)
    with pytest.raises(KeyUnavailable, match=r"sealing-key\.sealed: .* is disabled"):
        loaded.open()


def test_a_silo_goes_on_under_another_key_after_a_rewrap(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLD_KEY", "5a" * 32)
    monkeypatch.setenv("NEW_KEY", "7b" * 32)
    old, new = AtRestKey(variable="OLD_KEY"), AtRestKey(variable="NEW_KEY")
    block = sealed_block(consortium, old)
    account = block.open().party.sealing_key.public_bytes
    assert block.data is not None
    for file in (block.data, block.signer.sealing_key):
        rewrap_file(file, old.open(), new.open())
    with pytest.raises(KeyUnavailable, match="the variable OLD_KEY holds"):
        block.open()
    signer = block.signer.model_copy(update={"at_rest": new})
    fresh = block.model_copy(update={"at_rest": new, "signer": signer}).open()
    assert fresh.party.sealing_key.public_bytes == account
    assert len(fresh.source.read()) > 50 and fresh.consent_record().subjects, "the record opens with the sealing key"
    assert isinstance(new.open(), LocalRestKey) and fresh.machine.in_memory
