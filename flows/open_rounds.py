"""open_rounds: the sponsor's scheduled flow; each run opens the next round, or finds one running."""

from prefect import flow

from prefect_federated.blocks.sponsor import Sponsor
from prefect_federated.tasks.open_round import open_round


@flow(name="open-rounds", flow_run_name="{sponsor}/task-{task}/open")
def open_rounds(sponsor: str, task: int) -> int:
    """Open the next round of a task; returns its number.

    Args:
        sponsor: name of the `Sponsor` block.
        task: index of the task on chain.
    """
    return open_round(Sponsor.load(sponsor).open(), task)  # type: ignore[union-attr]
