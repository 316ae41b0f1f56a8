"""Relayed rounds on real chains: signatures, batches, what is skipped, and a log that reads like a direct round's."""

import pytest
from eth_account import Account

from prefect_federated.adapters.evm.compact_signatures import signer_of
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.relaying import skipped
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.core.errors import ContractRefused
from prefect_federated.core.letters import CommitLetter, OpeningLetter
from prefect_federated.core.round import Phase
from prefect_federated.core.words import keccak256
from tests.adapters.evm.consortium import BOND, REWARD, Consortium, Silo


@pytest.fixture(scope="module")
def consortium(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    made = Consortium(devnet, tmp_path_factory.mktemp("relaying"), silos=3)
    for federation in (made.aggregator, *(silo.federation for silo in made.silos)):
        federation.deposit(5 * BOND)
    return made


@pytest.fixture(scope="module")
def relayer(consortium: Consortium) -> Federation:
    """Anybody with money for gas: not registered, not enrolled."""
    return consortium.facade(consortium.account())


def signed(consortium: Consortium, silo: Silo, round: int, weight: int = 10) -> CommitLetter:
    opening = silo.opening(round, weight)
    digest = opening.digest(consortium.context(silo, round))
    return silo.federation.sign_commit(consortium.task, round, digest, silo.grant, silo.evidence(round))


def opening(consortium: Consortium, silo: Silo, round: int, uri: str = "cas://payload") -> OpeningLetter:
    return silo.federation.sign_opening(consortium.task, round, silo.opening(round), uri)


def end_phase(federation: Federation, task: int) -> None:
    federation.wait_until(federation.round_state(task).deadline + 1)
    federation.tick(task)


def new_round(consortium: Consortium, modes: int = 3) -> int:
    """The first round of a task of its own, with all silos in its cohort."""
    enforced = consortium.enforced().model_copy(update={"modes": modes})
    spec_hash = keccak256(f"task {consortium.sponsor.tasks() + 1}".encode())
    consortium.task = consortium.sponsor.create_task(enforced, spec_hash, "cas://spec")
    consortium.sponsor.fund(consortium.task, 10 * REWARD)
    consortium.aggregator.accept_duty(consortium.task)
    for silo in consortium.silos:
        silo.federation.enrol(consortium.task)
    consortium.sponsor.open_round(consortium.task)
    return 1


def test_relayed_round_reads_like_one_in_which_everybody_sent_for_itself(
    consortium: Consortium, relayer: Federation
) -> None:
    round, task = new_round(consortium), consortium.task
    first, second, third = consortium.silos
    letters = [signed(consortium, silo, round) for silo in (first, second)]
    assert all(relayer.is_signed(task, round, letter) for letter in letters)
    assert relayer.live_grants(task, letters) == [True, True]
    sent = relayer.commit_many(task, round, letters)
    assert [event.name for event in sent.events if event.name != "PhaseChanged"] == ["UpdateCommitted"] * 2
    assert skipped(sent) == {}
    consortium.commit(third, round)  # left out by the relayer, commits for itself
    assert relayer.round_state(task).phase == Phase.REVEAL
    assert relayer.commitment_of(task, round, first.address) == letters[0].commitment
    relayer.reveal_many(
        task, round, [opening(consortium, first, round, "cas://ä"), opening(consortium, second, round, "")]
    )
    third.federation.reveal(task, round, third.opening(round), "cas://third")
    found = {reveal.participant: (reveal.index, reveal.uri) for reveal in relayer.reveals(task, round)}
    assert found == {first.address: (0, "cas://ä"), second.address: (1, ""), third.address: (2, "cas://third")}
    assert [reveal.opening for reveal in relayer.reveals(task, round)] == [s.opening(round) for s in consortium.silos]
    log = read_round_log(relayer, task, round)
    everybody = tuple(silo.address for silo in consortium.silos)
    assert log.expected == log.committed == log.revealed == everybody
    assert log.weights == dict.fromkeys(everybody, 10)
    assert log.commit_tx[first.address] == log.commit_tx[second.address] == sent.tx_hash != log.commit_tx[third.address]
    assert len(log.transactions["commit"]) == len(log.transactions["reveal"]) == 2


def test_each_entry_that_is_skipped_is_named_in_a_sentence(consortium: Consortium, relayer: Federation) -> None:
    round, task = new_round(consortium), consortium.task
    first, second, third = consortium.silos
    forged = signed(consortium, second, round).model_copy(update={"commitment": b"\1" * 32})
    stranger = signed(consortium, third, round).model_copy(update={"participant": relayer.signer})
    assert not relayer.is_signed(task, round, forged)
    good = signed(consortium, first, round)
    sent = relayer.commit_many(task, round, [good, forged, stranger])
    why = skipped(sent)
    assert why == {
        second.address: f"participant {second.address} did not sign this entry, nor did its delegate; it must sign"
        " for this round, task, chain and contract",
        relayer.signer: f"participant {relayer.signer} is not in the round's cohort, or holds no bond in it any more",
    }
    again = skipped(relayer.commit_many(task, round, [good]))
    assert again[first.address].endswith("has committed already; the first commitment counts")
    consortium.commit(second, round)
    consortium.commit(third, round)
    wrong = second.federation.sign_opening(task, round, second.opening(round, weight=11), "")
    late = skipped(relayer.reveal_many(task, round, [opening(consortium, first, round), wrong]))
    astray = opening(consortium, third, round).model_copy(update={"uri": "cas://nowhere"})
    assert not relayer.is_signed(task, round, astray)
    assert skipped(relayer.reveal_many(task, round, [astray])).keys() == {third.address}
    assert late == {
        second.address: f"participant {second.address} gives an opening that is not behind its commitment;"
        " it must recall the one it sealed"
    }


def test_late_openings_of_a_batch_are_late(consortium: Consortium, relayer: Federation) -> None:
    round, task = new_round(consortium), consortium.task
    first, second, _ = consortium.silos
    relayer.commit_many(task, round, [signed(consortium, silo, round) for silo in (first, second)])
    end_phase(relayer, task)
    relayer.reveal_many(task, round, [opening(consortium, second, round)])
    end_phase(relayer, task)
    relayer.reveal_many(task, round, [opening(consortium, first, round)])
    log = read_round_log(relayer, task, round)
    assert (log.revealed, log.late) == ((second.address,), (first.address,))


def test_who_signs_two_commitments_loses_its_bond_to_whoever_shows_them(
    consortium: Consortium, relayer: Federation
) -> None:
    round, task = new_round(consortium), consortium.task
    cheat = consortium.silos[2]
    one, two = signed(consortium, cheat, round), signed(consortium, cheat, round, weight=11)
    again = signed(consortium, cheat, round)
    assert again == one  # recovery signs the same commitment again: the same bytes
    with pytest.raises(ContractRefused, match="not two commitments"):
        relayer.challenge_equivocation(task, round, one, again)
    relayer.challenge_equivocation(task, round, one, two)
    assert relayer.pending_bounty_of(relayer.signer) == BOND // 2
    log = read_round_log(relayer, task, round)
    assert log.slashed == {cheat.address: BOND}


def test_batch_for_a_task_without_relaying_is_refused_in_words(consortium: Consortium, relayer: Federation) -> None:
    round = new_round(consortium, modes=1)
    with pytest.raises(ContractRefused, match="act directly; create a task with modes 3"):
        relayer.commit_many(consortium.task, round, [])


def test_signature_that_is_none_or_malleable_has_no_signer() -> None:
    account, digest = Account.create(), b"\2" * 32
    made = account.unsafe_sign_hash(digest)
    r, vs = made.r.to_bytes(32, "big"), (made.s | (made.v - 27) << 255).to_bytes(32, "big")
    assert signer_of(digest, r, vs) == account.address
    assert signer_of(digest, bytes(32), bytes(32)) is None
    assert signer_of(digest, r, (2**255 - 1).to_bytes(32, "big")) is None
