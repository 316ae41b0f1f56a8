"""What dishonest dealers, leavers and stores do to a masked round: the honest end it, and keep their bonds."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from prefect import flow

from prefect_federated.adapters.dealt import shared_in
from prefect_federated.adapters.keeping import DEALT, dealt_message, keep_dealt
from prefect_federated.adapters.masking import own_answer, own_seeds, session_of
from prefect_federated.adapters.reading import read_past_spec
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.adapters.unmasking import gather_masked
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.errors import (
    ChainUnreachable,
    ConfigurationError,
    ContentMismatch,
    ContentMissing,
    PayloadTooLarge,
    StoreUnreachable,
    WrongPhase,
)
from prefect_federated.core.merkle import chunks_of, root
from prefect_federated.core.notes import LocalNote
from prefect_federated.core.round import Phase, Reason, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.cast import Cast, RoundResult
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.driving import drive_round
from prefect_federated.flows.members import Participant
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.tasks.listen import listen
from tests.flows import local_scene as scene
from tests.flows.choosy import Choosy
from tests.flows.conftest import Found
from tests.flows.test_masked import HOSPITALS, LAST, STEPS, bonds, do, due, phase

HONEST = HOSPITALS[:3]


@pytest.fixture
def consortium(found: Found, prefect_api: str, tmp_path: Path) -> Consortium:
    """Four hospitals whose updates are masked, the last of which does not keep to the protocol."""
    return scene.found_with("masked", found, tmp_path, rounds=6, hospitals=HOSPITALS)


def deal(consortium: Consortium, spec: RoundSpec, message: bytes, uri: str = "") -> None:
    """Let the last hospital deal a message of its own making."""
    member = scene.members(consortium)[LAST]
    place, key = (spec.task, spec.round, member.silo.consent_record().grant_id), b"\x09" + bytes(31)
    uri = uri or member.silo.party.store.put([message])
    consortium.federation(LAST).deal_shares(*place, key, root(chunks_of(message, 256)), uri)
    (sponsor := consortium.federation("sponsor")).wait_until(sponsor.round_state(spec.task).opens_at)


def ends_well(consortium: Consortium, spec: RoundSpec) -> None:
    """The round's model is the exact mean of the honest, and they have their bonds."""
    expected = due(consortium, spec, *HONEST)
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == expected).all()
    assert [bonds(consortium)[name] for name in HONEST] == [True] * 3


def test_who_enrols_anew_in_the_same_round_changes_nobodys_masks(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    do(consortium, spec, "share")
    do(consortium, spec, "commit", *HONEST)
    do(consortium, spec, "reveal", *HONEST, last=True)
    assert consortium.federation("sponsor").slash_unmasked(spec.task, spec.round) is not None
    again = consortium.federation(LAST)
    again.deposit(spec.spec.enforced.bond)
    again.enrol(spec.task)
    assert bonds(consortium)[LAST]
    do(consortium, spec, "unmask", *HONEST, last=True)
    ends_well(consortium, spec)


def test_a_past_round_is_verified_after_its_members_left_and_came_back(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS:
        do(consortium, spec, step)
    scene.conclude(consortium, spec)
    (leaver := consortium.federation(LAST)).leave(spec.task)
    leaver.enrol(spec.task)
    party = consortium.standby.open().party
    assert not verify_proposal(party, read_past_spec(party, spec.task, spec.round)).findings


def test_whose_shares_are_malformed_is_left_out_though_it_reveals(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = scene.opened(consortium)
    do(consortium, spec, "share", *HONEST, last=True)
    deal(consortium, spec, b"x" * 256)
    do(consortium, spec, "commit", *HONEST, last=True)
    with monkeypatch.context() as patch:
        train = import_module("prefect_federated.tasks.train")
        patch.setattr(train, "masked", lambda party, spec, update: (update.words, bytes(32)))
        do(consortium, spec, "commit", LAST, last=True)
    do(consortium, spec, "reveal", *HONEST, last=True)
    with monkeypatch.context() as patch:
        patch.setattr(import_module("prefect_federated.tasks.reveal"), "own_note", lambda party, spec: b"")
        do(consortium, spec, "reveal", LAST, last=True)
    do(consortium, spec, "unmask", *HONEST)
    ends_well(consortium, spec)
    left_out = read_round_log(consortium.federation(), spec.task, spec.round).left_out
    assert left_out == {scene.members(consortium)[LAST].account: Reason.MALFORMED}
    party = consortium.standby.open().party
    assert not verify_proposal(party, read_past_spec(party, spec.task, spec.round)).findings


def test_shares_where_no_store_has_anything_count_as_none(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    do(consortium, spec, "share", *HONEST, last=True)
    deal(consortium, spec, b"y" * 256, uri="x://y")
    do(consortium, spec, "commit", *HONEST)
    do(consortium, spec, "reveal", *HONEST, last=True)
    do(consortium, spec, "unmask", *HONEST, last=True)
    ends_well(consortium, spec)


def test_shares_that_vanish_after_all_have_masked_keep_nobody_from_answering(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS[:3]:
        do(consortium, spec, step)
    dealt = consortium.federation().dealt(spec.task, spec.round)[3]
    (body,) = (consortium.ground.out / "store").rglob(dealt.uri.rsplit("/", 1)[-1])
    hidden = body.read_bytes()
    body.unlink()
    do(consortium, spec, "unmask")
    assert phase(consortium) is Phase.AGGREGATE and all(bonds(consortium).values())
    body.write_bytes(hidden)
    ends_well_with_all = due(consortium, spec, *HOSPITALS)
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == ends_well_with_all).all()


def unpublish(consortium: Consortium, spec: RoundSpec, index: int = 3) -> Path:
    """Take what somebody dealt out of the store; where it lay."""
    dealt = consortium.federation().dealt(spec.task, spec.round)[index]
    (body,) = (consortium.ground.out / "store").rglob(dealt.uri.rsplit("/", 1)[-1])
    body.unlink()
    return body


def test_a_dealer_who_unpublishes_after_commit_takes_the_sum_from_nobody(consortium: Consortium) -> None:
    spec, task = scene.opened(consortium), consortium.task
    aggregator, standby = consortium.aggregator.open(), consortium.standby.open()
    assert bring_on(aggregator, task) == "nothing", "nobody has dealt yet"
    do(consortium, spec, "share")
    assert [bring_on(one, task) for one in (aggregator, standby)] == ["keep"] * 2
    assert bring_on(aggregator, task) == "nothing"
    do(consortium, spec, "commit")
    body = unpublish(consortium, spec)
    do(consortium, spec, "reveal")
    do(consortium, spec, "unmask")
    expected = due(consortium, spec, *HOSPITALS)
    gathered = gather_masked(standby.party, spec, standby.party.federation.reveals(task, spec.round))
    assert gathered.total is not None and not body.exists(), "the standby opens it from what it kept"
    assert bring_on(aggregator, task) == "aggregate"
    assert body.exists(), "and the aggregator puts it back, for whoever verifies later"
    verifier = consortium.members[HOSPITALS[0]].open().party
    assert len(shared_in(verifier, spec, session_of(verifier, spec))) == len(HOSPITALS)
    assert not verify_proposal(standby.party, spec).findings
    scene.pass_deadline(consortium)
    assert bring_on(aggregator, task) == "settle"
    assert (scene.head_words(consortium, spec) == expected).all() and all(bonds(consortium).values())


def test_a_round_that_one_process_drives_outlasts_who_unpublishes(consortium: Consortium) -> None:
    class Unpublisher(Participant):
        def commit(self, task: int, round: int) -> LocalNote | None:
            note = Participant.commit(self, task, round)
            unpublish(consortium, listen(self.silo.party, task, round))
            return note

    kinds = {LAST: Unpublisher}
    members = [kinds.get(name, Participant)(block.open()) for name, block in consortium.members.items()]
    cast = Cast(consortium.sponsor.open(), consortium.aggregator.open(), members, standby=consortium.standby.open())

    @flow
    def one_round() -> RoundResult:
        return drive_round(cast, consortium.task)

    log = one_round().log
    assert log.status is Status.SUCCESS and len(log.aggregated) == len(HOSPITALS)


def test_what_is_not_to_be_had_is_looked_for_again_and_what_is_false_is_never_kept(consortium: Consortium) -> None:
    spec, task = scene.opened(consortium), consortium.task
    do(consortium, spec, "share")
    party = consortium.aggregator.open().party
    body = unpublish(consortium, spec)
    assert bring_on(consortium.aggregator.open(), task) == "misses"
    first, *_, last = party.federation.dealt(task, spec.round)
    with pytest.raises(StoreUnreachable, match="what participant 3 dealt is not to be had"):
        dealt_message(party, spec, last, 1 << 20)
    other = b"".join(party.store.get(first.uri, 1 << 20))
    body.write_bytes(other)
    assert keep_dealt(party, spec).missing == (3,), "another's message is none"
    party.vault.keep(spec.slot(DEALT, last.participant), other)  # as if it had been kept all the same
    with pytest.raises(StoreUnreachable, match="what participant 3 dealt is not to be had"):
        dealt_message(party, spec, last, 1 << 20)


def test_an_answer_that_cannot_be_fetched_stops_nobody(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS[:3]:
        do(consortium, spec, step)
    do(consortium, spec, "unmask", *HONEST, last=True)
    consortium.federation(LAST).show_shares(spec.task, spec.round, b"\x01" * 32, "x://y")
    assert phase(consortium) is Phase.AGGREGATE
    expected = due(consortium, spec, *HOSPITALS)
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == expected).all(), "three answers open the sum of all four"


@pytest.mark.parametrize(
    "error",
    [PayloadTooLarge("too large"), ConfigurationError("AccessDenied"), ContentMissing("gone"), ContentMismatch("odd")],
)
def test_a_store_cannot_choose_with_whom_a_silo_masks(consortium: Consortium, error: Exception) -> None:
    spec = scene.opened(consortium)
    do(consortium, spec, "share")
    party = scene.members(consortium)[HOSPITALS[0]].silo.party
    hidden = {one.uri for one in party.federation.dealt(spec.task, spec.round)[3:]}
    with pytest.raises(StoreUnreachable, match="what participant 3 dealt is not to be had"):
        own_seeds(replace(party, store=Choosy(party.store, hidden, error)), spec)
    assert sorted(own_seeds(party, spec).by_index) == [0, 1, 2, 3]


def test_a_node_that_hides_a_dealer_is_not_masked_by(consortium: Consortium, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = scene.opened(consortium)
    do(consortium, spec, "share")
    party = scene.members(consortium)[HOSPITALS[0]].silo.party
    shown = party.federation.dealt(spec.task, spec.round)[:3]
    with monkeypatch.context() as patch:
        patch.setattr(type(party.federation), "dealt", lambda self, task, round: shown)
        with pytest.raises(ChainUnreachable, match="the node shows 3 dealers of round 1/1, the contract counts 4"):
            own_seeds(party, spec)
    for step in STEPS[1:3]:
        do(consortium, spec, step)
    with monkeypatch.context() as patch:
        patch.setattr(type(party.federation), "dealt", lambda self, task, round: shown)
        with pytest.raises(ChainUnreachable, match=r"does not show what participants 3 dealt, and .* masked with it"):
            own_answer(party, spec)  # once a round: for three survivors it could not be taken back
    do(consortium, spec, "unmask")
    assert phase(consortium) is Phase.AGGREGATE and all(bonds(consortium).values())


def test_a_verifier_that_cannot_fetch_accuses_nobody(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS:
        do(consortium, spec, step)
    party = consortium.standby.open().party
    reveals = party.federation.reveals(spec.task, spec.round)
    for uri in (party.federation.dealt(spec.task, spec.round)[0].uri, reveals[0].uri):
        blind = replace(party, store=Choosy(party.store, {uri}, StoreUnreachable("down")))
        with pytest.raises(StoreUnreachable):
            gather_masked(blind, spec, reveals)
        given_up = gather_masked(blind, spec, reveals, last_try=True)
        assert given_up.total is None and given_up.outage, "who has to propose gives up in the end"
    broken = Choosy(blind.store, {reveals[1].uri}, ContentMissing("gone"))
    assert gather_masked(replace(party, store=broken), spec, reveals).outage is None, "no answer would mend that sum"
    assert gather_masked(party, spec, reveals).total is not None


def test_what_is_withheld_in_commit_is_waited_for(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    do(consortium, spec, "share")
    dealt = consortium.federation().dealt(spec.task, spec.round)[3]
    (body,) = (consortium.ground.out / "store").rglob(dealt.uri.rsplit("/", 1)[-1])
    hidden = body.read_bytes()
    body.unlink()
    with pytest.raises(StoreUnreachable, match="what participant 3 dealt is not to be had"):
        own_seeds(scene.members(consortium)[HOSPITALS[0]].silo.party, spec)
    body.write_bytes(hidden)
    do(consortium, spec, "commit")
    assert phase(consortium) is Phase.REVEAL


def test_nobody_answers_before_the_survivors_are_known(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS[:2]:
        do(consortium, spec, step)
    do(consortium, spec, "reveal", *HONEST, last=True)
    early = scene.members(consortium)[HOSPITALS[0]]
    with pytest.raises(WrongPhase, match="is in REVEAL; shares are shown in UNMASK alone"):
        early.unmask(spec.task, spec.round)
    do(consortium, spec, "reveal", LAST, last=True)
    do(consortium, spec, "unmask")
    assert phase(consortium) is Phase.AGGREGATE
