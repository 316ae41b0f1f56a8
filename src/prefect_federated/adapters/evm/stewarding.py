"""Remedies on chain: whose consent was taken back, and what a steward answered about the versions that descend from it.

ConsentWithdrawn, SubjectsSet --> changes        RemedyAnswered --> answers        both --> core's remedies
"""

from collections.abc import Iterable

from prefect_federated.adapters.evm.records import Event, Sent
from prefect_federated.adapters.evm.sending import hexed
from prefect_federated.adapters.evm.share_relaying import ShareRelaying
from prefect_federated.core.remedies import Answer, Change, Moment, State

CHANGES = ("ConsentWithdrawn", "SubjectsSet")


class Stewarding(ShareRelaying):
    """Changes of consent, and the steward's answers to them."""

    def answer_remedy(self, task: int, version_hash: bytes, grant_id: bytes, action: State, reason_hash: bytes) -> Sent:
        """Say what is done about a version that descends from a changed grant; the signer must be a steward.

        Args:
            reason_hash: of the document that holds the reason, SHA-256.
        """
        values = (task, version_hash, grant_id, int(action), reason_hash)
        name = f"{task}:{hexed(version_hash)}:{hexed(grant_id)}:{hexed(reason_hash)}"
        return self._send("ModelRegistry", "answerRemedy", *values, name=name, once=False)

    # --- reads -----------------------------------------------------------------------------------------

    def is_retired(self, version_hash: bytes) -> bool:
        """Whether a steward retired a version."""
        return bool(self.call("ModelRegistry", "isRetired", version_hash))

    def consent_changes(self) -> list[Change]:
        """Withdrawals of grants and replaced subjects, of all datasets, in order."""
        return changes_of(self.events(names=CHANGES))

    def remedy_answers(self, task: int) -> list[Answer]:
        """What stewards answered about versions of a task, in order."""
        return answers_of(self.events(task, names=("RemedyAnswered",)))

    def began(self, task: int, round: int) -> Moment:
        """When a round opened, in the order of the chain."""
        return moment(self.started(task, round))


def changes_of(events: Iterable[Event]) -> list[Change]:
    """Withdrawals of grants and replaced subjects among events, in their order."""
    return [
        Change(bytes(event.args["grantId"]), moment(event), event.timestamp, event.name == "ConsentWithdrawn")
        for event in events
        if event.name in CHANGES
    ]


def answers_of(events: Iterable[Event]) -> list[Answer]:
    """What stewards answered, among events, in their order."""
    return [
        Answer(
            version_hash=bytes(event.args["versionHash"]),
            grant_id=bytes(event.args["grantId"]),
            action=State(event.args["action"]),
            reason_hash=bytes(event.args["reasonHash"]),
            steward=event.args["steward"],
            at=moment(event),
            at_s=event.timestamp,
        )
        for event in events
        if event.name == "RemedyAnswered"
    ]


def moment(event: Event) -> Moment:
    """Place of an event in the order of the chain."""
    return event.block, event.log_index
