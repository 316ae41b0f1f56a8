"""Overflow: refused when the task is created, never met in a round."""

import numpy as np
import pytest

from prefect_federated.core.aggregation.overflow import INT32_MAX, INT64_MAX, accumulator_dtype, check_weighted_sum
from prefect_federated.core.errors import SpecError, WeightOverflow


def test_largest_sum_that_fits_is_allowed_and_one_more_is_not() -> None:
    assert INT64_MAX == 7 * 1_317_624_576_693_539_401  # 2**63 - 1 has the factor 7
    check_weighted_sum(max_participants=7, max_weight=1_317_624_576_693_539_401, limit=1)
    with pytest.raises(WeightOverflow):
        check_weighted_sum(max_participants=1, max_weight=2**32, limit=2**31)


def test_refusal_names_every_factor_the_product_and_the_bound() -> None:
    with pytest.raises(WeightOverflow) as refused:
        check_weighted_sum(max_participants=10_000, max_weight=10**9, limit=2**24)
    assert all(part in str(refused.value) for part in ("10000", str(10**9), str(2**24), str(10**13 * 2**24), "lower"))
    assert isinstance(refused.value, SpecError)


def test_accumulators_are_as_narrow_as_the_largest_sum_allows() -> None:
    assert accumulator_dtype(INT32_MAX, 1) == np.int32
    assert accumulator_dtype(INT32_MAX + 1, 1) == np.int64
    assert accumulator_dtype(INT64_MAX, 1) == np.int64
    with pytest.raises(WeightOverflow, match=str(INT64_MAX)):
        accumulator_dtype(INT64_MAX + 1, 1)
