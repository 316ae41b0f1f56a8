"""A pause between Commit and Reveal moves the second in which grants are judged; the log alone tells it too."""

from pathlib import Path

import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.moved_openings import opened_at
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.enforced import Enforced
from prefect_federated.core.rolls import roll_commits
from prefect_federated.core.round import Phase
from tests.adapters.evm.consortium import Consortium
from tests.adapters.evm.rolled import (
    commit,
    new_poster,
    new_task,
    reader,
    rolls,
    settle,
    store_commits,
    store_openings,
)


class Patient(Consortium):
    """Commits are final after ten minutes, and only then may anybody open."""

    def enforced(self) -> Enforced:
        return super().enforced().model_copy(update={"finality_gap": 600, "commit_window": 1200})


@pytest.mark.parametrize("paused", ["in the gap", "before the turn, then longer", "in Reveal"])
def test_roll_is_read_alike_once_its_poster_has_posted_another_and_the_log_alone_says_when_reveal_opened(
    devnet: Devnet, tmp_path: Path, paused: str
) -> None:
    """A pause in the gap moves the second before Reveal, and who withdrew in it was not live then."""
    consortium, store = Patient(devnet, tmp_path, silos=3), LocalStore(tmp_path / "store")
    poster, sponsor, third = new_poster(consortium), consortium.sponsor, consortium.silos[2]
    for federation in (consortium.aggregator, *(silo.federation for silo in consortium.silos)):
        federation.deposit(10**19)
    new_task(consortium, poster)
    task, (commits, openings) = consortium.task, rolls(consortium, consortium.silos)
    store_commits(consortium, poster, store, commits)
    sponsor.wait_until(sponsor.round_state(task).deadline + 1)
    if paused == "before the turn, then longer":
        sponsor.pause(sponsor.chain_time() + 900)
    sponsor.tick(task)
    if paused == "in Reveal":
        sponsor.wait_until(sponsor.round_state(task).opens_at + 1)
    sponsor.pause(sponsor.chain_time() + 1800)
    sponsor.wait_until(sponsor.chain_time() + 1000)  # past the second at which Reveal was to open
    third.federation.withdraw_grant(third.grant)
    sponsor.wait_until(max(sponsor.round_state(task).opens_at, sponsor.chain_time() + 900))
    store_openings(consortium, poster, store, openings)
    before = reader(consortium, store).events(task, 1)
    revealed = [one.args["index"] for one in before if one.name == "UpdateRevealed"]
    assert revealed == ([0, 1, 2] if paused == "in Reveal" else [0, 1])
    turn = [one for one in before if one.name == "PhaseChanged" and one.args["phase"] == Phase.REVEAL][-1]
    told = opened_at(turn, reader(consortium, store).logged(names=("Paused",)))
    assert told - 1 == poster.poster_of(task, poster.signer).consent_at
    settle(consortium, 1, 2)
    sponsor.open_round(task)
    store_commits(consortium, poster, store, roll_commits([commit(consortium, consortium.silos[0], round=2)]), 2)
    after = reader(consortium, store).events(task, 1)
    assert after[: len(before)] == before
