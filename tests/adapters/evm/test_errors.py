"""Every custom error of the contracts is a sentence that names its values and says what to do next."""

import string

import pytest
from eth_abi.abi import encode

from prefect_federated.adapters.evm import abi
from prefect_federated.adapters.evm.errors import decode_revert, sentence
from prefect_federated.adapters.evm.rpc import RpcRefused
from prefect_federated.adapters.evm.sentences import SENTENCES
from prefect_federated.core.errors import ContractRefused, WrongPhase

SHIPPED = (*abi.CONTRACTS, "AccessManager", "TestToken", "ERC1967Proxy")
ERRORS = [(contract, revert) for contract in abi.CONTRACTS for revert in abi.reverts(abi.abi_of(contract)).values()]


@pytest.mark.parametrize(("contract", "revert"), ERRORS, ids=[f"{c}.{r.name}" for c, r in ERRORS])
def test_each_custom_error_has_a_sentence_made_of_its_own_arguments(contract: str, revert: abi.Revert) -> None:
    assert revert.name in SENTENCES, f"{contract}.{revert.name} has no sentence in sentences.py"
    _, words = SENTENCES[revert.name]
    used = {field for _, field, _, _ in string.Formatter().parse(words) if field}
    assert used <= {parameter.name for parameter in revert.inputs}


def test_each_custom_error_decodes_from_its_bytes() -> None:
    for _, revert in ERRORS:
        values = [_sample(parameter.type) for parameter in revert.inputs]
        data = revert.selector + encode([parameter.type for parameter in revert.inputs], values)
        error = decode_revert(RpcRefused("eth_call", 3, "execution reverted", "0x" + data.hex()))
        assert type(error) is SENTENCES[revert.name][0]


def test_no_sentence_is_left_over_from_an_error_that_is_gone() -> None:
    known = {revert.name for contract in SHIPPED for revert in abi.reverts(abi.abi_of(contract)).values()}
    assert set(SENTENCES) <= known


def test_phases_are_named_in_words() -> None:
    shape = next(revert for _, revert in ERRORS if revert.name == "WrongPhase")
    data = shape.selector + encode(["uint32", "uint32", "uint8", "uint8"], [4, 2, 3, 2])
    error = decode_revert(RpcRefused("eth_call", 3, "execution reverted", "0x" + data.hex()))
    assert isinstance(error, WrongPhase)
    assert str(error) == "round 4/2 is in Commit, the call needs Reveal; read the chain again"


def test_plain_reasons_panics_and_unknown_errors_are_refusals_in_words() -> None:
    reason = bytes.fromhex("08c379a0") + encode(["string"], ["not today"])
    panic = bytes.fromhex("4e487b71") + encode(["uint256"], [0x11])
    for data, words in ((reason, "not today"), (panic, "panicked with code 0x11"), (bytes(4), "0x00000000")):
        error = decode_revert(RpcRefused("eth_call", 3, "execution reverted", "0x" + data.hex()))
        assert type(error) is ContractRefused
        assert words in str(error)
    assert "Surprise(x=1)" in str(sentence("Surprise", {"x": 1}))


def _sample(kind: str) -> object:
    if kind == "address":
        return "0x" + "11" * 20
    return {"bytes32": bytes(32), "string": "field", "bytes4": bytes(4), "bool": True}.get(kind, 1)
