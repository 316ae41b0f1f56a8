"""An encrypted task names certified keys and is a clear one for the contracts; nothing in it needs single updates."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from prefect_federated.adapters.vault import LIMIT_BYTES, SEALING_BYTES
from prefect_federated.core.encrypted_spec import check_encrypted
from prefect_federated.core.errors import SpecError, WeightOverflow
from prefect_federated.core.merkle import leaf_hash
from prefect_federated.core.paillier.numbers import MOST_PARTICIPANTS, MOST_WORDS, ROOT_BYTES, blocks
from prefect_federated.core.paillier.opened import OPENING_BYTES, OpenedBlock, SumOpening
from prefect_federated.core.paillier.payload import payload_words
from prefect_federated.core.payload import header_chunk, plain_header
from prefect_federated.core.round_spec import header_for
from prefect_federated.core.spec import TaskSpec
from tests.core.conftest import Values
from tests.core.paillier.sum_scene import ASSOCIATION, NOTARY, key

Bent = Callable[..., TaskSpec]


def entry(account: str, number: int) -> dict[str, Any]:
    return {"account": account, "key": "0x" + key(number).public_bytes().hex()}


def encrypted(*holders: dict[str, Any]) -> Values:
    return {
        "masking": {"name": "encrypted", "holders": list(holders)},
        "update.limit": 2**17,
        "enforced.limit": 2**17,
        "enforced.quorum": 3,
    }


@pytest.fixture(scope="module")
def both() -> Values:
    return encrypted(entry(NOTARY, 0), entry(ASSOCIATION, 1))


def test_encrypted_task_is_a_clear_one_for_the_contracts_and_its_updates_are_longer(bent: Bent, both: Values) -> None:
    task = bent(both)
    assert task.summed and not task.enforced.masked
    assert (task.enforced.mode, task.enforced.chunks) == (0, 2)
    counts = [header_for(task, kind).parts[0].count for kind in ("update", "aggregate", "model")]
    assert counts == [payload_words(3, 2), 3, 3]
    assert TaskSpec.model_validate_json(task.canonical()) == task


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"enforced.disclosure": 1}, "disclosure 1, modes 3; nobody sees a single update"),
        ({"rule": {"name": "median"}, "enforced.rule": 1}, "an encrypted task has rule 1"),
        ({"enforced.modes": 7, "enforced.reveal_grace": 60}, "modes 7; nobody sees a single update"),
        ({"enforced.max_participants": 4001, "update.limit": 2, "enforced.limit": 2}, "4001, 4000 are the most"),
        ({"enforced.quorum": 2}, "quorum 2; give a quorum of 3 or more"),
        ({"enforced.finality_gap": 30}, "aggregate_window is 60 s, finality_gap 30 s"),
        ({"detection": {}}, "detection in an encrypted task: nobody sees a single update"),
    ],
)
def test_what_does_not_go_with_encrypted_updates_is_refused_by_name(
    bent: Bent, both: Values, changes: Values, words: str
) -> None:
    with pytest.raises((ValidationError, SpecError), match=words):
        bent({**both, **changes})


def test_sum_that_could_wrap_is_refused_when_the_task_is_made(bent: Bent, both: Values) -> None:
    limit = 2**19  # 8 participants of weight 1000
    with pytest.raises((ValidationError, WeightOverflow), match="2147483648, where a masked or encrypted sum wraps"):
        bent({**both, "update.limit": limit, "enforced.limit": limit})


def test_model_too_large_to_be_encrypted_is_refused_with_the_cap(bent: Bent, both: Values) -> None:
    leaf = leaf_hash(header_chunk(plain_header("aggregate", 2049, 16)))
    large = {"model.tensors": [{"name": "weight", "shape": [2049]}], "enforced.chunks": 10}
    with pytest.raises((ValidationError, SpecError), match="with 2049 words, 2048 are the most"):
        bent({**both, **large, "enforced.aggregate_header": "0x" + leaf.hex()})


def test_opening_of_the_largest_task_can_be_fetched_and_kept() -> None:
    most = (1 << 8 * ROOT_BYTES) - 1
    opened = (OpenedBlock(value=most, root=most),) * blocks(MOST_WORDS)
    payloads = {f"0x{number:040x}": bytes(32) for number in range(MOST_PARTICIPANTS)}
    size = len(SumOpening(payloads=payloads, blocks=opened).to_bytes())
    assert size <= OPENING_BYTES < LIMIT_BYTES - SEALING_BYTES


def test_statistics_are_not_encrypted(bent: Bent, both: Values) -> None:
    with pytest.raises(SpecError, match="statistics in an encrypted task"):
        check_encrypted(bent(both).enforced, words=3, counts=True)


@pytest.mark.parametrize("name", ["one alone", "nine", "one account", "one key", "no certificate"])
def test_holders_without_keys_of_their_own_are_refused(bent: Bent, both: Values, name: str) -> None:
    notary, association = both["masking"]["holders"]
    bad, words = {
        "one alone": ((notary,), "at least 2 items"),
        "nine": ((notary, association) * 4 + (notary,), "at most 8 items"),
        "one account": ((notary, {**association, "account": NOTARY}), "two key holders have one account or one key"),
        "one key": ((notary, {**notary, "account": ASSOCIATION}), "two key holders have one account or one key"),
        "no certificate": ((notary, {**association, "key": association["key"][:-2] + "00"}), "is not certified"),
    }[name]
    with pytest.raises(ValidationError, match=words):
        bent(encrypted(*bad))
