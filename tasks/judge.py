"""Judge: a reader recomputes the proposal that stands, and proves it wrong where it is.

proposal --verify--> findings --first that can be proven--> challenge on chain     withheld bytes --> demand on chain
"""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from prefect_federated.adapters.challenging import prove_any
from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.demanding import ask_for
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.errors import FederatedError
from prefect_federated.core.findings import Verification, Wrong
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
        TransportError: chain or store could not be asked; try again.
    """
    federation, logger = party.federation, get_run_logger()
    judged = federation.round_state(spec.task).proposal_hash

    def overturned() -> bool:
        state = federation.round_state(spec.task)
        return state.phase != Phase.CHALLENGE or state.proposal_hash != judged

    verification = verify_proposal(party, spec, mailbox)
    for finding in verification.findings:
        logger.warning("%s: %s", finding.wrong.value, finding.detail)
    checkpoint("judge:verified")
    if not verification.provable:
        _demand(party, spec, verification)
    elif not overturned():
        try:
            with unless_done(overturned):
                for refused in prove_any(party, spec, verification.provable).refused:
                    logger.warning("not proven: %s", refused)
        except FederatedError:
            _demand(party, spec, verification)
            raise
        checkpoint("judge:challenged")
    return verification


def _demand(party: Party, spec: RoundSpec, verification: Verification) -> None:
    """Where nothing can be proven, ask for what is withheld."""
    for finding in verification.findings:
        if finding.wrong is Wrong.WITHHELD:
            ask_for(party, spec, finding)
