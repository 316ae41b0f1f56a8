"""`federated listen`: start a role's deployment whenever the chain gives it something to do.

finalised logs from a position on disk --> runs with idempotency keys;   unreachable: said once, tried again
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from prefect_federated.cli import console
from prefect_federated.core.errors import ConfigurationError, TransportError

if TYPE_CHECKING:
    from prefect_federated.blocks.party import PartyBlock
    from prefect_federated.cli.listening import Kind, Listener, Role, Started


@console.says_what_to_do
def listen(
    task: Annotated[int, typer.Option(min=1, help="Number of the task on chain.")],
    silo: Annotated[str | None, typer.Option(help="Name of the Silo block to work for.")] = None,
    aggregator: Annotated[str | None, typer.Option(help="Name of the Aggregator block to work for.")] = None,
    validator: Annotated[str | None, typer.Option(help="Name of the Validator block to work for.")] = None,
    deployment: Annotated[
        str | None,
        typer.Option(help="FLOW/NAME to run; default participate/participate, conclude/conclude or attest/attest."),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Handle what is there, then end.")] = False,
    finality: Annotated[
        str | None,
        typer.Option(
            help="latest, safe or finalized; default the profile's, else finalized, latest on a development chain."
        ),
    ] = None,
    poll: Annotated[float, typer.Option(min=0.05, help="Seconds between looks at the chain.")] = 2.0,
    position: Annotated[
        Path | None, typer.Option(help="File of the position in the log; default in the signer's home.")
    ] = None,
) -> None:
    """Follow a task's events and start the role's deployment for those that concern it, each once.

    It may be killed and started again anywhere: runs are asked for under keys, so that nothing runs twice.
    """
    from prefect_federated.cli.listening import DEPLOYMENTS, Role

    kind, block = _role(silo=silo, aggregator=aggregator, validator=validator)
    _warn_without_server()
    role = Role(kind, block, task, deployment or DEPLOYMENTS[kind])

    def opened() -> "Listener":
        return open_listener(role, finality, position)

    if once:
        for started in opened().advance():
            _show(role, started)
        return
    try:
        follow(opened, lambda started: _show(role, started), poll)
    except KeyboardInterrupt:
        console.err.print("stopped; start it again at any time")


def follow(
    opened: "Callable[[], Listener]",
    show: "Callable[[Started], None]",
    poll_s: float,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Advance for ever; what cannot be reached is said once and tried again with growing pauses."""
    from prefect_federated.cli.listening import back_off

    listener, failures = None, 0
    while True:
        try:
            listener = listener or opened()
            for started in listener.advance():
                show(started)
        except TransportError as error:
            failures += 1
            if failures == 1:
                console.err.print(f"{error}; trying on", markup=False, highlight=False, soft_wrap=True)
            sleep(back_off(failures))
            continue
        if failures:
            console.err.print(f"reachable again after {failures} failures")
            failures = 0
        sleep(poll_s)


def open_listener(role: "Role", finality: str | None, position: Path | None) -> "Listener":
    """Connect as a block says, without its keys, and take up the position that was kept.

    Raises:
        ConfigurationError: there is no such block, or the position is of another chain.
        TransportError: chain or Prefect do not answer.
    """
    from prefect_federated.adapters.evm.abi import topics_of
    from prefect_federated.adapters.evm.logs import LogCursor
    from prefect_federated.adapters.evm.rpc import is_dev_chain
    from prefect_federated.cli.listening import FOLLOWED, Listener

    block = _load(role.kind, role.block)
    federation = block.chain.connect()
    federation.task_of(role.task)
    tag = finality or ("latest" if is_dev_chain(federation.w3) else "finalized")
    final = federation.final_block if federation.profile is not None and finality is None else None
    topics = [["0x" + topic.hex() for topic in topics_of(FOLLOWED)], f"0x{role.task:064x}"]
    place = position or block.signer.home / "listen" / f"{role.kind}-{role.block}-task-{role.task}.json"
    start = block.chain.deployed_block
    cursor = LogCursor(place, federation.w3, [federation.coordinator], topics, start, _tag(tag), final=final)
    return Listener(federation, cursor, role)


def _role(**blocks: str | None) -> "tuple[Kind, str]":
    named = {kind: block for kind, block in blocks.items() if block is not None}
    if len(named) != 1:
        given = " and ".join(f"--{kind}" for kind in named) or "none of them"
        raise ConfigurationError(
            f"--silo, --aggregator or --validator says whom to listen for, and {given} was given; give one"
        )
    kind, block = named.popitem()
    return cast("Kind", kind), block


def _load(kind: "Kind", name: str) -> "PartyBlock":
    from prefect_federated.blocks import Aggregator, Silo, Validator
    from prefect_federated.cli.listening import prefect_answers

    kinds: dict[str, type[PartyBlock]] = {"silo": Silo, "aggregator": Aggregator, "validator": Validator}
    expected = kinds[kind]
    with prefect_answers():
        try:
            loaded = expected.load(name)
        except ValueError as cause:
            raise ConfigurationError(
                f"Prefect has no {expected.__name__} block {name!r}; make it in the UI, or name another with --{kind}"
            ) from cause
    return loaded  # type: ignore[return-value]


def _warn_without_server() -> None:
    from prefect.settings import PREFECT_API_URL

    if not PREFECT_API_URL.value():
        console.err.print("PREFECT_API_URL is not set: runs are asked of a server that workers elsewhere do not see")


def _tag(text: str) -> str:
    if text not in ("latest", "safe", "finalized"):
        raise ConfigurationError(f"--finality {text!r} is none of latest, safe, finalized; choose one of them")
    return text


def _show(role: "Role", started: "Started") -> None:
    console.out.print(
        f"round {role.task}/{started.round} {started.event}: {role.deployment} as {started.run}", highlight=False
    )
