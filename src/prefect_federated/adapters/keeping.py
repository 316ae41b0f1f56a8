"""What was dealt in a masked round, kept by whoever opens its sum: a dealer who unpublishes it voids nothing.

root on chain --fetch, compare--> message --vault--> copy        store without the message --copy--> store
"""

from collections.abc import Sequence
from dataclasses import dataclass

from prefect_federated.adapters.evm.masking import Dealt
from prefect_federated.adapters.party import Party
from prefect_federated.core.errors import (
    ConfigurationError,
    ContentMismatch,
    ContentMissing,
    PayloadTooLarge,
    StoreUnreachable,
)
from prefect_federated.core.masking.transcript import CHUNK
from prefect_federated.core.merkle import chunks_of, root
from prefect_federated.core.round_spec import RoundSpec

DEALT = "dealt"  # slot of a copy, by dealer


@dataclass(frozen=True, slots=True)
class Kept:
    """How many messages were kept, or put back into the store, now; and whose are not to be had."""

    count: int
    missing: tuple[int, ...]


def keep_dealt(party: Party, spec: RoundSpec) -> Kept:
    """Keep every message of Share that is not kept yet, and put back into the store what it lost since.

    A dealer whose message is not there, or not as on chain, keeps none of the others' from being kept.

    Raises:
        ConfigurationError: the store cannot be written.
        StoreUnreachable: it does not answer for what this party keeps itself.
    """
    count, missing = 0, []
    for dealt in in_its_store(party, spec, party.federation.dealt(spec.task, spec.round)):
        copy = _copy(party, spec, dealt)
        if copy is None:
            try:
                message = _fetched(party, dealt, longest(spec.spec.enforced.max_participants))
            except StoreUnreachable:
                missing.append(dealt.index)
                continue
            party.vault.keep(spec.slot(DEALT, dealt.participant), message)
        elif party.store.exists(dealt.uri):
            continue
        else:
            party.store.put([copy])
        count += 1
    return Kept(count, tuple(missing))


def dealt_message(party: Party, spec: RoundSpec, dealt: Dealt, most_bytes: int) -> bytes:
    """What somebody dealt, checked against the root on chain: from the store, else what this party kept of it.

    Raises:
        StoreUnreachable: neither has it.
    """
    try:
        return _fetched(party, dealt, most_bytes)
    except StoreUnreachable:
        copy = _copy(party, spec, dealt)
        if copy is None:
            raise
        return copy


def in_its_store(party: Party, spec: RoundSpec, dealt: Sequence[Dealt]) -> list[Dealt]:
    """Who dealt where the others read; a message in another kind of store than the task's spec counts as none."""
    kind = _kind(party.federation.spec_uri(spec.task))
    return [one for one in dealt if _kind(one.uri) == kind]


def longest(holders: int) -> int:
    """Most bytes of a message to so many."""
    return CHUNK * (1 + holders)


def _copy(party: Party, spec: RoundSpec, dealt: Dealt) -> bytes | None:
    """What this party kept of somebody; nothing that is not under the root on chain."""
    copy = party.vault.recall(spec.slot(DEALT, dealt.participant))
    return copy if copy is not None and _root(copy) == dealt.root else None


def _fetched(party: Party, dealt: Dealt, most_bytes: int) -> bytes:
    try:
        message = b"".join(party.store.get(dealt.uri, most_bytes))
    except (ContentMissing, ContentMismatch, PayloadTooLarge, ConfigurationError) as error:
        raise StoreUnreachable(
            f"what participant {dealt.index} dealt is not to be had: {error}; nobody can mask before it is, try again"
        ) from error
    if (found := _root(message)) != dealt.root:
        raise StoreUnreachable(
            f"shares of participant {dealt.index} at {dealt.uri} have root 0x{found.hex()}, the chain says"
            f" 0x{dealt.root.hex()}; fetch them from another store"
        )
    return message


def _root(message: bytes) -> bytes:
    return root(chunks_of(message, CHUNK))


def _kind(uri: str) -> str:
    """The kind of store that a URI names."""
    return uri.partition("://")[0]
