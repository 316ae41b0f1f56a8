"""A relayer takes from the mailbox what would count, and says of everything else why it would not."""

from pathlib import Path

import pytest

from prefect_federated.adapters.bringing import bring_commits, bring_openings
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.mailbox import FolderMailbox, place_of
from prefect_federated.adapters.relayer import Relayer, waiting_commits, waiting_openings
from prefect_federated.core.letters import CommitLetter, OpeningLetter
from tests.adapters.evm.consortium import Consortium, Silo


@pytest.fixture(scope="module")
def consortium(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    made = Consortium(devnet, tmp_path_factory.mktemp("relayer"), silos=3)
    made.sponsor.open_round(made.task)
    return made


@pytest.fixture(scope="module")
def relayer(consortium: Consortium, tmp_path_factory: pytest.TempPathFactory) -> Relayer:
    mailbox: Path = tmp_path_factory.mktemp("mailbox")
    return Relayer("relayer", consortium.facade(consortium.account()), FolderMailbox(mailbox))


def leave(relayer: Relayer, kind: str, content: bytes) -> None:
    federation = relayer.federation
    relayer.mailbox.leave(place_of(federation.chain_id, federation.coordinator, 1, 1, kind), content)


def signed(consortium: Consortium, silo: Silo, grant: bytes | None = None) -> CommitLetter:
    opening = silo.opening(1)
    digest = opening.digest(consortium.context(silo, 1))
    return silo.federation.sign_commit(1, 1, digest, grant or silo.grant, silo.evidence(1))


def located(silo: Silo, weight: int = 10) -> OpeningLetter:
    return silo.federation.sign_opening(1, 1, silo.opening(1, weight), "cas://payload")


def test_relayer_drops_whatever_the_chain_would_skip(consortium: Consortium, relayer: Relayer) -> None:
    first, second, third = consortium.silos
    stranger = consortium.silo(9)  # registered, not enrolled
    good, without_grant = signed(consortium, first), signed(consortium, second, grant=bytes(32))
    for letter in (good, without_grant, signed(consortium, stranger), good.model_copy(update={"vs": bytes(32)})):
        leave(relayer, "commit", letter.to_bytes())
    leave(relayer, "commit", b"{}")
    bag = waiting_commits(relayer, 1, 1)
    assert bag.letters == [good]
    assert {sentence.split(":")[0] for sentence in bag.dropped} == {
        f"participant {second.address} has no grant that covers the round",
        f"participant {stranger.address} is not in the cohort of round 1/1",
        f"participant {first.address} did not sign its letter",
        "no CommitLetter",
    }
    sent = relayer.federation.block_number()
    assert bring_commits(relayer, 1, 1).count == 1
    assert relayer.federation.block_number() == sent + 1
    assert waiting_commits(relayer, 1, 1).letters == []
    assert f"participant {first.address} has committed" in waiting_commits(relayer, 1, 1).dropped
    leave(relayer, "commit", signed(consortium, second).to_bytes())  # its grant was found: a second letter counts
    assert [letter.participant for letter in waiting_commits(relayer, 1, 1).letters] == [second.address]
    bring_commits(relayer, 1, 1)
    consortium.commit(third, 1)


def test_relayer_drops_openings_that_do_not_open_or_were_sent_astray(consortium: Consortium, relayer: Relayer) -> None:
    first, second, third = consortium.silos
    good, wrong = located(first), located(second, weight=11)
    astray = located(third).model_copy(update={"uri": "cas://nowhere"})
    stranger = good.model_copy(update={"participant": relayer.federation.signer})
    for letter in (good, wrong, astray, stranger):
        leave(relayer, "opening", letter.to_bytes())
    bag = waiting_openings(relayer, 1, 1)
    assert bag.letters == [good]
    assert set(bag.dropped) == {
        f"the letter of participant {second.address} does not open its commitment",
        f"participant {third.address} did not sign its letter",
        f"participant {relayer.federation.signer} has not committed",
    }
    assert bring_openings(relayer, 1, 1).count == 1
    assert bring_openings(relayer, 1, 1).count == 0
    assert [reveal.participant for reveal in relayer.federation.reveals(1, 1)] == [first.address]
