"""A round's pay: what fee, committee and shares take, and that nobody gains by another's silence or by splitting."""

from statistics import median_low
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prefect_federated.core.enforced import Enforced
from prefect_federated.core.pay import Part, ShownVote, round_pay, seat_pay
from prefect_federated.core.scoring.score_vector import median_score, pack_scores, score_of
from prefect_federated.core.spec import TaskSpec
from tests.core.test_vectors import VECTORS

AGGREGATOR = "0x" + "a6" * 20
vectors = st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=5), min_size=1, max_size=31)


def paying(task: TaskSpec, **changes: Any) -> Enforced:
    """The task's parameters with a committee of three, and what a test changes."""
    committee = {"committee": 3, "vote_window": 60, "vote_reveal_window": 60, "validator_bond": 1}
    return Enforced(**{**task.enforced.model_dump(), **committee, "floor_bps": 0, **changes})


def parts(count: int = 4) -> list[Part]:
    return [Part(f"0x{index:040x}", index, 10 * (index + 1)) for index in range(count)]


def votes(*scores: bytes) -> list[ShownVote]:
    return [ShownVote(f"0x{99 + seat:040x}", seat, one) for seat, one in enumerate(scores)]


@pytest.mark.parametrize("group", ["pay_3", "pay_2", "pay_0"])
def test_pay_by_scores_is_what_the_contract_is_tested_with(group: str, task: TaskSpec) -> None:
    found = VECTORS[group]
    fields = {name: found[name] for name in ("fee_bps", "validator_bps", "share_cap_bps")}
    enforced = paying(task, reward_by=2, round_reward=3 * 10**18, committee=found["seats"], **fields)
    shown = votes(*(bytes.fromhex(one[2:]) for one in found["vectors"]))
    paid = round_pay(enforced, AGGREGATOR, parts(), shown)
    assert [paid.get(part.participant, 0) for part in parts()] == list(map(int, found["amounts"]))
    assert paid.get(AGGREGATOR, 0) == int(found["fee"])
    assert all(paid.get(vote.member, 0) == int(found["pay"]) for vote in shown)


@given(vectors, st.integers(0, 6))
def test_median_is_the_lower_one_of_what_was_written(rows: list[list[int]], index: int) -> None:
    packed = [pack_scores(row) for row in rows]
    scores = [row[index] if index < len(row) else 0 for row in rows]
    assert [score_of(one, index) for one in packed] == scores
    assert median_score(packed, index) == median_low(scores)


@pytest.mark.parametrize("scores", [(-1,), (0, 2**32)])
def test_scores_that_no_word_holds_are_refused(scores: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="quantise them"):
        pack_scores(scores)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_round_never_pays_more_than_its_reward(data: st.DataObject, task: TaskSpec) -> None:
    draw = data.draw
    fee, by = draw(st.integers(0, 10_000)), draw(st.integers(0, 2))
    pay, cap = draw(st.integers(0, 10_000 - fee)), draw(st.integers(0, 10_000))
    reward = draw(st.integers(0, 2**90))
    enforced = paying(
        task,
        reward_by=by,
        fee_bps=fee,
        validator_bps=pay,
        share_cap_bps=cap,
        round_reward=reward,
        aggregator_bond=reward,
    )
    shown = votes(*draw(st.lists(st.binary(max_size=20).map(lambda raw: raw[: len(raw) // 4 * 4]), max_size=3)))
    paid = round_pay(enforced, AGGREGATOR, parts(draw(st.integers(1, 5))), shown)
    assert sum(paid.values()) <= reward
    assert all(amount > 0 for amount in paid.values())


def test_nobody_earns_more_because_another_seat_is_silent(task: TaskSpec) -> None:
    enforced = paying(task, reward_by=1, validator_bps=3000)
    everybody, two = (round_pay(enforced, AGGREGATOR, parts(), votes(*[b""] * n)) for n in (3, 2))
    assert everybody.items() > two.items()
    assert seat_pay(enforced) == enforced.round_reward // 10


def test_an_account_in_three_roles_is_owed_the_sum(task: TaskSpec) -> None:
    enforced = paying(task, reward_by=1, fee_bps=1000, validator_bps=900, round_reward=10**6)
    me = parts()[0].participant
    paid = round_pay(enforced, me, parts(), [ShownVote(me, 0), ShownVote(AGGREGATOR, 1)])
    assert paid[me] == 100_000 + 30_000 + (10**6 - 100_000 - 90_000) // 4
    assert paid[AGGREGATOR] == 30_000


def test_a_cap_keeps_one_share_down_and_gives_the_others_nothing_for_it(task: TaskSpec) -> None:
    free, capped = (paying(task, share_cap_bps=cap, round_reward=1000) for cap in (0, 3000))
    one, other = (round_pay(enforced, AGGREGATOR, parts()) for enforced in (free, capped))
    assert list(one.values()) == [100, 200, 300, 400]
    assert list(other.values()) == [100, 200, 300, 300]


def test_a_round_with_nobody_in_it_pays_nobody(task: TaskSpec) -> None:
    assert round_pay(paying(task, fee_bps=1000, validator_bps=900), AGGREGATOR, [], votes(b"")) == {}


def test_scores_and_pay_need_a_committee_and_fit_a_round(task: TaskSpec) -> None:
    none = {"committee": 0, "vote_window": 0, "vote_reveal_window": 0, "validator_bond": 0}
    for changes in ({"reward_by": 2}, {"validator_bps": 1}):
        with pytest.raises(ValueError, match="without a committee has nobody"):
            paying(task, **none, **changes)
    for changes in ({"fee_bps": 4001}, {"floor_bps": 4001}):
        with pytest.raises(ValueError, match="exceeds 10000"):
            paying(task, validator_bps=6000, **changes)
        paying(task, validator_bps=5999, **changes)
