"""What spoilt the sum of those who mask together, and whose it is: all that a contract is shown of it.

messages of Share, answers, payloads' headers, notes --core.masking.faults--> false sharings | false seeds
"""

from collections.abc import Iterator
from dataclasses import dataclass

from prefect_federated.adapters.evm.masking import Bound, Dealt, SeedFault
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.masked_payload import fetch_note
from prefect_federated.adapters.masking import sessions_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_payload, header_of
from prefect_federated.adapters.spool import in_memory
from prefect_federated.adapters.unmasking import answers_in, turnout_in
from prefect_federated.core.errors import (
    ConfigurationError,
    PayloadError,
    ProtocolError,
    SpecError,
    StoreUnreachable,
)
from prefect_federated.core.findings import Finding, Wrong
from prefect_federated.core.masking.faults import FalseSharing, false_seeds, false_sharings
from prefect_federated.core.masking.recovery import open_masks
from prefect_federated.core.masking.session import Session
from prefect_federated.core.proofs import piece_of
from prefect_federated.core.result import IncludedUpdate
from prefect_federated.core.round_spec import RoundSpec


@dataclass(frozen=True, slots=True)
class MaskFaults:
    """Whoever dealt false shares, or else, where all shares are true, bound a false seed.

    Attributes:
        outage: of a payload that could not be asked for, so that what it is bound to is not known yet.
    """

    sharings: tuple[tuple[Dealt, FalseSharing], ...] = ()
    seeds: tuple[SeedFault, ...] = ()
    outage: StoreUnreachable | None = None


def faults_in(party: Party, spec: RoundSpec, session: Session) -> MaskFaults:
    """Who of those who mask together is at fault, as far as a contract can be shown it.

    False seeds are found once all shares are true: what is compared with them is joined from the shares.

    Raises:
        StoreUnreachable: what somebody dealt, or so much of what was shown that nothing opens, could not be asked for.
        ChainUnreachable: the node does not show all that the contract counts; try again.
    """
    federation, place = party.federation, (spec.task, spec.round)
    inside = {member.index for member in session.members}
    reveals = [one for one in federation.reveals(*place) if one.index in inside]
    turnout, shared = turnout_in(party, spec, session, reveals)
    messages, outages = answers_in(party, spec, turnout)
    dealt = {one.index: one for one in federation.dealt(*place)}
    if false := false_sharings(turnout, shared, messages):
        return MaskFaults(sharings=tuple((dealt[one.sharer], one) for one in false))
    try:
        opened = open_masks(turnout, shared, messages)
    except (PayloadError, ProtocolError):  # too few shares: there is nothing to compare
        if outages:
            raise outages[-1] from None
        return MaskFaults()
    bound, outage = _bound(party, spec, session, reveals)
    found = false_seeds(opened, shared, {index: one.note for index, one in bound.items()})
    seeds = tuple(SeedFault(dealt[o.owner], o, bound[o.owner], dealt[o.other]) for o in found)
    return MaskFaults(seeds=seeds, outage=outage)


@dataclass(frozen=True, slots=True)
class IncludedFaults:
    """False seeds by which a proposal falls, by their place among the included.

    Attributes:
        outage: what of a group that was looked at could not be asked for.
    """

    seeds: tuple[tuple[int, SeedFault], ...] = ()
    outage: StoreUnreachable | None = None


def included_faults(
    party: Party, spec: RoundSpec, included: tuple[IncludedUpdate, ...], suspects: set[str]
) -> IncludedFaults:
    """False seeds that included updates are bound to, each group by itself: an outage of one hides no other's.

    Args:
        suspects: accounts; groups without any of them are not looked at.

    Raises:
        ChainUnreachable: the node does not show all that the contract counts; try again.
    """
    places = {record.participant: position for position, record in enumerate(included)}
    try:
        sessions = sessions_of(party, spec)
    except SpecError:  # too few can mask: nothing was opened
        return IncludedFaults()
    found, outage = list[tuple[int, SeedFault]](), None
    for session in sessions:
        if not suspects & places.keys() & {member.account for member in session.members}:
            continue
        try:
            faults = faults_in(party, spec, session)
        except StoreUnreachable as error:
            outage = error
            continue
        outage = faults.outage or outage
        some = ((one.accused.participant, one) for one in faults.seeds if one.false.overturns)
        found += [(places[account], one) for account, one in some if account in places]
    return IncludedFaults(tuple(found), outage)


def seed_findings(faults: IncludedFaults) -> Iterator[Finding]:
    """Included updates that are bound to a false seed: whoever reads the round could not take their masks off."""
    for position, fault in faults.seeds:
        false = fault.false
        whose = "its own" if false.other == false.owner else f"that with {false.other}"
        detail = (
            f"included {position}, {fault.accused.participant}: its payload is bound to a seed, {whose}, that hashes to"
            f" 0x{false.note.hash_of(false.other).hex()}, opened was 0x{false.true.hex()}"
        )
        yield Finding(Wrong.SEED, detail, position)


def _bound(
    party: Party, spec: RoundSpec, session: Session, reveals: list[Reveal]
) -> tuple[dict[int, Bound], StoreUnreachable | None]:
    """By index what payloads say of their masks, where they and their notes can be read; and what was not reached."""
    found, outage = dict[int, Bound](), None
    for reveal in reveals:
        where = (party.store, spec, reveal.participant, reveal.opening, reveal.uri)
        try:
            plain = fetch_payload(*where, party.account, party.sealing_key, in_memory)
            secret = header_of(plain, spec, reveal.participant, reveal.opening).secret
            note = fetch_note(party, session, reveal, secret)
        except StoreUnreachable as error:
            outage = error
            continue
        except (PayloadError, ConfigurationError):
            continue
        header = piece_of(plain, 0, spec.spec.enforced.chunk_bytes)
        found[reveal.index] = Bound(reveal.opening, header, note)
    return found, outage
