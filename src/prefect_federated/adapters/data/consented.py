"""From a silo's data to the one view that a round may use: consent first, then quality.

grant + record + policy --> consented columns and subjects --> view --GX suite of the grant--> evidence
all rows --salted--> dataset root: the one published on chain before the round? --> evidence
"""

from dataclasses import dataclass
from functools import lru_cache

from prefect_federated.adapters.data.budget import require_budget, require_counted
from prefect_federated.adapters.data.looking import Looked, asked_of
from prefect_federated.adapters.data.table import table_of
from prefect_federated.adapters.data.view import ConsentView
from prefect_federated.adapters.evm.datasets import published_roots
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.checks import CheckReport, Expected, Suite, require_passed, suite_of
from prefect_federated.core.consent import ConsentRecord, GrantState, require_covered, require_live, require_record
from prefect_federated.core.data_use import Use
from prefect_federated.core.dataset import require_published
from prefect_federated.core.errors import ConfigurationError, ConsentError, DataRefused, PolicyRefused
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.own_suite import own_expectations, require_seen
from prefect_federated.core.policy import check_policy
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealing import derive
from prefect_federated.core.spec import DataSpec
from prefect_federated.core.view import FLAGS
from prefect_federated.learning.plan import code_hash


@dataclass(frozen=True, slots=True)
class Granted:
    """A silo's record and the live grant behind it."""

    record: ConsentRecord
    state: GrantState


def require_consent(silo: Silo, spec: RoundSpec) -> Granted:
    """The record behind a live grant that covers this use, after the silo's own policy agreed.

    Raises:
        PolicyRefused: the policy forbids it.
        ConsentError: no live grant covers it.
    """
    agreed = spec.spec
    readers = [reader.account for reader in spec.readers_of(silo.party.account)]
    check_policy(silo.policy, agreed, readers, code_hash(agreed.plan.ref), spec.cohort)
    record, federation = silo.consent_record(), silo.party.federation
    grant = federation.grant_state(record.grant_id)
    require_live(grant, silo.party.account, agreed.enforced.purposes, federation.chain_time(), spec.reads_until)
    require_counted(grant, spec)
    require_record(grant, record)
    require_covered(grant, record, Use(agreed.purposes, agreed.use, spec.reads_until))
    return Granted(record, grant)


def check_data(silo: Silo, spec: RoundSpec, granted: Granted) -> Evidence:
    """Look at the data once for each change of them, run the suite of the grant; the evidence holds counts only.

    Raises:
        ConsentError: the grant does not cover a column of the task.
        DataError: a column is missing, rows are too few, the rows are not those published, an expectation failed.
        PolicyRefused: the silo's own suite is not the approved one.
        BudgetSpent: the round would cost more privacy than the grant, or the silo itself, allows.
    """
    suite = suite_for(silo, spec)
    looked, report = _examined(silo, spec, granted, suite)
    _require_published(silo, spec, granted.state, looked.dataset_root)
    require_passed(report, silo.source.name)
    require_budget(silo, spec, granted.state, looked.counts.rows)
    party, context = silo.party, spec.context(silo.party.account)
    return Evidence(
        task=spec.task,
        round=spec.round,
        participant=party.account,
        until_s=spec.reads_until,
        grant_id=granted.record.grant_id,
        subjects_root=granted.state.subjects,
        dataset_root=looked.dataset_root,
        view_digest=looked.view_digest,
        suite_hash=suite.hash,
        counts=looked.counts,
        checks=report.checks,
        salt=derive(party.sealing_key.private_bytes, "evidence", context, party.sealing_key.version),
    )


def consented_view(silo: Silo, spec: RoundSpec, record: ConsentRecord) -> ConsentView:
    """Only consenting subjects, only the columns of the task.

    Raises:
        ConsentError: the grant does not cover a column of the task.
        MissingColumn: the data lack a column.
        EmptyView: fewer rows are left than task or silo demand.
    """
    return table_of(silo).view(spec, record)


def suite_for(silo: Silo, spec: RoundSpec) -> Suite:
    """The task's expectations and the silo's own.

    Raises:
        PolicyRefused: the silo's own suite was edited since the policy approved it, or is not there.
        MissingColumn: it looks at a column outside the view.
    """
    data, own = spec.spec.data, list[Expected]()
    if silo.suite is None and silo.policy.suite_hash is not None:
        raise PolicyRefused(
            f"the silo's policy approves its own suite {silo.policy.suite_hash[:14]}, and the Silo block names"
            " none; name its file as suite"
        )
    if silo.suite is not None:
        try:
            document = silo.suite.read_bytes()
        except OSError as error:
            raise ConfigurationError(
                f"the silo's suite {silo.suite} cannot be read ({type(error).__name__}); restore it, or name none"
            ) from error
        own += own_expectations(document, silo.policy.suite_hash, silo.suite.name)
        require_seen(own, (*data.names, *FLAGS), silo.suite.name)
    return suite_of(data, silo.policy.min_rows, own) if own else _plain_suite(data, silo.policy.min_rows)


@lru_cache(maxsize=16)
def _plain_suite(data: DataSpec, min_rows: int) -> Suite:
    return suite_of(data, min_rows)


def keep_evidence(silo: Silo, spec: RoundSpec, evidence: Evidence) -> None:
    """Keep the evidence in the silo's vault under its hash, to show to an auditor."""
    silo.party.vault.keep(evidence_slot(silo, spec, evidence.hash), evidence.canonical())


def kept_evidence(silo: Silo, spec: RoundSpec, evidence_hash: bytes) -> Evidence:
    """The evidence again that was kept under its hash.

    Raises:
        DataRefused: it is not in the vault.
    """
    kept = silo.party.vault.recall(evidence_slot(silo, spec, evidence_hash))
    if kept is None:
        raise DataRefused(
            f"round {spec.task}/{spec.round}: evidence 0x{evidence_hash.hex()[:12]} is not in the store of"
            f" {silo.party.name}{silo.party.sealing_key.hint}; restore the store"
        )
    return Evidence.from_bytes(kept)


def require_same_subjects(silo: Silo, spec: RoundSpec, evidence: Evidence) -> None:
    """Refuse to commit what was made when the grant covered other subjects: nobody who left goes in with it.

    Raises:
        ConsentError: a subject joined or left since the data were validated.
    """
    now = silo.party.federation.grant_state(evidence.grant_id).subjects
    if now != evidence.subjects_root:
        raise ConsentError(
            f"round {spec.task}/{spec.round}: the grant's subjects have root 0x{now.hex()[:12]} now, 0x"
            f"{evidence.subjects_root.hex()[:12]} when the data were validated; nothing is committed: validate again"
        )


def evidence_slot(silo: Silo, spec: RoundSpec, evidence_hash: bytes) -> str:
    """Where evidence of a round lies in the silo's vault."""
    return f"{spec.slot('evidence', silo.party.account)}/{evidence_hash.hex()}"


def same_view(silo: Silo, spec: RoundSpec, evidence: Evidence) -> ConsentView:
    """The view again, read anew, for training; it must be the one that was validated.

    Raises:
        DataRefused: its digest differs from the evidence's.
    """
    view = consented_view(silo, spec, silo.consent_record())
    if view.digest != evidence.view_digest:
        raise DataRefused(
            f"round {spec.task}/{spec.round}: the data hash to 0x{view.digest.hex()[:12]} now, 0x"
            f"{evidence.view_digest.hex()[:12]} when they were validated; validate again before training"
        )
    return view


def _examined(silo: Silo, spec: RoundSpec, granted: Granted, suite: Suite) -> tuple[Looked, CheckReport]:
    """What the data and the suite say, from earlier if neither table, grant, task nor suite changed."""
    asked, cache = asked_of(silo, spec, granted.state, suite), silo.checks.cache
    known = cache.recall(asked) if cache is not None and asked is not None else None
    if known is not None:
        looked = Looked.from_json(known)
        report = silo.checks.known(looked.view_digest, suite.hash)
        if report is not None:
            return looked, report
    looked, report = table_of(silo).look(spec, granted.record, suite)
    if cache is not None and asked is not None:
        cache.keep(asked, looked.to_json())
    return looked, report


def _require_published(silo: Silo, spec: RoundSpec, grant: GrantState, root: bytes) -> None:
    """The rows are those whose root the data holder published before the round opened."""
    federation = silo.party.federation
    require_published(root, federation.dataset_of(grant.dataset)[1], grant.dataset, silo.source.name)
    opened = federation.started(spec.task, spec.round).block
    if not published_roots(federation, grant.dataset, since=opened + 1):
        return
    before = [one.root for one in published_roots(federation, grant.dataset) if one.block <= opened]
    if before[-1:] != [root]:
        raise DataRefused(
            f"{silo.source.name} hashes to dataset root 0x{root.hex()[:12]}, published after round {spec.task}/"
            f"{spec.round} opened in block {opened}; these rows count from the next round on"
        )
