"""`federated task`: create a task from its spec, and show what the chain enforces.

SPEC.json --complete, check, store--> spec hash --createTask--> number --fund--> escrow for its rounds
"""

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.amounts import parse_amount, show_amount
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.tables import show_pairs
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import SpecError

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.core.spec import TaskSpec

task_app = typer.Typer(help="Tasks: create one, show what it enforces.", no_args_is_help=True)


@task_app.command(
    epilog="Example: federated task create spec.json --store s3://models/fl --keystore sponsor.json --fund 10eth"
)
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def create(
    spec_file: Annotated[
        Path,
        typer.Argument(metavar="SPEC.json", exists=True, dir_okay=False, help="The task's spec, or a draft of it."),
    ],
    store: Annotated[
        str, typer.Option(help="Where spec and first model go: local:DIR, s3://BUCKET/PREFIX, ipfs://HOST:PORT.")
    ],
    sender: Sender,
    where: Where,
    genesis: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="First model, safetensors; default the plan's.")
    ] = None,
    fund: Annotated[str, typer.Option(help="Fill the escrow up to this amount, e.g. 10eth or 1500 (wei).")] = "0",
    label: Annotated[str, typer.Option(help="Makes the same spec another task; without it a repeat finds it.")] = "",
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say what creating it costs now, data fee included; send nothing.")
    ] = False,
    short_gap: Annotated[
        bool, typer.Option("--short-gap", help="Accept a finality_gap below the chain's finality.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Store a task's spec and create it on chain; running it again finds the same task.

    A draft may leave out what follows from the rest: the plan's code hash, the model's tensors, version 0 of the
    model, purposes and rule as numbers, what masks need of windows and numbers, what privacy costs a round, and of
    statistics all but query, silos and windows: `federated stats draft` writes that one.

    Who sees what is up to "masking", "opening" and "privacy". With "opening": {"name": "committee"} no single key opens
    an update: it takes "threshold" members of the round's committee, more than half of it where the draft names no
    number. `federated task show` says who opens.
    """
    from prefect_federated.adapters.stores.base import open_store
    from prefect_federated.cli.cost import show_cost
    from prefect_federated.cli.draft import complete, read_draft

    wanted = parse_amount(fund)
    federation, opened = where.open(sender), open_store(store)
    spec = complete(read_draft(spec_file), opened, genesis)
    _require_holders(federation, spec)
    uri = opened.put([spec.canonical()])
    if estimate:
        show_cost("Creating this task", federation.task_cost(spec.enforced, spec.spec_hash, uri), as_json)
        return
    task = federation.create_task(spec.enforced, spec.spec_hash, uri, label, short_gap)
    missing = wanted - federation.treasury_account(task).escrow
    if missing > 0:
        federation.fund(task, missing)
    _show(task_record(federation, task, spec), as_json)
    if not as_json:
        console.err.print(
            f"Next: the aggregator accepts with `federated participant join {task}`, then participants join.",
            style="dim",
            soft_wrap=True,
        )


@task_app.command(epilog="Example: federated task show 1 --store local:federated-demo/store --json")
@console.says_what_to_do
@takes(where=Where)
def show(
    task: Annotated[int, typer.Argument(min=1, help="Number of the task on chain.")],
    where: Where,
    store: Annotated[str | None, typer.Option(help="Fetch the spec from here and check it against the chain.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Show what a task enforces and what it holds; with --store also its spec, checked field by field."""
    from prefect_federated.adapters.reading import read_task_spec
    from prefect_federated.cli.auditor import auditor

    federation = where.open()
    on_chain = federation.task_of(task)
    spec = read_task_spec(auditor(federation, store), on_chain) if store else None
    _show(task_record(federation, task, spec), as_json)


def task_record(federation: "Federation", task: int, spec: "TaskSpec | None" = None) -> dict[str, Any]:
    """A task with stable names; amounts are decimal text in wei.

    Raises:
        SpecError: there is no such task.
    """
    on_chain, account = federation.task_of(task), federation.treasury_account(task)
    return {
        "task": task,
        "task_id": "0x" + on_chain.task_id.hex(),
        "chain_id": federation.chain_id,
        "coordinator": federation.coordinator,
        "sponsor": on_chain.sponsor,
        "aggregator": {"account": on_chain.aggregator, "bonded": on_chain.aggregator_bonded},
        "standby": {"account": on_chain.standby, "bonded": on_chain.standby_bonded},
        "enrolled": on_chain.enrolled,
        "spec_hash": "0x" + on_chain.spec_hash.hex(),
        "spec_uri": federation.spec_uri(task),
        "enforced": on_chain.enforced.model_dump(mode="json"),
        "balances": {
            "token": account.token,
            "escrow": str(account.escrow),
            "reserved": str(account.reserved),
            "rewarded": str(account.total),
            "claimed": str(account.claimed),
        },
        "spec": spec.model_dump(mode="json") if spec else None,
        "masks": _masks(spec) if spec else None,
    }


def _require_holders(federation: "Federation", spec: "TaskSpec") -> None:
    """Refuse a task whose sums could never be opened.

    Raises:
        SpecError: silos could encrypt nothing to a key holder that is not registered.
    """
    for account in spec.masking.accounts:
        if not federation.participant(account).registered:
            raise SpecError(
                f"key holder {account} is not registered, so it could read no payload and open no sum; have it run"
                " `federated participant register` first"
            )


def _masks(spec: "TaskSpec") -> dict[str, Any] | None:
    """With how many each masks where most take part, and the chances that it fails; None in a clear task.

    `provable`: whether a contract can be shown that the aggregate is not what the sums make.
    """
    from prefect_federated.core.mask_spec import Masked
    from prefect_federated.core.masked_numbers import most_in_sum
    from prefect_federated.core.masking.cohort import graph_of
    from prefect_federated.core.masking.proof import LARGEST_GROUP

    if not isinstance(spec.masking, Masked):
        return None
    graph = graph_of(most := most_in_sum(spec.enforced), spec.masking)
    chances = {"exposed": graph.security_bits, "not_opened": graph.correctness_bits}
    told = {name: f"2^-{int(bits)}" if isfinite(bits) else "0" for name, bits in chances.items()}
    provable = spec.enforced.group <= LARGEST_GROUP
    return {"together": most, "neighbours": graph.degree, "threshold": graph.threshold, **told, "provable": provable}


def _show(record: dict[str, Any], as_json: bool) -> None:
    if as_json:
        console.print_json(record)
        return
    spec = record["spec"] or {}
    show_pairs(
        f"Task {record['task']} {spec.get('name', '')}".strip(),
        [
            ("description", spec.get("description") or None),
            ("updates opened by", _openers(record) if spec else None),
            ("task id", record["task_id"]),
            ("sponsor", record["sponsor"]),
            ("aggregator", _duty(record["aggregator"])),
            ("standby", _duty(record["standby"])),
            ("enrolled", record["enrolled"]),
            ("spec", f"{record['spec_uri']} ({'checked against the chain' if spec else 'not fetched; give --store'})"),
            ("spec hash", record["spec_hash"]),
        ],
    )
    show_pairs("Enforced by the contract", _enforced(record["enforced"]))
    if record["masks"]:
        show_pairs("Masks, where most take part", [(name.replace("_", " "), v) for name, v in record["masks"].items()])
    show_pairs("Balances", [(name, _amount(value)) for name, value in record["balances"].items() if name != "token"])


def _openers(record: dict[str, Any]) -> str:
    opening, seats = record["spec"].get("opening"), record["enforced"]["committee"]
    if opening:
        return f"{opening['threshold']} of {seats} members of the committee together"
    if holders := record["spec"]["masking"].get("holders"):
        return f"nobody; {len(holders)} key holders open their sum together"
    return "nobody; they are masked" if record["enforced"]["mode"] else "each reader by itself"


def _enforced(enforced: dict[str, Any]) -> list[tuple[str, Any]]:
    from prefect_federated.core.duo import purpose_codes
    from prefect_federated.core.enforced import MODES, REWARDS, RULES

    words = {
        "rule": RULES[enforced["rule"]],
        "mode": MODES[enforced["mode"]],
        "reward_by": REWARDS[enforced["reward_by"]],
        "purposes": purpose_codes(enforced["purposes"]),
    }
    shown = {"bond", "aggregator_bond", "round_reward"}
    skip = {"aggregator", "standby"}
    return [
        (name.replace("_", " "), words.get(name) or (_amount(value) if name in shown else _unit(name, value)))
        for name, value in enforced.items()
        if name not in skip
    ]


def _unit(name: str, value: Any) -> Any:
    return f"{value} s" if name.endswith(("_window", "_grace", "_gap")) else value


def _amount(text: str) -> str:
    return show_amount(int(text))


def _duty(duty: dict[str, Any]) -> str:
    if not int(duty["account"], 16):
        return "nobody"
    return f"{duty['account']} ({'on duty' if duty['bonded'] else 'has not accepted the duty yet'})"
