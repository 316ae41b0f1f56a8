"""What was dealt in a masked round, as every party finds it: messages of Share under their roots on chain.

SharesDealt events --fetch, root, format--> everybody's sharing | an outage, and the party waits
"""

from prefect_federated.adapters.keeping import dealt_message, in_its_store, longest
from prefect_federated.adapters.party import Party
from prefect_federated.core.errors import ChainUnreachable, MalformedMessage
from prefect_federated.core.masking.session import Session
from prefect_federated.core.masking.transcript import Sharing, parse_sharing
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
    everybody = federation.dealt(*place)
    if len(everybody) != (counted := federation.dealers(*place)):
        raise ChainUnreachable(
            f"the node shows {len(everybody)} dealers of round {spec.task}/{spec.round}, the contract counts {counted};"
            " ask again, or another node"
        )
    for dealt in in_its_store(party, spec, everybody):
        if dealt.index not in members:
            continue
        message = dealt_message(party, spec, dealt, longest(len(session.holders(dealt.index))))
        try:
            sharing = parse_sharing(session, dealt.index, message)
        except MalformedMessage:
            continue
        if sharing.masking_public == dealt.masking_key:
            found[dealt.index] = sharing
    return found
