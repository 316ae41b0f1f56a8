"""sweep: once a minute, compare with the chain and do what is due; catches whatever a listener missed."""

from prefect import flow, runtime

from prefect_federated.adapters.turn import take_turn
from prefect_federated.blocks.aggregator import Aggregator
from prefect_federated.blocks.silo import Silo
from prefect_federated.blocks.validator import Validator
from prefect_federated.flows.attest import serve
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.participate import take_part


def _run_name() -> str:
    given = runtime.flow_run.parameters
    party = "+".join(name for name in (given.get(role) for role in ("silo", "aggregator", "validator")) if name)
    return f"{party}/task-{given['task']}/sweep"


@flow(name="sweep", flow_run_name=_run_name)
def sweep(
    task: int, silo: str | None = None, aggregator: str | None = None, validator: str | None = None
) -> dict[str, str]:
    """Do what is due for a silo, an aggregator, a validator, or several of them.

    Args:
        task: index of the task on chain.
        silo: name of a `Silo` block.
        aggregator: name of an `Aggregator` block.
        validator: name of a `Validator` block.

    Returns:
        What was done by role: as `participate`, `conclude` and `attest` say it.
    """
    done = {}
    if silo is not None:
        participant: Silo = Silo.load(silo)  # type: ignore[assignment]
        with take_turn(participant.signer.home, task) as mine:
            done["participant"] = take_part(participant.open(), task) if mine else "busy"
    if aggregator is not None:
        concluder: Aggregator = Aggregator.load(aggregator)  # type: ignore[assignment]
        with take_turn(concluder.signer.home, task) as mine:
            done["aggregator"] = bring_on(concluder.open(), task) if mine else "busy"
    if validator is not None:
        judge: Validator = Validator.load(validator)  # type: ignore[assignment]
        with take_turn(judge.signer.home, task) as mine:
            done["validator"] = serve(judge.open(), task) if mine else "busy"
    return done
