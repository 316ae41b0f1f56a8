"""`federated policy`: rules are signed and shown; the Silo block takes them from their signer alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from prefect_federated.adapters.keys import SealingKey, create_keystore
from prefect_federated.adapters.stores.local import LocalStore as OpenStore
from prefect_federated.adapters.vault import Vault
from prefect_federated.blocks.chain import EvmChain
from prefect_federated.blocks.signer import Signer
from prefect_federated.blocks.silo import Silo
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.cli.main import app
from prefect_federated.core.errors import ConfigurationError

SILO = "0x" + "5a" * 20
RULES = {"min_cohort": 5, "masked_only": True}


@pytest.fixture
def signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A signed policy, and who signed it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FEDERATED_PASSWORD", "secret")
    officer = create_keystore(Path("dpo.json"), "secret", bytes([7]) * 32, dev=True)
    Path("rules.json").write_text(json.dumps(RULES))
    assert f"serial 1, signed by {officer}" in sign()
    return Path("policy.json"), officer


def sign(*options: str) -> str:
    """Sign the rules; what was said."""
    command = ["policy", "sign", "rules.json", "policy.json", "--silo", SILO, "--keystore", "dpo.json", *options]
    done = CliRunner().invoke(app, command, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.output


def silo(path: Path | None, signer: str | None, **settings: Any) -> Silo:
    return Silo(
        label="ward",
        chain=EvmChain(rpc_url="http://127.0.0.1:1", chain_id=31337, coordinator="0x" + "c0" * 20),
        signer=Signer(keystore=Path("dpo.json"), password="secret", sealing_key=Path("sealing.pem"), home=Path("home")),
        store=LocalStore(root=Path("store")),
        data=Path("ward.csv"),
        consent_record=Path("consent"),
        policy_file=path,
        policy_signer=signer,
        **settings,
    )


def test_shown_it_says_for_whom_by_whom_and_what(signed: tuple[Path, str]) -> None:
    path, officer = signed
    found = CliRunner().invoke(app, ["policy", "show", str(path), "--json"])
    told = json.loads(found.stdout)
    assert (told["silo"].lower(), told["serial"], told["signer"]) == (SILO, 1, officer)
    assert {name: told["policy"][name] for name in RULES} == RULES
    assert "masked_only: true" in CliRunner().invoke(app, ["policy", "show", str(path)]).stdout


def test_block_takes_the_signed_rules_and_no_others(signed: tuple[Path, str]) -> None:
    path, officer = signed
    block, vault = silo(path, officer), Vault(OpenStore(Path("store")), SealingKey.from_seed(bytes(32)))
    assert block.policy(SILO, vault).masked_only and block.policy(SILO, vault).min_cohort == 5
    with pytest.raises(ValidationError, match="min_rows beside a policy_file: what was signed is the whole policy"):
        silo(path, officer, min_rows=3)
    with pytest.raises(ConfigurationError, match="is for silo"):
        block.policy("0x" + "22" * 20, vault)


def test_block_with_a_policy_and_no_signer_is_refused(signed: tuple[Path, str]) -> None:
    with pytest.raises(ValidationError, match="policy_file and policy_signer go together"):
        silo(signed[0], None)


def test_noise_that_no_task_has_is_no_rule(signed: tuple[Path, str]) -> None:
    with pytest.raises(ValidationError, match="min_noise"):
        silo(None, None, min_noise=float("inf"))


def test_a_serial_that_no_silo_would_take_is_not_signed(signed: tuple[Path, str]) -> None:
    sign("--serial", "7")
    command = ["policy", "sign", "rules.json", "policy.json", "--silo", SILO, "--keystore", "dpo.json", "--serial", "7"]
    done = CliRunner().invoke(app, command, env={"COLUMNS": "200"})
    assert done.exit_code == 2 and "--serial 7, and the policy in policy.json has 7" in " ".join(done.stderr.split())


def test_rules_that_are_none_end_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.json").write_text('{"min_cohrt": 5}')
    done = CliRunner().invoke(app, ["policy", "sign", "rules.json", "out.json", "--silo", SILO, "--key-env", "KEY"])
    assert done.exit_code == 2 and "min_cohrt" in done.stderr and not Path("out.json").exists()


def test_a_policy_that_was_replaced_is_not_taken_again(signed: tuple[Path, str]) -> None:
    path, officer = signed
    block, vault = silo(path, officer), Vault(OpenStore(Path("store")), SealingKey.from_seed(bytes(32)))
    first = path.read_bytes()
    assert block.policy(SILO, vault).masked_only
    Path("rules.json").write_text(json.dumps({**RULES, "min_cohort": 9}))
    assert "serial 2, signed" in sign(), "one above the policy that lies there"
    assert block.policy(SILO, vault).min_cohort == 9
    path.write_bytes(first)
    with pytest.raises(ConfigurationError, match=r"has serial 1, this silo had one of serial 2 .* --serial 3"):
        block.policy(SILO, vault)
    assert "serial 7, signed" in sign("--serial", "7")
    assert block.policy(SILO, vault).min_cohort == 9
