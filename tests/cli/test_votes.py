"""Votes of a member that pays no gas, brought by somebody else; and two that cost their member the bond."""

import json
from pathlib import Path

import pytest

from prefect_federated.adapters.keys import SealingKey
from prefect_federated.core.committee import VoteState
from prefect_federated.core.enforced import REWARDS
from prefect_federated.core.round import Phase
from prefect_federated.core.scoring.score_vector import pack_scores
from prefect_federated.core.signed_votes import FILE_BYTES
from prefect_federated.core.spec import RewardSpec, TaskSpec
from tests.cli.conftest import ETHER, PASSWORD, Cli
from tests.cli.voting_scene import OPINION, JudgedFederation


class Gapped(JudgedFederation):
    """On a chain whose blocks take a minute to be final."""

    gap_s = 60


class Scored(JudgedFederation):
    """Its task pays by the scores that votes come with."""

    def make_spec(self, name: str = "small") -> TaskSpec:
        spec = super().make_spec(name)
        enforced = spec.enforced.model_copy(update={"reward_by": REWARDS.index("scores")})
        return spec.model_copy(update={"enforced": enforced, "rewards": RewardSpec(policy="scores")})


@pytest.fixture
def judged(devnet, tmp_path) -> JudgedFederation:
    """In Vote of its first round; the poor validator's opinion is kept, as its flow would have done."""
    federation = JudgedFederation(devnet.url, tmp_path / "federation").set_up()
    round = federation.come_to_vote()
    for who in (federation.poor, federation.rich):
        federation.have_opinion(who, round)
    return federation


def member(cli: Cli, judged: JudgedFederation, command: str, who: str, out: Path, *more: str):
    party = judged.parties[who]
    keys = ["--store", judged.store_address, "--sealing-key", party.sealing_key, "--out", out]
    return cli("validator", command, judged.task, *keys, *more, *party.options, *judged.options)


def anybody(cli: Cli, judged: JudgedFederation, command: str, *files: Path):
    """Somebody who is no validator, and pays."""
    return cli("validator", command, *files, *judged.parties["sponsor"].options, *judged.options)


def signed(cli: Cli, judged: JudgedFederation, who: str = "poor") -> Path:
    out = Path(f"{who}-signed.json")
    result = member(cli, judged, "sign-vote", who, out)
    assert result.exit_code == 0, result.output
    return out


def another(judged: JudgedFederation, who: str = "poor", name: str = "another.json", **changes) -> Path:
    """A vote that contradicts the first, signed by hand: the commands sign one vote a round."""
    party, round = judged.parties[who], judged.reader.round_state(judged.task).round
    context = judged.reader.ballot_context(judged.task, changes.get("round", round), party.address)
    path = Path(name)
    path.write_bytes(party.federation.sign_vote(context, changes.get("commitment", b"\7" * 32)).to_bytes())
    return path


def seat(judged: JudgedFederation, who: str = "poor"):
    return next(one for one in judged.reader.seats(judged.task) if one.member == judged.parties[who].address)


def test_member_without_money_promises_and_shows_its_vote_through_somebody_else(cli, judged) -> None:
    promise = [signed(cli, judged), signed(cli, judged, "rich")]
    result = anybody(cli, judged, "bring-votes", *promise)
    assert result.exit_code == 0 and result.stdout.count("is promised, ") == 2, result.output
    assert judged.reader.round_state(judged.task).phase is Phase.VOTE_REVEAL
    opened = [Path("poor-open.json"), Path("rich-open.json")]
    for who, out in zip(("poor", "rich"), opened, strict=True):
        result = member(cli, judged, "open-vote", who, out)
        assert result.exit_code == 0, result.output
    result = anybody(cli, judged, "bring-votes", *opened)
    assert result.exit_code == 0 and result.stdout.count("is shown, ") == 2, result.output
    found = seat(judged)
    assert (found.state, found.accept, found.metric) == (VoteState.REVEALED, OPINION.accept, OPINION.metric)
    assert judged.reader.balance(judged.poor.address) == 0


def test_scores_that_a_task_pays_by_are_brought_with_the_vote(cli, devnet, tmp_path) -> None:
    judged = Scored(devnet.url, tmp_path / "federation").set_up()
    judged.have_opinion(judged.poor, judged.come_to_vote())
    assert anybody(cli, judged, "bring-votes", signed(cli, judged)).exit_code == 0
    judged.cast(judged.rich, 1, b"\5" * 32)
    opened = Path("open.json")
    assert member(cli, judged, "open-vote", "poor", opened).exit_code == 0
    spoilt = Path("spoilt.json")
    spoilt.write_text(json.dumps(json.loads(opened.read_text()) | {"scores": "0x0000000000000004"}))
    refused = anybody(cli, judged, "bring-votes", spoilt)
    assert refused.exit_code == 7 and "the scores do not hash" in refused.stdout, refused.output
    assert anybody(cli, judged, "bring-votes", opened).exit_code == 0
    (event,) = judged.reader.events(judged.task, 1, ("ScoresShown",))
    assert event.args["scores"] == pack_scores(OPINION.scores)


def test_what_is_done_already_is_said_and_is_no_failure(cli, judged) -> None:
    promise = signed(cli, judged)
    assert member(cli, judged, "sign-vote", "poor", promise).exit_code == 0  # the same bytes again
    for said in ("is promised, ", "is promised already"):
        result = anybody(cli, judged, "bring-votes", promise)
        assert result.exit_code == 0 and said in result.stdout, result.output
    again = member(cli, judged, "sign-vote", "poor", Path("again.json"))
    assert again.exit_code == 7 and "a second vote would cost its bond" in again.stderr
    assert not Path("again.json").exists()


def test_file_that_holds_another_vote_is_not_overwritten(cli, judged) -> None:
    there = another(judged)
    before = there.read_bytes()
    result = member(cli, judged, "sign-vote", "poor", there)
    assert result.exit_code == 2 and "holds something else" in result.stderr and there.read_bytes() == before


def test_a_key_that_is_rotated_between_two_files_makes_no_second_vote(cli, judged, tmp_path) -> None:
    first, rich = signed(cli, judged, "rich").read_bytes(), judged.rich
    new, key = tmp_path / "rotated.pem", SealingKey.generate(version=2)
    key.save(new, PASSWORD)
    rich.federation.rotate_sealing_key(key.public_bytes)
    more = ["--sealing-key", new, "--holdout", "none.csv"]
    refused = member(cli, judged, "sign-vote", "rich", Path("second.json"), *more)
    assert refused.exit_code == 2 and "an opinion on round 1/1 may lie under it" in refused.stderr, refused.output
    assert not Path("second.json").exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEDERATED_FORMER_KEYS", str(rich.sealing_key))
        assert member(cli, judged, "sign-vote", "rich", Path("second.json"), *more).exit_code == 0
        assert Path("second.json").read_bytes() == first, "the same vote, with the salt of then"
        assert anybody(cli, judged, "bring-votes", Path("second.json"), signed(cli, judged)).exit_code == 0
        shown = member(cli, judged, "open-vote", "rich", Path("open.json"), "--sealing-key", new)
        assert shown.exit_code == 0, shown.output


def test_nothing_is_signed_with_a_sealing_key_that_is_not_the_registered_one(cli, judged, tmp_path) -> None:
    SealingKey.generate().save(tmp_path / "other.pem", PASSWORD)
    more = ["--sealing-key", tmp_path / "other.pem", "--holdout", "none.csv"]
    result = member(cli, judged, "sign-vote", "poor", Path("v.json"), *more)
    assert result.exit_code == 2 and "would contradict the first" in result.stderr, result.output
    assert not Path("v.json").exists()


def test_a_vote_is_not_written_down_before_all_are_promised(cli, judged) -> None:
    anybody(cli, judged, "bring-votes", signed(cli, judged))
    result = member(cli, judged, "open-vote", "poor", Path("open.json"))
    assert result.exit_code == 7 and "is in VOTE, this is done in VOTE_REVEAL" in result.stderr
    assert not Path("open.json").exists()


def test_no_vote_is_written_down_that_was_not_promised(cli, judged, tmp_path) -> None:
    judged.come_to_show(1, b"\5" * 32)
    silent = member(cli, judged, "open-vote", "poor", Path("open.json"))
    assert silent.exit_code == 7 and "is NONE; there is none to show" in silent.stderr, silent.output
    other = member(cli, judged, "open-vote", "rich", Path("open.json"))
    assert other.exit_code == 6 and "recall the vote that was sealed" in other.stderr, other.output
    SealingKey.generate().save(tmp_path / "other.pem", PASSWORD)
    lost = member(cli, judged, "open-vote", "rich", Path("open.json"), "--sealing-key", tmp_path / "other.pem")
    assert lost.exit_code == 6 and "the store holds no opinion of it" in lost.stderr, lost.output
    assert not Path("open.json").exists()


def test_the_vote_waits_until_all_promises_are_final(cli, devnet, tmp_path) -> None:
    judged = Gapped(devnet.url, tmp_path / "federation").set_up()
    round = judged.come_to_vote()
    judged.reader.wait_until(judged.reader.round_state(judged.task).opens_at)
    for who in (judged.poor, judged.rich):
        judged.have_opinion(who, round)
    result = anybody(cli, judged, "bring-votes", signed(cli, judged), signed(cli, judged, "rich"))
    assert result.exit_code == 0, result.output
    state = judged.reader.round_state(judged.task)
    assert state.phase is Phase.VOTE_REVEAL
    early = member(cli, judged, "open-vote", "poor", Path("open.json"))
    assert early.exit_code == 7 and f"opens at chain time {state.opens_at}" in early.stderr, early.output
    judged.reader.wait_until(state.opens_at)
    assert member(cli, judged, "open-vote", "poor", Path("open.json")).exit_code == 0


def test_without_a_kept_opinion_the_held_out_file_is_asked_for(cli, devnet, tmp_path) -> None:
    judged = JudgedFederation(devnet.url, tmp_path / "federation").set_up()
    judged.come_to_vote()
    result = member(cli, judged, "sign-vote", "poor", Path("v.json"))
    assert result.exit_code == 2 and "--holdout" in result.stderr


def test_who_holds_no_seat_signs_nothing(cli, judged) -> None:
    result = member(cli, judged, "sign-vote", "silo-0", Path("v.json"))
    assert result.exit_code == 7 and "has no seat in the committee" in result.stderr


def test_a_vote_that_is_not_its_members_is_left_out_and_the_others_are_brought(cli, judged) -> None:
    good, forged, junk = signed(cli, judged), Path("forged.json"), Path("junk.json")
    Path("long.json").write_bytes(good.read_bytes() + b" " * FILE_BYTES)
    theirs = json.loads(signed(cli, judged, "rich").read_text())
    forged.write_text(json.dumps(theirs | {"commitment": "0x" + "09" * 32}))
    junk.write_text("{}")
    result = anybody(cli, judged, "bring-votes", forged, junk, Path("absent.json"), Path("long.json"), good)
    assert result.exit_code == 7 and "4 of 5 files were left out" in result.stderr, result.output
    for words in (
        "have the member sign again",
        "junk.json is no vote",
        "absent.json cannot be read",
        "too many for a vote",
        "is promised, ",
    ):
        assert words in result.stdout
    assert seat(judged).state is VoteState.CAST and seat(judged, "rich").state is VoteState.NONE


def test_who_has_no_money_to_bring_votes_is_told_that_and_not_that_the_votes_are_bad(cli, judged) -> None:
    result = cli("validator", "bring-votes", signed(cli, judged), *judged.poor.options, *judged.options)
    assert result.exit_code == 2 and "left out" not in result.output, result.output
    assert judged.poor.address in result.stderr and seat(judged).state is VoteState.NONE


def test_a_vote_of_another_federation_is_left_out(cli, judged) -> None:
    file = signed(cli, judged)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"chain_id": 5}))
    result = anybody(cli, judged, "bring-votes", file)
    assert result.exit_code == 7 and "on chain 5, this federation has" in result.stdout, result.output


def test_a_delegate_signs_for_its_member(cli, judged) -> None:
    rich, delegate = judged.rich, judged.party("delegate", judged.make_account("delegate"))
    judged.parties["delegate"] = delegate
    delegate.sealing_key.write_bytes(rich.sealing_key.read_bytes())
    rich.federation.set_delegate(delegate.address)
    file = signed(cli, judged, "delegate")
    assert json.loads(file.read_text())["member"] == rich.address
    assert anybody(cli, judged, "bring-votes", file).exit_code == 0
    assert seat(judged, "rich").state is VoteState.CAST


# --- conflict ------------------------------------------------------------------------------------------


def test_two_signed_votes_cost_the_whole_bond_and_half_is_the_accusers(cli, judged) -> None:
    first, second = signed(cli, judged), another(judged)
    result = anybody(cli, judged, "conflict", first, second)
    assert result.exit_code == 0 and "1 eth of bond were taken, 0.5 eth of them are yours" in result.stdout
    found = judged.reader.participant(judged.poor.address)
    assert (found.stake, found.locked) == (3 * ETHER, 0)
    assert [one.bonded for one in judged.reader.validators(judged.task) if one.account == judged.poor.address] == [0]
    left_out = anybody(cli, judged, "bring-votes", first)
    assert left_out.exit_code == 7 and "does not hold seat" in left_out.stdout, left_out.output


def test_a_signed_vote_and_another_on_chain_are_a_conflict_that_one_file_shows(cli, judged) -> None:
    round = judged.reader.round_state(judged.task).round
    judged.cast(judged.rich, round, b"\5" * 32)
    file = another(judged, "rich")
    left_out = anybody(cli, judged, "bring-votes", file)
    assert left_out.exit_code == 7 and "`federated validator conflict`" in left_out.stdout
    result = anybody(cli, judged, "conflict", file)
    assert result.exit_code == 0 and "1 eth of bond" in result.stdout, result.output
    assert seat(judged, "rich").state is VoteState.VOID
    left_out = anybody(cli, judged, "bring-votes", file)
    assert left_out.exit_code == 7 and "is void, because it signed two" in left_out.stdout


def test_files_that_prove_nothing_are_refused_before_anything_is_sent(cli, judged) -> None:
    first, copy = signed(cli, judged), Path("copy.json")
    copy.write_bytes(first.read_bytes())
    forged = Path("forged.json")
    forged.write_text(json.dumps(json.loads(first.read_text()) | {"commitment": "0x" + "09" * 32}))
    cases = [
        ((first, copy), "one vote signed twice is no conflict"),
        ((first, another(judged, "rich", "rich.json")), "only two votes of one member in one round"),
        ((first, another(judged, name="later.json", round=2)), "only two votes of one member in one round"),
        ((first, forged), "have the member sign again"),
        ((forged, first), "have the member sign again"),
        ((first,), "the chain holds no vote of"),
    ]
    for files, words in cases:
        result = anybody(cli, judged, "conflict", *files)
        assert result.exit_code == 7 and words in result.stderr, (words, result.output)
    anybody(cli, judged, "bring-votes", first)
    result = anybody(cli, judged, "conflict", first)
    assert result.exit_code == 7 and "the same as the file; that is no conflict" in result.stderr
    assert judged.reader.participant(judged.poor.address).locked == ETHER


def test_a_conflict_of_another_federation_and_an_open_vote_are_refused(cli, judged) -> None:
    files = [signed(cli, judged), another(judged)]
    for file in files:
        file.write_text(json.dumps(json.loads(file.read_text()) | {"committee": judged.coordinator}))
    result = anybody(cli, judged, "conflict", *files)
    assert result.exit_code == 7 and "this federation has" in result.stderr, result.output
    anybody(cli, judged, "bring-votes", signed(cli, judged, "rich"), another(judged, name="third.json"))
    opened = Path("rich-open.json")
    assert member(cli, judged, "open-vote", "rich", opened).exit_code == 0
    result = anybody(cli, judged, "conflict", opened)
    assert result.exit_code == 2 and "which nobody signed" in result.stderr
