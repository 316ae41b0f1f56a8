"""Somebody behaves oddly in a round, and the report says who, by which test, with which figures."""

from collections.abc import Callable

import numpy as np
import pytest
from eth_utils import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from prefect_federated.core.combine import Update
from prefect_federated.core.detection.detect import FEWEST, DetectionReport, detect
from prefect_federated.core.detection.detection_spec import DetectionSpec
from prefect_federated.core.detection.geometry import geometry
from prefect_federated.core.round import Reason

Words = NDArray[np.int32]
D, N = 900, 10
ACCOUNTS = [to_checksum_address(f"0x{number:040x}") for number in range(1, N + 1)]


def cohort(seed: int = 3) -> tuple[list[Words], Words]:
    """Ten honest updates that share a direction, and the last step of the model, which shares it too."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 500, D)
    made = [np.rint(common + rng.normal(0, 500, D)).astype(np.int32) for _ in range(N)]
    return made, np.rint(common + rng.normal(0, 300, D)).astype(np.int32)


def report(
    words: list[Words],
    step: Words | None = None,
    spec: DetectionSpec | None = None,
    order: dict[str, int] | None = None,
    unread: dict[str, Reason] | None = None,
    older: tuple[str, ...] = (),
) -> DetectionReport:
    updates = [Update(account, 1, one) for account, one in zip(ACCOUNTS, words, strict=False)]
    by_place = {account: place for place, account in enumerate(ACCOUNTS)}
    return detect(spec or DetectionSpec(), updates, step, order or by_place, unread or {}, older)


def named_by(found: DetectionReport) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for one in found.named:
        named.setdefault(one.participant, []).append(one.test)
    return named


def test_honest_updates_are_not_named() -> None:
    words, step = cohort()
    found = report(words, step)
    assert found.named == () and [one.participant for one in found.measures] == ACCOUNTS


@pytest.mark.parametrize(
    ("test", "cheat"),
    [
        ("scaled", lambda own, others, step: 10 * own),
        ("opposed", lambda own, others, step: -own),
        ("astray", lambda own, others, step: np.random.default_rng(9).normal(0, 700, D).astype(np.int32)),
        ("alike", lambda own, others, step: others[0].copy()),
        ("alike", lambda own, others, step: others[0] + 5),
        ("idle", lambda own, others, step: step + 3),
        ("idle", lambda own, others, step: np.zeros_like(own)),
        ("stale", lambda own, others, step: own + step),
    ],
)
def test_cheat_is_named_by_its_test_and_nobody_else_is(
    test: str, cheat: Callable[[Words, list[Words], Words], Words]
) -> None:
    words, step = cohort()
    words[-1] = cheat(words[-1], words[:-1], step)
    found = report(words, step)
    assert list(named_by(found)) == [ACCOUNTS[-1]] and test in named_by(found)[ACCOUNTS[-1]]
    one = next(named for named in found.named if named.test == test)
    assert one.measured is not None and f"{one.measured:.3g}" in one.detail
    # without the test, nobody finds it by this name
    assert test not in named_by(report(words, step, DetectionSpec(**{test: None}))).get(ACCOUNTS[-1], [])


def test_update_that_says_its_base_is_older_is_not_named_for_that_and_still_for_the_rest() -> None:
    words, step = cohort()
    words[-1], words[-2] = words[-1] + step, 10 * words[-2]
    found = named_by(report(words, step, older=(ACCOUNTS[-1], ACCOUNTS[-2])))
    assert found == {ACCOUNTS[-2]: ["scaled"]}
    assert "stale" in named_by(report(words, step))[ACCOUNTS[-1]]


def test_copied_party_is_not_named_when_it_committed_first_whatever_its_place() -> None:
    words, step = cohort()
    words[0] = words[-1].copy()
    order = {account: -place for place, account in enumerate(ACCOUNTS)}  # the last one committed first
    assert list(named_by(report(words, step, order=order))) == [ACCOUNTS[0]]
    assert list(named_by(report(words, step))) == [ACCOUNTS[-1]]


def test_copies_are_found_beside_attackers_that_are_far_from_everybody() -> None:
    """Scaled updates stretch most distances: a median of all of them would have made honest pairs look alike."""
    words, step = cohort()
    for place in range(3):
        words[place] = words[place] * 30
    assert set(named_by(report(words, step))) == set(ACCOUNTS[:3])


def test_two_hospitals_that_pull_apart_are_not_named_where_nobody_goes_together() -> None:
    rng = np.random.default_rng(0)
    words = [rng.normal(0, 500, D).astype(np.int32) for _ in range(N)]
    words[1] = (-0.6 * words[0] + 0.8 * words[1]).astype(np.int32)
    assert report(words).named == ()


def test_updates_that_could_not_be_taken_are_named_unless_they_were_only_missing() -> None:
    words, step = cohort()
    unread = {ACCOUNTS[8]: Reason.OUT_OF_RANGE, ACCOUNTS[9]: Reason.UNAVAILABLE}
    assert named_by(report(words[:8], step, unread=unread)) == {ACCOUNTS[8]: ["reading"]}


def test_fewer_than_five_updates_are_not_tested() -> None:
    words, step = cohort()
    few = report([words[0], words[0], words[0], words[0]], step)
    assert FEWEST == 5 and few.measures == () and few.named == ()


def test_report_does_not_hang_on_the_first_round_nor_on_updates_of_no_length() -> None:
    words, _ = cohort()
    zero = [np.zeros(D, np.int32) for _ in words]
    assert report(zero, zero[0]).accounts == frozenset(ACCOUNTS[1:])  # all alike, all but the first named
    assert report(words, None).measures[0].chord is None
    assert report(words, zero[0]).measures[0].share is None


def test_report_is_the_same_in_json_and_back() -> None:
    words, step = cohort()
    words[0] = -words[0]
    found = report(words, step)
    assert DetectionReport.model_validate_json(found.model_dump_json()) == found


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(N)))
def test_figures_do_not_depend_on_the_order_of_updates(order: list[int]) -> None:
    words, step = cohort()
    here, there = geometry(words, step), geometry([words[place] for place in order], step)
    for name in ("norms", "agreement", "chords", "shares"):
        assert [getattr(here, name)[place] for place in order] == list(getattr(there, name))
    assert here.usual_distance == there.usual_distance


def test_figures_agree_with_plain_floats() -> None:
    words, step = cohort()
    found = geometry(words, step)
    real, s = np.stack(words).astype(float), step.astype(float)
    unit = real / np.linalg.norm(real, axis=1)[:, None]
    rest = unit.sum(axis=0) - unit
    assert found.norms == pytest.approx(np.linalg.norm(real, axis=1))
    assert found.agreement == pytest.approx((unit * rest).sum(axis=1) / np.linalg.norm(rest, axis=1))
    assert found.chords == pytest.approx(np.linalg.norm(unit - s / np.linalg.norm(s), axis=1))
    assert found.shares == pytest.approx(real @ s / (s @ s))
    assert found.distances[2][5] == pytest.approx(np.linalg.norm(real[2] - real[5]))
