"""Encrypted rounds on a chain: the exact mean, opened by all key holders together and checked by everybody."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from prefect_federated.adapters import aggregator as working
from prefect_federated.adapters import encrypting
from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.adapters.encrypting import sum_session
from prefect_federated.adapters.envelope import read_envelope
from prefect_federated.adapters.gathering import OutOfRange, gather
from prefect_federated.adapters.mailbox import FolderMailbox, place_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.adapters.sum_keys import recalled_sum_key
from prefect_federated.adapters.sum_opening import (
    _require_range,
    gather_encrypted,
    holders_awaited,
    leave_opening,
    own_opening,
)
from prefect_federated.adapters.unmasking import combine_masked
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.combine import Combined
from prefect_federated.core.errors import (
    ConfigurationError,
    ContentMissing,
    KeyUnavailable,
    StoreUnreachable,
    TooFewShares,
)
from prefect_federated.core.findings import Wrong
from prefect_federated.core.paillier.opened import read_opening
from prefect_federated.core.relaying import middle
from prefect_federated.core.round import Phase, Reason, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.conclude import WAITS, bring_on
from prefect_federated.flows.participate import take_part
from prefect_federated.flows.unlock import unlock_due
from prefect_federated.scenario.consortium import Consortium
from tests.flows import local_scene as scene
from tests.flows.conftest import Found
from tests.flows.crash_scene import Scene, worker
from tests.flows.encrypted_scene import HOLDERS, HOSPITALS, due, encrypted_federation, holder, looks_random


@pytest.fixture(scope="module")
def consortium(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """Four hospitals whose updates are encrypted for a notary and an association."""
    yield encrypted_federation(found, tmp_path_factory.mktemp("encrypted"))


def test_an_encrypted_round_ends_with_the_exact_mean_and_shows_nobodys_update(consortium: Consortium) -> None:
    spec, federation = scene.opened(consortium), consortium.federation()
    for name in HOSPITALS:
        take_part(consortium.members[name].open(), spec.task)
    state = federation.round_state(spec.task)
    assert (state.phase, state.revealed) == (Phase.REVEAL, 1), "whoever committed last"
    assert bring_on(consortium.aggregator.open(), spec.task) == "nothing", "no receipt: who has one could unpublish"
    for name in HOSPITALS:
        take_part(consortium.members[name].open(), spec.task)
    state = federation.round_state(spec.task)
    assert (state.phase, state.revealed) == (Phase.AGGREGATE, 4)
    expected = due(consortium, spec, *HOSPITALS)
    aggregator = consortium.aggregator.open()
    assert bring_on(aggregator, spec.task) == WAITS, "no key holder has opened anything"
    done = [unlock_due(holder(consortium, name).open(), spec.task) for name in (*HOLDERS, HOLDERS[0])]
    assert done == ["unlock", "unlock", "nothing"]
    reveals = federation.reveals(spec.task, spec.round)
    assert all(looks_random(one.words[:]) for one in gather(aggregator.party, spec, reveals).updates)
    assert bring_on(aggregator, spec.task) == "aggregate"
    stranger = verify_proposal(holder(consortium, "notary").open().party, spec)
    assert not stranger.read_updates and not stranger.findings, "no opening is at hand, so nothing is said of the sum"
    standby = consortium.standby.open()
    assert bring_on(standby, spec.task) == "judge"
    verified = verify_proposal(standby.party, spec)
    assert verified.read_updates and not verified.findings, "from the openings that it kept, without a mailbox"
    scene.pass_deadline(consortium)
    assert bring_on(aggregator, spec.task) == "settle"
    assert (scene.head_words(consortium, spec) == expected).all()
    log = read_round_log(federation, spec.task, spec.round)
    assert log.status is Status.SUCCESS and len(log.aggregated) == 4
    silo = scene.members(consortium)[HOSPITALS[0]].silo
    found = audit_with_data(silo, spec.task, spec.round, retrain=True)
    assert [finding.what for finding in found if not finding.holds] == [] and found[-1].what == "update"


def test_holder_that_keeps_silent_voids_the_round_and_nobody_loses_a_bond(consortium: Consortium) -> None:
    spec, federation = scene.revealed(consortium), consortium.federation()
    assert unlock_due(holder(consortium, "notary").open(), spec.task) == "unlock"
    aggregator = consortium.aggregator.open()
    assert bring_on(aggregator, spec.task) == WAITS
    with pytest.raises(ConfigurationError, match="has no mailbox to find their openings in"):
        bring_on(replace(aggregator, mailbox=None), spec.task)
    state = federation.round_state(spec.task)
    federation.wait_until(state.deadline - (state.deadline - state.opens_at) // 4)
    assert bring_on(aggregator, spec.task) == "aggregate"
    assert not federation.proposal(spec.task, spec.round).included
    assert unlock_due(holder(consortium, "association").open(), spec.task) == "nothing", (
        "nothing once a proposal stands"
    )
    assert not verify_proposal(consortium.standby.open().party, spec, aggregator.mailbox).findings
    scene.pass_deadline(consortium)
    assert bring_on(aggregator, spec.task) == "settle"
    assert federation.round_state(spec.task).status is Status.VOIDED
    log = read_round_log(federation, spec.task, spec.round)
    assert not log.aggregated and log.status is Status.VOIDED
    assert all(federation.enrolment(spec.task, one.account).bonded for one in scene.members(consortium).values())
    assert federation.task_of(spec.task).aggregator_bonded


@pytest.mark.slow
def test_who_sends_again_what_it_sent_before_is_left_out_and_false_openings_and_sums_are_named(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, federation = scene.opened(consortium), consortium.federation()
    *honest, liar = HOSPITALS
    before = replace(sum_session(spec), round=spec.round - 1)
    with monkeypatch.context() as patch:
        patch.setattr(encrypting, "sum_session", lambda spec: before)
        scene.members(consortium)[liar].commit(spec.task, spec.round)
    for name in honest:
        scene.members(consortium)[name].commit(spec.task, spec.round)
    for name in HOSPITALS:
        scene.members(consortium)[name].reveal(spec.task, spec.round)
    aggregator, mailbox = consortium.aggregator.open(), FolderMailbox(consortium.ground.out / "mailbox")
    notary, reveals = holder(consortium, "notary").open().party, federation.reveals(spec.task, spec.round)
    opening = own_opening(notary, spec)
    assert opening is not None and own_opening(notary, spec) == opening, "one a round"
    forged(mailbox, holder(consortium, "association").open().party, notary.account, spec, opening, opening)
    forged(mailbox, notary, notary.account, spec, opening, b"what the store holds instead")
    awaited = holders_awaited(aggregator.party, mailbox, spec)
    assert notary.account in awaited, "another signed the one letter, and the other's place holds something else"
    told = read_opening(opening)
    false = told.blocks[0].model_copy(update={"value": told.blocks[0].value + 1})
    leave_opening(notary, mailbox, spec, told.model_copy(update={"blocks": (false, *told.blocks[1:])}).to_bytes())
    gathered = gather_encrypted(aggregator.party, spec, reveals, mailbox)
    account = scene.members(consortium)[liar].account
    assert gathered.total is None and gathered.reasons == {account: Reason.MALFORMED}
    assert "has no proof that its sender knows what is in it" in gathered.details[account]
    (why,) = {told for one, told in gathered.details.items() if one != account}
    assert f"the opening of key holder {notary.account} is false: block 0" in why

    for name in HOLDERS:
        assert unlock_due(holder(consortium, name).open(), spec.task) == "unlock"
    gathered = gather_encrypted(aggregator.party, spec, reveals, mailbox)
    assert gathered.total is not None
    most = spec.spec.update.limit * sum(update.weight for update in gathered.updates)
    with pytest.raises(OutOfRange, match="somebody encrypted something else, and nobody can tell who"):
        _require_range(spec, gathered.total * 0 + most + 1, gathered)
    expected = due(consortium, spec, *honest)
    with monkeypatch.context() as patch:
        patch.setattr(working, "combine_masked", lambda *given: altered(combine_masked(*given)))
        assert bring_on(aggregator, spec.task) == "aggregate"
    standby = consortium.standby.open()
    findings = verify_proposal(standby.party, spec, mailbox).findings
    assert [finding.wrong for finding in findings] == [Wrong.RULE]
    assert "the mean of the 3 included encrypted updates is" in findings[0].detail
    assert bring_on(standby, spec.task) == "judge", "nothing that a contract could be shown"
    assert (scene.head_words(consortium, spec) != expected).any()
    scene.pass_deadline(consortium)
    bring_on(aggregator, spec.task)


def forged(mailbox: FolderMailbox, signer: Party, holder: str, spec: RoundSpec, opening: bytes, stored: bytes) -> None:
    """A letter about a holder's opening that somebody else signed, or of which the store holds something else."""
    place, digest = signer.store.put([stored]), hashlib.sha256(opening).digest()
    letter = signer.federation.sign_release(spec.task, spec.round, holder, place, digest)
    mailbox.leave(place_of(spec.chain_id, spec.coordinator, spec.task, spec.round, "release"), letter.to_bytes())


def altered(combined: Combined) -> Combined:
    words = combined.aggregate.copy()
    words[0] += 1
    return replace(combined, aggregate=words)


@pytest.mark.slow
def test_holder_waits_for_a_payload_half_of_the_window_and_opens_no_sum_of_fewer_than_the_quorum(
    consortium: Consortium,
) -> None:
    spec, federation = scene.revealed(consortium), consortium.federation()
    party = holder(consortium, "notary").open().party
    bodies = {read_envelope(party.store, one.uri).body for one in federation.reveals(spec.task, spec.round)}
    with pytest.raises(KeyUnavailable, match="holds no secret half of the key"):
        recalled_sum_key(party, sum_session(spec).holders[1].key)
    gone = replace(party, store=Without(party.store, bodies.pop()))
    with pytest.raises(StoreUnreachable, match="it waits for that payload until the middle of Aggregate"):
        own_opening(gone, spec)
    state = federation.round_state(spec.task)
    federation.wait_until(middle(state))
    fewer = replace(party, store=Without(gone.store, bodies.pop()))
    with pytest.raises(TooFewShares, match="a sum of 2 would be opened, 3 are the fewest"):
        own_opening(fewer, spec)
    opening = own_opening(gone, spec)
    assert opening is not None and len(read_opening(opening).payloads) == 3
    assert own_opening(party, spec) == opening, "what it opened stands, whatever it can read since"
    scene.conclude(consortium, spec)
    assert federation.round_state(spec.task).status is Status.VOIDED, "nobody left an opening"


@pytest.mark.slow
def test_holder_that_is_killed_after_it_kept_or_left_its_opening_leaves_the_same_one(
    consortium: Consortium, prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    spec, homes = scene.revealed(consortium), tmp_path_factory.mktemp("homes")
    blocks = {name: holder(consortium, name) for name in HOLDERS}
    with worker(homes, prefect_api) as call:
        play = Scene(consortium, call, homes, others=blocks)
        play.kill("notary", "holder:kept")
        play.kill("notary", "holder:left")
        assert play.play(*HOLDERS) == {"notary": "nothing", "association": "unlock"}
    place = consortium.ground.out / "mailbox"
    assert len(list(place.glob(f"*/{spec.task}/{spec.round}/release/*.json"))) == 2, "one letter a holder"
    expected = due(consortium, spec, *HOSPITALS)
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == expected).all()


class Without:
    """A store that holds everything but one content."""

    def __init__(self, store: ContentStore, missing: str) -> None:
        self.store, self.missing = store, missing

    def get(self, uri: str, limit: int) -> Iterator[bytes]:
        if uri == self.missing:
            raise ContentMissing(f"{uri} is not there")
        return self.store.get(uri, limit)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)
