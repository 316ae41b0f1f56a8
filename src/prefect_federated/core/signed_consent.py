"""Grants and withdrawals that a data holder signed and somebody else brings: files that name their chain and ledger.

Grant + signature --file--> anybody: is it of this chain and ledger? --> the ledger
"""

import json
from dataclasses import dataclass, fields
from typing import Any

from prefect_federated.core.consent import Grant
from prefect_federated.core.errors import ConsentError

GRANT, WITHDRAWAL = "federated-grant/1", "federated-withdrawal/1"


@dataclass(frozen=True, slots=True)
class SignedGrant:
    """A grant and its holder's signature."""

    chain_id: int
    ledger: str
    grant: Grant
    signature: bytes

    def to_json(self) -> dict[str, Any]:
        """As JSON values; bytes as 0x-hex, numbers as decimal text."""
        terms = {one.name: _written(getattr(self.grant, one.name)) for one in fields(Grant)}
        return {**_place(GRANT, self), "grant": terms, "signature": _written(self.signature)}


@dataclass(frozen=True, slots=True)
class SignedWithdrawal:
    """A withdrawal and its holder's signature, to be brought until chain time `deadline`."""

    chain_id: int
    ledger: str
    grant_id: bytes
    deadline: int
    signature: bytes

    def to_json(self) -> dict[str, Any]:
        """As JSON values; bytes as 0x-hex, numbers as decimal text."""
        own = {name: _written(getattr(self, name)) for name in ("grant_id", "deadline", "signature")}
        return {**_place(WITHDRAWAL, self), **own}


Signed = SignedGrant | SignedWithdrawal


def parse_signed(content: str | bytes) -> Signed:
    """Read a signed grant or withdrawal.

    Raises:
        ConsentError: it is neither.

    >>> left = SignedWithdrawal(1, "0x" + "11" * 20, bytes(32), 99, bytes(65))
    >>> parse_signed(json.dumps(left.to_json())) == left
    True
    """
    try:
        raw = json.loads(content)
        place, signature = (int(raw["chain_id"]), str(raw["ledger"])), _bytes(raw["signature"])
        if raw["format"] == WITHDRAWAL:
            return SignedWithdrawal(*place, _bytes(raw["grant_id"]), int(raw["deadline"]), signature)
        if raw["format"] == GRANT:
            terms: dict[str, Any] = {one.name: _read(raw["grant"][one.name], one.type) for one in fields(Grant)}
            return SignedGrant(*place, Grant(**terms), signature)
        raise ValueError(f"its format is {raw['format']!r}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConsentError(
            f"the file holds no signed grant or withdrawal ({error}); make one with `federated consent grant --out`"
            " or `federated consent withdraw --out`"
        ) from error


def require_place(signed: Signed, chain_id: int, ledger: str) -> None:
    """Refuse what was signed for another chain or another ledger; the contract would call it a bad signature.

    Raises:
        ConsentError: with both values.
    """
    if signed.chain_id != chain_id:
        raise ConsentError(
            f"this was signed for chain {signed.chain_id}, the endpoint serves chain {chain_id}; name the right chain,"
            " or have it signed again"
        )
    if signed.ledger.lower() != ledger.lower():
        raise ConsentError(
            f"this was signed for ledger {signed.ledger}, the federation's is {ledger}; name the right federation, or"
            " have it signed again"
        )


def _place(kind: str, signed: Signed) -> dict[str, Any]:
    return {"format": kind, "chain_id": str(signed.chain_id), "ledger": signed.ledger}


def _written(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def _read(text: str, kind: object) -> Any:
    return _bytes(text) if kind is bytes else int(text) if kind is int else str(text)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
