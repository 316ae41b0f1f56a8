"""Inclusion receipts: what an honest poster signs it has posted; who does not keep its word pays whom it left out."""

from pathlib import Path

import pytest

from prefect_federated.adapters.inclusion import (
    broken_inclusions,
    challenge_inclusion,
    issue_inclusions,
    keep_inclusions,
    kept_inclusion,
)
from prefect_federated.adapters.mailbox import FolderMailbox, place_of
from prefect_federated.adapters.posting import post_commits
from prefect_federated.adapters.relayer import Relayer as OpenRelayer
from prefect_federated.adapters.relayer import waiting_commits
from prefect_federated.blocks.relayer import Relayer
from prefect_federated.core.errors import ContractRefused
from prefect_federated.core.inclusion import InclusionLetter
from prefect_federated.core.relaying import middle
from prefect_federated.core.rolls import CommitLeaf, Roll
from prefect_federated.core.round import RoundState, Status
from prefect_federated.flows.participate import participate
from prefect_federated.flows.relay import relay
from prefect_federated.scenario.accounts import make_account
from prefect_federated.scenario.consortium import Consortium
from tests.flows.conftest import HOSPITALS, Found
from tests.flows.posters import begin, opened, poster_block, settle, to_reveal, with_poster

pytestmark = pytest.mark.slow
FIRST, SECOND, THIRD = HOSPITALS


@pytest.fixture(scope="module")
def consortium(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """An honest poster, and one that signs whatever it likes."""
    folder = tmp_path_factory.mktemp("inclusion")
    made = with_poster(found, folder, 4)
    poster_block(made, folder / "mailbox", "liar").save("liar", overwrite=True)
    return made


def state_of(consortium: Consortium) -> RoundState:
    return consortium.federation().round_state(consortium.task)


def all_leave(consortium: Consortium) -> None:
    assert [participate(name, consortium.task) for name in HOSPITALS] == ["leave commit"] * 3


def inclusion_place(consortium: Consortium) -> str:
    federation = consortium.federation()
    return place_of(
        federation.chain_id, federation.coordinator, consortium.task, state_of(consortium).round, "inclusion"
    )


def promise(consortium: Consortium, round: int, name: str = "liar") -> list[CommitLeaf]:
    """Sign receipts for everything that waits, before anything is posted; the leaves that a roll would hold."""
    relayer, task = opened(name), consortium.task
    letters = waiting_commits(relayer, task, round).letters
    for letter in letters:
        receipt = relayer.federation.sign_inclusion(task, round, letter.participant, letter.commitment)
        relayer.mailbox.leave(inclusion_place(consortium), receipt.to_bytes())
    enrolment = relayer.federation.enrolment
    leaves = [CommitLeaf.of(enrolment(task, letter.participant).index, letter) for letter in letters]
    return sorted(leaves, key=lambda leaf: leaf.index)


def post(consortium: Consortium, round: int, *leaves: bytes) -> None:
    """Post a roll of these leaves as the liar."""
    relayer, roll = opened("liar"), Roll(leaves)
    assert relayer.store is not None
    relayer.federation.post_commits(consortium.task, round, roll, relayer.store.put([roll.to_bytes()]))


def begin_with_a_liar(consortium: Consortium) -> int:
    liar = consortium.federation("liar")
    if not liar.poster_of(consortium.task, liar.signer).bonded:
        liar.deposit(consortium.spec.enforced.aggregator_bond)
        liar.enlist_poster(consortium.task)
    return begin(consortium)


def assert_struck(consortium: Consortium, name: str, accuser: str) -> None:
    """The last slash took this poster's bond, and half of it will be the accuser's."""
    poster, accounts = consortium.federation(name), consortium.ground.accounts
    assert not poster.poster_of(consortium.task, poster.signer).bonded
    last = poster.slashes()[-1]
    assert (last.participant, last.accuser) == (accounts[name].address, accounts[accuser].address)
    assert last.taken == consortium.spec.enforced.aggregator_bond


def test_a_poster_signs_only_what_is_in_its_roll_and_final_and_nobody_can_use_it_against_it(
    consortium: Consortium,
) -> None:
    task, round = consortium.task, begin(consortium)
    all_leave(consortium)
    relayer, silo = opened("poster"), consortium.members[FIRST].open()
    quiet = Relayer.load("poster").model_copy(update={"receipts": False})
    quiet.save("quiet", overwrite=True)
    relayer.federation.confirmations = 2
    assert issue_inclusions(relayer, task, round) == 0  # nothing is posted
    assert post_commits(relayer, task, round).count == 3
    assert issue_inclusions(relayer, task, round) == 0  # a block may still vanish
    assert keep_inclusions(silo.party, relayer.mailbox, state_of(consortium)) == []
    relayer.federation.wait_for_block(relayer.federation.block_number() + 2)
    assert issue_inclusions(by_delegate(consortium, relayer), task, round) == 0
    assert relay("quiet", task) == "nothing"
    assert relay("poster", task) == "3 receipts"
    assert relay("poster", task) == "nothing"
    assert participate(FIRST, task) == "nothing"
    letter = kept_inclusion(silo.party, state_of(consortium), relayer.federation.account)
    assert letter is not None and letter.participant == silo.party.account
    consortium.federation().wait_until(middle(state_of(consortium)))
    assert [participate(name, task) for name in HOSPITALS] == ["nothing"] * 3
    with pytest.raises(ContractRefused, match="no fault"):
        challenge_inclusion(silo.party, state_of(consortium), letter)
    to_reveal(consortium)
    assert [participate(name, task) for name in HOSPITALS] == ["leave reveal"] * 3
    assert relay("poster", task) == "3 openings in a roll"
    assert settle(consortium) == Status.SUCCESS
    assert relayer.federation.poster_of(task, relayer.federation.account).bonded


def by_delegate(consortium: Consortium, relayer: OpenRelayer) -> OpenRelayer:
    """The same poster, for whom a delegate acts."""
    hand = make_account(consortium.ground.out / "keys", consortium.ground.plot.seed, "hand")
    consortium.ground.accounts["hand"] = hand
    relayer.federation.set_delegate(hand.address)
    federation = consortium.federation("hand")
    federation.read_rolls_from(relayer.store)
    assert federation.account == relayer.federation.account
    return OpenRelayer("poster", federation, relayer.mailbox, relayer.store)


def test_receipts_that_nobody_answers_for_and_those_of_others_are_not_kept(
    consortium: Consortium, tmp_path: Path
) -> None:
    silo, state, box = consortium.members[FIRST].open(), state_of(consortium), FolderMailbox(tmp_path)
    poster, task, round = consortium.federation("poster"), consortium.task, state_of(consortium).round
    good = kept_inclusion(silo.party, state, poster.signer)
    assert good is not None
    another = consortium.ground.accounts[SECOND].address
    wrong: list[InclusionLetter] = [
        consortium.federation("standby").sign_inclusion(task, round, good.participant, good.commitment),
        poster.sign_inclusion(task, round, another, good.commitment),
        poster.sign_inclusion(task, round, good.participant, bytes(32)),
        poster.sign_inclusion(task, round + 1, good.participant, good.commitment),
        good.model_copy(update={"poster": another}),
    ]
    for content in (b"no letter at all", *(letter.to_bytes() for letter in wrong)):
        box.leave(inclusion_place(consortium), content)
    assert keep_inclusions(silo.party, box, state) == []
    box.leave(inclusion_place(consortium), good.to_bytes())
    assert keep_inclusions(silo.party, box, state) == [poster.signer]


def test_who_is_not_in_the_roll_against_a_receipt_takes_the_bond_and_then_commits(consortium: Consortium) -> None:
    task, round = consortium.task, begin_with_a_liar(consortium)
    all_leave(consortium)
    first, _, third = promise(consortium, round)
    post(consortium, round, first.to_bytes(), third.to_bytes())
    assert participate(SECOND, task) == "leave commit"  # other rolls may come
    consortium.federation().wait_until(middle(state_of(consortium)))
    assert participate(SECOND, task) == "challenge, commit"
    assert_struck(consortium, "liar", SECOND)
    assert [participate(name, task) for name in HOSPITALS] == ["nothing"] * 3
    to_reveal(consortium)
    consortium.federation().wait_until(middle(state_of(consortium)))
    assert [participate(name, task) for name in HOSPITALS] == ["reveal"] * 3
    assert settle(consortium) == Status.SUCCESS


def test_who_hides_the_gap_behind_a_leaf_that_is_none_loses_the_bond_all_the_same(consortium: Consortium) -> None:
    task, round = consortium.task, begin_with_a_liar(consortium)
    all_leave(consortium)
    first, *_ = promise(consortium, round)
    post(consortium, round, first.to_bytes(), b"no leaf")
    consortium.federation().wait_until(middle(state_of(consortium)))
    assert participate(SECOND, task) == "challenge, commit"
    assert_struck(consortium, "liar", SECOND)
    assert [participate(name, task) for name in (FIRST, THIRD)] == ["commit", "commit, leave reveal"]
    reveal_directly(consortium)


def test_who_signs_and_posts_nothing_loses_the_bond_and_a_proof_that_comes_second_holds_up_nobody(
    consortium: Consortium,
) -> None:
    task, round = consortium.task, begin_with_a_liar(consortium)
    all_leave(consortium)
    promise(consortium, round)
    second = consortium.members[SECOND].open()
    assert participate(SECOND, task) == "leave commit"
    assert broken_inclusions(second.party, state_of(consortium)) == []
    consortium.federation().wait_until(middle(state_of(consortium)))
    (letter,) = broken_inclusions(second.party, state_of(consortium))
    assert participate(FIRST, task) == "challenge, commit"
    assert_struck(consortium, "liar", FIRST)
    assert broken_inclusions(second.party, state_of(consortium)) == []  # nothing is left to take
    with pytest.raises(ContractRefused, match="bond"):
        challenge_inclusion(second.party, state_of(consortium), letter)
    cut_off = consortium.members[THIRD].model_copy(update={"mailbox": Path("m" * 300)})  # no folder has such a name
    cut_off.save("cut-off", overwrite=True)
    assert [participate(name, task) for name in ("cut-off", SECOND)] == ["commit", "commit, leave reveal"]
    reveal_directly(consortium)


def reveal_directly(consortium: Consortium) -> None:
    """After Commit ended with the last commit: nobody has a poster, so all reveal in the middle."""
    federation = consortium.federation()
    if state_of(consortium).phase.name == "COMMIT":
        to_reveal(consortium)
    federation.wait_until(middle(state_of(consortium)))
    assert [participate(name, consortium.task) for name in HOSPITALS] == ["reveal"] * 3
    assert settle(consortium) == Status.SUCCESS
