"""What a key holder opened is told by a record of its own, whatever becomes of the store that the federation shares."""

from pathlib import Path

import pytest

from prefect_federated.adapters.opened_once import record_opened, require_unopened
from prefect_federated.core.errors import ConfigurationError, UnmaskRefused

SLOT = "opened sum/31337/0xab/1/3/0xcd"


def test_nothing_is_opened_where_a_sum_of_the_round_was(tmp_path: Path) -> None:
    require_unopened(tmp_path, SLOT)
    record_opened(tmp_path, SLOT, b"a sum")
    with pytest.raises(UnmaskRefused, match="the vault holds none; the store lost it, or its keeper hides it"):
        require_unopened(tmp_path, SLOT)
    require_unopened(tmp_path, SLOT.replace("/3/", "/4/"))


def test_another_sum_than_the_recorded_one_is_not_given_out(tmp_path: Path) -> None:
    for _ in range(2):
        record_opened(tmp_path, SLOT, b"a sum")
    with pytest.raises(UnmaskRefused, match="two sums of a round tell an update"):
        record_opened(tmp_path, SLOT, b"a sum without one")


def test_holder_without_a_home_opens_nothing() -> None:
    with pytest.raises(ConfigurationError, match="give its signer a home"):
        require_unopened(None, SLOT)
