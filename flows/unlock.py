"""unlock: a key holder's part. Reads the chain, opens its part of an encrypted sum once reveals are final, exits.

Aggregate --> its opening, unless it lies there
"""

from prefect import flow

from prefect_federated.adapters.key_holder import KeyHolder as OpenKeyHolder
from prefect_federated.adapters.turn import take_turn
from prefect_federated.blocks.key_holder import KeyHolder
from prefect_federated.core.due import sums_due
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.unlock import unlock_sum


@flow(name="unlock", flow_run_name="{holder}/task-{task}/unlock")
def unlock(holder: str, task: int) -> str:
    """Open what is due for a task now; meant to run every minute.

    Args:
        holder: name of the `KeyHolder` block.
        task: index of the task on chain.

    Returns:
        What was done: "unlock" or "nothing"; or "busy" where another run is at it.
    """
    block: KeyHolder = KeyHolder.load(holder)  # type: ignore[assignment]
    with take_turn(block.signer.home, task) as mine:
        return unlock_due(block.open(), task) if mine else "busy"


def unlock_due(holder: OpenKeyHolder, task: int) -> str:
    """The opening that is due, through the same task wherever it runs."""
    federation = holder.party.federation
    state, gap_s = federation.round_state(task), federation.task_of(task).enforced.finality_gap
    if not sums_due(state, federation.chain_time(), gap_s):
        return "nothing"
    return "unlock" if unlock_sum(holder, listen(holder.party, task, state.round)) else "nothing"
