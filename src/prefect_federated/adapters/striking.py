"""Who made a masked round fail loses its bond: what it bound itself is compared on chain with what came out.

mask_faults: false sharings, false seeds --challengeSharing, challengeSeed--> bonds
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from prefect_federated.adapters.evm.records import Sent
from prefect_federated.adapters.mask_faults import MaskFaults, faults_in
from prefect_federated.adapters.masking import sessions_of
from prefect_federated.adapters.party import Party
from prefect_federated.core.errors import FederatedError, StoreUnreachable, TransportError
from prefect_federated.core.round_spec import RoundSpec


@dataclass(frozen=True, slots=True)
class Strikes:
    """Who lost its bond now, by what was sent; `missed` where somebody could not be looked at, or not be struck."""

    sent: tuple[Sent, ...]
    missed: bool


def strike_false(party: Party, spec: RoundSpec) -> Strikes:
    """Take the bonds of those who dealt false shares, or bound a false seed; who has none left is passed over.

    In each group by itself: what is not to be had of one keeps nobody in another from being struck.

    Raises:
        StoreUnreachable: nobody was struck, and what somebody dealt or showed could not be asked for; try again.
        ChainUnreachable: the node does not answer, or does not show all that the contract counts; try again.
        FederatedError: nobody was struck, and a contract refused a proof: another party was first, say.
    """
    struck, missed = list[Sent](), list[FederatedError]()
    for session in sessions_of(party, spec):
        try:
            found = faults_in(party, spec, session)
            for accuse in _accusations(party, spec, found):
                try:
                    struck.append(accuse())
                except FederatedError as error:
                    if isinstance(error, TransportError):
                        raise
                    missed.append(error)
            missed += [found.outage] if found.outage else []
        except StoreUnreachable as error:
            missed.append(error)
    if missed and not struck:
        raise missed[-1]
    return Strikes(tuple(struck), bool(missed))


def _accusations(party: Party, spec: RoundSpec, found: MaskFaults) -> Iterator[Callable[[], Sent]]:
    """What is to be sent against each who is at fault among those who masked together, and has its bond."""
    federation, place = party.federation, (spec.task, spec.round)
    struck = federation.struck(*place)

    def liable(account: str) -> bool:
        return account not in struck and federation.enrolment(spec.task, account).bonded

    for accused, sharing in found.sharings:
        if liable(accused.participant):
            yield partial(federation.challenge_sharing, *place, accused, sharing)
    for fault in found.seeds:
        if liable(fault.accused.participant):
            yield partial(federation.challenge_seed, *place, fault)
