"""Rolled rounds read like direct ones: who stands, who does not and why, and what a proposal says of the rest."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.disputing import Case
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.roll_records import RollPlace
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.landing import land
from prefect_federated.adapters.lifting import lift_own
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.errors import CommitmentMismatch, ContractRefused
from prefect_federated.core.proofs import leaf_piece
from prefect_federated.core.rolls import Roll, roll_commits, roll_openings
from prefect_federated.core.round import Phase
from prefect_federated.tasks.settle import claim_floor
from tests.adapters.evm.consortium import Consortium, Silo
from tests.adapters.evm.rolled import (
    broken,
    commit,
    end_phase,
    found,
    new_poster,
    new_task,
    opening,
    play,
    proposed,
    rolls,
    store_commits,
    store_openings,
)

URI = "cas://ä"


@pytest.fixture(scope="module")
def consortium(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return found(devnet, tmp_path_factory.mktemp("unrolling"))


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


@pytest.fixture(scope="module")
def posters(consortium: Consortium) -> list[Federation]:
    return [new_poster(consortium), new_poster(consortium)]


@pytest.fixture
def party(consortium: Consortium, posters: list[Federation], store: LocalStore) -> Iterator[Party]:
    """The aggregator with a store, in the first round of a task with two posters."""
    for poster in posters:
        poster.deposit(10**18)
    new_task(consortium, *posters)
    made = consortium.facade(consortium.aggregator._signing().account, consortium.aggregator._signing())
    yield Party("aggregator", made.account, made, store, SealingKey.generate())


def test_rolled_round_reads_like_one_in_which_everybody_sent_for_itself(
    consortium: Consortium, posters: list[Federation], party: Party, store: LocalStore
) -> None:
    commits, openings = rolls(consortium, consortium.silos)
    play(consortium, posters[0], store, commits, openings)
    federation, task = party.federation, consortium.task
    log = read_round_log(federation, task, 1)
    assert log.expected == log.committed == log.revealed == tuple(silo.address for silo in consortium.silos)
    assert [(one.index, one.uri, one.opening) for one in federation.reveals(task, 1)] == [
        (index, URI, silo.opening(1)) for index, silo in enumerate(consortium.silos)
    ]
    first = consortium.silos[0]
    assert federation.commitment_of(task, 1, first.address) == commit(consortium, first).commitment
    assert federation.has_committed(task, 1, first.address) and federation.has_revealed(task, 1, first.address)
    assert not federation.has_mark(task, 1, first.address)
    assert len(set(log.commit_tx.values())) == 1


def test_who_commits_for_itself_or_is_lifted_stands_by_its_own_mark(
    consortium: Consortium, posters: list[Federation], party: Party, store: LocalStore
) -> None:
    first, second, third = consortium.silos
    commits, openings = rolls(consortium, [first])
    store_commits(consortium, posters[0], store, commits)
    consortium.commit(third, 1)
    end_phase(consortium)
    store_openings(consortium, posters[0], store, openings)
    federation, task = party.federation, consortium.task
    leaf = federation.standing_leaf(task, 1, second.address)
    assert leaf is not None and leaf.opening is None and federation.standing_leaf(task, 1, third.address) is None
    assert not federation.has_revealed(task, 1, second.address)
    second.federation.lift(leaf.place, commits, openings)
    assert federation.standing_leaf(task, 1, second.address) is None
    events = federation.events(task, 1, ("UpdateCommitted",))
    assert sorted(event.args["index"] for event in events) == [0, 1, 2]  # each once
    assert federation.silent(task, 1) == [1, 2]
    end_phase(consortium)
    federation.wait_until(federation.round_state(task).reveal_deadline + 31)
    assert federation.slash_silent(task, 1) is not None
    assert federation.slash_silent(task, 1) is None  # whose leaf is superseded owes nothing for it


@pytest.mark.parametrize("how", ["forged", "delegate", "index", "nothing", "grant", "astray"])
def test_bad_commit_stands_for_nobody_and_a_proposal_leaves_it_out(
    consortium: Consortium, posters: list[Federation], party: Party, store: LocalStore, how: str
) -> None:
    first, _, third = consortium.silos
    bad = broken(consortium, third, how)
    commits = roll_commits([commit(consortium, first), bad])
    given = opening(consortium, third)
    opened = replace(given, uri=b"cas://elsewhere") if how == "astray" else given
    openings = Roll((opening(consortium, first).to_bytes(), opened.to_bytes()))
    play(consortium, posters[0], store, commits, openings)
    task = consortium.task
    committed = [event.args["participant"] for event in party.federation.events(task, 1, ("UpdateCommitted",))]
    assert committed == [first.address] + [third.address] * (how in ("grant", "astray"))  # seen when it opens
    assert [one.participant for one in party.federation.reveals(task, 1)] == [first.address]
    with pytest.raises((ContractRefused, CommitmentMismatch)):  # the contract sees it the same way
        posters[0].land(replace_position(party, first, 1), commits, openings)
    proposed(consortium, [first], b"")
    assert party.federation.round_state(task).phase == Phase.CHALLENGE


def replace_position(party: Party, silo: Silo, position: int) -> RollPlace:
    leaf = party.federation.standing_leaf(party.federation.tasks(), 1, silo.address)
    assert leaf is not None
    return replace(leaf.place, position=position)


@pytest.mark.parametrize("counted", [1, 3])
def test_false_count_of_openings_keeps_nobody_from_proposing(
    consortium: Consortium, posters: list[Federation], party: Party, store: LocalStore, counted: int
) -> None:
    first, second, _ = consortium.silos
    commits, openings = rolls(consortium, [first, second])
    store_commits(consortium, posters[0], store, commits)
    end_phase(consortium)
    uri, task = store.put([openings.to_bytes()]), consortium.task
    posters[0]._send("Coordinator", "postOpenings", task, 1, openings.root, counted, uri)
    end_phase(consortium)
    assert [reveal.index for reveal in party.federation.reveals(task, 1)] == [0, 1]
    proposed(consortium, [first, second], b"")
    assert party.federation.round_state(task).phase == Phase.CHALLENGE


def test_list_that_is_withheld_shows_nobody_and_says_so(
    consortium: Consortium, posters: list[Federation], party: Party, store: LocalStore, caplog: pytest.LogCaptureFixture
) -> None:
    commits, openings = rolls(consortium, consortium.silos)
    elsewhere = LocalStore(store.root.with_name("elsewhere"))
    posters[0].post_commits(consortium.task, 1, commits, elsewhere.put([commits.to_bytes()]))
    with caplog.at_level(logging.WARNING):
        assert party.federation.events(consortium.task, 1, ("UpdateCommitted",)) == []
    assert "is not to be had, and nobody in it is seen" in caplog.text
    assert not party.federation.has_committed(consortium.task, 1, consortium.silos[0].address)
    store.put([commits.to_bytes()])  # once it is there, it is read
    assert len(party.federation.events(consortium.task, 1, ("UpdateCommitted",))) == 3
    end_phase(consortium)
    posters[0].post_openings(consortium.task, 1, openings, elsewhere.put([openings.to_bytes()]))
    assert party.federation.reveals(consortium.task, 1) == []


def test_without_a_store_rolls_stay_closed(
    consortium: Consortium, posters: list[Federation], party: Party, store: LocalStore, caplog: pytest.LogCaptureFixture
) -> None:
    commits = roll_commits([commit(consortium, silo) for silo in consortium.silos[:2]])
    store_commits(consortium, posters[0], store, commits)
    reader = consortium.facade(consortium.account())
    with caplog.at_level(logging.WARNING):
        assert reader.events(consortium.task, 1, ("UpdateCommitted",)) == []
    assert "no content store is named" in caplog.text
    end_phase(consortium)
    assert len(reader.absent(consortium.task, 1)) == 3  # as far as it can see
    assert reader.note_absent(consortium.task, 1) is None


def test_who_stands_in_two_rolls_counts_once(
    consortium: Consortium, posters: list[Federation], party: Party, store: LocalStore
) -> None:
    first, second, _ = consortium.silos
    one, other = (roll_commits([commit(consortium, silo) for silo in pair]) for pair in ((first, second), (first,)))
    store_commits(consortium, posters[0], store, one)
    store_commits(consortium, posters[1], store, other)
    end_phase(consortium)
    task, given = consortium.task, [opening(consortium, silo) for silo in (first, second)]
    store_openings(consortium, posters[1], store, roll_openings(other, given[:1]))
    store_openings(consortium, posters[0], store, roll_openings(one, given))
    end_phase(consortium)
    assert [reveal.index for reveal in party.federation.reveals(task, 1)] == [0, 1]
    proposed(consortium, [first, second], b"")
    assert party.federation.round_state(task).phase == Phase.CHALLENGE


def test_of_two_openings_the_first_counts_whichever_lands(
    consortium: Consortium, posters: list[Federation], party: Party, store: LocalStore
) -> None:
    cheat, task = consortium.silos[0], consortium.task
    pair = [roll_commits([commit(consortium, cheat, weight)]) for weight in (10, 11)]
    for poster, roll in zip(posters, pair, strict=True):
        store_commits(consortium, poster, store, roll)
    end_phase(consortium)
    opened = [Roll((opening(consortium, cheat, weight).to_bytes(),)) for weight in (10, 11)]
    for poster, roll in zip(posters, opened, strict=True):
        store_openings(consortium, poster, store, roll)
    end_phase(consortium)
    assert [reveal.opening.weight for reveal in party.federation.reveals(task, 1)] == [10]
    leaf = party.federation.standing_leaf(task, 1, cheat.address)
    assert leaf is not None
    posters[1].land(replace(leaf.place, poster=posters[1].signer), pair[1], opened[1])
    assert [reveal.opening.weight for reveal in party.federation.reveals(task, 1)] == [10]


def test_opening_whose_uri_is_no_text_stands_and_lands(
    consortium: Consortium, posters: list[Federation], party: Party, store: LocalStore
) -> None:
    from prefect_federated.adapters.evm.compact_signatures import digest_of, sign_compactly

    silo, task = consortium.silos[0], consortium.task
    bare = replace(opening(consortium, silo), uri=b"\xff\xfe")
    digest = digest_of(consortium.sponsor.chain_id, consortium.deployment.coordinator, bare.struct_hash(task, 1))
    r, vs = sign_compactly(silo.account, digest)
    commits = roll_commits([commit(consortium, silo)])
    play(consortium, posters[0], store, commits, Roll((replace(bare, r=r, vs=vs).to_bytes(),)))
    assert [reveal.participant for reveal in party.federation.reveals(task, 1)] == [silo.address]
    assert land(party, task, 1, silo.address) and land(party, task, 1, silo.address)
    assert not land(party, task, 1, consortium.silos[1].address)


def test_who_is_not_opened_lifts_past_a_count_that_leaves_no_room(
    consortium: Consortium, posters: list[Federation], party: Party, store: LocalStore
) -> None:
    first, second, _ = consortium.silos
    task = consortium.task
    commits = roll_commits([commit(consortium, silo) for silo in (first, second)])
    openings = roll_openings(commits, [opening(consortium, first)])
    store_commits(consortium, posters[0], store, commits)
    end_phase(consortium)
    posters[0]._send("Coordinator", "postOpenings", task, 1, openings.root, 2, store.put([openings.to_bytes()]))
    own = Party("second", second.address, second.federation, store, SealingKey.generate())
    assert lift_own(own, task, 1)
    assert not party.federation.poster_of(task, posters[0].signer).bonded
    assert own.federation.has_mark(task, 1, second.address) and not lift_own(own, task, 1)


def test_who_cannot_read_the_openings_takes_its_commit_out_of_the_roll(
    consortium: Consortium, posters: list[Federation], party: Party, store: LocalStore, tmp_path: Path
) -> None:
    second, task = consortium.silos[1], consortium.task
    commits, openings = rolls(consortium, consortium.silos[:1])
    store_commits(consortium, posters[0], store, commits)
    end_phase(consortium)
    store_openings(consortium, posters[0], LocalStore(tmp_path / "elsewhere"), openings)
    own = Party("second", second.address, second.federation, store, SealingKey.generate())
    assert lift_own(own, task, 1)
    assert own.federation.has_mark(task, 1, second.address)


def test_floor_of_a_rolled_update_is_fetched_once_it_has_landed(
    consortium: Consortium, posters: list[Federation], party: Party, store: LocalStore
) -> None:
    first, second, third = consortium.silos
    commits, openings = rolls(consortium, consortium.silos)
    play(consortium, posters[0], store, commits, openings)
    task = consortium.task
    proposal, contents = proposed(consortium, [first, third], b"")
    land(party, task, 1, second.address)
    near = [leaf_piece(contents, position) for position in range(2)]
    reveal = party.federation.reveals(task, 1)[1]
    receipt = consortium.aggregator.sign_receipt(task, 1, reveal).signature
    second.federation.challenge_omission(Case(task, 1, proposal), second.address, reveal.opening, (0, near), receipt)
    assert party.federation.round_state(task).phase == Phase.VOIDED
    own = Party("third", third.address, third.federation, store, SealingKey.generate())
    assert third.federation.floor_due(task, 1, third.address) == 2 and not own.federation.has_mark(task, 1, own.account)
    assert claim_floor.fn(own, task, 1) and not claim_floor.fn(own, task, 1)
    assert own.federation.has_mark(task, 1, own.account)


def test_grant_counts_as_it_was_in_the_second_before_reveal(
    consortium: Consortium, posters: list[Federation], party: Party, store: LocalStore
) -> None:
    _, second, third = consortium.silos
    commits, openings = rolls(consortium, [second, third])
    store_commits(consortium, posters[0], store, commits)
    second.federation.withdraw_grant(second.grant)
    end_phase(consortium)
    third.federation.withdraw_grant(third.grant)
    store_openings(consortium, posters[0], store, openings)
    assert [one.index for one in party.federation.reveals(consortium.task, 1)] == [2]
