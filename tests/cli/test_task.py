"""`federated task`: from a spec or a draft to a task on chain, and back."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prefect_federated.core.duo import use_bits
from prefect_federated.core.payload import parse, plain_header
from prefect_federated.core.silo_noise import participant_cost
from prefect_federated.core.spec import PrivacySpec
from prefect_federated.learning.accountant import floor_of
from prefect_federated.learning.plan import load_plan, require_private

TABULAR = "prefect_federated.learning.tabular:TabularClassifier"
PLAN = '''
import numpy as np

class Plan:
    """Two numbers."""
    def build_model(self, seed): return {"w": np.full(2, seed / 2, dtype=np.float32)}
    def parameters(self, model): return {name: values.copy() for name, values in model.items()}
    def load(self, model, tensors): model.update(tensors)
    def train(self, model, data, seed): raise NotImplementedError
    def evaluate(self, model, data): return {"loss": 0.0}
    def predict(self, model, frame): raise NotImplementedError
'''


def spec_file(federation, **changes: Any) -> Path:
    path = Path("spec.json")
    path.write_text(json.dumps(federation.make_spec().model_dump(mode="json") | changes))
    return path


def draft_file(federation, seed: int = 3) -> Path:
    """A spec without anything that follows from the rest."""
    Path("plan.py").write_text(PLAN)
    draft = federation.make_spec("drafted").model_dump(mode="json")
    del draft["model"]["tensors"], draft["model"]["genesis_uri"]
    follow = ("genesis_root", "purposes", "rule", "trim", "norm_bound", "limit", "chunks", "aggregate_header")
    for field in follow:
        del draft["enforced"][field]
    draft["plan"] = {"ref": "plan.py:Plan", "seed": seed}
    path = Path("draft.json")
    path.write_text(json.dumps(draft))
    return path


def create(cli, federation, path: Path, *more: str):
    sponsor = federation.parties["sponsor"]
    return cli(
        "task", "create", path, "--store", federation.store_address, *sponsor.options, *federation.options, *more
    )


def first_model(federation, spec: dict[str, Any], size: int = 2) -> list[float]:
    header = plain_header("model", size, spec["model"]["frac_bits"])
    _, parts = parse(b"".join(federation.store.get(spec["model"]["genesis_uri"], 1 << 16)), header)
    return (parts["model"] / 2 ** spec["model"]["frac_bits"]).tolist()


def test_created_task_is_the_one_shown_and_checked_against_the_store(cli, fresh) -> None:
    made = json.loads(create(cli, fresh, spec_file(fresh), "--label", "2nd", "--fund", "0.05eth", "--json").stdout)
    assert made["task"] == fresh.task + 1 and made["balances"]["escrow"] == str(5 * 10**16)
    shown = cli.json("task", "show", made["task"], "--store", fresh.store_address, *fresh.options)
    assert shown == made and shown["spec"]["name"] == "small"
    assert shown["enforced"]["bond"] == str(10**18) and shown["sponsor"] == fresh.parties["sponsor"].address


def test_repeated_creation_finds_the_task_and_does_not_fund_it_twice(cli, fresh) -> None:
    path = spec_file(fresh)
    first, second = (
        json.loads(create(cli, fresh, path, "--label", "x", "--fund", "1000", "--json").stdout) for _ in "12"
    )
    assert first == second and second["balances"]["escrow"] == "1000"
    assert fresh.reader.tasks() == fresh.task + 1


def test_draft_is_completed_from_its_plan(cli, fresh) -> None:
    made = json.loads(create(cli, fresh, draft_file(fresh), "--json").stdout)
    spec = made["spec"]
    assert spec["model"]["tensors"] == [{"name": "w", "shape": [2]}] and spec["enforced"]["purposes"] == use_bits(
        ["GRU"]
    )
    assert first_model(fresh, spec) == [1.5, 1.5]


def test_draft_with_a_server_optimiser_gets_the_step_that_goes_with_it(cli, fresh) -> None:
    path = draft_file(fresh)
    draft = json.loads(path.read_text()) | {"server": {"name": "fedadam", "learning_rate": 0.05}}
    del draft["enforced"]["step"]
    path.write_text(json.dumps(draft))
    made = json.loads(create(cli, fresh, path, "--json").stdout)
    settings = {"name": "fedadam", "learning_rate": 0.05, "beta1": 0.9, "beta2": 0.99, "tau": 0.001}
    assert made["enforced"]["step"] == 1 and made["spec"]["server"] == settings
    assert fresh.reader.task_of(made["task"]).enforced.step == 1
    path.write_text(json.dumps(draft | {"server": {"name": "fedadam", "rate": 0.05}}))
    refused = create(cli, fresh, path)
    assert refused.exit_code != 0 and "server.fedadam.rate: Extra inputs are not permitted" in refused.output


def test_draft_may_start_from_a_safetensors_file(cli, fresh) -> None:
    from safetensors.numpy import save_file

    save_file({"w": np.array([0.25, -4.0], dtype=np.float32)}, "start.safetensors")
    made = json.loads(create(cli, fresh, draft_file(fresh), "--genesis", "start.safetensors", "--json").stdout)
    assert first_model(fresh, made["spec"]) == [0.25, -4.0]


def algorithmic_draft(federation, local: dict[str, Any], ref: str = TABULAR, **changes: Any) -> Path:
    """A draft whose silos train by an algorithm, without what follows from that."""
    path = draft_file(federation)
    draft = json.loads(path.read_text()) | {"local": local, **changes}
    draft["plan"] = {"ref": ref} | ({} if ref != TABULAR else {"hyperparameters": {"means": [0, 0], "scales": [1, 1]}})
    draft["enforced"].pop("step")
    path.write_text(json.dumps(draft))
    return path


def test_draft_with_an_algorithm_gets_the_tensors_it_shares(cli, fresh) -> None:
    from safetensors.numpy import save_file

    save_file({"0.weight": np.full((2, 2), 0.5, np.float32), "0.bias": np.ones(2, np.float32)}, "start.safetensors")
    path = algorithmic_draft(fresh, {"name": "scaffold"})
    made = json.loads(create(cli, fresh, path, "--genesis", "start.safetensors", "--json").stdout)
    spec = made["spec"]
    names = [tensor["name"] for tensor in spec["model"]["tensors"]]
    assert names == ["0.weight", "0.bias", "control/0.weight", "control/0.bias"]
    assert first_model(fresh, spec, 12) == [0.5] * 4 + [1.0] * 2 + [0.0] * 6
    nova = algorithmic_draft(fresh, {"name": "fednova", "nominal_steps": 4}, server={"name": "fednova"})
    made = json.loads(create(cli, fresh, nova, "--json").stdout)
    assert made["enforced"]["step"] == 1 and made["spec"]["model"]["tensors"][-1]["name"] == "local_steps"


@pytest.mark.parametrize(
    ("local", "ref", "said"),
    [
        ({"name": "fedfoo"}, TABULAR, "the task's field local: Input tag 'fedfoo'"),
        ({"name": "fedprox"}, TABULAR, "the task's field local.fedprox.mu: Field required"),
        ({"name": "fedbn"}, TABULAR, "local.layers names batch normalisation: 0 of 2 tensors"),
        ({"name": "scaffold"}, "plan.py:Plan", "trains by scaffold, and plan Plan lacks trained, local_steps"),
    ],
)
def test_draft_with_an_algorithm_that_does_not_go_is_refused(cli, settled, local, ref: str, said: str) -> None:
    result = create(cli, settled, algorithmic_draft(settled, local, ref))
    assert result.exit_code in (2, 3) and said in " ".join(result.stderr.split())


def private_draft(federation, ref: str, **settings: Any) -> Path:
    """A draft that asks for noise, without what follows from that."""
    path = draft_file(federation)
    draft = json.loads(path.read_text()) | {"privacy": {"noise_multiplier": 4.0, "max_grad_norm": 1.0}}
    if ref != "plan.py:Plan":
        draft["plan"] = {"ref": ref, "hyperparameters": settings}
    del draft["enforced"]["modes"], draft["enforced"]["privacy_floor"]
    path.write_text(json.dumps(draft))
    return path


def test_draft_with_noise_gets_its_floor_and_the_only_way_to_commit(cli, fresh) -> None:
    settings = {"means": [0.0, 0.0], "scales": [1.0, 1.0], "batch_size": 16}
    path = private_draft(fresh, ref := TABULAR, **settings)
    enforced = json.loads(create(cli, fresh, path, "--json").stdout)["enforced"]
    plan, privacy = load_plan(ref, settings), PrivacySpec(noise_multiplier=4.0, max_grad_norm=1.0)
    assert int(enforced["privacy_floor"]) == floor_of(require_private(plan), privacy, enforced["max_weight"]) > 0
    assert enforced["modes"] == 1


def test_draft_that_hides_silos_gets_its_floor_whatever_the_plan(cli, fresh) -> None:
    path = private_draft(fresh, "plan.py:Plan")
    draft = json.loads(path.read_text())
    draft["privacy"] = {"unit": "participant", "noise_multiplier": 4.0, "max_norm": draft["update"]["clip_norm"]}
    path.write_text(json.dumps(draft))
    result = create(cli, fresh, path, "--json")
    assert result.exit_code == 0, result.stderr
    enforced = json.loads(result.stdout)["enforced"]
    assert int(enforced["privacy_floor"]) == participant_cost(4.0) and enforced["modes"] == 1


def test_draft_with_a_buffer_gets_its_numbers_and_the_only_way_to_commit(cli, fresh) -> None:
    path = draft_file(fresh)
    draft = json.loads(path.read_text()) | {"schedule": {"name": "fedbuff", "buffer": 2, "max_staleness": 3}}
    for field in ("modes", "buffer", "max_staleness"):
        del draft["enforced"][field]
    draft["enforced"] |= {"max_misses": 0, "quorum": 1}
    path.write_text(json.dumps(draft))
    result = create(cli, fresh, path, "--json")
    assert result.exit_code == 0, result.stderr
    enforced = json.loads(result.stdout)["enforced"]
    assert (enforced["modes"], enforced["buffer"], enforced["max_staleness"]) == (1, 2, 3)


def test_draft_with_noise_and_a_plan_that_knows_none_is_refused(cli, settled) -> None:
    result = create(cli, settled, private_draft(settled, "plan.py:Plan"))
    assert result.exit_code == 2 and "lacks sampling or train_privately" in " ".join(result.stderr.split())


def test_tables_tell_amounts_and_windows_for_people(cli, settled) -> None:
    shown = cli("task", "show", settled.task, *settled.options).stdout
    assert "600 s" in shown and "1 eth" in shown and "GRU" in shown and "on duty" in shown and "not fetched" in shown


@pytest.mark.parametrize(
    ("changes", "exit_code", "said"),
    [
        ({"purposes": ["XXX"]}, 5, "XXX"),
        ({"name": "Not A Name"}, 3, "name"),
        ({"rule": {"name": "median"}}, 3, "median"),
        ({"surprise": 1}, 3, "surprise"),
    ],
)
def test_wrong_field_is_named_and_nothing_is_created(cli, settled, changes, exit_code, said) -> None:
    result = create(cli, settled, spec_file(settled, **changes))
    assert result.exit_code == exit_code and said in result.stderr and "Traceback" not in result.output
    assert settled.reader.tasks() == settled.task


def test_first_model_that_does_not_hash_to_the_spec_is_refused(cli, settled) -> None:
    spec = settled.make_spec().model_dump(mode="json")
    spec["enforced"]["genesis_root"] = "0x" + "77" * 32
    result = create(cli, settled, spec_file(settled, enforced=spec["enforced"]))
    assert result.exit_code == 6 and "77" * 32 in result.stderr and spec["model"]["genesis_uri"] in result.stderr


def test_file_that_is_no_json_is_named(cli, settled) -> None:
    Path("spec.json").write_text("{")
    result = create(cli, settled, Path("spec.json"))
    assert result.exit_code == 2 and "spec.json" in result.stderr


def test_wrong_password_creates_nothing_and_does_not_say_it(cli, settled) -> None:
    sponsor = settled.parties["sponsor"]
    arguments = [
        "task",
        "create",
        spec_file(settled),
        "--store",
        settled.store_address,
        *sponsor.options,
        *settled.options,
    ]
    result = cli(*arguments, env={"FEDERATED_PASSWORD": "swordfish"})
    assert result.exit_code == 2 and str(sponsor.keystore) in result.stderr and "swordfish" not in result.output
    assert settled.reader.tasks() == settled.task


def test_nobody_to_sign_is_said_with_both_ways(cli, settled) -> None:
    result = cli("task", "create", spec_file(settled), "--store", settled.store_address, *settled.options)
    assert result.exit_code == 2 and "--keystore" in result.stderr and "--key-env" in result.stderr


def test_development_key_comes_from_the_named_variable(cli, fresh) -> None:
    key = "0x" + bytes(fresh.parties["sponsor"].account.key).hex()
    arguments = ["task", "create", spec_file(fresh), "--store", fresh.store_address, *fresh.options]
    arguments += ["--key-env", "SPONSOR_KEY", "--home", "home", "--label", "env", "--json"]
    result = cli(*arguments, env={"SPONSOR_KEY": key})
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["sponsor"] == fresh.parties["sponsor"].address
    assert cli(*arguments).exit_code == 2


@pytest.mark.parametrize("amount", ["ten", "-1", "0.5", "1.5wei", "nan"])
def test_amount_that_is_none_is_refused(cli, settled, amount) -> None:
    result = create(cli, settled, spec_file(settled), f"--fund={amount}")
    assert result.exit_code == 2 and amount in result.stderr


def test_spec_that_does_not_hash_to_the_chains_is_refused_with_both_hashes(cli, fresh) -> None:
    promised, stored = fresh.make_spec("promised"), fresh.make_spec("stored")
    uri = fresh.store.put([stored.canonical()])
    task = fresh.parties["sponsor"].federation.create_task(promised.enforced, promised.spec_hash, uri)
    result = cli("task", "show", task, "--store", fresh.store_address, *fresh.options)
    assert result.exit_code == 3
    assert promised.spec_hash.hex() in result.stderr and stored.spec_hash.hex() in result.stderr


def test_spec_whose_windows_differ_from_the_chains_is_refused_by_field(cli, fresh) -> None:
    spec = fresh.spec
    changed = spec.enforced.model_copy(update={"reveal_window": 601})
    sponsor = fresh.parties["sponsor"].federation
    task = sponsor.create_task(changed, spec.spec_hash, fresh.store.put([spec.canonical()]))
    result = cli("task", "show", task, "--store", fresh.store_address, *fresh.options)
    assert result.exit_code == 3 and all(said in result.stderr for said in ("reveal_window", "600", "601"))
