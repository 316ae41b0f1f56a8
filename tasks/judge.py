"""Judge: a reader recomputes the proposal that stands, and proves it wrong where it is.

proposal --verify--> findings --first that can be proven--> challenge on chain     withheld bytes --> demand on chain
store does not answer --half of the window not gone--> try again     --gone--> demand, like what is withheld
"""

from collections.abc import Sequence
from functools import partial

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from prefect_federated.adapters.challenging import prove_any
from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.demanding import ask_for, was_asked
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.unreached import counts_as_withheld
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.errors import FederatedError, StoreUnreachable
from prefect_federated.core.findings import Finding, Verification, Wrong
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.once import unless_done
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{party.name}/judge",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def judge(party: Party, spec: RoundSpec, mailbox: Mailbox | None = None) -> Verification:
    """Recompute the standing proposal, and bring what is provably wrong before the contract.

    What no challenge can show is logged, for people to take up; so is what the contract refused before another proof.

    Args:
        mailbox: in which key holders left what they opened, where updates are encrypted.

    Raises:
        ContractRefused: of all that should be provable nothing could be proven.
        StoreUnreachable: the store does not answer for all that there is to judge, and nothing is found in the rest;
            try again. Once half of the window is gone, what it does not answer for is demanded instead.
        ChainUnreachable: the chain could not be asked; try again.
    """
    federation, logger = party.federation, get_run_logger()
    judged = federation.round_state(spec.task).proposal_hash

    def overturned() -> bool:
        state = federation.round_state(spec.task)
        return state.phase != Phase.CHALLENGE or state.proposal_hash != judged

    verification = verify_proposal(party, spec, mailbox)
    for finding in verification.findings:
        logger.warning("%s: %s", finding.wrong.value, finding.detail)
    withheld = _withheld(party, spec, verification)
    checkpoint("judge:verified")
    if not verification.provable:
        _demand(party, spec, withheld)
    elif not overturned():
        try:
            with unless_done(overturned):
                for refused in prove_any(party, spec, verification.provable).refused:
                    logger.warning("not proven: %s", refused)
        except FederatedError:
            _demand(party, spec, withheld)
            raise
        checkpoint("judge:challenged")
    return verification


def _withheld(party: Party, spec: RoundSpec, verification: Verification) -> list[Finding]:
    """What there is to ask for: what is missing, and in the second half of the window what could not be asked for.

    Raises:
        StoreUnreachable: there is nothing but the latter, and it is not yet withheld.
    """
    missing, unreached = [one for one in verification.findings if one.wrong is Wrong.WITHHELD], verification.unreached
    for one in unreached:
        get_run_logger().warning("%s: %s", one.wrong.value, one.detail)
    if unreached and counts_as_withheld(party, spec):
        return [*missing, *unreached]
    if unreached and not verification.findings:
        raise StoreUnreachable(
            f"round {spec.task}/{spec.round}: {unreached[0].detail}; not all of the proposal could be judged, try again"
            f" (once half of its {spec.spec.enforced.challenge_window} s are gone, what does not answer is demanded)"
        )
    return missing


def _demand(party: Party, spec: RoundSpec, withheld: Sequence[Finding]) -> None:
    """Where nothing can be proven, ask for what is withheld; another watcher may come first."""
    for finding in withheld:
        with unless_done(partial(was_asked, party, spec, finding)):
            ask_for(party, spec, finding)
