"""Model versions from the event log, checked link by link up to the head on chain.

VersionAppended -> Version -> core's first_break -> the log, or SpecMismatch
"""

from collections.abc import Sequence

from prefect_federated.adapters.evm.records import Event, Version
from prefect_federated.core.errors import SpecMismatch
from prefect_federated.core.version import VersionFields, first_break


def version_fields(version: Version) -> tuple[int, int, int, int, bytes, bytes, bytes, bytes, bytes, int, int]:
    """A version in the order of the contract's struct."""
    return (
        version.task,
        version.number,
        version.round,
        version.kind,
        version.parent,
        version.model_root,
        version.aggregate_root,
        version.state_root,
        version.metrics_hash,
        version.purposes,
        version.usable_until,
    )


def check_versions(versions: Sequence[Version], chain_id: int, registry: str, head: bytes) -> None:
    """Refuse a log whose versions are not linked by their hashes, or do not end at the head.

    Raises:
        SpecMismatch: a version was changed, left out or added.
    """
    claims = [(VersionFields(*version_fields(version)), version.version_hash) for version in versions]
    if broken := first_break(claims, chain_id, registry, head):
        raise SpecMismatch(
            f"version {broken.number} in the registry's log {broken.problem}; read the log from another node"
        )


def version_of(event: Event) -> Version:
    """The version that a `VersionAppended` event announces."""
    fields = event.args["version"]
    return Version(
        task=fields["task"],
        number=fields["number"],
        round=fields["round"],
        kind=fields["kind"],
        parent=fields["parent"],
        model_root=fields["modelRoot"],
        aggregate_root=fields["aggregateRoot"],
        state_root=fields["stateRoot"],
        metrics_hash=fields["metricsHash"],
        purposes=fields["purposes"],
        usable_until=fields["usableUntil"],
        version_hash=event.args["versionHash"],
        uri=event.args["uri"],
        block=event.block,
        tx_hash=event.tx_hash,
        timestamp=event.timestamp,
    )
