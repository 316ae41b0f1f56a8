"""`federated registry`: the model versions of a task, and whether every hash in them holds.

event log --recompute each version hash, follow the parents--> head on chain;   store --hash again--> same roots
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.mirror_check import compare, require_same
from prefect_federated.cli.mirrored import Mirrored
from prefect_federated.cli.model import rights_record
from prefect_federated.cli.tables import show_pairs, show_table
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ConfigurationError, ContentMismatch, FederatedError, TransportError

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.adapters.evm.records import Version
    from prefect_federated.adapters.party import Party
    from prefect_federated.core.spec import TaskSpec

registry = typer.Typer(help="The hash-linked model versions of a task.", no_args_is_help=True)

TaskArgument = Annotated[int, typer.Argument(min=1, help="Number of the task on chain.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@registry.command(epilog="Example: federated registry log 1 --json")
@console.says_what_to_do
@takes(where=Where)
def log(task: TaskArgument, where: Where, as_json: JsonOption = False) -> None:
    """List the model versions of a task from the first to the newest."""
    rows = [_row(version) for version in logged_versions(where.open(), task)]
    if as_json:
        console.print_json(rows)
        return
    show_table(
        f"Model versions of task {task}",
        ("version", "kind", "round", "version hash", "model root", "may be used for", "appended in"),
        [
            (
                r["version"],
                r["kind"],
                r["round"],
                r["version_hash"],
                r["model_root"],
                r["rights"],
                f"block {r['block']}",
            )
            for r in rows
        ],
    )


@registry.command(epilog="Example: federated registry show 1 3 --json")
@console.says_what_to_do
@takes(where=Where)
def show(
    task: TaskArgument,
    version: Annotated[int, typer.Argument(min=0, help="Number of the version.")],
    where: Where,
    as_json: JsonOption = False,
) -> None:
    """Show one version: its hashes, what it may be used for and until when, and whether a steward retired it."""
    federation = where.open()
    found = [one for one in logged_versions(federation, task) if one.number == version]
    if not found:
        raise ConfigurationError(f"task {task} has no version {version}; `federated registry log {task}` lists them")
    record = _row(found[0]) | {"retired": federation.is_retired(found[0].version_hash)}
    if as_json:
        console.print_json(record)
    else:
        show_pairs(f"Version {version} of task {task}", list(record.items()))


@registry.command(epilog="Example: federated registry verify 1 --store local:federated-demo/store")
@console.says_what_to_do
@takes(where=Where, mirrored=Mirrored)
def verify(
    task: TaskArgument,
    where: Where,
    mirrored: Mirrored,
    store: Annotated[
        str | None,
        typer.Option(
            envvar="FEDERATED_STORE",
            help="Hash models and results again too: local:DIR, s3://BUCKET/PREFIX, ipfs://HOST:PORT.",
        ),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Write again in MLflow what differs from chain and store.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Recompute every version hash and its link, up to the head on chain; ends with 6 at the first wrong one.

    With --store, documents and models are hashed again too; with --mlflow, everything that MLflow has otherwise than
    chain and store is named, and with --repair written again from them alone.
    """
    if mirrored.mlflow and not store:
        raise ConfigurationError("MLflow is compared with chain and store; name the store with --store")
    if repair and not mirrored.mlflow:
        raise ConfigurationError("--repair writes to MLflow; name its store with --mlflow")
    federation = where.open()
    versions = logged_versions(federation, task)
    _require_chain(federation, task, versions)
    hashed = list(_rehashed(federation, task, versions, store)) if store else []
    head, mirror = versions[-1], mirrored.open()
    found = compare(federation, str(store), mirror, task, repair) if mirror else []
    if as_json:
        told = {"task": task, "versions": len(versions), "head": _hex(head.version_hash), "rehashed": hashed}
        console.print_json(told | ({"drifts": [asdict(one) for one in found], "repaired": repair} if mirror else {}))
        require_same(found, repair)
        return
    _ok(f"{len(versions)} versions of task {task} lead to the head {_hex(head.version_hash)}")
    if store:
        _ok(f"{len(hashed)} documents of {store} hash to what the chain says")
    if mirror:
        for drift in found:
            console.out.print("[yellow]mended[/]: " if repair else "[red]differs[/]: ", end="")
            console.out.print(drift.sentence, markup=False, highlight=False, soft_wrap=True)
        require_same(found, repair)
        _ok(f"MLflow at {mirrored.mlflow} has what chain and store say")


def logged_versions(federation: "Federation", task: int) -> "list[Version]":
    """The versions of a task as the endpoint's event log tells them, unchecked.

    Raises:
        SpecError: there is no such task.
    """
    from prefect_federated.adapters.evm.versions import version_of

    federation.task_of(task)
    return [version_of(event) for event in federation.events(task, names=("VersionAppended",))]


def _require_chain(federation: "Federation", task: int, versions: "Sequence[Version]") -> None:
    from prefect_federated.adapters.evm.versions import version_fields
    from prefect_federated.core.version import VersionFields, first_break

    head, _ = federation.head(task)
    claims = [(VersionFields(*version_fields(version)), version.version_hash) for version in versions]
    wrong = first_break(claims, federation.chain_id, federation.addresses.models, head)
    if wrong is not None:
        raise ContentMismatch(
            f"version {wrong.number} of task {task} {wrong.problem}; this node's log is not the chain's, ask another"
        )


def _rehashed(
    federation: "Federation", task: int, versions: "Sequence[Version]", store: str
) -> Iterator[dict[str, Any]]:
    """Fetch spec, results, aggregates and models, hash each again; yields what was found true."""
    from prefect_federated.adapters.reading import read_task_spec
    from prefect_federated.cli.auditor import auditor as open_auditor

    auditor = open_auditor(federation, store)
    with _naming(f"the spec of task {task}"):
        spec = read_task_spec(auditor, federation.task_of(task))
    yield {"what": "spec", "hash": _hex(spec.spec_hash)}
    for version in versions:
        with _naming(f"version {version.number} of task {task}"):
            yield from _documents(auditor, spec, version)


def _documents(auditor: "Party", spec: "TaskSpec", version: "Version") -> Iterator[dict[str, Any]]:
    from prefect_federated.adapters.reading import model_uri, read_result

    if version.kind == 1:
        result = read_result(auditor, version.task, version.round)
        _require_same("metrics", result.metrics_hash, version.metrics_hash)
        yield {"what": "result", "version": version.number, "hash": _hex(result.metrics_hash)}
        _require_root(auditor, spec, "aggregate", result.aggregate_uri, version.aggregate_root)
        yield {"what": "aggregate", "version": version.number, "hash": _hex(version.aggregate_root)}
        if result.state_uri is not None:
            _require_state(auditor, spec, result.state_uri, version.state_root)
            yield {"what": "state", "version": version.number, "hash": _hex(version.state_root)}
    uri = model_uri(auditor, version.task, version, spec)
    _require_root(auditor, spec, "model", uri, version.model_root)
    yield {"what": "model", "version": version.number, "hash": _hex(version.model_root)}


def _require_root(auditor: "Party", spec: "TaskSpec", kind: str, uri: str, expected: bytes) -> None:
    from prefect_federated.core.merkle import chunks_of, root
    from prefect_federated.core.payload import payload_bytes
    from prefect_federated.core.round_spec import header_for

    header = header_for(spec, kind)
    content = b"".join(auditor.store.get(uri, payload_bytes(header)))
    _require_same(f"{kind} at {uri}", root(chunks_of(content, header.chunk_bytes)), expected)


def _require_state(auditor: "Party", spec: "TaskSpec", uri: str, expected: bytes) -> None:
    from prefect_federated.core.server_state import state_bytes, stream_root

    chunk_bytes = spec.enforced.chunk_bytes
    content = b"".join(auditor.store.get(uri, state_bytes(spec.server, spec.model.size, chunk_bytes)))
    _require_same(f"state at {uri}", stream_root(content, chunk_bytes), expected)


def _require_same(what: str, found: bytes, expected: bytes) -> None:
    if found != expected:
        raise ContentMismatch(f"its {what} hashes to {_hex(found)}, the chain says {_hex(expected)}")


@contextmanager
def _naming(what: str) -> Iterator[None]:
    """Turn what is wrong with a document into one error that names it."""
    try:
        yield
    except TransportError:
        raise
    except FederatedError as error:
        raise ContentMismatch(f"{what}: {error}") from error


def _ok(line: str) -> None:
    console.out.print(f"[green]ok[/]: {line}", highlight=False, soft_wrap=True)


def _row(version: "Version") -> dict[str, Any]:
    from prefect_federated.core.version import KINDS

    return {
        "version": version.number,
        "kind": KINDS[version.kind],
        "round": version.round or None,
        "version_hash": _hex(version.version_hash),
        "parent": _hex(version.parent),
        "model_root": _hex(version.model_root),
        "aggregate_root": _hex(version.aggregate_root),
        "metrics_hash": _hex(version.metrics_hash),
        **rights_record(version),
        "uri": version.uri,
        "block": version.block,
        "tx": _hex(version.tx_hash),
        "time": version.timestamp,
    }


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
