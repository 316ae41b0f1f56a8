"""Above 128 who mask together: each with some, the sum as exact as ever, and what the fractions ask for."""

import numpy as np
import pytest
from pydantic import ValidationError

from prefect_federated.core.errors import SpecError, TooFewShares
from prefect_federated.core.mask_spec import Masked
from prefect_federated.core.masking.cohort import graph_of, require_graphs, sessions
from prefect_federated.core.masking.degree import choose
from prefect_federated.core.masking.masked import seeds_of, seeds_or_alone
from prefect_federated.core.masking.session import Session
from tests.core.masking.masked_cohort import CHAIN, COORDINATOR, Cohort, members, plain_sum, roots_of

SEED = b"\x07" * 32
MANY = 150


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    """A hundred and fifty who mask together; a fifth may collude, a tenth drop out."""
    (session,) = sessions(CHAIN, COORDINATOR, 1, 1, members(range(MANY)), Masked(threshold=2), SEED)
    return Cohort(session)


def test_above_128_degree_and_threshold_are_those_that_the_fractions_ask_for(cohort: Cohort) -> None:
    found = choose(MANY, 0.2, 0.1)
    assert (cohort.session.degree, cohort.session.threshold) == (found.degree, found.threshold) == (42, 27)
    assert all(len(cohort.session.holders(index)) == 43 for index in range(MANY))
    assert cohort.session.seed == SEED
    assert graph_of(MANY, Masked(threshold=2, colluding=0.33)).degree > found.degree
    assert graph_of(128, Masked(threshold=70)).degree == 127 and graph_of(128, Masked(threshold=70)).threshold == 70


def test_large_groups_are_sparse_too() -> None:
    made: tuple[Session, ...] = sessions(
        CHAIN, COORDINATOR, 1, 1, members(range(261)), Masked(threshold=2, group=130), SEED
    )
    assert [(len(one.members), one.degree) for one in made] == [(131, 40), (130, 38)]


def test_the_sum_is_exact_though_some_leave_in_every_phase(cohort: Cohort) -> None:
    rng = np.random.default_rng(5)
    updates = {i: rng.integers(-(2**10), 2**10, 7).astype(np.int32) for i in range(MANY)}
    weights = {i: int(rng.integers(1, 1000)) for i in range(MANY)}
    order = rng.permutation(MANY).tolist()
    sharers, survivors, answering = order[3:], order[9:], order[15:]  # three never shared, six are gone, six are silent
    total = cohort.masked_sum(updates, weights, sharers, survivors, answering)
    assert total.tolist() == plain_sum(updates, weights, survivors)


def test_where_more_leave_than_the_fractions_allow_nothing_opens(cohort: Cohort) -> None:
    rng = np.random.default_rng(6)
    survivors = rng.permutation(MANY)[: MANY // 2].tolist()
    turnout = cohort.turnout(survivors)
    with pytest.raises(TooFewShares, match="27 are needed"):
        cohort.opened(turnout)


def test_fractions_that_no_graph_stands_are_refused_when_the_task_is_made() -> None:
    require_graphs(Masked(threshold=2, colluding=0.5, dropping=0.5), 3, 128)  # up to there all mask with all
    for fewest, most in ((3, 129), (200, 400)):
        with pytest.raises(SpecError, match="no threshold above half keeps both chances"):
            require_graphs(Masked(threshold=2, colluding=0.5, dropping=0.5), fewest, most)
    require_graphs(Masked(threshold=2), 3, 10_000)
    for wrong in ({"colluding": 1.0}, {"dropping": -0.1}):
        with pytest.raises(ValidationError, match=next(iter(wrong))):
            Masked.model_validate({"threshold": 2} | wrong)


def test_fractions_that_need_more_shares_than_a_round_asks_for_are_refused() -> None:
    with pytest.raises(SpecError, match="need 90 shares for a secret, a round asks for 65; lower"):
        graph_of(129, Masked(threshold=2, colluding=0.8, dropping=0.0))


def test_who_has_too_few_dealers_near_masks_a_blank_while_others_go_on(cohort: Cohort) -> None:
    session, own = cohort.session, cohort.secrets[0]
    near = [index for index in session.holders(0) if index != 0]
    gone = near[: len(near) + 2 - session.threshold]
    shared = {index: one for index, one in cohort.shared.items() if index not in gone}
    with pytest.raises(TooFewShares, match="27 are needed to take its mask off again"):
        seeds_of(session, own, roots_of(shared), shared)
    assert seeds_or_alone(session, own, roots_of(shared), shared).alone
    assert seeds_or_alone(session, own, {}, {}).alone
    everybody = seeds_or_alone(session, own, roots_of(cohort.shared), cohort.shared)
    assert set(everybody.by_index) == {0, *near}
