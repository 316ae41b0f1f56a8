"""subtotal: a regional aggregator's part. Reads the chain, sums what its silos revealed once Reveal is over, exits.

Vote .. Aggregate --> the sum of the region, unless it is there
"""

from prefect import flow

from prefect_federated.adapters.regional import RegionalAggregator as OpenRegionalAggregator
from prefect_federated.adapters.regional import has_left_sum, regions_of
from prefect_federated.adapters.turn import take_turn
from prefect_federated.blocks.regional import RegionalAggregator
from prefect_federated.core.region_spec import RegionSpec
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.subtotal import leave_subtotal


@flow(name="subtotal", flow_run_name="{regional}/task-{task}/subtotal")
def subtotal(regional: str, task: int) -> str:
    """Leave the sums that are due for a task now; meant to run every minute.

    Args:
        regional: name of the `RegionalAggregator` block.
        task: index of the task on chain.

    Returns:
        What was done, such as "north: 12 of 13 updates"; "nothing"; or "busy" where another run is at it.
    """
    block: RegionalAggregator = RegionalAggregator.load(regional)  # type: ignore[assignment]
    with take_turn(block.signer.home, task) as mine:
        return sum_up(block.open(), task) if mine else "busy"


def sum_up(regional: OpenRegionalAggregator, task: int) -> str:
    """The sums that are due, through the same tasks wherever it runs."""
    state = regional.party.federation.round_state(task)
    if not Phase.REVEAL < state.phase <= Phase.AGGREGATE:
        return "nothing"
    spec = listen(regional.party, task, state.round)
    due = [one for one in regions_of(regional.party, spec) if not has_left_sum(regional, spec, one)]
    return ", ".join(_told(regional, spec, region) for region in due) or "nothing"


def _told(regional: OpenRegionalAggregator, spec: RoundSpec, region: RegionSpec) -> str:
    told = leave_subtotal(regional, spec, region)
    return f"{region.name}: {len(told.included)} of {len(told.included) + len(told.left_out)} updates"
