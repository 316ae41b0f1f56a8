"""Reverts as sentences: each custom error of the contracts has a class of `core.errors` and says what to do next.

0x revert data --selector--> name and arguments --SENTENCES--> FederatedError
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.evm import abi
from prefect_federated.adapters.evm.sentences import SENTENCES
from prefect_federated.core.errors import ContractRefused, FederatedError
from prefect_federated.core.round import Phase, Status

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.rpc import RpcRefused

_REASON = bytes.fromhex("08c379a0")  # Error(string)
_PANIC = bytes.fromhex("4e487b71")  # Panic(uint256)


def decode_revert(refusal: "RpcRefused", abis: tuple[abi.Abi, ...] | None = None) -> FederatedError:
    """The error of this package that a refused call stands for.

    Args:
        refusal: the node's answer; its `data` holds the revert's own bytes.
        abis: where to look errors up; None takes all shipped contracts.
    """
    data = bytes.fromhex((refusal.data or "0x")[2:])
    if data[:4] == _REASON:
        return ContractRefused(f"the contract refused: {_text(data[4:])}")
    if data[:4] == _PANIC:
        code = data[4:].hex().lstrip("0")
        return ContractRefused(f"the contract panicked with code 0x{code}; report this, it is a bug")
    known = _shipped() if abis is None else {key: one for each in abis for key, one in abi.reverts(each).items()}
    revert = known.get(data[:4])
    if revert is None:
        shown = f" (data 0x{data[:68].hex()})" if data else ""
        return ContractRefused(
            f"the chain refused {refusal.method}: {refusal.reason}{shown}; check address and arguments"
        )
    return sentence(revert.name, {one.name: _shown(one, value) for one, value in revert.decode(data[4:])})


def sentence(name: str, arguments: dict[str, Any]) -> FederatedError:
    """A custom error by name as an error of this package; an unknown name is spelled out."""
    if name not in SENTENCES:
        listed = ", ".join(f"{key}={value}" for key, value in arguments.items())
        return ContractRefused(f"the contract refused with {name}({listed}); read the chain again")
    kind, words = SENTENCES[name]
    return kind(words.format(**arguments))


@cache
def _shipped() -> dict[bytes, abi.Revert]:
    return {key: one for contract in abi.CONTRACTS for key, one in abi.reverts(abi.abi_of(contract)).items()}


def _shown(parameter: abi.Parameter, value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    enum = {"Phase": Phase, "Status": Status}.get(parameter.internal.rpartition(".")[2])
    return enum(value).name.capitalize() if enum else value


def _text(data: bytes) -> str:
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError

    try:
        return str(decode(["string"], data)[0])
    except DecodingError:
        return "0x" + data.hex()
