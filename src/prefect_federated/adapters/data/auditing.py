"""An audit inside the silo, with the data: do rows, view, checks and update lead to what is on chain?

commit on chain --evidence hash--> evidence in the vault --dataset root, view digest, counts--> the same of the rows
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from prefect_federated.adapters.carrying import over_base
from prefect_federated.adapters.content_keys import sealed_under
from prefect_federated.adapters.data.consented import evidence_slot, suite_for
from prefect_federated.adapters.data.table import table_of
from prefect_federated.adapters.data.training import train_on
from prefect_federated.adapters.evm.datasets import published_roots, subjects_as_of
from prefect_federated.adapters.evm.records import Event
from prefect_federated.adapters.masking import masked
from prefect_federated.adapters.reading import read_past_spec
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.canonical import canonical_hash
from prefect_federated.core.checks import Check
from prefect_federated.core.consent import ConsentRecord, columns_digest, subjects_root
from prefect_federated.core.errors import DataError, UnknownParticipant
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.payload import payload_root
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedOpening
from prefect_federated.core.sealing import derive

if TYPE_CHECKING:
    from prefect_federated.adapters.data.view import ConsentView

NONE = b""


@dataclass(frozen=True, slots=True)
class Finding:
    """One comparison. `found` comes from the silo's data or store, `expected` is what they are held against."""

    what: str
    found: bytes
    expected: bytes
    why: str  # what it means if they differ

    @property
    def holds(self) -> bool:
        """Whether both are there and equal."""
        return self.found == self.expected != NONE

    def __str__(self) -> str:
        """The finding as a sentence."""
        if self.holds:
            return f"{self.what}: 0x{self.found.hex()[:12]}, as it should be"
        return f"{self.what}: {_short(self.found)}, expected {_short(self.expected)}; {self.why}"


def audit_with_data(
    silo: Silo, task: int, round: int, record: ConsentRecord | None = None, retrain: bool = False
) -> list[Finding]:
    """Recompute what a silo committed to in a past round from the rows it has now.

    Args:
        record: the consent record as of that round, where subjects joined or left since; the current one if None.
        retrain: train again, too, and compare the update; the same machine gives the same bits.

    Raises:
        UnknownParticipant: the silo committed to nothing in that round.
        DataError: the silo's store does not hold the evidence.
    """
    spec = read_past_spec(silo.party, task, round)
    commit, kept = _commit_of(silo, spec), record or silo.consent_record()
    evidence = _evidence(silo, spec, bytes(commit.args["evidenceHash"]))
    spec = replace(spec, reads_until=evidence.until_s)
    table = table_of(silo)
    found = [
        Finding("evidence", evidence.hash, bytes(commit.args["evidenceHash"]), "the store's evidence was altered"),
        Finding("grant", evidence.grant_id, bytes(commit.args["grantId"]), "the commit names another grant"),
        *_record(silo, kept, commit),
        Finding(
            "root on chain", _root_before(silo, spec, evidence), evidence.dataset_root, "it was published too late"
        ),
        Finding(
            "root of the rows",
            table.root(kept.secret),
            evidence.dataset_root,
            "rows were altered, added or removed after the round was validated, or for it",
        ),
    ]
    try:
        view, suite = table.view(spec, kept), suite_for(silo, spec)
    except DataError as error:
        return [*found, Finding("view", NONE, evidence.view_digest, str(error))]
    found += [
        Finding("view", view.digest, evidence.view_digest, "other rows, columns or subjects were validated"),
        Finding("suite", suite.hash, evidence.suite_hash, "another suite ran: the silo's own one may have changed"),
        Finding("counts", _counts(silo.checks.count(view.frame, suite)), _counts(evidence.checks), "the counts differ"),
    ]
    return [*found, _retrained(silo, spec, view)] if retrain else found


def _commit_of(silo: Silo, spec: RoundSpec) -> Event:
    account = silo.party.account
    for event in silo.party.federation.events(spec.task, spec.round, ("UpdateCommitted",)):
        if event.args["participant"] == account:
            return event
    raise UnknownParticipant(
        f"round {spec.task}/{spec.round}: {account} committed to nothing; name a round that this silo took part in"
    )


def _evidence(silo: Silo, spec: RoundSpec, evidence_hash: bytes) -> Evidence:
    document = silo.party.vault.recall(evidence_slot(silo, spec, evidence_hash))
    if document is None:
        raise DataError(
            f"round {spec.task}/{spec.round}: the store of {silo.party.name} holds no evidence"
            f" 0x{evidence_hash.hex()[:12]}{silo.party.sealing_key.hint}; restore the store, without it nothing can be"
            " shown"
        )
    return Evidence.from_bytes(document)


def _record(silo: Silo, record: ConsentRecord, commit: Event) -> list[Finding]:
    """The record is the one behind the grant, with the subjects that it covered at the commit."""
    grant_id, federation = bytes(commit.args["grantId"]), silo.party.federation
    columns, subjects = columns_digest(record.secret, record.columns), subjects_root(record.secret, record.subjects)
    covered = federation.grant_state(grant_id).columns
    then = subjects_as_of(federation, grant_id, commit.block)
    since = "subjects joined or left since: give the record of that round"
    return [
        Finding("consented columns", columns, covered, "the consent record is not the grant's"),
        Finding("consenting subjects", subjects, then, since),
    ]


def _root_before(silo: Silo, spec: RoundSpec, evidence: Evidence) -> bytes:
    """The dataset's root on chain when the round opened."""
    federation = silo.party.federation
    opened = federation.started(spec.task, spec.round).block
    dataset = federation.grant_state(evidence.grant_id).dataset
    return next((one.root for one in reversed(published_roots(federation, dataset)) if one.block <= opened), NONE)


def _counts(checks: Sequence[Check]) -> bytes:
    return canonical_hash([asdict(check) for check in checks])


def _retrained(silo: Silo, spec: RoundSpec, view: "ConsentView") -> Finding:
    """The payload root of an update trained anew on the view, against the one that was committed."""
    party = silo.party
    kept = party.vault.recall(spec.slot("opening", party.account))
    if kept is None:
        return Finding("update", NONE, NONE, "the store holds no opening of that round")
    sealed = SealedOpening.from_bytes(kept)
    context = over_base(party, spec, sealed.made_in).context(party.account)
    key = sealed_under(party.sealing_key, context, sealed)  # noise, masks and secrets were drawn from it
    party = replace(party, sealing_key=party.sealing_key.as_of(key))
    then = read_past_spec(party, spec.task, sealed.made_in) if sealed.made_in else spec
    update = train_on(replace(silo, party=party), then, view)
    words, masks = masked(party, spec, update)
    secret = masks or derive(key.private_bytes, "header secret", context, key.version, sealed.attempt)
    root = payload_root(spec.header("update", update.weight, secret), {"model": words})
    return Finding(
        "update", root, sealed.opening.payload_root, "the update was trained on other rows, or on another machine"
    )


def _short(value: bytes) -> str:
    return f"0x{value.hex()[:12]}" if value else "none"
