"""Pay by a committee's scores: whoever reads the chain finds a wrong award, and anybody proves it."""

from collections.abc import Iterator
from typing import Any

import pytest

from prefect_federated.adapters.reading import rewards_so_far
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.cli.auditor import auditor
from prefect_federated.core.findings import Wrong
from prefect_federated.core.pay import BPS
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round import Phase, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.tasks.judge import judge
from prefect_federated.tasks.settle import claim
from tests.flows.lies import LIES, Lie, Truth, propose
from tests.flows.scored import VALIDATORS, judged_round, name_of, set_up_scored
from tests.flows.test_judging import BOND, nothing, on_duty

SCORES = ({0: 30, 1: 10, 2: 1}, {0: 20, 1: 10, 2: 4_294_967_295}, {0: 10, 1: 10})


@pytest.fixture(scope="module")
def consortium(devnet: Any, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    yield set_up_scored(devnet.url, tmp_path_factory.mktemp("scored"))


@pytest.fixture
def spec(consortium: Consortium) -> RoundSpec:
    """A round that its committee has accepted and scored."""
    on_duty(consortium)
    return judged_round(consortium, SCORES)


def account(consortium: Consortium, name: str) -> str:
    return consortium.ground.accounts[name].address


def test_medians_decide_and_everybody_finds_the_same(consortium: Consortium, spec: RoundSpec) -> None:
    aggregator, standby = consortium.aggregator.open(), consortium.standby.open().party
    before, after = rewards_so_far(standby, spec.task), Truth(aggregator, spec).document.rewards
    names = {name: account(consortium, name) for name in ("standby", *consortium.members)}
    earned = {name: after[who] - before.get(who, 0) for name, who in names.items()}
    pool = spec.spec.enforced.round_reward
    pay = pool * 900 // (3 * BPS)
    rest = pool - pool * 500 // BPS - 3 * pay
    assert earned == {  # medians 20, 10, 1: one member's praise is not enough
        "standby": pay,
        "hospital-a": min(rest * 20 // 31, rest * 6000 // BPS) + pay,
        "hospital-b": rest * 10 // 31 + pay,
        "hospital-c": rest * 1 // 31,
    }
    propose(consortium, spec, nothing)
    assert not verify_proposal(standby, spec).findings
    store = f"local:{consortium.ground.out / 'store'}"
    assert not verify_proposal(auditor(consortium.federation(), store), spec).findings
    on_duty(consortium)
    assert {name: claim(silo.open().party, spec.task) for name, silo in consortium.members.items()} == {
        name: after[names[name]] for name in consortium.members
    }
    assert claim(standby, spec.task) == after[standby.account]


def validator_that_is_forgotten(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    votes = truth.federation.shown_votes(truth.spec.task, truth.spec.round)
    aggregator = truth.spec.spec.enforced.aggregator
    pay = truth.spec.spec.enforced.round_reward * 300 // BPS
    moved = dict(truth.document.rewards)
    moved[votes[0].member] -= pay
    moved[aggregator] += pay
    return truth.document.model_copy(update={"rewards": {who: wei for who, wei in moved.items() if wei}}), {}


def scores_that_nobody_gave(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    """Hospital-c paid as if its one admirer had decided."""
    first, *_, last = (record.participant for record in truth.document.included)
    moved = dict(truth.document.rewards)
    moved[first], moved[last] = moved[first] - 10**15, moved[last] + 10**15
    return truth.document.model_copy(update={"rewards": moved}), {}


WRONG_AWARDS = [lie for lie, wrong in LIES.items() if wrong is Wrong.REWARD]


@pytest.mark.parametrize(
    "lie", [*WRONG_AWARDS, validator_that_is_forgotten, scores_that_nobody_gave], ids=lambda lie: lie.__name__
)
def test_every_wrong_award_is_named_proven_and_paid_for(lie: Lie, consortium: Consortium, spec: RoundSpec) -> None:
    propose(consortium, spec, lie)
    standby, federation = consortium.standby.open().party, consortium.federation()
    bounty = federation.pending_bounty_of(standby.account)
    verification = judge(standby, spec)
    assert verification.provable and verification.provable[0].wrong is Wrong.REWARD
    assert federation.fallen(spec.task, spec.round) == [account(consortium, "aggregator")]
    assert federation.pending_bounty_of(standby.account) - bounty == BOND // 2


def test_a_wrong_award_is_proven_where_a_seat_is_silent(consortium: Consortium) -> None:
    on_duty(consortium)
    spec = judged_round(consortium, (SCORES[0], None, SCORES[2]))
    propose(consortium, spec, scores_that_nobody_gave)
    assert [vote.seat for vote in consortium.federation().shown_votes(spec.task, spec.round)] == [0, 2]
    judge(consortium.standby.open().party, spec)
    assert consortium.federation().fallen(spec.task, spec.round)


def test_a_rejection_pays_the_votes_and_no_seat_twice(consortium: Consortium) -> None:
    on_duty(consortium)
    spec = judged_round(consortium, SCORES, accept=False)
    federation, task = consortium.federation("sponsor"), consortium.task
    state = federation.round_state(task)
    assert (state.phase, state.status) == (Phase.SETTLED, Status.REJECTED)

    def due(name: str) -> int | None:
        return federation.pay_due(task, spec.round, account(consortium, name))

    seats = [due(name) for name in VALIDATORS]
    assert sorted(seat for seat in seats if seat is not None) == [0, 1, 2]
    assert due("hospital-c") is None
    floors = federation.treasury_account(task).floors
    for seat in seats:
        sent = federation.claim_pay(task, spec.round, int(seat or 0))
        assert name_of(consortium, sent.event("PayPaid").args["member"]) in VALIDATORS
    pool = spec.spec.enforced.round_reward
    assert floors - federation.treasury_account(task).floors == 3 * (pool * 900 // (3 * BPS))
    assert [due(name) for name in VALIDATORS] == [None] * 3
