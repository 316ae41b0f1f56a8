"""The task spec: what a silo agreed to cannot be read in two ways, nor changed behind its back."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from prefect_federated.core.canonical import canonical
from prefect_federated.core.duo import use_bits
from prefect_federated.core.errors import ConsentError, SpecError, SpecMismatch, WeightOverflow
from prefect_federated.core.spec import Enforced, TaskSpec, check_spec, parse_spec

Bent = Callable[[dict[str, Any]], TaskSpec]


def on_chain(spec: TaskSpec, **changes: object) -> Enforced:
    """The parameters as the contract holds them."""
    return spec.enforced.model_copy(update=changes)


def rewritten(task: TaskSpec, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The spec's JSON after a change that a hostile sponsor could make, in canonical form."""
    raw = json.loads(task.canonical())
    change(raw)
    return canonical(raw)


def parsed(content: bytes) -> TaskSpec:
    """Read a spec that the chain's hash vouches for: the sponsor chose both."""
    return parse_spec(content, hashlib.sha256(content).digest())


def test_spec_reads_back_as_it_was_written(task: TaskSpec) -> None:
    assert parse_spec(task.canonical(), task.spec_hash) == task


def test_spec_that_does_not_hash_to_the_chains_is_refused_with_both_hashes(task: TaskSpec) -> None:
    content = task.canonical().replace(b"breast-cancer", b"breast-cancel")
    with pytest.raises(SpecMismatch) as caught:
        parse_spec(content, task.spec_hash)
    assert hashlib.sha256(content).hexdigest() in str(caught.value)
    assert task.spec_hash.hex() in str(caught.value)


def test_junk_is_refused_by_its_hash_before_it_is_read(task: TaskSpec) -> None:
    with pytest.raises(SpecMismatch, match="hashes to"):
        parse_spec(b"[" * 10_000_000, task.spec_hash)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000, b'{"name":', b'"\\ud800"'],
    ids=["nothing", "list", "null", "empty", "bytes", "nesting", "cut", "surrogate"],
)
def test_malformed_spec_is_a_spec_error(content: bytes) -> None:
    with pytest.raises(SpecError, match="malformed"):
        parsed(content)


def test_same_values_written_differently_are_refused(task: TaskSpec) -> None:
    text = task.canonical()
    others = [
        json.dumps(json.loads(text), indent=1, sort_keys=True).encode(),
        text.replace(b'"purposes":536805381', b'"purposes":536805381.0'),
        text.replace(b'"purposes":536805381', b'"purposes":"5"'),
        text.replace(b'"purposes":536805381', b'"purposes":536805381,"purposes":536805381'),
        text.replace(b'"max_rounds":5', b'"max_rounds":05'),
        text.replace(b'"seed":0', b'"seed":-0'),
        text.replace(b'"seed":0', b'"seed":false'),
        text.replace(b'"clip_norm":1', b'"clip_norm":1.0'),
        text.replace(b'"bond":"1000', b'"bond":"01000'),
        text.replace(b'"bond":"1000000000000000000"', b'"bond":1000000000000000000'),
        text.replace(b"0x0b0b", b"0x0B0b"),
        text.replace(b"0x70997970C5", b"0x70997970c5"),
        text + b"\n",
    ]
    for other in others:
        assert other != text
        with pytest.raises(SpecError):
            parsed(other)


def test_non_canonical_form_is_not_reported_as_two_equal_hashes(task: TaskSpec) -> None:
    with pytest.raises(SpecMismatch, match="not in canonical form"):
        parsed(task.canonical() + b" ")


@pytest.mark.parametrize("value", [None, [], {}, 0.5, "1e400", True], ids=str)
def test_amount_of_a_strange_type_is_a_spec_error_and_not_a_crash(value: object, task: TaskSpec) -> None:
    with pytest.raises(SpecError, match=r"enforced\.bond"):
        parsed(rewritten(task, lambda raw: raw["enforced"].update(bond=value)))


@pytest.mark.parametrize("text", [b"1e400", b"-1e400", b"NaN", b"Infinity", b"1e-400"])
@pytest.mark.parametrize("field", [b'"clip_norm":1', b'"maximum":40', b'"rate":0.1', b'"bond":"1000000000000000000"'])
def test_number_that_is_no_finite_double_is_refused(field: bytes, text: bytes, task: TaskSpec) -> None:
    name = field.split(b":")[0]
    assert field in task.canonical()
    with pytest.raises(SpecError):
        parsed(task.canonical().replace(field, name + b":" + text))


def test_nan_and_null_hyperparameters_do_not_share_a_hash(bent: Bent) -> None:
    assert bent({"plan.hyperparameters": {"rate": None}}).spec_hash
    with pytest.raises(SpecError, match="nan"):
        bent({"plan.hyperparameters": {"rate": float("nan")}})


def test_sponsor_and_participant_read_the_same_hyperparameters(bent: Bent) -> None:
    spec = bent({"plan.hyperparameters": {"layers": (3, 2), "rate": 1.0}})
    again = parse_spec(spec.canonical(), spec.spec_hash)
    assert again.plan.hyperparameters == spec.plan.hyperparameters == {"layers": [3, 2], "rate": 1}


@pytest.mark.parametrize("value", [{"code": b"x"}, {"a": {1, 2}}, {"a": 2**60}, {"a": print}], ids=str)
def test_hyperparameter_without_json_form_is_refused_when_the_task_is_made(value: object, bent: Bent) -> None:
    with pytest.raises(SpecError):
        bent({"plan.hyperparameters": value})


@pytest.mark.parametrize(
    "path",
    ["surprise", "data.surprise", "model.surprise", "plan.surprise", "update.surprise", "rule.surprise"],
)
def test_unknown_field_is_refused_by_name(path: str, bent: Bent) -> None:
    with pytest.raises(ValidationError, match=r"surprise\n  Extra inputs"):
        bent({path: 1})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Breast Cancer"}, "name"),
        ({"name": "ward\n"}, "name"),
        ({"name": "../ward"}, "name"),
        ({"name": ""}, "name"),
        ({"format": "federated-task/2"}, "format"),
        ({"purposes": []}, "purposes"),
        ({"data.columns": []}, "columns"),
        ({"data.target": "radius"}, "radius, texture, radius name one twice"),
        ({"data.target_values": [0]}, "target_values"),
        ({"data.target_values": [1, 1]}, "1, 1 name one twice"),
        ({"data.columns": [{"name": "radius", "minimum": 2, "maximum": 1}]}, "minimum 2.0 above maximum 1.0"),
        ({"model.tensors": []}, "tensors"),
        ({"model.tensors": [{"name": "w", "shape": [-2, -3]}]}, "shape"),
        ({"model.tensors": [{"name": "w", "shape": [0, 2**40]}]}, "shape"),
        ({"model.tensors": [{"name": "w", "shape": [2**20, 2**20]}]}, "holds 1099511627776 numbers"),
        ({"model.tensors": [{"name": "w", "shape": [1]}] * 2}, "w, w name one twice"),
        ({"model.frac_bits": 31}, "frac_bits"),
        ({"plan.code_hash": "0x00"}, "code_hash"),
        ({"plan.seed": -1}, "seed"),
        ({"update.clip_norm": 0}, "clip_norm"),
        ({"update.limit": 2**31}, "limit"),
        ({"update.limit": 0}, "limit"),
        ({"rule.name": "average"}, "rule.name"),
        ({"rule.norm_bound": -1}, "norm_bound"),
        ({"rule.trim": -1}, "trim"),
        ({"rewards.aggregator_fee_bps": 10_001}, "aggregator_fee_bps"),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, dict) else "",
)
def test_impossible_task_is_refused_by_field(changes: dict[str, Any], words: str, bent: Bent) -> None:
    with pytest.raises(ValidationError, match=words):
        bent(changes)


def test_purposes_in_words_must_be_the_purposes_that_the_contract_compares(bent: Bent) -> None:
    with pytest.raises(SpecError, match=r"purposes is 536805381 \(GRU, DS\) by the .* 2 \(HMB\) in the enforced"):
        bent({"enforced.purposes": 2})


def test_what_the_sponsor_declares_is_what_the_contract_does_not_ask_for(bent: Bent) -> None:
    declared = use_bits(["GRU", "DS"], ["NPU", "IRB"])
    changes = {"use": {"for_profit": False, "ethics_approval": True}}
    with pytest.raises(SpecError, match=r"\(GRU, DS, NPU, IRB\) by the spec's words, 536805381 \(GRU, DS\) in"):
        bent(changes)
    assert bent(changes | {"enforced.purposes": declared}).enforced.purposes == declared


def test_unknown_purpose_is_refused(bent: Bent) -> None:
    with pytest.raises(ConsentError, match="'ADS'"):
        bent({"purposes": ["ADS"]})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rule", 1),
        ("trim", 1),
        ("norm_bound", 7),
        ("limit", 2**20 - 1),
        ("chunks", 3),
        ("aggregate_header", "0x" + "0c" * 32),
    ],
)
def test_what_is_said_in_words_must_be_what_is_enforced(field: str, value: object, bent: Bent) -> None:
    with pytest.raises(SpecError, match=rf"{field} is .* make them agree"):
        bent({f"enforced.{field}": value})


def test_task_whose_weighted_sum_could_overflow_is_refused_when_it_is_made(bent: Bent) -> None:
    with pytest.raises(WeightOverflow, match="lower one of the three"):
        bent(
            {
                "update.limit": 2**31 - 1,
                "enforced.limit": 2**31 - 1,
                "enforced.max_weight": 2**32 - 1,
                "enforced.max_participants": 10_000,
            }
        )


def test_spec_equal_to_the_chain_in_every_field_is_accepted(task: TaskSpec) -> None:
    check_spec(task, on_chain(task))
    lower = task.enforced.model_dump() | {"aggregator": task.enforced.aggregator.lower()}
    check_spec(task, Enforced.model_validate(lower))


@pytest.mark.parametrize("field", Enforced.model_fields)
def test_any_field_that_differs_from_the_chain_is_refused_by_name_with_both_values(field: str, task: TaskSpec) -> None:
    ours = getattr(task.enforced, field)
    theirs = ours + 1 if isinstance(ours, int) else "0x" + "77" * 20 if isinstance(ours, str) else bytes(32)
    with pytest.raises(SpecMismatch) as caught:
        check_spec(task, on_chain(task, **{field: theirs}))
    for part in (f"field {field} ", repr(ours), repr(theirs)):
        assert part in str(caught.value)


def test_names_of_the_grant_are_features_and_target(task: TaskSpec) -> None:
    assert task.data.names == ("radius", "texture", "malignant")
    assert task.model.size == 3


def test_frozen_task_cannot_be_edited_after_it_was_agreed(task: TaskSpec) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        task.enforced.bond = 0  # type: ignore[misc]


@pytest.mark.parametrize("field", ["noise_multiplier", "max_grad_norm", "delta"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), None])
def test_privacy_without_noise_clipping_or_delta_is_refused(field: str, value: object, bent: Bent) -> None:
    with pytest.raises(ValidationError, match=field):
        bent({"privacy": {"noise_multiplier": 1.0, "max_grad_norm": 1.0, field: value}})


def test_privacy_is_read_by_every_participant_as_the_sponsor_wrote_it(bent: Bent) -> None:
    spec = bent({"privacy": {"noise_multiplier": 0.7, "max_grad_norm": 2}})
    again = parse_spec(spec.canonical(), spec.spec_hash)
    assert again.privacy == spec.privacy and again.privacy is not None and again.privacy.delta == 1e-5
    assert bent({"privacy": None, "enforced.privacy_floor": 0}).privacy is None
