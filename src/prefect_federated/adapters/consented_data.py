"""From a silo's data to the one view that a round may use: consent first, then quality.

grant + record + policy --> consented columns and subjects --> view --GX suite of the grant--> evidence
"""

from prefect_federated.adapters.data_source import ConsentView, consent_view
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.checks import suite_of
from prefect_federated.core.consent import ConsentRecord, require_live, require_record
from prefect_federated.core.errors import DataRefused
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.policy import check_policy
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealing import derive
from prefect_federated.learning.plan import code_hash


def require_consent(silo: Silo, spec: RoundSpec) -> ConsentRecord:
    """The record behind a live grant that covers this use, after the silo's own policy agreed.

    Raises:
        PolicyRefused: the policy forbids it.
        ConsentError: no live grant covers it.
    """
    agreed = spec.spec
    check_policy(silo.policy, agreed, [reader.account for reader in spec.readers], code_hash(agreed.plan.ref))
    record, federation = silo.consent_record(), silo.party.federation
    grant = federation.grant_state(record.grant_id)
    require_live(grant, silo.party.account, agreed.enforced.purposes, federation.chain_time(), spec.reads_until)
    require_record(grant, record)
    return record


def consented_view(silo: Silo, spec: RoundSpec, record: ConsentRecord) -> ConsentView:
    """Only consenting subjects, only the columns of the task.

    Raises:
        ConsentError: the grant does not cover a column of the task.
        MissingColumn: the data lack a column.
        EmptyView: fewer rows are left than task or silo demand.
    """
    data = spec.spec.data
    return consent_view(
        silo.source.read(),
        subject_column=silo.subject_column,
        record=record,
        columns=[column.name for column in data.columns],
        target=data.target,
        min_rows=max(data.min_rows, silo.policy.min_rows),
        dataset=silo.source.name,
    )


def check_data(silo: Silo, spec: RoundSpec, record: ConsentRecord, view: ConsentView) -> Evidence:
    """Run the suite of the grant on the view; the evidence holds counts only.

    Raises:
        DataRefused: an expectation failed.
    """
    party, data = silo.party, spec.spec.data
    suite = suite_of(data, min_rows=silo.policy.min_rows)
    report = silo.checks.require(view, suite, run=f"{party.name}-round-{spec.round}")
    context = spec.context(party.account)
    return Evidence(
        task=spec.task,
        round=spec.round,
        participant=party.account,
        grant_id=record.grant_id,
        view_digest=view.digest,
        suite_hash=suite.hash,
        counts=view.counts,
        checks=report.checks,
        salt=derive(party.sealing_key.private_bytes, "evidence", context, party.sealing_key.version),
    )


def keep_evidence(silo: Silo, spec: RoundSpec, evidence: Evidence) -> None:
    """Keep the evidence in the silo's vault under its hash, to show to an auditor."""
    party = silo.party
    party.vault.keep(f"{spec.slot('evidence', party.account)}/{evidence.hash.hex()}", evidence.canonical())


def same_view(silo: Silo, spec: RoundSpec, evidence: Evidence) -> ConsentView:
    """The view again, for training; it must be the one that was validated.

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
