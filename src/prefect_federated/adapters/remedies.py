"""Remedies of a task's versions, read from the event log by anybody, and answered by a steward.

versions, commits, withdrawals, answers --> core's remedies        reason --> content store, its hash --> chain
"""

from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.records import Sent, Version
from prefect_federated.adapters.evm.versions import version_fields
from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.core.errors import ConfigurationError, ContentMissing, ProtocolError
from prefect_federated.core.proposal import unpack_exclusions
from prefect_federated.core.rationale import RATIONALE_BYTES, Rationale, parse_rationale
from prefect_federated.core.remedies import ROUND, Remedy, State, Used, gravest, remedies
from prefect_federated.core.usage_rights import Permission, permission
from prefect_federated.core.version import VersionFields


def read_remedies(federation: Federation, task: int) -> list[Remedy]:
    """Versions of a task that descend from changed grants, as the chain tells it.

    Raises:
        ConfigurationError: a round had rolls, whose lists lie in a content store that was not named.
    """
    versions, changes = federation.versions(task), federation.consent_changes()
    if not changes:
        return []
    made = [version.round for version in versions if version.kind == ROUND]
    used = {round: Used(federation.began(task, round), _included_grants(federation, task, round)) for round in made}
    log = [(VersionFields(*version_fields(version)), version.version_hash) for version in versions]
    return remedies(log, used, changes, federation.remedy_answers(task))


def _included_grants(federation: Federation, task: int, round: int) -> frozenset[bytes]:
    """Grants of those who revealed and were not excluded; of rolls that cannot be read nothing is known."""
    proposal, grants = federation.proposal(task, round), federation.grants_of(task, round)
    out = unpack_exclusions(proposal.exclusions)
    included = [reveal.participant for reveal in federation.reveals(task, round) if reveal.index not in out]
    if len(included) < proposal.included:
        raise ConfigurationError(
            f"round {task}/{round} includes {proposal.included} updates, {len(included)} of them can be read here;"
            " name the content store with --store, the others stand in rolls"
        )
    return frozenset(grants[account] for account in included)


def may_be_used(federation: Federation, version: Version, purposes: int, at_s: int) -> Permission:
    """Whether a version may be used for all of some purposes at a second of chain time, and why."""
    state = gravest(read_remedies(federation, version.task)).get(version.version_hash)
    if federation.is_retired(version.version_hash):
        state = State.RETIRE
    return permission(version.rights, purposes, at_s, state)


def remedy_of(federation: Federation, task: int, number: int, grant_id: bytes) -> Remedy:
    """The remedy of one version for one grant.

    Raises:
        ProtocolError: the version does not descend from a change of this grant.
    """
    for one in read_remedies(federation, task):
        if (one.number, one.grant_id) == (number, grant_id):
            return one
    raise ProtocolError(
        f"version {number} of task {task} has no remedy for grant 0x{grant_id.hex()}: it does not descend from it, or"
        f" nobody took it back; `federated remedy list {task}` shows what there is to answer"
    )


def answer(federation: Federation, store: ContentStore, task: int, said: Rationale) -> Sent:
    """Answer a remedy; the rationale is in the store before its hash is on chain.

    Raises:
        ContractRefused: the signer is no steward.
    """
    store.link(_name(said.digest), store.put([said.to_bytes()]))
    action = State[said.action.upper()]
    return federation.answer_remedy(task, said.version_hash, said.grant_id, action, said.digest)


def read_rationale(store: ContentStore, reason_hash: bytes) -> Rationale | None:
    """The reason behind an answer, checked against its hash; None where the store does not have it."""
    uri = store.resolve(_name(reason_hash))
    if uri is None:
        return None
    try:
        return parse_rationale(b"".join(store.get(uri, RATIONALE_BYTES)), reason_hash)
    except ContentMissing:
        return None


def _name(reason_hash: bytes) -> str:
    return f"rationale/{reason_hash.hex()}"
