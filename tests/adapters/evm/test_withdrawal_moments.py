"""Consent is withdrawn at six moments of a round, in a pause or not: what stands, what comes out, who loses nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.remedies import read_remedies
from prefect_federated.adapters.round_log import RoundLog, read_round_log
from prefect_federated.core.errors import ConsentError, ContractRefused
from prefect_federated.core.remedies import State
from prefect_federated.core.round import Exclusion, Phase, Status
from tests.adapters.evm.consortium import Consortium, Silo

PAUSE_S = 120


class Story:
    """One round of three silos; the first one's grant is withdrawn at a moment, the others go on to the end."""

    def __init__(self, consortium: Consortium, paused: bool) -> None:
        self.consortium, self.paused = consortium, paused
        self.leaver, *self.others = consortium.silos
        self.stake = self.stake_of_the_leaver()
        self.events: set[str] = set()

    def play(self, moment: str) -> None:
        """From before the round opens until it is settled; consent is withdrawn at the moment."""
        sponsor, task = self.consortium.sponsor, self.consortium.task
        stages: dict[str, Callable[[], object]] = {
            "before open": lambda: sponsor.open_round(task),
            "after validate": self.commit,
            "after commit": self.reveal,
            "after reveal": self.propose,
            "after aggregate": self.settle,
            "after settle": lambda: None,
        }
        for name, following in stages.items():
            if name == moment:
                self.withdraw()
            following()

    def withdraw(self) -> None:
        """By the data holder, in a pause where the story has one; time goes on after it."""
        sponsor = self.consortium.sponsor
        if self.paused:
            sponsor.pause(sponsor.chain_time() + PAUSE_S)
            assert sponsor.paused_until()
        self.events = {event.name for event in self.leaver.federation.withdraw_and_retract(self.leaver.grant).events}
        if self.paused:
            assert sponsor.paused_until(), "withdrawn in the pause, not after it"
            sponsor.wait_until(sponsor.paused_until() + 1)

    @property
    def withdrawn(self) -> bool:
        return bool(self.consortium.sponsor.grant_state(self.leaver.grant).withdrawn_at)

    def commit(self) -> None:
        """Everybody commits who may; for whoever may not, Commit lasts to its end."""
        for silo in self.others:
            self.consortium.commit(silo, 1)
        if not self.withdrawn:
            self.consortium.commit(self.leaver, 1)
            return
        with pytest.raises(ConsentError, match="withdrawn at chain time"):
            self.consortium.commit(self.leaver, 1)
        sponsor, task = self.consortium.sponsor, self.consortium.task
        sponsor.wait_until(sponsor.round_state(task).deadline + 1)

    def reveal(self) -> None:
        """All but one open whose commit stands: Reveal goes on."""
        first, _ = self.others
        self.open(first)
        if not self.withdrawn:
            self.open(self.leaver)
        elif "UpdateRetracted" in self.events:
            with pytest.raises(ContractRefused, match="no open commitment"):
                self.open(self.leaver)

    def open(self, silo: Silo) -> None:
        silo.federation.reveal(self.consortium.task, 1, silo.opening(1), "cas://payload")

    def propose(self) -> None:
        """The last one opens, and the aggregator posts its result."""
        _, last = self.others
        self.open(last)
        included = len(self.consortium.sponsor.reveals(self.consortium.task, 1))
        self.consortium.aggregator.propose(self.consortium.task, 1, self.consortium.proposal(included))

    def settle(self) -> None:
        aggregator, task = self.consortium.aggregator, self.consortium.task
        aggregator.wait_until(aggregator.round_state(task).deadline + 1)
        aggregator.settle(task, 1, aggregator.proposal(task, 1))

    def stake_of_the_leaver(self) -> int:
        return self.consortium.sponsor.participant(self.leaver.address).stake


@pytest.fixture
def story(devnet: Devnet, tmp_path: Path, paused: bool) -> Story:
    return Story(Consortium(devnet, tmp_path, silos=3), paused)


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
@pytest.mark.parametrize("moment", ["before open", "after validate"])
def test_consent_withdrawn_before_the_commit_lets_nothing_be_committed(story: Story, moment: str) -> None:
    story.play(moment)
    log = ended(story)
    assert log.committed == log.aggregated == tuple(silo.address for silo in story.others)
    assert not log.retracted and "UpdateRetracted" not in story.events
    assert read_remedies(story.consortium.sponsor, story.consortium.task) == []


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
@pytest.mark.parametrize("moment", ["after commit", "after reveal"])
def test_consent_withdrawn_until_the_end_of_reveal_takes_the_update_out(story: Story, moment: str) -> None:
    story.play(moment)
    log, sponsor, task = ended(story), story.consortium.sponsor, story.consortium.task
    assert "UpdateRetracted" in story.events and story.leaver.address in log.committed
    assert log.aggregated == tuple(silo.address for silo in story.others)
    assert Exclusion(story.leaver.address, "reveal", "consent withdrawn") in log.participation({}).excluded
    assert sponsor.enrolment(task, story.leaver.address).waits_until == 1 + story.consortium.enforced().wait_rounds
    assert read_remedies(sponsor, task) == []


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
@pytest.mark.parametrize("moment", ["after aggregate", "after settle"])
def test_consent_withdrawn_later_leaves_the_version_with_an_open_remedy(story: Story, moment: str) -> None:
    story.play(moment)
    log, sponsor, task = ended(story), story.consortium.sponsor, story.consortium.task
    assert "UpdateRetracted" not in story.events and not log.retracted
    assert set(log.aggregated) == {silo.address for silo in story.consortium.silos}
    assert [(one.number, one.grant_id, one.state) for one in read_remedies(sponsor, task)] == [
        (1, story.leaver.grant, State.OPEN)
    ]
    sponsor.open_round(task)
    with pytest.raises(ConsentError, match="withdrawn at chain time"):
        story.consortium.commit(story.leaver, 2)


def ended(story: Story) -> RoundLog:
    """The log of the settled round; nobody lost a stake."""
    sponsor, task = story.consortium.sponsor, story.consortium.task
    assert sponsor.round_state(task).phase is Phase.SETTLED
    log = read_round_log(sponsor, task, 1)
    assert log.status in (Status.SUCCESS, Status.DEGRADED) and not log.slashed
    assert story.stake_of_the_leaver() == story.stake
    return log
