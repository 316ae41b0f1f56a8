"""Known answers that the Solidity tests read too: both sides hash the same bytes to the same word."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from prefect_federated.adapters.evm.attestations import attestation_digest
from prefect_federated.adapters.evm.compact_signatures import digest_of, sign_compactly, signer_of
from prefect_federated.core.commitment import Grounds, Opening, RoundContext
from prefect_federated.core.enforced import Enforced, task_id
from prefect_federated.core.letters import CommitLetter, location_hash
from prefect_federated.core.merkle import leaf_hash
from prefect_federated.core.result import IncludedUpdate
from prefect_federated.core.rewards import SumNode, sum_proof, sum_root
from prefect_federated.core.schedule_spec import counted_weight
from prefect_federated.core.share_letters import DealingLetter, ShownLetter
from prefect_federated.core.signed_votes import SignedVote
from prefect_federated.core.version import VersionFields
from prefect_federated.core.vote import BallotContext, Vote
from prefect_federated.core.words import encode_words, hash_words

VECTORS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "contracts" / "test" / "vectors.json").read_text()
)


def value(shown: Any) -> Any:
    """A vector's value as Python has it: 32-byte words as bytes, addresses and numbers as they are."""
    is_word = isinstance(shown, str) and shown.startswith("0x") and len(shown) == 66
    return bytes.fromhex(shown[2:]) if is_word else shown


def vector(group: str) -> dict[str, Any]:
    return {name: value(shown) for name, shown in VECTORS[group].items()}


def pick(kind: type[Any], found: dict[str, Any]) -> Any:
    return kind(**{name: found[name] for name in kind.__dataclass_fields__})


def test_commitment_record_and_leaf() -> None:
    found = vector("commitment")
    digest = pick(Opening, found).digest(pick(RoundContext, found))
    assert digest == found["digest"]
    assert pick(Grounds, found).hash == found["grounds_hash"]
    assert hash_words(found["participant"], digest, found["grounds_hash"]) == found["record"]
    included = IncludedUpdate(**{field: found[field] for field in IncludedUpdate.model_fields})
    assert leaf_hash(included.content) == found["included_leaf"]


def test_weights_that_count_less_the_older_they_are() -> None:
    found = VECTORS["counted"]
    pairs = zip(found["weights"], found["behind"], strict=True)
    assert [counted_weight(weight, behind) for weight, behind in pairs] == found["counted"]


def test_signed_commit() -> None:
    found = vector("signed_commit")
    letter = CommitLetter(**{field: found[field] for field in CommitLetter.model_fields})
    digest = digest_of(found["chain_id"], found["coordinator"], letter.struct_hash(found["task"], found["round"]))
    assert digest == found["digest"]
    assert sign_compactly(Account.from_key(found["key"]), digest) == (found["r"], found["vs"])
    assert signer_of(digest, letter.r, letter.vs) == letter.participant


def test_vote_of_a_committee_member() -> None:
    found = vector("ballot")
    assert pick(Vote, found).digest(pick(BallotContext, found)) == found["commitment"]


def test_promise_of_a_vote_that_its_member_signs() -> None:
    found = vector("ballot")
    where = {name: found[name] for name in BallotContext.__dataclass_fields__}
    unsigned = SignedVote(**where, commitment=found["commitment"], r=bytes(32), vs=bytes(32))
    assert attestation_digest(unsigned) == found["attestation_digest"]


def test_location_of_a_payload() -> None:
    found = vector("location")
    struct = location_hash(*(found[field] for field in ("task", "round", "participant", "uri")))
    assert digest_of(found["chain_id"], found["coordinator"], struct) == found["digest"]


@pytest.mark.parametrize(("name", "form"), [("dealing", DealingLetter), ("shown", ShownLetter)])
def test_shares_that_are_relayed(name: str, form: type[DealingLetter] | type[ShownLetter]) -> None:
    found = vector(name) | {"r": bytes(32), "vs": bytes(32)}
    letter = form(**{field: found[field] for field in form.model_fields})
    digest = digest_of(found["chain_id"], found["coordinator"], letter.struct_hash(found["task"], found["round"]))
    assert digest == found["digest"]


def test_parameters_and_task_id() -> None:
    found = vector("task")
    spec_hash, *rest = (value(shown) for shown in found["params"].values())
    enforced = Enforced(**dict(zip(Enforced.model_fields, rest, strict=True)))
    assert "0x" + encode_words(*enforced.to_params(spec_hash)).hex() == found["params_abi"]
    assert task_id(spec_hash, enforced, found["chain_id"], found["coordinator"], found["sponsor"]) == found["task_id"]


def test_model_version() -> None:
    found = vector("version")
    assert pick(VersionFields, found).digest(found["chain_id"], found["registry"]) == found["version_hash"]


@pytest.mark.parametrize("group", [name for name in VECTORS if name.startswith("sum_tree")])
def test_sum_tree_and_the_proof_of_its_last_account(group: str) -> None:
    found = vector(group)
    cumulative = dict(zip(found["accounts"], found["amounts"], strict=True))
    assert sum_root(cumulative) == (found["root"], found["total"])
    proof = [SumNode(value(node["hash"]), node["sum"], node["left"]) for node in found["last_proof"]]
    assert sum_proof(cumulative, found["accounts"][-1]) == proof
