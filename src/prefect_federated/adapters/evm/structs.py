"""Values of the domain in the order of the contracts' structs, as the encoder wants them."""

from typing import Any

from prefect_federated.core.commitment import Opening
from prefect_federated.core.consent import Grant
from prefect_federated.core.proposal import Proposal


def opening_tuple(opening: Opening) -> tuple[Any, ...]:
    """An opening as `Opening`."""
    return (
        opening.payload_root,
        opening.sealed_root,
        opening.content_key_hash,
        opening.weight,
        opening.grounds_hash,
        opening.salt,
    )


def grant_tuple(grant: Grant) -> tuple[Any, ...]:
    """A grant as `Grant`."""
    return (
        grant.dataset,
        grant.silo,
        grant.purposes,
        grant.valid_from,
        grant.expiry,
        grant.columns,
        grant.subjects,
        grant.record,
        grant.budget,
        grant.nonce,
        grant.deadline,
    )


def proposal_tuple(proposal: Proposal) -> tuple[Any, ...]:
    """A proposal as `Proposal`."""
    return (
        proposal.aggregate_root,
        proposal.model_root,
        proposal.state_root,
        proposal.included_root,
        proposal.metrics_hash,
        proposal.reward_root,
        proposal.reward_total,
        proposal.included,
        proposal.purposes,
        proposal.usable_until,
        proposal.exclusions,
        proposal.uri,
    )
