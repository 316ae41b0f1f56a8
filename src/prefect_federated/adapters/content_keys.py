"""Content keys: a silo's own, made again, and others' as a reader comes by them: unwrapped, or joined from shares.

own: sealing key, attempt --HKDF, compared with the committed hash--> content key
each: envelope --sealing key--> content key
committee: envelope, releases --joined, dealt again, compared (`releasing`)--> vault --> content key
"""

import json
from dataclasses import dataclass

from prefect_federated.adapters.envelope import key_for, read_envelope
from prefect_federated.adapters.keys import NAME_FORMER, SealingKey
from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.adapters.vault import Vault
from prefect_federated.core.canonical import canonical
from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.errors import Undecryptable
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedOpening
from prefect_federated.core.sealing import derive, key_hash, unwrap


@dataclass(frozen=True, slots=True)
class Joined:
    """What enough shares of a payload came to, for good: its content key, or what was wrong with the dealing."""

    key: bytes | None
    wrong: str = ""

    def to_bytes(self) -> bytes:
        """As canonical JSON; only ever kept encrypted."""
        return canonical({"key": self.key.hex() if self.key else None, "wrong": self.wrong})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Joined":
        """Read what `to_bytes` wrote."""
        raw = json.loads(content)
        return cls(bytes.fromhex(raw["key"]) if raw["key"] else None, raw["wrong"])


def made_content_key(key: SealingKey, context: RoundContext, attempt: bytes) -> bytes:
    """The content key of a silo's own update, 32 bytes; the attempt has 16."""
    return derive(key.private_bytes, "content key", context, key.version, attempt)


def own_content_key(key: SealingKey, context: RoundContext, sealed: SealedOpening) -> bytes:
    """The content key of an update that a silo sealed before, under whichever of its keys.

    Raises:
        Undecryptable: it was sealed under none of them.
    """
    return made_content_key(sealed_under(key, context, sealed), context, sealed.attempt)


def sealed_under(key: SealingKey, context: RoundContext, sealed: SealedOpening) -> SealingKey:
    """The one of a silo's keys that an update was sealed under: the content key that it gives is the committed one.

    Raises:
        Undecryptable: it was none of them.
    """
    for one in key.every:
        if key_hash(made_content_key(one, context, sealed.attempt)) == sealed.opening.content_key_hash:
            return one
    raise Undecryptable(
        f"round {context.task}/{context.round}, participant {context.participant}: key version {key.version} derives"
        " another content key than the one committed; restore the sealing key current at the commit:"
        f" {NAME_FORMER}"
    )


def content_key_of(
    store: ContentStore, spec: RoundSpec, participant: str, uri: str, reader: str, key: SealingKey
) -> bytes:
    """The content key of a participant's payload, 32 bytes; whoever uses it compares its hash with the chain's.

    Raises:
        Undecryptable: the envelope holds no key for this reader, or one that does not open; where the committee opens
            updates, too few shares were released to it, or they were dealt wrongly.
    """
    if not spec.threshold:
        wrapped = key_for(read_envelope(store, uri), participant, reader)
        return key.open_with(lambda one: unwrap(wrapped, one.private, spec.context(participant), reader))
    joined = kept_key(Vault(store, key), spec, participant, reader)
    if joined is None:
        raise Undecryptable(
            f"fewer than {spec.threshold} good shares of {participant}'s content key were released to {reader}: members"
            " of the committee release theirs in Vote, readers join them from the mailbox; try again then, or leave it"
            " out"
        )
    if joined.key is None:
        raise Undecryptable(joined.wrong)
    return joined.key


def kept_key(vault: Vault, spec: RoundSpec, participant: str, reader: str) -> Joined | None:
    """What this reader has joined of a payload; None where too few shares have come."""
    document = vault.recall(_slot(spec, participant, reader))
    return None if document is None else Joined.from_bytes(document)


def keep_key(vault: Vault, spec: RoundSpec, participant: str, reader: str, joined: Joined) -> Joined:
    """Keep what was joined, so that an old round stays readable wherever members' letters have gone."""
    return Joined.from_bytes(vault.keep(_slot(spec, participant, reader), joined.to_bytes()))


def _slot(spec: RoundSpec, participant: str, reader: str) -> str:
    return spec.slot(f"content-key/{participant}", reader)
