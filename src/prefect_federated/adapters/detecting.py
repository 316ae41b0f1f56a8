"""Detection in a round: what its tests find in the updates that a reader could read, and what a result says of it.

gathered updates, base - version before, order of commitments --core.detection--> report --> result document
"""

from collections.abc import Iterator

from prefect_federated.adapters.evm.records import Version
from prefect_federated.adapters.gathering import Gathered, gather
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_kept
from prefect_federated.adapters.reading import model_uri, read_past_spec, read_result, version_with_hash
from prefect_federated.adapters.round_log import RoundLog
from prefect_federated.adapters.spool import Spool
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.combine import Words, minus
from prefect_federated.core.detection.detect import DetectionReport, detect
from prefect_federated.core.findings import Finding, Wrong
from prefect_federated.core.payload import check_stream, words_of
from prefect_federated.core.round import Status
from prefect_federated.core.round_spec import RoundSpec


def run_detection(party: Party, spec: RoundSpec, gathered: Gathered) -> DetectionReport | None:
    """The report that every reader of the round comes to; None where the task asks for none.

    Commitments of one roll stand in the order of their accounts, since the chain knows no other.
    """
    if spec.spec.detection is None:
        return None
    committed = party.federation.events(spec.task, spec.round, ("UpdateCommitted",))
    order = {event.args["participant"]: place for place, event in enumerate(committed)}
    reveals = party.federation.reveals(spec.task, spec.round)
    older = {reveal.participant for reveal in reveals if reveal.behind}
    return detect(spec.spec.detection, gathered.updates, last_step(party, spec), order, gathered.reasons, older)


def last_step(party: Party, spec: RoundSpec) -> Words | None:
    """Base minus the version before it, int32 `[d]`; None where the base is version 0."""
    versions = party.federation.versions(spec.task)
    base = version_with_hash(versions, spec.base_version)
    if not base.number:
        return None
    before = _words(party, spec, version_with_hash(versions, base.parent))
    return minus(_words(party, spec, base), before)  # neither is in memory as a whole


def detected(party: Party, log: RoundLog) -> DetectionReport | None:
    """What detection says of a finished round: its result's report, or of a rejected round, this reader's own."""
    if log.version is not None:
        return read_result(party, log.task, log.round).detection
    if log.status is not Status.REJECTED:
        return None
    spec = read_past_spec(party, log.task, log.round)
    if spec.spec.detection is None:
        return None
    return run_detection(party, spec, gather(party, spec, party.federation.reveals(log.task, log.round)))


def detection_findings(
    party: Party, spec: RoundSpec, theirs: DetectionReport | None, gathered: Gathered
) -> Iterator[Finding]:
    """Whom a proposed report names without reason, or does not name; where all names agree, that a figure differs."""
    ours = run_detection(party, spec, gathered)
    if ours == theirs:
        return
    here, there = (sorted(report.accounts) if report else [] for report in (ours, theirs))
    yield Finding(
        Wrong.DETECTION,
        f"the report names {', '.join(there) or 'nobody'}, the task's tests name {', '.join(here) or 'nobody'}"
        + ("; its figures differ" if here == there else ""),
    )


def _words(party: Party, spec: RoundSpec, version: Version) -> Vector:
    uri = model_uri(party, spec.task, version, spec.spec)
    stream = fetch_kept(party.store, spec, "model", uri, version.model_root, Spool().keep)
    return words_of(stream, check_stream(stream, spec.header("model")))["model"]
