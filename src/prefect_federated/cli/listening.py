"""A listener: finalised events of one task that concern one role become runs of its deployment, each once.

LogCursor --batch--> events of the current round --concerns the role?--> run_deployment under a key --> keep the batch

A batch is kept only after its runs were asked for. Whoever dies between the two asks again, with the same keys, and
Prefect answers with the runs that are there.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from prefect_federated.core.errors import ConfigurationError, TransportError
from prefect_federated.core.round import Phase

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.adapters.evm.logs import LogCursor
    from prefect_federated.adapters.evm.records import Event

Kind = Literal["silo", "aggregator", "validator"]

# Phases that end with their deadline leave no event: RoundStarted begins the flow's own chain of scheduled runs.
# A masked round begins with Share, and any phase may end early: the next window may be shorter than what was left.
CONCERNS: Mapping[Kind, frozenset[str]] = {
    "silo": frozenset(
        {"RoundStarted", "PhaseChanged.COMMIT", "PhaseChanged.REVEAL", "PhaseChanged.UNMASK"}
        | {"RoundSettled", "RoundVoided"}
    ),
    "aggregator": frozenset(
        {"RoundStarted", "PhaseChanged.COMMIT", "PhaseChanged.AGGREGATE", "RoundAggregated", "RoundSettled"}
    ),
    "validator": frozenset(
        {"RoundStarted", "PhaseChanged.REVEAL", "PhaseChanged.VOTE", "PhaseChanged.VOTE_REVEAL", "RoundAggregated"}
        | {"RoundSettled", "RoundVoided"}
    ),
}
DEPLOYMENTS: Mapping[Kind, str] = {
    "silo": "participate/participate",
    "aggregator": "conclude/conclude",
    "validator": "attest/attest",
}
FOLLOWED = ("RoundStarted", "PhaseChanged", "RoundAggregated", "RoundSettled", "RoundVoided")


@dataclass(frozen=True, slots=True)
class Role:
    """Whom a listener works for: which kind of party, the name of its block, the deployment that plays its part."""

    kind: Kind
    block: str
    task: int
    deployment: str

    @property
    def parameters(self) -> dict[str, str | int]:
        """Parameters of a run."""
        return {self.kind: self.block, "task": self.task}


@dataclass(frozen=True, slots=True)
class Started:
    """A run that an event asked for."""

    event: str
    round: int
    key: str
    run: str


@dataclass(frozen=True, slots=True)
class Listener:
    """Follows one task for one role."""

    federation: "Federation"
    cursor: "LogCursor"
    role: Role

    def advance(self) -> list[Started]:
        """Read what is new, ask for its runs, keep the position.

        Raises:
            TransportError: chain or Prefect do not answer; call again.
            ConfigurationError: the deployment does not exist.
        """
        batch = self.cursor.read()
        events = self.federation.decode(batch.logs)
        started = [self._start(event) for event in self._concerning(events)] if events else []
        self.cursor.keep(batch)
        return started

    def _concerning(self, events: "Sequence[Event]") -> "list[Event]":
        current, masked = self.federation.round_state(self.role.task).round, self.federation.is_masked(self.role.task)
        return [event for event in events if concerns(self.role, event, current, masked)]

    def _start(self, event: "Event") -> Started:
        key = run_key(self.federation.chain_id, self.federation.coordinator, self.role, event)
        run = start_run(self.role.deployment, self.role.parameters, key)
        return Started(what(event), event.args["round"], key, run)


def what(event: "Event") -> str:
    """Name of an event; a change of phase is named with the phase that began."""
    return f"PhaseChanged.{Phase(event.args['phase']).name}" if event.name == "PhaseChanged" else event.name


def concerns(role: Role, event: "Event", current: int, masked: bool) -> bool:
    """Whether an event asks a role to act: of its task, of the current round, of a kind that it waits for.

    Commit is a clear round's first phase: that it begins says no more than that the round has started.
    """
    mine = event.args.get("task") == role.task and event.args.get("round") == current
    return mine and what(event) in CONCERNS[role.kind] and (masked or what(event) != "PhaseChanged.COMMIT")


def run_key(chain_id: int, coordinator: str, role: Role, event: "Event") -> str:
    """Idempotency key: eip155:<chain>:<contract>:<event>:<task>:<round>:<block>.

    The block's name ends it since Prefect compares keys within a flow, and two silos may share a server.
    """
    return f"eip155:{chain_id}:{coordinator.lower()}:{what(event)}:{role.task}:{event.args['round']}:{role.block}"


def start_run(deployment: str, parameters: Mapping[str, str | int], key: str) -> str:
    """Ask Prefect for a run, or find the one with this key; its name.

    Raises:
        ConfigurationError: there is no such deployment.
        TransportError: Prefect does not answer.
    """
    from prefect.deployments import run_deployment
    from prefect.exceptions import ObjectNotFound

    with prefect_answers():
        try:
            run = cast(
                "FlowRun",
                run_deployment(
                    name=deployment, parameters=dict(parameters), idempotency_key=key, timeout=0, as_subflow=False
                ),
            )
        except ObjectNotFound as cause:
            raise ConfigurationError(
                f"Prefect knows no deployment {deployment}; apply deployments/prefect.yaml with `prefect deploy`,"
                " or name another with --deployment"
            ) from cause
    return str(run.name)


@contextmanager
def prefect_answers() -> Iterator[None]:
    """Make a Prefect API that does not answer a `TransportError`, which is worth a retry."""
    import httpx
    from prefect.exceptions import PrefectHTTPStatusError
    from prefect.settings import PREFECT_API_URL

    api = PREFECT_API_URL.value() or "its ephemeral server"
    advice = "check PREFECT_API_URL and that the server runs"
    try:
        yield
    except PrefectHTTPStatusError as cause:
        if cause.response.status_code < 500:
            raise
        raise TransportError(f"Prefect at {api} answered {cause.response.status_code}; {advice}") from cause
    except httpx.TransportError as cause:
        raise TransportError(f"Prefect at {api} does not answer ({type(cause).__name__}); {advice}") from cause
    except RuntimeError as cause:
        if "Failed to reach API" not in str(cause):
            raise
        raise TransportError(f"Prefect at {api} does not answer; {advice}") from cause


def back_off(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 1, 2, 4 ... at most 60.

    >>> [back_off(n) for n in (1, 2, 3, 20)]
    [1.0, 2.0, 4.0, 60.0]
    """
    return float(min(2 ** min(failures - 1, 6), 60))
