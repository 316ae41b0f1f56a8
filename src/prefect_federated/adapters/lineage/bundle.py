"""An audit as a folder that anybody verifies again, without this package, a node or a store.

audit.json, headers, receipts, spec, results, evidence --SHA-256--> manifest.json;   verify.py checks them all
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.abi import logs
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.headers import encode_header
from prefect_federated.adapters.evm.receipts_of import receipts_of
from prefect_federated.adapters.evm.records import Event
from prefect_federated.adapters.lineage import verify
from prefect_federated.adapters.lineage.auditing import Facts
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.reading import RESULT_BYTES, SPEC_BYTES
from prefect_federated.core.audit import Audit
from prefect_federated.core.errors import ConfigurationError, ContentMismatch
from prefect_federated.core.version import VERSION_TYPE
from prefect_federated.core.words import keccak256

FORMAT = "federated-bundle/1"
LINKED = 5_000  # blocks; over more than these only the headers that are needed are written


def export(
    folder: Path, federation: Federation, party: Party | None, facts: Facts, audit: Audit, evidence: Path | None = None
) -> None:
    """Write the bundle of an audit.

    Args:
        folder: made here; must be empty.
        federation: the chain to ask for headers and receipts.
        party: with the store that holds spec and results; None leaves them out.
        facts: of the audit.
        audit: what is exported.
        evidence: folder of evidence files; those whose hash was committed are put in.

    Raises:
        ConfigurationError: the folder holds something.
        ContentMismatch: receipts do not hash to their block's header.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(f"{folder} is not empty; name an empty folder, or a new one, for the bundle")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = sorted({event.block for event in _told(facts, audit)})
    (folder / "audit.json").write_text(audit.model_dump_json(indent=1))
    (folder / "verify.py").write_bytes(Path(verify.__file__).read_bytes())
    _write_lines(folder / "headers.jsonl", _headers(federation, wanted, audit.as_of.number))
    _write_lines(folder / "receipts.jsonl", _receipts(federation, wanted))
    documents = dict(_documents(folder, party, facts, audit)) | dict(_records(folder, facts, evidence))
    manifest = {
        "format": FORMAT,
        "chain_id": audit.chain_id,
        "coordinator": audit.coordinator,
        "registry": audit.registry,
        "task": audit.task,
        "version": audit.version,
        "version_hash": audit.version_hash,
        "version_type": VERSION_TYPE.decode(),
        "version_event": _signature("ModelRegistry", "VersionAppended"),
        "as_of": {"number": audit.as_of.number, "hash": audit.as_of.hash},
        "documents": documents,
        "files": {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in _files(folder)},
    }
    body = json.dumps(manifest, sort_keys=True, indent=1)
    (folder / "manifest.json").write_text(f"{body}\n{hashlib.sha256(body.encode()).hexdigest()}")


def _told(facts: Facts, audit: Audit) -> list[Event]:
    """Events that the audit rests on: the task's, and those of the grants and datasets behind it."""
    ours = {one.grant for one in audit.grants} | {one.dataset for one in audit.datasets}

    def is_ours(event: Event) -> bool:
        return any("0x" + event.args[name].hex() in ours for name in ("grantId", "dataset") if name in event.args)

    return [*facts.events, *filter(is_ours, facts.consent)]


def _headers(federation: Federation, wanted: list[int], last: int) -> Iterator[tuple[int, str]]:
    """Every header from the first event to the audit's block; over a long way only those that are needed."""
    numbers = range(wanted[0], last + 1) if last - wanted[0] < LINKED else sorted({*wanted, last})
    for number in numbers:
        yield number, encode_header(rpc.block(federation.w3, number)).hex()


def _receipts(federation: Federation, wanted: list[int]) -> Iterator[tuple[int, list[str]]]:
    for number in wanted:
        block = rpc.block(federation.w3, number)
        encoded = receipts_of(federation.w3, block)
        found = "0x" + verify.trie_root(encoded, keccak256).hex()
        if found != block["receiptsRoot"]:
            raise ContentMismatch(
                f"the receipts of block {number} have root {found}, its header says {block['receiptsRoot']}; ask"
                " another node, or report a chain whose receipts have another form"
            )
        yield number, [one.hex() for one in encoded]


def _documents(folder: Path, party: Party | None, facts: Facts, audit: Audit) -> Iterator[tuple[str, str]]:
    """Spec and results as the store has them, each with its URI."""
    if party is None:
        return
    (folder / "documents").mkdir()
    spec = next(event.args["specUri"] for event in facts.events if event.name == "TaskCreated")
    yield _write(folder, "documents/spec.json", b"".join(party.store.get(spec, SPEC_BYTES))), spec
    standing = {e.args["round"]: e.args["proposal"]["uri"] for e in facts.events if e.name == "RoundAggregated"}
    for version in audit.versions:
        if version.kind == "round" and version.round is not None:
            uri = standing[version.round]
            content = b"".join(party.store.get(uri, RESULT_BYTES))
            yield _write(folder, f"documents/version-{version.number}.json", content), uri


def _records(folder: Path, facts: Facts, evidence: Path | None) -> Iterator[tuple[str, str]]:
    committed = {event.args["evidenceHash"] for event in facts.events if event.name == "UpdateCommitted"}
    for path in sorted(evidence.glob("*.json")) if evidence else ():
        content = path.read_bytes()
        if (digest := hashlib.sha256(content).digest()) in committed:
            (folder / "records").mkdir(exist_ok=True)
            yield _write(folder, f"records/{digest.hex()}.json", content), ""


def _write(folder: Path, name: str, content: bytes) -> str:
    (folder / name).write_bytes(content)
    return name


def _write_lines(path: Path, lines: Iterable[tuple[int, Any]]) -> None:
    with path.open("w") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def _files(folder: Path) -> list[tuple[str, Path]]:
    return sorted((str(path.relative_to(folder)), path) for path in folder.rglob("*") if path.is_file())


def _signature(contract: str, name: str) -> str:
    shape = next(log for log in logs(contract).values() if log.name == name)
    return f"{name}({','.join(one.type for one in shape.inputs)})"
