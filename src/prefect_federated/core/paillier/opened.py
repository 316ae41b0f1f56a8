"""Sums of ciphertexts, what a holder publishes of its own, and the sum of updates that all of them join to.

ciphertexts --product--> a sum a holder --decrypt, root--> opening --(1 + v n) root^n = sum?--> parts --added--> words

A sum's root shows that it decrypts to the value told, to anybody, and tells nothing else: of two honest updates or more
it is as random as each of their own.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, ValidationError

from prefect_federated.core.canonical import canonical
from prefect_federated.core.enforced import Root
from prefect_federated.core.errors import ContentMismatch, ContentMissing, KeyUnavailable, MalformedMessage
from prefect_federated.core.paillier.keys import SecretKey
from prefect_federated.core.paillier.numbers import BITS, ROOT_BYTES, unpacked
from prefect_federated.core.paillier.payload import Ciphertexts
from prefect_federated.core.paillier.session import Session
from prefect_federated.core.spec_parts import Strict

OPENING_BYTES = 1 << 19
_NAMED = 8  # accounts in an error: a holder may name thousands, and each participant's reason holds the sentence


def _fitting(number: int) -> int:
    """Of 3,072 bits at most; pydantic's own bounds fail on such large ones with an error that is none of its own."""
    if number < 0 or number.bit_length() > BITS:
        raise ValueError(f"a number has {number.bit_length()} bits, or is negative; {BITS} are the most")
    return number


Number = Annotated[
    int,
    BeforeValidator(lambda v: int(v, 16) if isinstance(v, str) else v),
    AfterValidator(_fitting),
    PlainSerializer(lambda v: v.to_bytes(ROOT_BYTES, "big").hex(), return_type=str),
]
_LowerAddress = Annotated[str, Field(pattern=r"^0x[0-9a-f]{40}$")]


class OpenedBlock(Strict):
    """What one ciphertext of the sum decrypts to, modulo n, and the root that shows it."""

    value: Number = Field(repr=False)
    root: Number = Field(repr=False)


class SumOpening(Strict):
    """What a holder publishes: of which payloads the sum is, by account in lower case, and what it opened."""

    format: Literal["federated-sum-opening/1"] = "federated-sum-opening/1"
    payloads: dict[_LowerAddress, Root]
    blocks: tuple[OpenedBlock, ...]

    def to_bytes(self) -> bytes:
        """As canonical JSON."""
        return canonical(self.model_dump(mode="json"))


def read_opening(content: bytes) -> SumOpening:
    """Read what `to_bytes` wrote.

    Raises:
        MalformedMessage: it is no opening.
    """
    try:
        return SumOpening.model_validate_json(content)
    except ValidationError as error:
        raise MalformedMessage(f"no opening of a sum: {error.errors()[0]['msg']}; ask for it again") from error


def added(session: Session, payloads: Collection[Ciphertexts]) -> Ciphertexts:
    """The sum of payloads, still encrypted: a product for every holder and block, the same whoever makes it."""
    return tuple(
        tuple(_product((one[at][block] for one in payloads), holder.key.square) for block in range(session.blocks))
        for at, holder in enumerate(session.holders)
    )


def open_sum(
    session: Session, account: str, key: SecretKey, total: Ciphertexts, roots: Mapping[str, bytes]
) -> SumOpening:
    """What a holder publishes of a sum; the caller keeps it first, and opens no other in the round.

    It is checked before anybody sees it: values and roots are reckoned modulo each prime, and one that a faulty machine
    got wrong modulo one of them gives both away (Boneh, DeMillo, Lipton 1997, https://doi.org/10.1007/3-540-69053-0_4).

    Args:
        total: what `added` made of the payloads under these roots; the holder adds them itself.
        roots: of everybody in the sum its payload root, by account.

    Raises:
        KeyUnavailable: the account is no holder, or has another key.
        ContentMismatch: this machine reckoned wrongly.
    """
    at = session.holder_at(account)
    if key.n != session.holders[at].key.n:
        raise KeyUnavailable(f"{session.place}: the key of {account} is not the one in the task's spec; restore that")
    blocks = tuple(OpenedBlock(value=key.decrypt(c), root=key.root(c % key.n)) for c in total[at])
    opening = SumOpening(payloads={one.lower(): root for one, root in roots.items()}, blocks=blocks)
    check_opening(session, account, total, roots, opening)
    return opening


def check_opening(
    session: Session, account: str, total: Ciphertexts, roots: Mapping[str, bytes], opening: SumOpening
) -> None:
    """Whether a holder opened this very sum, and told the truth of it; anybody can see that.

    Raises:
        ContentMismatch: it is of other payloads, or says another value than the sum decrypts to.
    """
    at, theirs = session.holder_at(account), {one.lower(): root for one, root in roots.items()}
    what = f"{session.place}: the opening of key holder {account}"
    if opening.payloads != theirs:
        differ = sorted({one for one, _ in set(opening.payloads.items()) ^ set(theirs.items())})
        others = f" and {len(differ) - _NAMED} more" if len(differ) > _NAMED else ""
        raise ContentMismatch(
            f"{what} is of {len(opening.payloads)} payloads, {len(theirs)} could be read here; they differ in"
            f" {', '.join(differ[:_NAMED])}{others}: the round opens nothing else"
        )
    n, square = session.holders[at].key.n, session.holders[at].key.square
    if len(opening.blocks) != session.blocks:
        raise ContentMismatch(f"{what} has {len(opening.blocks)} blocks, the sum {session.blocks}; it is false")
    for block, (one, c) in enumerate(zip(opening.blocks, total[at], strict=True)):
        if one.value >= n or (1 + one.value * n) * pow(one.root, n, square) % square != c:
            raise ContentMismatch(f"{what} is false: block {block} of the sum decrypts to another value than it says")


def join(session: Session, openings: Mapping[str, SumOpening]) -> NDArray[np.int64]:
    """The sum of the weighted updates, int64 `[d]`: exactly that of a plain round.

    Args:
        openings: of every holder, each checked.

    Raises:
        ContentMissing: a holder's is missing; all are needed.
        Undecryptable: somebody encrypted something else than words.
    """
    if missing := [one.account for one in session.holders if one.account not in openings]:
        raise ContentMissing(f"{session.place}: key holder {', '.join(missing)} opened no sum; all of them are needed")
    every = [_centred([one.value for one in openings[h.account].blocks], h.key.n) for h in session.holders]
    return unpacked([sum(parts) for parts in zip(*every, strict=True)], session.words)


def _product(numbers: Iterable[int], modulus: int) -> int:
    result = 1
    for number in numbers:
        result = result * number % modulus
    return result


def _centred(values: Sequence[int], n: int) -> list[int]:
    """From -n/2 to n/2: the first part of an update is what the others leave, and mostly negative."""
    return [value - n if 2 * value > n else value for value in values]
