"""The contracts' ABIs as encoders: one lookup and one `eth_abi` call instead of web3's contract objects.

function("Coordinator", "commit").encode(task, round, ...) -> calldata;  decode_log(raw) -> (name, args)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from prefect_federated.core.words import keccak256

if TYPE_CHECKING:
    from eth_abi.codec import ABICodec

CONTRACTS = (
    "ParticipantRegistry", "ConsentLedger", "Coordinator", "ModelRegistry", "Treasury", "Disputes", "Committee",
    "Appeals", "Reputation",
)  # fmt: skip
Abi = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named, typed value; `fields` are a struct's."""

    name: str
    type: str  # as eth_abi wants it, structs as "(bytes32,uint64)"
    indexed: bool
    internal: str
    fields: tuple["Parameter", ...]

    def named(self, value: Any) -> Any:
        """A decoded value with structs as dicts and addresses checksummed."""
        if self.type.startswith("("):
            if self.type.endswith(")"):
                return {part.name: part.named(one) for part, one in zip(self.fields, value, strict=True)}
            inner = Parameter(self.name, self.type[: self.type.rindex(")") + 1], False, self.internal, self.fields)
            return [inner.named(one) for one in value]
        if self.type == "address":
            return checksum(value)
        return [checksum(one) for one in value] if self.type == "address[]" else value


@dataclass(frozen=True, slots=True)
class Function:
    """A contract function; values are positional, structs are tuples."""

    name: str
    selector: bytes
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]

    def encode(self, *values: Any) -> bytes:
        """Calldata."""
        from eth_abi.abi import encode

        return self.selector + encode([one.type for one in self.inputs], values)

    def decode(self, output: bytes) -> Any:
        """Returned value: alone if there is one, else a list."""
        values = _decode(self.outputs, output)
        return values[0] if len(values) == 1 else values


@dataclass(frozen=True, slots=True)
class Log:
    """An event's shape."""

    name: str
    topic: bytes
    inputs: tuple[Parameter, ...]

    def decode(self, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
        """Arguments by name; an indexed string or struct stays its hash."""
        from eth_abi.abi import decode

        plain = [one for one in self.inputs if not one.indexed]
        values = dict(zip([one.name for one in plain], _decode(plain, data), strict=True))
        for parameter, topic in zip([one for one in self.inputs if one.indexed], topics[1:], strict=True):
            dynamic = parameter.type in ("string", "bytes") or parameter.type[0] == "(" or parameter.type[-1] == "]"
            values[parameter.name] = topic if dynamic else parameter.named(decode([parameter.type], topic)[0])
        return {one.name: values[one.name] for one in self.inputs}


@dataclass(frozen=True, slots=True)
class Revert:
    """A custom error's shape."""

    name: str
    selector: bytes
    inputs: tuple[Parameter, ...]

    def decode(self, data: bytes) -> list[tuple[Parameter, Any]]:
        """Arguments with their parameters, from what follows the selector."""
        return list(zip(self.inputs, _decode(self.inputs, data), strict=True))


@cache
def abi_of(contract: str) -> Abi:
    """ABI of one of the shipped contracts."""
    from prefect_federated.contracts import artifact

    entries: Abi = artifact(contract)["abi"]
    return entries


@cache
def function(contract: str, name: str) -> Function:
    """A function by its name; the contracts overload none.

    Raises:
        KeyError: the contract has no such function.
    """
    for entry in abi_of(contract):
        if entry["type"] == "function" and entry["name"] == name:
            inputs, outputs = _parameters(entry["inputs"]), _parameters(entry["outputs"])
            return Function(name, _signature(name, inputs)[:4], inputs, outputs)
    raise KeyError(f"{contract} has no function {name}")


@cache
def logs(contract: str) -> dict[bytes, Log]:
    """Events of a contract by their first topic."""
    found = {}
    for entry in abi_of(contract):
        if entry["type"] == "event":
            inputs = _parameters(entry["inputs"])
            log = Log(entry["name"], _signature(entry["name"], inputs), inputs)
            found[log.topic] = log
    return found


@cache
def topics_of(names: tuple[str, ...]) -> tuple[bytes, ...]:
    """First topics of events by name, over all contracts.

    Raises:
        KeyError: no contract emits one of them.
    """
    every = {log.name: topic for contract in CONTRACTS for topic, log in logs(contract).items()}
    return tuple(every[name] for name in names)


def reverts(abi: Abi) -> dict[bytes, Revert]:
    """Custom errors of an ABI by selector."""
    found = {}
    for entry in abi:
        if entry["type"] == "error":
            inputs = _parameters(entry["inputs"])
            revert = Revert(entry["name"], _signature(entry["name"], inputs)[:4], inputs)
            found[revert.selector] = revert
    return found


def constructor_data(contract: str, *values: Any) -> bytes:
    """Creation code with encoded constructor arguments."""
    from eth_abi.abi import encode

    from prefect_federated.contracts import artifact

    no_constructor: dict[str, Any] = {"inputs": []}
    entry = next((one for one in abi_of(contract) if one["type"] == "constructor"), no_constructor)
    types = [one.type for one in _parameters(entry["inputs"])]
    return bytes.fromhex(str(artifact(contract)["bytecode"]).removeprefix("0x")) + encode(types, values)


def contract_address(creator: str, nonce: int) -> str:
    """Address of the contract that an account's transaction with this nonce creates: keccak(rlp(creator, nonce))[12:].

    >>> contract_address("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0", 0)
    '0xcd234A471b72ba2F1Ccf0A70FCABA648a5eeCD8d'
    """
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    encoded = number if nonce and nonce < 0x80 else bytes([0x80 + len(number)]) + number
    listed = b"\x94" + bytes.fromhex(creator[2:]) + encoded
    return checksum("0x" + keccak256(bytes([0xC0 + len(listed)]) + listed)[12:].hex())


@cache
def checksum(address: str) -> str:
    """EIP-55 spelling of an address."""
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(address))


def _parameters(entries: Sequence[dict[str, Any]]) -> tuple[Parameter, ...]:
    return tuple(_parameter(entry) for entry in entries)


def _parameter(entry: dict[str, Any]) -> Parameter:
    fields = _parameters(entry.get("components", ()))
    kind = str(entry["type"])
    if kind.startswith("tuple"):
        kind = "(" + ",".join(one.type for one in fields) + ")" + kind.removeprefix("tuple")
    return Parameter(entry["name"], kind, bool(entry.get("indexed")), str(entry.get("internalType", "")), fields)


def _signature(name: str, inputs: tuple[Parameter, ...]) -> bytes:
    return keccak256(f"{name}({','.join(one.type for one in inputs)})".encode())


@cache
def _codec() -> "ABICodec":
    """A decoder that reads any bytes as text: one event with a string that is no UTF-8 must not blind its readers."""
    from eth_abi.codec import ABICodec
    from eth_abi.decoding import StringDecoder
    from eth_abi.registry import BaseEquals, registry

    class AnyText(StringDecoder):
        """Puts the replacement character where bytes are no UTF-8."""

        def __init__(self) -> None:
            super().__init__(handle_string_errors="replace")  # type: ignore[no-untyped-call]

    lenient = registry.copy()  # type: ignore[no-untyped-call]
    lenient.unregister_decoder("string")
    lenient.register_decoder(BaseEquals("string", with_sub=False), AnyText, label="string")  # type: ignore[no-untyped-call]
    return ABICodec(lenient)


def _decode(parameters: Sequence[Parameter], data: bytes) -> list[Any]:
    values = _codec().decode([one.type for one in parameters], data)
    return [one.named(value) for one, value in zip(parameters, values, strict=True)]
