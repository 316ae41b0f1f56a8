"""Letters: what parties leave in a mailbox; a commit or opening may be brought to the chain by anybody, in a batch.

signed commit | opening --canonical JSON--> letter --read and checked--> entry of a batch
"""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prefect_federated.core.canonical import canonical
from prefect_federated.core.commitment import Opening, RoundContext
from prefect_federated.core.enforced import Address, Root
from prefect_federated.core.errors import PayloadError
from prefect_federated.core.words import hash_words, keccak256

LETTER_BYTES = 4096
URI_BYTES = 512
COMMIT_TYPE = keccak256(
    b"Commit(uint32 task,uint32 round,address participant,bytes32 commitment,bytes32 grantId,bytes32 evidenceHash)"
)
LOCATION_TYPE = keccak256(b"Location(uint32 task,uint32 round,address participant,string uri)")


class Letter(BaseModel):
    """What every letter has: whose it is about, and bytes that depend on nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    participant: Address

    def to_bytes(self) -> bytes:
        """As canonical JSON: the same letter always has the same bytes."""
        return canonical(self.model_dump(mode="json"))


class CommitLetter(Letter):
    """A commit that its participant, or the delegate, has signed for one round; `vs` as in EIP-2098."""

    commitment: Root
    grant_id: Root
    evidence_hash: Root
    r: Root
    vs: Root

    def struct_hash(self, task: int, round: int) -> bytes:
        """EIP-712 struct hash of what is signed, 32 bytes."""
        values = (self.participant, self.commitment, self.grant_id, self.evidence_hash)
        return hash_words(COMMIT_TYPE, task, round, *values)


class OpeningLetter(Letter):
    """An opening, which proves itself by hashing to the commitment, and where the payload lies, which is signed.

    Whoever has the letter may publish it; without the signature a copier could send the readers astray.
    """

    payload_root: Root
    sealed_root: Root
    content_key_hash: Root
    weight: int = Field(ge=1, lt=2**32)
    grounds_hash: Root
    salt: Root
    uri: str = Field(max_length=URI_BYTES)
    r: Root
    vs: Root

    def struct_hash(self, task: int, round: int) -> bytes:
        """EIP-712 struct hash of what is signed: where the payload lies."""
        return location_hash(task, round, self.participant, self.uri)

    @classmethod
    def of(cls, participant: str, opening: Opening, uri: str, r: bytes, vs: bytes) -> "OpeningLetter":
        """The letter that carries an opening."""
        fields = {name: getattr(opening, name) for name in Opening.__dataclass_fields__}
        return cls(participant=participant, uri=uri, r=r, vs=vs, **fields)

    @property
    def opening(self) -> Opening:
        """The opening, without where the payload lies."""
        return Opening(**{name: getattr(self, name) for name in Opening.__dataclass_fields__})

    def digest(self, context: RoundContext) -> bytes:
        """The commitment that it opens, 32 bytes."""
        return self.opening.digest(context)


def location_hash(task: int, round: int, participant: str, uri: str) -> bytes:
    """EIP-712 struct hash of where a participant's payload of a round lies, 32 bytes."""
    return hash_words(LOCATION_TYPE, task, round, participant, keccak256(uri.encode()))


L = TypeVar("L", bound=Letter)


def read_letter(kind: type[L], content: bytes) -> L:
    """Read a letter that somebody left.

    Raises:
        PayloadError: it is no letter of this kind.

    >>> read_letter(CommitLetter, b"{}")
    Traceback (most recent call last):
    prefect_federated.core.errors.PayloadError: no CommitLetter: participant: Field required; let it be left again
    """
    try:
        letter = kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PayloadError(f"no {kind.__name__}: {place}: {first['msg']}; let it be left again") from error
    if len(str(getattr(letter, "uri", "")).encode(errors="replace")) > URI_BYTES:
        raise PayloadError(f"no {kind.__name__}: its URI has more than {URI_BYTES} bytes; let it be left again")
    return letter
