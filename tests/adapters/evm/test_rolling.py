"""Rolls on real chains: roots and paths as the contract takes them, lifting and landing, and what costs a bond."""

from dataclasses import replace
from pathlib import Path

import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.disputing import Case
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.evm.roll_records import FOR_GOOD, Rolled, RollState
from prefect_federated.adapters.landing import piece_at
from prefect_federated.adapters.leaf_demands import answer_leaf_demands
from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.relayer import Relayer
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.errors import CommitmentMismatch, ContractRefused, WrongPhase
from prefect_federated.core.proofs import Piece, leaf_piece
from prefect_federated.core.relaying import middle
from prefect_federated.core.rolls import Roll, roll_commits
from prefect_federated.core.round import Phase
from tests.adapters.evm.consortium import BOND, Consortium, Silo
from tests.adapters.evm.rolled import (
    commit,
    end_phase,
    found,
    new_poster,
    new_task,
    opening,
    place,
    post,
    proposed,
    rolls,
)

RECORD = 4


@pytest.fixture(scope="module")
def consortium(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return found(devnet, tmp_path_factory.mktemp("rolling"))


@pytest.fixture
def poster(consortium: Consortium) -> Federation:
    """Bonded in a new task whose first round is open."""
    made = new_poster(consortium)
    new_task(consortium, made)
    return made


def test_enlisted_poster_posts_resigns_and_gets_its_bond_back(consortium: Consortium, poster: Federation) -> None:
    task = consortium.task
    assert poster.participant(poster.signer).locked == BOND
    assert poster.poster_of(task, poster.signer).posts(1)
    commits, openings = rolls(consortium, consortium.silos)
    post(consortium, poster, commits, openings)
    found = poster.poster_of(task, poster.signer)
    assert (found.state, found.commits, found.openings) == (RollState.OPENED, commits.root, openings.root)
    assert found.until_round == FOR_GOOD and found.has_roll(1) and not found.posts(1) and found.posts(2)
    assert poster.rolled_of(task) == Rolled(1, 3, 3, 0)
    poster.resign_poster(task)
    with pytest.raises(WrongPhase, match="is held until round 1 is over"):
        poster.release_poster(task, poster.signer)
    end_phase(consortium)  # to Aggregate: nobody proposes
    poster.wait_until(poster.round_state(task).deadline + 2 * 60 + 1)
    poster.release_poster(task, poster.signer)
    assert poster.participant(poster.signer).locked == 0


def test_who_is_no_poster_posts_nothing_and_nobody_posts_late(consortium: Consortium, poster: Federation) -> None:
    commits, _ = rolls(consortium, [])
    with pytest.raises(ContractRefused, match="federated poster enlist"):
        consortium.silos[0].federation.post_commits(consortium.task, 1, commits, "cas://x")
    poster.wait_until(middle(poster.round_state(consortium.task)))
    with pytest.raises(WrongPhase, match="everybody sends for itself"):
        post(consortium, poster, commits)


def test_lifted_commit_is_revealed_by_its_participant(consortium: Consortium, poster: Federation) -> None:
    first, _, third = consortium.silos
    commits, openings = rolls(consortium, [first, third])
    post(consortium, poster, commits, openings)
    task, second = consortium.task, consortium.silos[1]
    with pytest.raises(ContractRefused, match=r"nothing shows that .* was left unopened"):
        second.federation.lift(place(consortium, poster, 0), commits, openings)  # it is opened
    sent = second.federation.lift(place(consortium, poster, 1), commits, openings)
    assert sent.event("Lifted").args["participant"] == second.address
    assert poster.owes_opening(task, 1, 1)
    second.federation.reveal(task, 1, second.opening(1), "cas://second")
    assert poster.rolled_of(task).lifted == 1
    state = poster.round_state(task)
    assert (state.phase, state.revealed) == (Phase.REVEAL, 3)  # the others may still leave the roll


def test_participant_lifts_where_no_openings_were_posted(consortium: Consortium, poster: Federation) -> None:
    commits, _ = rolls(consortium, [])
    post(consortium, poster, commits)
    end_phase(consortium)
    last = consortium.silos[2]
    with pytest.raises(WrongPhase, match="the phase opens at"):  # the poster may still open it
        last.federation.lift(place(consortium, poster, 2), commits)
    poster.wait_until(middle(poster.round_state(consortium.task)))
    last.federation.lift(place(consortium, poster, 2), commits)
    last.federation.reveal(consortium.task, 1, last.opening(1), "cas://last")
    assert poster.has_revealed(consortium.task, 1, last.address)


def test_landed_opening_counts_as_any_other(consortium: Consortium, poster: Federation) -> None:
    commits, openings = rolls(consortium, consortium.silos)
    post(consortium, poster, commits, openings)
    end_phase(consortium)
    for position, silo in enumerate(consortium.silos):
        poster.land(place(consortium, poster, position), commits, openings)
        assert poster.call("Coordinator", "isOpening", consortium.task, 1, silo.address, _opening(silo)) is True


def _opening(silo: Silo) -> tuple[object, ...]:
    o = silo.opening(1)
    return o.payload_root, o.sealed_root, o.content_key_hash, o.weight, o.grounds_hash, o.salt


def test_leaf_that_a_delegate_signed_is_not_its_own(consortium: Consortium, poster: Federation) -> None:
    good, other = (commit(consortium, silo) for silo in consortium.silos[:2])
    assert poster.is_own(consortium.task, 1, good)
    assert not poster.is_own(consortium.task, 1, replace(good, r=other.r, vs=other.vs))
    assert poster.is_own(consortium.task, 1, opening(consortium, consortium.silos[0]))


def test_roll_out_of_order_costs_the_bond(consortium: Consortium, poster: Federation) -> None:
    leaves = roll_commits([commit(consortium, silo) for silo in consortium.silos]).leaves
    commits = Roll((leaves[1], leaves[0], leaves[2]))
    post(consortium, poster, commits)
    accuser = consortium.silos[0].federation
    with pytest.raises(ContractRefused, match="no fault"):
        accuser.refute_order(place(consortium, poster, 1), commits)
    slashed = accuser.refute_order(place(consortium, poster, 0), commits).event("PosterSlashed").args
    assert (slashed["taken"], slashed["bounty"]) == (BOND, BOND // 2)
    assert poster.poster_of(consortium.task, poster.signer).state == RollState.VOID
    poster.wait_until(poster.round_state(consortium.task).deadline + 1)
    assert poster.rolled_of(consortium.task).leaves == 0
    assert poster.note_absent(consortium.task, 1) is None  # the contract notes nobody where there was a roll


def test_roll_that_ends_in_no_leaf_costs_the_bond(consortium: Consortium, poster: Federation) -> None:
    commits = Roll((commit(consortium, consortium.silos[0]).to_bytes(), b"x"))
    post(consortium, poster, commits)
    poster.refute_order(place(consortium, poster, 1), commits)
    assert not poster.poster_of(consortium.task, poster.signer).bonded


def test_opening_that_opens_nothing_costs_the_bond(consortium: Consortium, poster: Federation) -> None:
    commits, right = rolls(consortium, consortium.silos)
    openings = Roll((right.leaves[0], opening(consortium, consortium.silos[1], weight=11).to_bytes(), b""))
    post(consortium, poster, commits, openings)
    accuser = consortium.silos[2].federation
    with pytest.raises(ContractRefused, match="no fault"):
        accuser.refute_opening(place(consortium, poster, 0), commits, openings)
    accuser.refute_opening(place(consortium, poster, 1), commits, openings)
    found = poster.poster_of(consortium.task, poster.signer)
    assert (found.bonded, found.state) == (False, RollState.COMMITTED)  # the commits stand


def test_bad_opening_cannot_land(consortium: Consortium, poster: Federation) -> None:
    commits, right = rolls(consortium, consortium.silos)
    openings = Roll((*right.leaves[:2], opening(consortium, consortium.silos[2], weight=11).to_bytes()))
    post(consortium, poster, commits, openings)
    end_phase(consortium)
    with pytest.raises(CommitmentMismatch, match="does not open the commit beside it"):
        poster.land(place(consortium, poster, 2), commits, openings)


def test_count_that_the_empty_leaves_refute_costs_the_bond(consortium: Consortium, poster: Federation) -> None:
    commits, openings = rolls(consortium, consortium.silos[:1])
    task = consortium.task
    poster.post_commits(task, 1, commits, "cas://commits")
    end_phase(consortium)
    poster._send("Coordinator", "postOpenings", task, 1, openings.root, 2, "cas://openings")
    accuser = consortium.silos[0].federation
    with pytest.raises(ContractRefused, match="no fault"):
        accuser.refute_count(task, 1, poster.signer, openings, [1])
    accuser.refute_count(task, 1, poster.signer, openings, [1, 2])
    assert not poster.poster_of(task, poster.signer).bonded


def test_broken_inclusion_receipt_costs_the_bond(consortium: Consortium, poster: Federation) -> None:
    task, left_out = consortium.task, consortium.silos[1]
    given = commit(consortium, left_out)
    receipt = poster.sign_inclusion(task, 1, left_out.address, given.commitment)
    assert poster.is_inclusion(task, 1, receipt)
    assert not poster.is_inclusion(task, 1, receipt.model_copy(update={"commitment": bytes(32)}))
    commits = roll_commits([commit(consortium, silo) for silo in consortium.silos if silo is not left_out])
    post(consortium, poster, commits)
    poster.wait_until(middle(poster.round_state(task)))
    near = [Piece(leaf, commits.path(position)) for position, leaf in enumerate(commits.leaves)]
    left_out.federation.challenge_inclusion(task, 1, receipt, (0, near))
    assert not poster.poster_of(task, poster.signer).bonded


def test_leaf_that_is_asked_for_is_shown_or_the_bond_is_lost(consortium: Consortium, poster: Federation) -> None:
    commits, openings = rolls(consortium, consortium.silos[:2])
    post(consortium, poster, commits, openings)
    asker, first, last = consortium.silos[2].federation, place(consortium, poster, 0), place(consortium, poster, 2)
    asker.demand_leaf(first, openings=False)
    sent = poster.answer_leaf(first, False, Piece(commits.leaves[0], commits.path(0)))
    assert sent.event("LeafAnswered").args["content"] == commits.leaves[0]
    asker.demand_leaf(last, openings=True)
    with pytest.raises(WrongPhase):
        asker.forfeit_leaf(last, openings=True)
    poster.wait_until(poster.chain_time() + 62)
    asker.forfeit_leaf(last, openings=True)
    assert not poster.poster_of(consortium.task, poster.signer).bonded


def test_doubted_record_is_answered_out_of_its_roll(consortium: Consortium, poster: Federation) -> None:
    commits, openings = rolls(consortium, consortium.silos)
    post(consortium, poster, commits, openings)
    end_phase(consortium)
    proposal, contents = proposed(consortium, consortium.silos)
    case, nothing = Case(consortium.task, 1, proposal), Piece(b"", ())
    asker, aggregator = consortium.silos[0].federation, consortium.aggregator
    asker.demand(case, RECORD, 1)
    with pytest.raises(ContractRefused):
        aggregator.answer(case, (RECORD, 1, 0), nothing, leaf_piece(contents, 1))
    wrong, right = ((poster.signer, at, piece_at(commits, at), piece_at(openings, at)) for at in (0, 1))
    with pytest.raises(CommitmentMismatch):
        aggregator.answer_record(case, 1, leaf_piece(contents, 1), wrong)
    aggregator.answer_record(case, 1, leaf_piece(contents, 1), right)
    assert [demand.open for demand in asker.demands(consortium.task, 1)] == [False]


def test_whoever_is_passed_over_overturns_the_proposal_with_a_receipt(
    consortium: Consortium, poster: Federation
) -> None:
    first, second, third = consortium.silos
    commits, openings = rolls(consortium, consortium.silos)
    post(consortium, poster, commits, openings)
    end_phase(consortium)
    proposal, contents = proposed(consortium, [first, third], b"")
    second.federation.land(place(consortium, poster, 1), commits, openings)
    near = [leaf_piece(contents, position) for position in range(2)]
    given, case = second.opening(1), Case(consortium.task, 1, proposal)
    with pytest.raises(ContractRefused):
        second.federation.challenge_omission(case, second.address, given, (0, near))
    reveal = Reveal(second.address, 1, given, "cas://ä")
    receipt = consortium.aggregator.sign_receipt(consortium.task, 1, reveal).signature
    second.federation.challenge_omission(case, second.address, given, (0, near), receipt)
    assert poster.fallen(consortium.task, 1) == [consortium.aggregator.signer]


def test_leaf_that_was_asked_for_is_shown_in_the_next_round_too(
    consortium: Consortium, poster: Federation, tmp_path: Path
) -> None:
    store, task = LocalStore(tmp_path / "store"), consortium.task
    commits = roll_commits([commit(consortium, consortium.silos[0])])
    poster.post_commits(task, 1, commits, store.put([commits.to_bytes()]))
    end_phase(consortium)
    poster.wait_until(poster.round_state(task).deadline - 5)
    consortium.silos[1].federation.demand_leaf(place(consortium, poster, 0), openings=False)
    end_phase(consortium)  # nobody opened anything: the round is void
    consortium.sponsor.open_round(task)
    relayer = Relayer("poster", poster, FolderMailbox(tmp_path / "mailbox"), store)
    assert (answer_leaf_demands(relayer, task), answer_leaf_demands(relayer, task)) == (1, 0)
