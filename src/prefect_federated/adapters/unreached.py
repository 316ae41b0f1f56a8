"""What a store did not answer for: nobody's fault while there is time, withheld once half of Challenge is gone.

StoreUnreachable --> UNREACHED --half of the window gone, and the store gives the task's spec--> demand | try again
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prefect_federated.adapters.gathering import Gathered
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.reading import SPEC_BYTES
from prefect_federated.core.errors import FederatedError, StoreUnreachable
from prefect_federated.core.findings import PAYLOAD, UNASKED, Finding, Wrong
from prefect_federated.core.result import IncludedUpdate
from prefect_federated.core.round import Reason
from prefect_federated.core.round_spec import RoundSpec


def wrong_of(error: FederatedError) -> Wrong:
    """What it is where bytes of a proposal cannot be fetched: withheld, unless the store did not answer."""
    return Wrong.UNREACHED if isinstance(error, StoreUnreachable) else Wrong.WITHHELD


def unread(gathered: Gathered, participant: str, position: int) -> Finding:
    """Of an included update that could not be read, why not."""
    if participant in gathered.unreached:
        return _unreached(participant, position, gathered.unreached[participant])
    kind = Wrong.RANGE if gathered.reasons[participant] is Reason.OUT_OF_RANGE else Wrong.WITHHELD
    return Finding(kind, gathered.details[participant], position, tree=PAYLOAD)


def missed_findings(
    included: Sequence[IncludedUpdate], missed: Mapping[str, StoreUnreachable], gathered: Gathered | None
) -> Iterator[Finding]:
    """What could not be asked for of single updates: payloads that are included, which can be demanded, and the rest.

    Args:
        missed: by account.
    """
    unreached = {} if gathered is None else gathered.unreached
    payloads = {position: one.participant for position, one in enumerate(included) if one.participant in unreached}
    for position, participant in payloads.items():
        yield _unreached(participant, position, unreached[participant])
    told = [unreached[participant] for participant in payloads.values()]  # of whole groups, too
    yield from (Finding(Wrong.UNREACHED, str(one), tree=UNASKED) for one in missed.values() if one not in told)


def _unreached(participant: str, position: int, error: StoreUnreachable) -> Finding:
    return Finding(Wrong.UNREACHED, f"payload of {participant}: {error}", position, tree=PAYLOAD)


def as_far_as_asked(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The same; a store that does not answer on the way ends these, and keeps nothing else from being judged."""
    try:
        yield from findings
    except StoreUnreachable as error:
        yield Finding(Wrong.UNREACHED, str(error), tree=UNASKED)


def counts_as_withheld(party: Party, spec: RoundSpec) -> bool:
    """Whether what the store does not answer for is to be asked for in public now, as if it were missing.

    Half of the Challenge window must be gone, in running time: a pause does not count, and nobody's demand stretches
    it. An answer has a window of its own, for which settlement waits, so the other half is for sending the demand. And
    the store must give the task's spec: who reaches nothing at all asks for nothing, for the fault is on its own side.
    """
    federation, window_s = party.federation, spec.spec.enforced.challenge_window
    return 2 * federation.challenged_s(spec.task, spec.round) >= window_s and _gives_spec(party, spec.task)


def _gives_spec(party: Party, task: int) -> bool:
    uri = party.federation.spec_uri(task)
    try:
        deque(party.store.get(uri, SPEC_BYTES), maxlen=0)
    except FederatedError:
        return False
    return True
