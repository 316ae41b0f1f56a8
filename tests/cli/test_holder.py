"""A key holder prints the entry that a task's spec wants of it, the same each time, and the task says who opens."""

import json

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.keys import SealingKey, create_keystore
from prefect_federated.core.paillier.keys import parse_key
from tests.cli.commands import PASSWORD
from tests.cli.conftest import ETHER
from tests.cli.test_task import create, draft_file
from tests.core.paillier.sum_scene import ASSOCIATION, key


@pytest.fixture
def newcomer(fresh, tmp_path):
    """An account with money and a keystore that the federation has not met: (address, options)."""
    home = tmp_path / "holder"
    address = create_keystore(home / "keystore.json", PASSWORD, dev=True)
    rpc.set_balance(fresh.w3, address, 10 * ETHER)
    return address, ["--keystore", home / "keystore.json", "--home", home, *fresh.options]


def holder_key(cli, fresh, newcomer, tmp_path, *more: str):
    _, options = newcomer
    sealing_key = ("--sealing-key", tmp_path / "sealing.pem")
    return cli("holder", "key", "--store", fresh.store_address, *sealing_key, *options, *more)


def registered(cli, newcomer, tmp_path) -> None:
    result = cli("participant", "register", *newcomer[1], "--sealing-key", tmp_path / "sealing.pem")
    assert result.exit_code == 0, result.output


def test_entry_is_certified_the_same_each_time_and_another_under_another_name(cli, fresh, newcomer, tmp_path) -> None:
    registered(cli, newcomer, tmp_path)
    found = [holder_key(cli, fresh, newcomer, tmp_path, *more) for more in ((), (), ("--name", "2"))]
    assert [one.exit_code for one in found] == [0, 0, 0], found[0].output
    first, again, other = (json.loads(one.stdout) for one in found)
    assert first == again and first["account"] == other["account"] == newcomer[0]
    keys = {parse_key(bytes.fromhex(one["key"].removeprefix("0x"))).n for one in (first, other)}
    assert len(keys) == 2


def test_who_is_not_registered_with_that_sealing_key_is_told_how(cli, fresh, newcomer, tmp_path) -> None:
    SealingKey.generate().save(tmp_path / "sealing.pem", PASSWORD)
    result = holder_key(cli, fresh, newcomer, tmp_path)
    assert result.exit_code == 2
    assert "is not registered with the sealing key in" in " ".join(result.stderr.split())
    assert "run `federated participant register --sealing-key" in " ".join(result.stderr.split())


def test_encrypted_draft_becomes_a_task_that_says_who_opens(cli, fresh, newcomer, tmp_path) -> None:
    registered(cli, newcomer, tmp_path)
    mine = json.loads(holder_key(cli, fresh, newcomer, tmp_path).stdout)
    theirs = {"account": fresh.parties["aggregator"].address, "key": "0x" + key(1).public_bytes().hex()}
    path = draft_file(fresh)
    draft = json.loads(path.read_text()) | {"masking": {"name": "encrypted", "holders": [mine, theirs]}}
    draft["update"]["limit"] = 2**12
    draft["enforced"].pop("limit", None)
    draft["enforced"] |= {"quorum": 3, "disclosure": 0, "max_participants": 8, "max_weight": 1000}
    draft["masking"]["holders"][1]["account"] = ASSOCIATION
    path.write_text(json.dumps(draft))
    refused = create(cli, fresh, path)
    assert (
        refused.exit_code == 3
        and f"key holder {ASSOCIATION} is not registered".lower() in " ".join(refused.stderr.split()).lower()
    )
    draft["masking"]["holders"][1]["account"] = fresh.parties["aggregator"].address
    path.write_text(json.dumps(draft))
    result = create(cli, fresh, path, "--json")
    assert result.exit_code == 0, result.stderr
    made = json.loads(result.stdout)
    assert made["enforced"]["mode"] == 0 and made["masks"] is None
    shown = cli("task", "show", made["task"], "--store", fresh.store_address, *fresh.options)
    assert "nobody; 2 key holders open their sum together" in " ".join(shown.stdout.split())
