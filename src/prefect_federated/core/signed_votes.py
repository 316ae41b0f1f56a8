"""Votes that anybody may bring: a member's signed promise, and later the vote itself, each a file that tells all.

SignedVote: commitment, signature --attest--> chain      OpenVote: vote, scores --revealVote--> chain

Only the promise is signed. The vote needs no signature: it hashes to what was promised, and nothing else does.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, TypeAdapter, ValidationError

from prefect_federated.core.canonical import canonical
from prefect_federated.core.enforced import Address, Root
from prefect_federated.core.errors import PayloadError
from prefect_federated.core.receipts import long_signature
from prefect_federated.core.vote import BallotContext, Vote
from prefect_federated.core.words import hash_words, keccak256

FILE_BYTES = 1 << 20
ATTESTATION_TYPE = keccak256(b"Attestation(uint32 task,uint32 round,address member,bytes32 commitment)")
Number = Annotated[int, Field(ge=1, lt=2**32)]
Hex = Annotated[
    bytes,
    BeforeValidator(lambda v: bytes.fromhex(v.removeprefix("0x")) if isinstance(v, str) else v),
    PlainSerializer(lambda v: "0x" + v.hex(), return_type=str),
]
Metric = Annotated[int, PlainSerializer(str, return_type=str), Field(ge=-(2**63), lt=2**63)]


class VoteFile(BaseModel):
    """What both kinds of file have: which ballot they belong to, and whose seat."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chain_id: int = Field(ge=1, lt=2**53)
    committee: Address
    task: Number
    round: Number
    member: Address

    @property
    def whose(self) -> str:
        """Member and round, as sentences name them."""
        return f"{self.member} in round {self.task}/{self.round}"

    @property
    def context(self) -> BallotContext:
        """What the vote is bound to."""
        return BallotContext(self.chain_id, self.committee, self.task, self.round, self.member)

    def to_bytes(self) -> bytes:
        """As canonical JSON: the same file always has the same bytes."""
        return canonical(self.model_dump(mode="json"))


class SignedVote(VoteFile):
    """A promise of a vote that its member, or the delegate, has signed; `vs` as in EIP-2098."""

    form: Literal["signed vote"] = "signed vote"
    commitment: Root
    r: Root
    vs: Root

    @property
    def struct_hash(self) -> bytes:
        """EIP-712 struct hash of what is signed, 32 bytes."""
        return hash_words(ATTESTATION_TYPE, self.task, self.round, self.member, self.commitment)

    @property
    def signature(self) -> bytes:
        """As the contract takes it: r, s and v, 65 bytes."""
        return long_signature(self.r, self.vs)


class OpenVote(VoteFile):
    """A vote to be shown, with its packed scores where the task pays by them. In JSON the metric is text."""

    form: Literal["open vote"] = "open vote"
    accept: bool
    metric: Metric
    scores_hash: Root
    salt: Root
    scores: Hex = b""

    @classmethod
    def of(cls, context: BallotContext, vote: Vote, scores: bytes) -> "OpenVote":
        """The file that carries a vote."""
        where = {name: getattr(context, name) for name in BallotContext.__dataclass_fields__}
        what = {name: getattr(vote, name) for name in Vote.__dataclass_fields__}
        return cls(**where, **what, scores=scores)

    @property
    def vote(self) -> Vote:
        """The vote, without where it belongs."""
        return Vote(self.accept, self.metric, self.scores_hash, self.salt)


_FILE: TypeAdapter[SignedVote | OpenVote] = TypeAdapter(
    Annotated[SignedVote | OpenVote, Field(discriminator="form")],
)


def read_vote_file(name: str, content: bytes) -> SignedVote | OpenVote:
    """Read a file that `to_bytes` wrote.

    Raises:
        PayloadError: it is neither kind.

    >>> read_vote_file("a.json", b"{}")
    Traceback (most recent call last):
    prefect_federated.core.errors.PayloadError: a.json is no vote: Unable to extract tag using discriminator 'form'; ...
    """
    try:
        return _FILE.validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "".join(f"{part}: " for part in first["loc"][1:])
        raise PayloadError(f"{name} is no vote: {place}{first['msg']}; have its member write it again") from error
