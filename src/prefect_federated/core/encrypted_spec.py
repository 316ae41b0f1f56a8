"""A task whose updates are encrypted for key holders: who they are, and what goes with it.

masking: {"name": "encrypted", "holders": [{"account": ..., "key": ...}, ...]} --certified--> keys of every round's sum

For the contracts such a task is a clear one in which nothing of an update is ever shown; all else is checked here.
"""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from prefect_federated.core.enforced import Address
from prefect_federated.core.errors import FederatedError, SpecError
from prefect_federated.core.paillier.keys import KEY_BYTES, parse_key
from prefect_federated.core.paillier.numbers import MOST_HOLDERS, MOST_PARTICIPANTS, MOST_WORDS
from prefect_federated.core.paillier.session import Holder
from prefect_federated.core.spec_parts import Strict

if TYPE_CHECKING:
    from prefect_federated.core.enforced import Enforced

FEWEST_ENCRYPTED = 3  # updates of a sum
ABSENT = ("rule", "norm_bound", "buffer", "committee", "disclosure")

KeyBytes = Annotated[
    bytes,
    BeforeValidator(lambda v: bytes.fromhex(v.removeprefix("0x")) if isinstance(v, str) else v),
    PlainSerializer(lambda v: "0x" + v.hex(), return_type=str),
    Field(min_length=KEY_BYTES, max_length=KEY_BYTES, repr=False),
]


class KeyHolder(Strict):
    """One of those without whom no sum is opened."""

    account: Address = Field(description="registered account that signs what it opens")
    key: KeyBytes = Field(description="its public key with the certificate, of `federated holder key`")


class Encrypted(Strict):
    """All key holders together open the sum of a round, and none of them anything else.

    Source: Paillier 1999, https://doi.org/10.1007/3-540-48910-X_16; `core.paillier` says what is guaranteed.
    """

    name: Literal["encrypted"] = "encrypted"
    holders: tuple[KeyHolder, ...] = Field(
        min_length=2, max_length=MOST_HOLDERS, description="each keeps a key; all of them are needed"
    )

    @model_validator(mode="after")
    def _certified(self) -> Self:
        """Every silo checks every key before it agrees to anything."""
        try:
            found = self.parties
        except FederatedError as error:
            raise ValueError(str(error)) from error
        if min(len({one.account for one in found}), len({one.key.n for one in found})) < len(found):
            raise ValueError("two key holders have one account or one key; each has its own, or one of them is none")
        return self

    @property
    def parties(self) -> tuple[Holder, ...]:
        """The holders with their keys, in the order of the spec."""
        return tuple(Holder(one.account, parse_key(one.key)) for one in self.holders)

    @property
    def accounts(self) -> tuple[str, ...]:
        """Key holders."""
        return tuple(one.account for one in self.holders)

    @property
    def numbers(self) -> dict[str, int]:
        """The contract's parameters: those of a clear task."""
        return {"mode": 0, "threshold": 0, "group": 0}


def check_encrypted(enforced: "Enforced", words: int, counts: bool) -> None:
    """Refuse parameters that do not go with updates that nobody sees, or that are larger than is sensible to encrypt.

    Args:
        words: d, of an update.
        counts: whether it is a statistics task.

    Raises:
        SpecError: with the values and what fits.
    """
    if words > MOST_WORDS:
        raise SpecError(
            f"an encrypted task with {words} words, {MOST_WORDS} are the most: a word takes 8 bytes a key holder;"
            " take a smaller model, or mask the task"
        )
    if enforced.max_participants > MOST_PARTICIPANTS:
        raise SpecError(
            f"an encrypted task with max_participants {enforced.max_participants}, {MOST_PARTICIPANTS} are the most:"
            " every reader checks each one's proofs, and what is opened names each; admit fewer, or mask the task"
        )
    if counts:
        raise SpecError("statistics in an encrypted task: what is counted is pooled in clear or masked tasks; mask it")
    if any(getattr(enforced, name) for name in ABSENT) or enforced.rolled:
        named = ", ".join(f"{name} {getattr(enforced, name)}" for name in (*ABSENT, "modes"))
        raise SpecError(
            f"an encrypted task has {named}; nobody sees a single update of it, so all must be 0, and modes 1 (direct)"
            " or 3 (relayed too)"
        )
    if enforced.quorum < FEWEST_ENCRYPTED:
        raise SpecError(
            f"an encrypted task has quorum {enforced.quorum}; give a quorum of {FEWEST_ENCRYPTED} or more, for two who"
            " are left read each other off the sum"
        )
    if enforced.aggregate_window <= 2 * enforced.finality_gap:
        raise SpecError(
            f"aggregate_window is {enforced.aggregate_window} s, finality_gap {enforced.finality_gap} s: key holders"
            " open the sum so long into Aggregate, when reveals are final; make the window more than twice as long"
        )
