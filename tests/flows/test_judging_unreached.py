"""What never answers shields no lie: asked for again while there is time, it is then demanded like what is missing."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from prefect_federated.adapters import verification
from prefect_federated.adapters.aggregator import Aggregator
from prefect_federated.adapters.data.sources import FrameSource
from prefect_federated.adapters.evm.disputing import Disputing
from prefect_federated.adapters.gathering import Gathered
from prefect_federated.adapters.holdout import HeldOut
from prefect_federated.adapters.outcome import work_out
from prefect_federated.adapters.reading import read_result
from prefect_federated.adapters.unreached import counts_as_withheld
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.cli.auditor import auditor
from prefect_federated.core.errors import StoreUnreachable
from prefect_federated.core.findings import AGGREGATE, INCLUDED, MODEL, PAYLOAD, UNASKED, Finding, Wrong
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round import Reason
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.conclude import bring_on
from prefect_federated.scenario.consortium import Consortium, set_up
from prefect_federated.scenario.plot import Plot
from prefect_federated.scenario.task_spec import Terms
from prefect_federated.tasks.aggregate import aggregate
from prefect_federated.tasks.judge import judge
from tests.flows.choosy import Choosy
from tests.flows.conftest import HOSPITALS
from tests.flows.lies import award_of_nothing, propose, word_of_the_aggregate, word_of_the_model
from tests.flows.playing import revealed
from tests.flows.test_judging import nothing, on_duty, proposer

at_once = judge.with_options(retries=0)


@pytest.fixture(scope="module")
def consortium(devnet: Any, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    folder = tmp_path_factory.mktemp("unreached")
    terms = Terms(epochs=1, norm_rule=False)
    plot = Plot(rounds=12, interval_s=0, hospitals=HOSPITALS, cheats=(), data_docs=False, terms=terms)
    yield set_up(devnet.url, folder, LocalStore(root=folder / "store"), plot)


@pytest.fixture
def spec(consortium: Consortium) -> RoundSpec:
    """A round in which everybody has revealed, with aggregator and standby in their duties."""
    on_duty(consortium)
    return revealed(consortium)


def blind(one: Aggregator, *hidden: str) -> Aggregator:
    """The same, and nobody answers for some places."""
    store = Choosy(one.party.store, {*hidden}, StoreUnreachable("nobody answers"))
    return replace(one, party=replace(one.party, store=store))


def place(consortium: Consortium, spec: RoundSpec, tree: int) -> str:
    """Where the proposal that stands says that its result, its aggregate or its model lies."""
    party = consortium.standby.open().party
    document: ResultDocument = read_result(party, spec.task, spec.round)
    uri = party.federation.proposal(spec.task, spec.round).uri
    return {INCLUDED: uri, AGGREGATE: document.aggregate_uri, MODEL: document.model_uri}[tree]


def envelopes(consortium: Consortium, spec: RoundSpec) -> list[str]:
    return [one.uri for one in consortium.federation().reveals(spec.task, spec.round)]


def to_the_half(consortium: Consortium, spec: RoundSpec, before_s: int = 0) -> None:
    """Take the chain to where half of Challenge is gone, or so many seconds before."""
    federation = consortium.federation()
    opened = federation.round_state(spec.task).opens_at
    federation.wait_until(opened + spec.spec.enforced.challenge_window // 2 - before_s)


@pytest.mark.parametrize("tree", [INCLUDED, AGGREGATE, MODEL], ids=["result", "aggregate", "model"])
def test_a_lie_at_a_place_that_never_answers_costs_the_bond(tree: int, consortium: Consortium, spec: RoundSpec) -> None:
    """A reader knows from the root that there is a lie; what it says is not to be shown without its bytes."""
    propose(consortium, spec, word_of_the_model if tree == MODEL else word_of_the_aggregate)
    dead, standby, federation = place(consortium, spec, tree), consortium.standby.open(), consortium.federation()
    watcher = blind(standby, dead)
    found = verify_proposal(watcher.party, spec)
    assert [(one.wrong, one.tree) for one in found.unreached] == [(Wrong.UNREACHED, tree)] and not found.read_updates
    named = {INCLUDED: [], AGGREGATE: [Wrong.RULE], MODEL: [Wrong.OPTIMIZER]}[tree]
    assert [one.wrong for one in found.findings] == named and not found.provable
    to_the_half(consortium, spec, before_s=30)
    if named:
        assert "that is not to be had has root" in at_once(watcher.party, spec).findings[0].detail
    else:
        with pytest.raises(StoreUnreachable, match=r"nobody answers; not all of the proposal could be judged, try ag"):
            at_once(watcher.party, spec)
    assert not federation.demands(spec.task, spec.round), "an outage costs nobody anything while there is time"
    to_the_half(consortium, spec)
    for _ in range(2):
        assert bring_on(watcher, spec.task) == "judge", "it is looked at again, and asked for once"
        (demand,) = federation.demands(spec.task, spec.round)
    assert demand.target == (tree, 0, 0 if tree == INCLUDED else 1) and demand.by == standby.party.account
    federation.wait_until(demand.due + 1)
    assert bring_on(watcher, spec.task) == "forfeit"
    assert federation.fallen(spec.task, spec.round) == [proposer(consortium)]


def test_an_honest_result_at_places_that_never_answer_is_worked_out_again_and_costs_nobody_anything(
    consortium: Consortium, spec: RoundSpec
) -> None:
    propose(consortium, spec, nothing)
    dead = [place(consortium, spec, AGGREGATE), place(consortium, spec, MODEL)]
    found = verify_proposal(blind(consortium.standby.open(), *dead).party, spec)
    assert not found.findings and not found.unreached and found.read_updates, "its bytes are here: the roots are right"
    store = Choosy(LocalStore(root=consortium.ground.out / "store").open(), {*dead}, StoreUnreachable("nobody answers"))
    outsider = replace(auditor(consortium.federation(), f"local:{consortium.ground.out / 'store'}"), store=store)
    told = verify_proposal(outsider, spec)
    assert not told.findings and [one.tree for one in told.unreached] == [AGGREGATE, MODEL], "who cannot, asks again"


def test_an_outage_on_the_way_keeps_nothing_else_from_being_judged(
    consortium: Consortium, spec: RoundSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(consortium, spec, award_of_nothing)
    party = consortium.standby.open().party
    found = verify_proposal(blind(consortium.standby.open(), spec.base_uri).party, spec)
    assert [one.wrong for one in found.findings] == [Wrong.REWARD] and [one.tree for one in found.unreached] == [
        UNASKED
    ]

    def silent(*_: Any) -> Iterator[Finding]:
        yield Finding(Wrong.RULE, "found before")
        raise StoreUnreachable("nobody answers")

    for step in ("_rewards", "detection_findings", "score_findings"):
        with monkeypatch.context() as patch:
            patch.setattr(verification, step, silent)
            holdout = HeldOut(FrameSource("none", pd.DataFrame())) if step == "score_findings" else None
            told = verify_proposal(party, spec, holdout=holdout)
        assert "found before" in [one.detail for one in told.findings]
        assert [(one.tree, one.detail) for one in told.unreached] == [(UNASKED, "nobody answers")]


def test_payloads_that_only_a_watcher_cannot_reach_are_shown_and_cost_it_a_deposit_each(
    consortium: Consortium, spec: RoundSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(consortium, spec, nothing)
    first, _, last = envelopes(consortium, spec)
    standby, aggregator, federation = consortium.standby.open(), consortium.aggregator.open(), consortium.federation()
    watcher = blind(standby, first, last)
    found = verify_proposal(watcher.party, spec)
    assert not found.findings, "nobody is accused for an outage"
    assert {(one.tree, one.position) for one in found.unreached} == {(PAYLOAD, 0), (PAYLOAD, 2)}
    to_the_half(consortium, spec)
    assert bring_on(watcher, spec.task) == "judge"
    assert {one.target for one in federation.demands(spec.task, spec.round)} == {(PAYLOAD, 0, 1), (PAYLOAD, 2, 1)}
    with monkeypatch.context() as patch:
        patch.setattr(Disputing, "demands", late(Disputing.demands))
        other = blind(aggregator, first, last).party
        assert at_once(other, spec).unreached, "who comes second in the same second finds it asked for"
    before = federation.call("Disputes", "creditOf", proposer(consortium))
    assert bring_on(aggregator, spec.task) == "answer"
    earned = federation.call("Disputes", "creditOf", proposer(consortium)) - before
    assert earned == 2 * federation.demand_deposit()
    assert bring_on(watcher, spec.task) == "judge", "as long as it cannot be reached"
    assert bring_on(standby, spec.task) == "judge" and bring_on(standby, spec.task) == "nothing"
    federation.wait_until(federation.round_state(spec.task).deadline + 1)
    assert bring_on(aggregator, spec.task) == "settle"


def late(demands: Any) -> Any:
    """Reads as they are before another's transaction was mined: the first of each two sees nothing."""
    seen = list[int]()

    def read(self: Any, task: int, round: int) -> Any:
        seen.append(round)
        return [] if len(seen) % 2 else demands(self, task, round)

    return read


def test_nothing_is_demanded_for_a_pause_nor_by_a_watcher_whose_own_store_does_not_answer(
    consortium: Consortium, spec: RoundSpec
) -> None:
    propose(consortium, spec, nothing)
    party, federation = consortium.standby.open().party, consortium.federation("sponsor")
    half_s = spec.spec.enforced.challenge_window // 2
    to_the_half(consortium, spec, before_s=60)
    federation.pause(federation.chain_time() + 2 * half_s)
    federation.wait_until(federation.paused_until() + 1)
    assert half_s - 60 <= federation.challenged_s(spec.task, spec.round) < half_s
    assert not counts_as_withheld(party, spec)
    federation.wait_until(federation.chain_time() + 60)
    assert counts_as_withheld(party, spec)
    dead = [party.federation.spec_uri(spec.task), *envelopes(consortium, spec), place(consortium, spec, AGGREGATE)]
    with pytest.raises(StoreUnreachable, match="nobody answers"):
        at_once(blind(consortium.standby.open(), *dead).party, spec)
    assert not federation.demands(spec.task, spec.round)


def test_what_is_left_out_as_unavailable_and_is_so_here_too_is_agreed_upon(
    consortium: Consortium, spec: RoundSpec
) -> None:
    first, *_ = envelopes(consortium, spec)
    aggregate(blind(consortium.aggregator.open(), first), spec)
    assert consortium.federation().proposal(spec.task, spec.round).included == 2
    found = verify_proposal(blind(consortium.standby.open(), first).party, spec)
    assert not found.findings and not found.unreached and found.read_updates


def test_who_can_read_no_update_at_all_agrees_to_no_void_round(consortium: Consortium, spec: RoundSpec) -> None:
    aggregator, standby = consortium.aggregator.open(), consortium.standby.open()
    reveals = aggregator.party.federation.reveals(spec.task, spec.round)
    out = {one.participant: Reason.UNAVAILABLE for one in reveals}
    void = work_out(aggregator, spec, reveals, Gathered((), out, dict.fromkeys(out, "made up"))).proposal
    aggregator.party.federation.propose(spec.task, spec.round, void)
    found = verify_proposal(blind(standby, *envelopes(consortium, spec)).party, spec)
    assert not found.findings and [one.tree for one in found.unreached] == [UNASKED]
    assert len(verify_proposal(standby.party, spec).findings) == 3, "who can read them sees that they are there"
    to_the_half(consortium, spec)
    assert at_once(blind(standby, *envelopes(consortium, spec)).party, spec).unreached
    assert not aggregator.party.federation.demands(spec.task, spec.round), "none of it is there to be asked for"
