"""What a node says to a signed transaction, and what that means for it.

taken, already known, nonce used -> it (or its rival) is on its way: wait;  fee too low -> pay more;  else -> refused
"""

from enum import Enum, auto
from typing import TYPE_CHECKING

from prefect_federated.adapters.evm import rpc
from prefect_federated.core.errors import ChainUnreachable, ConfigurationError, ContractRefused, FederatedError

if TYPE_CHECKING:
    from web3 import Web3

_ON_ITS_WAY = (
    "already known", "known transaction", "already imported", "already exists", "alreadyexists", "already in",
    "nonce too low", "nonce is too low", "oldnonce", "replacement", "nonce has already been used",
)  # fmt: skip
_UNDERPAID = (
    "less than block base fee", "underpriced", "feetoolow", "fee too low", "fee cap less", "max fee per gas less",
    "gas price too low", "below current base fee", "below the minimum",
)  # fmt: skip
_BROKE = ("insufficient funds", "insufficient balance", "cannot afford", "enough balance", "doesn't have enough funds")


class Verdict(Enum):
    """What to do after handing a transaction to a node."""

    WAIT = auto()
    PAY_MORE = auto()
    REFUSED = auto()


def broadcast(w3: "Web3", raw: str) -> tuple[Verdict, str]:
    """Hand signed bytes to the node; returns the verdict and the node's words.

    An endpoint that breaks off may have forwarded the transaction (a proxy that answers 503), so that counts as
    `WAIT`: whether the bytes arrived is for the chain to say.
    """
    try:
        rpc.request(w3, "eth_sendRawTransaction", [raw])
    except rpc.RpcRefused as refusal:
        return verdict(refusal.reason), refusal.reason
    except ChainUnreachable as trouble:
        return Verdict.WAIT, str(trouble)
    return Verdict.WAIT, ""


def verdict(reason: str) -> Verdict:
    """Read a node's refusal; nodes word it differently.

    >>> verdict("nonce too low: next nonce 4, tx nonce 3").name
    'WAIT'
    >>> verdict("max fee per gas less than block base fee").name
    'PAY_MORE'
    """
    said = reason.lower()
    if any(words in said for words in _ON_ITS_WAY):
        return Verdict.WAIT
    return Verdict.PAY_MORE if any(words in said for words in _UNDERPAID) else Verdict.REFUSED


def refusal_error(account: str, intent: str, reason: str, have_wei: int | None) -> FederatedError:
    """The error for a transaction that no node takes."""
    if is_broke(reason):
        return ConfigurationError(
            f"account {account} holds {have_wei} wei, not enough for {intent}: {reason}; fund the account"
        )
    return ContractRefused(
        f"the chain would not take {intent} from {account}: {reason}; check the account and the chain"
    )


def is_broke(reason: str) -> bool:
    """Whether a refusal is about the sender's balance."""
    return any(words in reason.lower() for words in _BROKE)
