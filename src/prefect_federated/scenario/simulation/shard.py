"""A shard: some of the crowd's members, taken through a stage together; each passes the checks it would pass alone.

commit: listen once --> checks of all tables at once --> for each: consent, evidence --> train as one program
        --> for each: seal, sign, leave the letter
reveal: listen once --> for each: envelope to the readers, sign, leave the opening
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from prefect_federated.adapters.data.consented import suite_for
from prefect_federated.adapters.data.together import check_together
from prefect_federated.adapters.payloads import fetch_words, seal_update
from prefect_federated.adapters.personal import keep_personal, recall_personal
from prefect_federated.adapters.server_stepping import require_true_base
from prefect_federated.core.combine import Words
from prefect_federated.core.errors import CommitmentMismatch, FederatedError
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.notes import LocalNote
from prefect_federated.core.round import Exclusion
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.members import stage
from prefect_federated.learning.batched_update import Pupil, train_updates
from prefect_federated.learning.plan import TrainingData
from prefect_federated.learning.update import EncodedUpdate
from prefect_federated.scenario.simulation.attacking import Sight
from prefect_federated.scenario.simulation.ground import Simulated
from prefect_federated.tasks.commit import recall, seal
from prefect_federated.tasks.leave import leave_commit, leave_opening
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.retract import retract
from prefect_federated.tasks.validate import validate


@dataclass(slots=True)
class ShardNotes:
    """What a shard leaves behind: counts and sentences by account, and what attackers are to see of it."""

    local: dict[str, LocalNote] = field(default_factory=dict)
    excluded: dict[str, Exclusion] = field(default_factory=dict)
    words: dict[str, Words] = field(default_factory=dict)  # trained, before they were sealed; none if nobody looks


class Shard:
    """Members in groups that train as one program. Prefect is given this object, and does not look into it.

    All that a stage does follows from this object, chain, store and mailbox, so it can be carried to another process,
    and be done there once more where the first was lost on the way: what was sealed stays as it was sealed.
    """

    def __init__(self, name: str, groups: list[list[Simulated]], device: str, seen: bool = False) -> None:
        """Name the shard.

        Args:
            seen: whether attackers are shown what its members train.
        """
        self.name, self._groups, self._device, self._seen = name, groups, device, seen
        self.attack: Sight | None = None

    @property
    def members(self) -> list[Simulated]:
        """Everybody, in order."""
        return [member for group in self._groups for member in group]

    def commit(self, task: int, round: int) -> ShardNotes:
        """Bring every member to a letter in the mailbox, or to the sentence that says why not."""
        notes, party = ShardNotes(), self.members[0].silo.party
        with party.federation.still():
            spec = listen.fn(party, task, round)
            self._foresee(spec)
            self._check_all(spec)
            for group in self._groups:
                self._commit_group(spec, group, notes)
        return notes

    def reveal(self, task: int, round: int) -> dict[str, Exclusion]:
        """Leave every member's opening."""
        notes, party = ShardNotes(), self.members[0].silo.party
        with party.federation.still():
            spec, committed = listen.fn(party, task, round), party.federation.grants_of(task, round)
            withdrawn = {one.participant: one for one in party.federation.withdrawn_commits(task)}
            for member in self.members:
                if member.account not in committed:
                    continue
                with _noted(member, notes, "reveal"):
                    if member.account in withdrawn:
                        retract.fn(member.silo.party, withdrawn[member.account])
                    else:
                        _reveal(member, spec)
        return notes.excluded

    def _foresee(self, spec: RoundSpec) -> None:
        """Ask the chain in two messages for what every member is going to ask."""
        federation = self.members[0].silo.party.federation
        grants = [member.silo.held_record.grant_id for member in self.members]
        federation.foresee("ConsentLedger", "grantOf", [(grant,) for grant in grants])
        datasets = [federation.grant_state(grant).dataset for grant in grants]
        federation.foresee("ConsentLedger", "datasetOf", [(dataset,) for dataset in datasets])

    def _check_all(self, spec: RoundSpec) -> None:
        """Look at all tables at once; a table that is refused here is refused by its own check as well, with why."""
        views, suite = [], suite_for(self.members[0].silo, spec)
        for member in self.members:
            try:
                member.silo.look(spec, suite)
                views.append((member.silo.checks, member.silo.view(spec)))
            except FederatedError:
                continue
        check_together(views, suite)

    def _commit_group(self, spec: RoundSpec, group: list[Simulated], notes: ShardNotes) -> None:
        validated: dict[str, tuple[Evidence, TrainingData]] = {}
        for member in group:
            with _noted(member, notes, "validate"), stage("validate"):
                evidence = validate.fn(member.silo, spec)
                validated[member.account] = (evidence, member.silo.training_data(spec))
        members = [member for member in group if member.account in validated]
        trained = self._train(spec, [(one, validated[one.account][1]) for one in members])
        for member, update in zip(members, trained, strict=True):
            with _noted(member, notes, "train"):
                if isinstance(update, FederatedError):
                    raise update
                evidence = validated[member.account][0]
                if self._seen:
                    notes.words[member.account] = update.words
                notes.local[member.account] = LocalNote(
                    evidence.counts.rows, evidence.view_digest, spec.spec.data.names, update.metrics
                )
                with stage("commit"):
                    _leave(member, spec, evidence, update)

    def _train(
        self, spec: RoundSpec, pupils: list[tuple[Simulated, TrainingData]]
    ) -> list[EncodedUpdate | FederatedError]:
        if not pupils:
            return []
        party = pupils[0][0].silo.party
        require_true_base(party, spec)
        base = fetch_words(party.store, spec, "model", spec.base_uri, spec.base_root)
        sight = self.attack
        taught = [
            Pupil(
                one.account,
                data if sight is None else sight.poisoned(one.account, data),
                recall_personal(one.silo.party, spec),
            )
            for one, data in pupils
        ]
        trained = train_updates(spec, base, taught, self._device)
        if sight is None:
            return trained
        return [sight.crafted(pupil.account, update) for pupil, update in zip(taught, trained, strict=True)]


def _leave(member: Simulated, spec: RoundSpec, evidence: Evidence, update: EncodedUpdate) -> None:
    silo, party = member.silo, member.silo.party
    sealed = recall(party, spec)
    if sealed is None:
        body = seal_update(
            party.store, spec, party.account, party.sealing_key, update.words, update.weight, update.metrics
        )
        keep_personal(party, spec, body.attempt, update.personal)
        sealed = seal(silo, spec, evidence, body)
    if silo.mailbox is not None:
        leave_commit.fn(silo, silo.mailbox, spec, sealed)


def _reveal(member: Simulated, spec: RoundSpec) -> None:
    silo, party = member.silo, member.silo.party
    sealed = recall(party, spec)
    if sealed is None:
        raise CommitmentMismatch(
            f"round {spec.task}/{spec.round}: {member.name} committed, but its store holds no opening; start afresh"
        )
    if silo.mailbox is not None:
        leave_opening.fn(party, silo.mailbox, spec, sealed)


@contextmanager
def _noted(member: Simulated, notes: ShardNotes, at: str) -> Iterator[None]:
    """Who fails is written down, and the others go on."""
    try:
        yield
    except FederatedError as error:
        notes.local.pop(member.account, None)
        notes.excluded[member.account] = Exclusion(member.account, error.stage or at, str(error))
