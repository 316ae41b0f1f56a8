"""Payloads that are not what they should be are left out for a reason of the closed list, and said with both values."""

import numpy as np

from prefect_federated.core.round import Reason
from tests.bad_input.bad_round import BadRound
from tests.bad_input.consortium import LIMIT


def test_payload_altered_in_the_store_is_left_out_with_both_hashes(bad: BadRound) -> None:
    bad.fates["altered"].assert_left_out("another root", "hash to", "instead of", "fetch them again")
    assert bad.reason("altered") is Reason.ROOT_MISMATCH


def test_payload_gone_from_the_store_is_unavailable(bad: BadRound) -> None:
    bad.fates["removed"].assert_left_out("not to be had", "cas://sha256/", str(bad.consortium.store.root))
    assert bad.reason("removed") is Reason.UNAVAILABLE


def test_oversized_payload_is_not_read_to_its_end(bad: BadRound) -> None:
    """Its root may well be the one committed, so that the aggregator must not say otherwise."""
    bad.fates["oversized"].assert_left_out("at least 21540 bytes", "where 2084 are allowed", "refuse it")
    assert bad.reason("oversized") is Reason.MALFORMED


def test_payload_of_floats_that_are_nan_is_out_of_range(bad: BadRound) -> None:
    largest = int(np.float32("nan").view(np.int32))
    bad.fates["nan"].assert_left_out(f"largest word is {largest}", f"task allows {LIMIT}", "refuse")
    assert bad.reason("nan") is Reason.OUT_OF_RANGE


def test_word_one_beyond_the_limit_is_out_of_range(bad: BadRound) -> None:
    bad.fates["out-of-range"].assert_left_out(f"largest word is {LIMIT + 1}", f"task allows {LIMIT}", "refuse")
    assert bad.reason("out-of-range") is Reason.OUT_OF_RANGE


def test_envelope_without_a_key_for_the_aggregator_is_left_out(bad: BadRound) -> None:
    bad.fates["hider"].assert_left_out(f"no key for reader {bad.consortium.readers[0]}", "but 0 for others", "refuse")
    assert bad.reason("hider") is Reason.UNDECRYPTABLE


def test_weight_that_the_payload_does_not_carry_earns_nothing(bad: BadRound) -> None:
    bad.fates["boaster"].assert_left_out("payload says weight 20", "the opening 900", "refuse")
    assert bad.reason("boaster") is Reason.MALFORMED
