"""Encrypted rounds on a chain: the exact mean, opened by all key holders together and checked by everybody."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from prefect_federated.adapters import aggregator as working
from prefect_federated.adapters import encrypting
from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.adapters.encrypting import sum_session
from prefect_federated.adapters.envelope import read_envelope
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.gathering import Gathered, gather
from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.regional import gather_for
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.adapters.signed_places import MOST_PLACES
from prefect_federated.adapters.sum_keys import recalled_sum_key
from prefect_federated.adapters.sum_opening import (
    Added,
    _require_enough,
    awaits_sums,
    gather_encrypted,
    holders_awaited,
    leave_opening,
    own_opening,
)
from prefect_federated.adapters.told_openings import MOST_DOCUMENTS, told_openings
from prefect_federated.adapters.unmasking import combine_masked
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.combine import Combined
from prefect_federated.core.errors import (
    ChainUnreachable,
    ConfigurationError,
    ContentMismatch,
    KeyUnavailable,
    StoreUnreachable,
    TooFewShares,
    UnmaskRefused,
)
from prefect_federated.core.paillier.opened import read_opening
from prefect_federated.core.relaying import middle
from prefect_federated.core.round import Phase, Reason, Status
from prefect_federated.flows.conclude import WAITS, bring_on
from prefect_federated.flows.participate import take_part
from prefect_federated.flows.unlock import unlock_due
from prefect_federated.scenario.consortium import Consortium
from tests.flows import local_scene as scene
from tests.flows.conftest import Found
from tests.flows.crash_scene import Scene, worker
from tests.flows.encrypted_scene import (
    HOLDERS,
    HOSPITALS,
    NOWHERE,
    RolledBack,
    Shut,
    Without,
    due,
    encrypted_federation,
    forged,
    holder,
    judged,
    leave,
    looks_random,
    on_dead,
)


@pytest.fixture(scope="module")
def consortium(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """Four hospitals whose updates are encrypted for a notary and an association."""
    yield encrypted_federation(found, tmp_path_factory.mktemp("encrypted"))


@pytest.mark.slow
def test_an_encrypted_round_ends_with_the_exact_mean_shows_nobodys_update_and_outlasts_kills_of_a_holder(
    consortium: Consortium, prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    spec, federation = scene.opened(consortium), consortium.federation()
    for name in HOSPITALS:
        take_part(consortium.members[name].open(), spec.task)
    state = federation.round_state(spec.task)
    assert (state.phase, state.revealed) == (Phase.REVEAL, 1), "whoever committed last"
    aggregator = consortium.aggregator.open()
    assert bring_on(aggregator, spec.task) == "nothing", "no receipt: who has one could unpublish"
    with pytest.raises(ConfigurationError, match="has no mailbox to find their openings in"):
        bring_on(replace(aggregator, mailbox=None), spec.task)
    for name in HOSPITALS:
        take_part(consortium.members[name].open(), spec.task)
    state = federation.round_state(spec.task)
    assert (state.phase, state.revealed) == (Phase.AGGREGATE, 4)
    expected = due(consortium, spec, *HOSPITALS)
    assert bring_on(aggregator, spec.task) == WAITS, "no key holder has opened anything"
    blocks, homes = {name: holder(consortium, name) for name in HOLDERS}, tmp_path_factory.mktemp("homes")
    with worker(homes, prefect_api) as call:
        play = Scene(consortium, call, homes, others=blocks)
        play.kill("notary", "holder:kept")
        play.kill("notary", "holder:left")
        assert play.play(*HOLDERS) == {"notary": "nothing", "association": "unlock"}
    place = consortium.ground.out / "mailbox"
    assert len(list(place.glob(f"*/{spec.task}/{spec.round}/release/*.json"))) == 2, "one letter a holder"
    shown = federation.reveals(spec.task, spec.round)
    assert all(looks_random(one.words[:]) for one in gather(aggregator.party, spec, shown).updates)
    assert bring_on(aggregator, spec.task) == "aggregate"
    stranger = verify_proposal(holder(consortium, "notary").open().party, spec)
    assert not stranger.read_updates and not stranger.findings, "no opening is at hand, so nothing is said of the sum"
    standby = consortium.standby.open()
    assert bring_on(standby, spec.task) == "judge"
    verified = verify_proposal(standby.party, spec)
    assert verified.read_updates and not verified.findings, "from the openings that it kept, without a mailbox"
    dead = {shown[0].uri: StoreUnreachable("nobody answers")}
    blind = verify_proposal(replace(standby.party, store=Without(standby.party.store, dead)), spec)
    assert not blind.findings and len(blind.unreached) == 1, "a sum of less says nothing of that of all"
    scene.pass_deadline(consortium)
    assert bring_on(aggregator, spec.task) == "settle"
    assert (scene.head_words(consortium, spec) == expected).all()
    log = read_round_log(federation, spec.task, spec.round)
    assert log.status is Status.SUCCESS and len(log.aggregated) == 4
    silo = scene.members(consortium)[HOSPITALS[0]].silo
    found = audit_with_data(silo, spec.task, spec.round, retrain=True)
    assert [finding.what for finding in found if not finding.holds] == [] and found[-1].what == "update"


@pytest.mark.slow
def test_holder_opens_one_sum_whatever_the_store_does_and_silence_or_a_dead_place_voids_the_round_at_no_ones_cost(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, federation = scene.revealed(consortium), consortium.federation()
    party, aggregator = holder(consortium, "notary").open().party, consortium.aggregator.open()
    bodies = {read_envelope(party.store, one.uri).body for one in federation.reveals(spec.task, spec.round)}
    with pytest.raises(KeyUnavailable, match="holds no secret half of the key"):
        recalled_sum_key(party, sum_session(spec).holders[1].key)
    altered = Without(party.store, {bodies.pop(): ContentMismatch("it holds other bytes")})
    with pytest.raises(StoreUnreachable, match="it waits for that payload until the middle of Aggregate"):
        own_opening(replace(party, store=altered), spec)
    every = Federation.reveals
    with monkeypatch.context() as patch:
        patch.setattr(Federation, "reveals", lambda self, task, round: every(self, task, round)[1:])
        with pytest.raises(ChainUnreachable, match="the node shows 3 openings of round"):
            own_opening(party, spec)
    state = federation.round_state(spec.task)
    federation.wait_until(middle(state))
    opening = own_opening(replace(party, store=altered), spec)
    assert opening is not None and len(read_opening(opening).payloads) == 3
    assert own_opening(party, spec) == opening, "what it opened stands, whatever it can read since"
    with pytest.raises(UnmaskRefused, match="the vault holds none"):
        own_opening(replace(party, store=RolledBack(party, spec)), spec)

    mailbox = FolderMailbox(consortium.ground.out / "mailbox")
    leave(mailbox, party, spec, NOWHERE, opening)
    assert bring_on(on_dead(aggregator), spec.task) == WAITS, "nobody answers at that place yet"
    with pytest.raises(ConfigurationError, match="has no mailbox to find their openings in"):
        bring_on(replace(aggregator, mailbox=None), spec.task)
    federation.wait_until(state.deadline - (state.deadline - state.opens_at) // 4)
    for one in (aggregator, replace(aggregator, mailbox=None), replace(aggregator, mailbox=Shut(mailbox.root))):
        assert not awaits_sums(one.party, one.mailbox, spec, state), "its time is up, and nothing is asked for"
    assert bring_on(on_dead(aggregator), spec.task) == "aggregate"
    assert not federation.proposal(spec.task, spec.round).included
    late = unlock_due(holder(consortium, "association").open(), spec.task)
    assert late == "nothing", "nothing once a proposal stands"
    standby = on_dead(consortium.standby.open())
    assert bring_on(standby, spec.task) == "judge" and judged(standby.party, spec) == "", "nothing is wrong with it"
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
    notary, shown = holder(consortium, "notary").open().party, federation.reveals(spec.task, spec.round)
    opening = own_opening(notary, spec)
    assert opening is not None and own_opening(notary, spec) == opening, "one a round"
    forged(mailbox, holder(consortium, "association").open().party, notary.account, spec, opening, opening)
    forged(mailbox, notary, notary.account, spec, opening, b"what the store holds instead")
    awaited = holders_awaited(aggregator.party, mailbox, spec)
    assert notary.account in awaited, "another signed the one letter, and the other's place holds something else"
    told = read_opening(opening)
    false = told.blocks[0].model_copy(update={"value": told.blocks[0].value + 1})
    leave_opening(notary, mailbox, spec, told.model_copy(update={"blocks": (false, *told.blocks[1:])}).to_bytes())
    gathered = gather_encrypted(aggregator.party, spec, shown, mailbox)
    account = scene.members(consortium)[liar].account
    assert gathered.total is None and gathered.reasons == {account: Reason.MALFORMED}
    assert "has no proof that its sender knows what is in it" in gathered.details[account]
    (why,) = {told for one, told in gathered.details.items() if one != account}
    assert f"the opening of key holder {notary.account} is false: block 0" in why
    assert notary.account in holders_awaited(aggregator.party, None, spec), "what is false is not kept"

    for name in HOLDERS:
        assert unlock_due(holder(consortium, name).open(), spec.task) == "unlock"
    gathered = gather_encrypted(aggregator.party, spec, shown, mailbox)
    assert gathered.total is not None
    clipped = spec.spec.update.model_copy(update={"clip_norm": 1e-9})
    short = replace(spec, spec=spec.spec.model_copy(update={"update": clipped}))
    beyond = gather_encrypted(aggregator.party, short, shown, mailbox)
    assert beyond.total is None and beyond.lost is Reason.OUT_OF_RANGE
    said = str(beyond.details)
    assert "updates clipped to 1e-09 come to" in said and "somebody encrypted something else, and nobody can" in said
    kept = told_openings(aggregator.party, None, spec, (notary.account,))
    assert kept == {notary.account: [opening]}, "the true one, beside a false one that it signed too"
    expected = due(consortium, spec, *honest)
    with monkeypatch.context() as patch:
        patch.setattr(working, "combine_masked", lambda *given: altered(combine_masked(*given)))
        assert bring_on(aggregator, spec.task) == "aggregate"
    standby = consortium.standby.open()
    assert bring_on(standby, spec.task) == "judge", "nothing that a contract could be shown"
    assert "the mean of the 3 included encrypted updates is" in judged(standby.party, spec)
    assert (scene.head_words(consortium, spec) != expected).any()
    scene.pass_deadline(consortium)
    bring_on(aggregator, spec.task)


def test_copied_letters_with_dead_places_hide_no_opening_and_are_not_asked_for_without_end(
    consortium: Consortium, tmp_path: Path
) -> None:
    """A directory in place of a document kept aggregator and standby from ever proposing, and cost them their bonds."""
    spec, mailbox = scene.opened(consortium), FolderMailbox(tmp_path)
    notary, reader = holder(consortium, "notary").open().party, consortium.aggregator.open().party
    true = b"what it opened"
    dead = {f"cas://sha256/{number:064x}": StoreUnreachable("nobody answers") for number in range(40)}
    for place in dead:
        leave(mailbox, notary, spec, place, true)
    store = Without(reader.store, dead)
    party = replace(reader, store=store)
    assert told_openings(party, mailbox, spec, (notary.account,)) == {notary.account: []}, "as if it were not there"
    assert len(store.asked) == MOST_PLACES
    assert notary.account in holders_awaited(party, mailbox, spec)
    leave(mailbox, notary, spec, notary.store.put([true]), true)
    assert told_openings(party, mailbox, spec, (notary.account,)) == {notary.account: [true]}
    store.asked.clear()
    assert told_openings(party, mailbox, spec, (notary.account,)) == {notary.account: [true]}
    assert not set(store.asked) & (set(dead) | {notary.store.put([true])}), "it is kept, and is fetched no more"
    for number in range(2 * MOST_DOCUMENTS):
        leave(mailbox, notary, spec, notary.store.put([bytes([number])]), bytes([number]))
    assert len(told_openings(party, mailbox, spec, (notary.account,))[notary.account]) <= MOST_DOCUMENTS
    shut = replace(consortium.aggregator.open(), mailbox=Shut(tmp_path))
    with pytest.raises(StoreUnreachable, match="the folder is gone"):
        gather_for(shut, spec, [])
    assert gather_for(shut, spec, [], last_try=True).lost is Reason.UNDECRYPTABLE, "so it can say that nothing is read"
    scene.pass_deadline(consortium)
    consortium.federation("sponsor").tick(spec.task)


def test_holder_waits_for_every_payload_that_a_store_could_hide_and_opens_no_sum_of_fewer_than_the_quorum(
    consortium: Consortium,
) -> None:
    spec = scene.opened(consortium)
    session, (first, second, third, last) = sum_session(spec), HOSPITALS
    roots = dict.fromkeys((first, second, third), bytes(32))
    for reason in (Reason.UNAVAILABLE, Reason.ROOT_MISMATCH, Reason.MALFORMED, Reason.UNDECRYPTABLE):
        found = Added(session, Gathered((), {last: reason}, {last: "why not"}), roots, (), frozenset())
        with pytest.raises(StoreUnreachable, match="why not; its sum is opened once, so it waits"):
            _require_enough(spec, found, waits=True)
        _require_enough(spec, found, waits=False)
        _require_enough(spec, replace(found, refused=frozenset({last})), waits=True)
    with pytest.raises(TooFewShares, match="a sum of 2 would be opened, 3 are the fewest"):
        _require_enough(spec, replace(found, roots={first: bytes(32), second: bytes(32)}), waits=False)


def altered(combined: Combined) -> Combined:
    words = combined.aggregate.copy()
    words[0] += 1
    return replace(combined, aggregate=words)
