"""Validate: consent, policy and data quality, before anything is trained.

grant and dataset root on chain + record + policy --> consent view --GX suite--> counts-only evidence, kept by its hash
"""

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.data.answers import require_answerable
from prefect_federated.adapters.data.consented import (
    check_data,
    keep_evidence,
    require_consent,
    same_view,
)
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{silo.party.name}/validate",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def validate(silo: Silo, spec: RoundSpec) -> Evidence:
    """Check that this silo may and can take part; returns counts only.

    Raises:
        ConsentError: no live grant covers purpose, columns, subjects and the time of the round.
        PolicyRefused: the silo's policy forbids what the task asks for, or statistics would show a few rows beside an
            earlier answer.
        DataError: a column is missing, too few rows are left, an expectation failed, or the rows are not those whose
            root the data holder published before the round.
    """
    evidence = check_data(silo, spec, require_consent(silo, spec))
    if spec.spec.statistics is not None:
        require_answerable(silo, spec, same_view(silo, spec, evidence))
    keep_evidence(silo, spec, evidence)
    checkpoint("participant:validated")
    return evidence
