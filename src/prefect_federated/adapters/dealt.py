"""What was dealt in a masked round, as every party finds it: messages of Share under their roots on chain.

SharesDealt events --fetch, root, format--> everybody's sharing | an outage, and the party waits
"""

from prefect_federated.adapters.evm.masking import Dealt
from prefect_federated.adapters.party import Party
from prefect_federated.core.errors import (
    ChainUnreachable,
    ConfigurationError,
    ContentMismatch,
    ContentMissing,
    MalformedMessage,
    PayloadTooLarge,
    StoreUnreachable,
)
from prefect_federated.core.masking.session import Session
from prefect_federated.core.masking.transcript import CHUNK, Sharing, parse_sharing
from prefect_federated.core.merkle import chunks_of, root
from prefect_federated.core.round_spec import RoundSpec


def shared_in(party: Party, spec: RoundSpec, session: Session) -> dict[int, Sharing]:
    """Everybody's message of Share, by index.

    Counted as none is only what everybody sees alike from the chain and from bytes under their root: what is malformed,
    lies in another kind of store than the task's spec, or was dealt by somebody whose sealing key gives no secret. A
    store's word alone leaves nobody out: it could choose with whom a silo masks, and so whose sum shows.

    Raises:
        StoreUnreachable: the store does not give what somebody dealt; nobody can mask before it does, so try again.
        ChainUnreachable: the node does not show every dealer that the contract counts; try again.
    """
    federation, place = party.federation, (spec.task, spec.round)
    members, found = {member.index for member in session.members}, dict[int, Sharing]()
    kind, everybody = _kind(federation.spec_uri(spec.task)), federation.dealt(*place)
    if len(everybody) != (counted := federation.dealers(*place)):
        raise ChainUnreachable(
            f"the node shows {len(everybody)} dealers of round {spec.task}/{spec.round}, the contract counts {counted};"
            " ask again, or another node"
        )
    for dealt in everybody:
        if dealt.index not in members or _kind(dealt.uri) != kind:
            continue
        try:
            sharing = parse_sharing(session, dealt.index, _message(party, session, dealt))
        except MalformedMessage:
            continue
        if sharing.masking_public == dealt.masking_key:
            found[dealt.index] = sharing
    return found


def _kind(uri: str) -> str:
    """The kind of store that a URI names."""
    return uri.partition("://")[0]


def _message(party: Party, session: Session, dealt: Dealt) -> bytes:
    """What somebody dealt, checked against the root on chain."""
    most = CHUNK * (1 + len(session.holders(dealt.index)))
    try:
        message = b"".join(party.store.get(dealt.uri, most))
    except (ContentMissing, ContentMismatch, PayloadTooLarge, ConfigurationError) as error:
        raise StoreUnreachable(
            f"what participant {dealt.index} dealt is not to be had: {error}; nobody can mask before it is, try again"
        ) from error
    found = root(chunks_of(message, CHUNK))
    if found != dealt.root:
        raise StoreUnreachable(
            f"shares of participant {dealt.index} at {dealt.uri} have root 0x{found.hex()}, the chain says"
            f" 0x{dealt.root.hex()}; fetch them from another store"
        )
    return message
