"""Where an audit takes its facts from: events up to one block, documents from the store, evidence of the caller.

chain --> Facts;   store, folder, vault --hash again--> Documents; what is not to be had is named, never made up
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from prefect_federated.adapters.evm.event_index import EventIndex
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.records import Event, Version
from prefect_federated.adapters.evm.versions import check_versions, version_of
from prefect_federated.adapters.lineage.auditing import CONSENT, Documents, Facts
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.reading import RESULT_BYTES, ROUND, read_task_spec
from prefect_federated.core.audit import CheckRow, EvidenceRow
from prefect_federated.core.errors import ContentMismatch, FederatedError, PayloadError
from prefect_federated.core.result import hash_of_metrics

TRIES = 3


def read_facts(federation: Federation, index: EventIndex, task: int) -> Facts:
    """Everything that the chain says about a task, as of one block.

    Raises:
        SpecError: there is no such task.
        SpecMismatch: the log does not hash to the head; another node may tell the truth.
    """
    on_chain = federation.task_of(task)
    for attempt in range(TRIES):
        as_of = index.catch_up(federation)
        events = federation.events(task, to_block=as_of.number)
        consent = federation.events(names=CONSENT, to_block=as_of.number)
        versions = [version_of(event) for event in events if event.name == "VersionAppended"]
        head, number = federation.head(task)
        if number < len(versions) or attempt == TRIES - 1:
            check_versions(versions, federation.chain_id, federation.addresses.models, head)
            break
    return Facts(
        chain_id=federation.chain_id,
        coordinator=federation.coordinator,
        registry=federation.addresses.models,
        task=on_chain,
        as_of=as_of,
        versions=versions,
        events=events,
        consent=consent,
    )


def read_documents(party: Party | None, facts: Facts, folder: Path | None = None, vault: bool = False) -> Documents:
    """What lies beside the chain; whatever is missing or altered is named in `missing`.

    Args:
        party: with the store to read; None reads none.
        facts: of the task.
        folder: evidence as canonical JSON files.
        vault: read evidence from the party's own vault too.
    """
    evidence, missing = _evidence(facts, folder)
    if vault and party is not None:
        evidence |= _kept(party, facts)
    if party is None:
        missing.append("name, plan and metrics: no store was named")
        return Documents(evidence=evidence, missing=missing)
    spec = None
    try:
        spec = read_task_spec(party, facts.task)
    except FederatedError as error:
        missing.append(f"the spec: {error}")
    metrics = {}
    for version, proposal_uri in _results(facts):
        try:
            metrics[version.number] = _metrics(party, proposal_uri, version)
        except FederatedError as error:
            missing.append(f"metrics of version {version.number}: {error}")
    return Documents(spec, metrics, evidence, missing)


def _results(facts: Facts) -> Iterator[tuple[Version, str]]:
    """Each version that a round made, with the place of the round's result document."""
    standing = {e.args["round"]: e.args["proposal"]["uri"] for e in facts.events if e.name == "RoundAggregated"}
    return ((version, standing[version.round]) for version in facts.versions if version.kind == ROUND)


def _metrics(party: Party, uri: str, version: Version) -> dict[str, float]:
    content = b"".join(party.store.get(uri, RESULT_BYTES))
    try:
        told = json.loads(content)
        metrics: dict[str, float] = told["metrics"]
        found = hash_of_metrics(metrics, told.get("detection"))
    except (ValueError, KeyError, TypeError) as error:
        raise PayloadError(f"the document at {uri} is no result document") from error
    if found != version.metrics_hash:
        raise ContentMismatch(f"they hash to 0x{found.hex()}, the chain says 0x{version.metrics_hash.hex()}")
    return metrics


def _evidence(facts: Facts, folder: Path | None) -> tuple[dict[bytes, EvidenceRow], list[str]]:
    """Evidence in a folder, by hash; a file that nobody committed to is named."""
    found: dict[bytes, EvidenceRow] = {}
    if folder is None:
        return found, []
    wanted, strange = {commit.args["evidenceHash"] for commit in _commits(facts.events)}, []
    for path in sorted(folder.glob("*.json")):
        digest = hashlib.sha256(path.read_bytes()).digest()
        if digest in wanted:
            found[digest] = _row(path.read_bytes())
        else:
            strange.append(f"{path.name}: hashes to 0x{digest.hex()}, which nobody committed to in this task")
    return found, strange


def _kept(party: Party, facts: Facts) -> dict[bytes, EvidenceRow]:
    """Evidence that the party itself kept in its vault."""
    found = {}
    for commit in _commits(facts.events):
        args, place = commit.args, f"evidence/{facts.chain_id}/{facts.coordinator}/{facts.task.task}"
        name = f"{place}/{commit.args['round']}/{args['participant']}".lower()
        if document := party.vault.recall(f"{name}/{args['evidenceHash'].hex()}"):
            found[args["evidenceHash"]] = _row(document)
    return found


def _commits(events: Sequence[Event]) -> Iterator[Event]:
    return (event for event in events if event.name == "UpdateCommitted")


def _row(document: bytes) -> EvidenceRow:
    """The counts of an evidence document; its hash is the committed one, so its form is what the silo wrote."""
    told = json.loads(document)
    return EvidenceRow(
        suite_hash=told["suite_hash"],
        view_digest=told["view_digest"],
        checks=[CheckRow(**check) for check in told["checks"]],
        **told["counts"],
    )
