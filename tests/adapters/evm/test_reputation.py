"""Reputation on a real chain: whatever happened, what events tell is what the contract says.

What the contract refuses is tested in `contracts/test/Reputation.t.sol`.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.appealing import Ruling
from prefect_federated.adapters.evm.devnet import Devnet, find_anvil
from prefect_federated.core.proposal import pack_exclusions
from prefect_federated.core.reputation import GROWTH_EVERY_S, MAX, earned
from prefect_federated.core.round import Reason
from tests.adapters.evm.conftest import ROOT
from tests.adapters.evm.consortium import BOND, Consortium, Silo

DAY_S = 24 * 3600
LOST_S = 5  # a call at the latest block may see the next one's time


class Lasting(Consortium):
    """Two silos whose consent lasts for years, and what may happen to them."""

    def silo(self, number: int, expiry_s: int = 10**9) -> Silo:
        return super().silo(number, expiry_s)

    def do(self, step: tuple[str, int]) -> None:
        what, how = step
        if what == "wait":
            rpc.wait_until(self.w3, self.sponsor.chain_time() + how * DAY_S)
        elif what == "accept":
            self.accept()
        else:
            self.round(silent=how % 2 if what == "silent" else None, left_out=how % 2 if what == "left out" else None)

    def round(self, silent: int | None = None, left_out: int | None = None) -> int:
        self.sponsor.open_round(self.task)
        round = self.sponsor.round_state(self.task).round
        for silo in self.silos:
            self.commit(silo, round)
        for number, silo in enumerate(self.silos):
            if number != silent:
                silo.federation.reveal(self.task, round, silo.opening(round), "cas://payload")
        if silent is not None:
            rpc.wait_until(self.w3, self.sponsor.round_state(self.task).deadline + 31)
            self.sponsor.slash_silent(self.task, round)
        self.conclude(round, left_out)
        if silent is not None:
            self.silos[silent].federation.deposit(BOND)
            self.silos[silent].federation.enrol(self.task)
        self.sponsor.record_round(self.task, round)
        assert self.sponsor.record_round(self.task, round) is None  # nothing is left to count
        return round

    def conclude(self, round: int, left_out: int | None) -> None:
        gone = {} if left_out is None else {self.index(left_out): Reason.NORM_BOUND}
        proposal = self.proposal(self.sponsor.round_state(self.task).revealed - len(gone))
        self.aggregator.propose(self.task, round, replace(proposal, exclusions=pack_exclusions(gone)))
        rpc.wait_until(self.w3, self.sponsor.round_state(self.task).deadline + 1)
        self.sponsor.settle(self.task, round, self.sponsor.proposal(self.task, round))

    def index(self, number: int) -> int:
        return self.sponsor.enrolment(self.task, self.silos[number].address).index

    def accept(self) -> None:
        """Every slash that can still be appealed is, with success."""
        now_s = self.sponsor.chain_time()
        for slash in self.sponsor.slashes():
            if slash.state == "held" and not slash.closable(now_s + 60):
                (silo,) = (silo for silo in self.silos if silo.address == slash.participant)
                silo.federation.open_appeal(slash.id, "cas://why")
                self.sponsor.answer_appeal(slash.id, Ruling.ACCEPT)

    def recomputed(self, silo: Silo) -> set[int]:
        now_s = self.sponsor.chain_time()
        return {self.sponsor.recomputed_reputation(silo.address, now_s + later) for later in range(LOST_S)}


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lasting]:
    """On a chain of its own, because years pass."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        running = Devnet.start(prefer="anvil" if find_anvil(ROOT) else "eth-tester")
    with running:
        yield Lasting(running, tmp_path_factory.mktemp("reputation"))


def test_a_new_identity_stands_below_whoever_has_worked(consortium: Lasting) -> None:
    consortium.round()
    worked = consortium.silos[0].address
    assert consortium.sponsor.reputation_of(consortium.account().address) == 0
    assert consortium.sponsor.reputation_of(worked) == MAX // 20


STEPS = st.tuples(
    st.sampled_from(("round", "left out", "silent", "wait", "accept")), st.integers(min_value=1, max_value=60)
)


@given(steps=st.lists(STEPS, min_size=1, max_size=6))
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_events_tell_is_what_the_contract_says(consortium: Lasting, steps: list[tuple[str, int]]) -> None:
    for step in steps:
        consortium.do(step)
        for silo in consortium.silos:
            assert consortium.sponsor.reputation_of(silo.address) in consortium.recomputed(silo)


def test_each_recorded_value_follows_from_the_times_of_those_before(consortium: Lasting) -> None:
    for _ in range(3):
        consortium.do(("wait", 1))
        consortium.round()
    for silo in consortium.silos:
        mine = [e.args for e in consortium.sponsor.events(names=("Recorded",)) if e.args["participant"] == silo.address]
        times = [args["at"] for args in mine]
        assert len(times) >= 3 and all(b - a >= GROWTH_EVERY_S for a, b in pairwise(times))
        assert [args["earned"] for args in mine] == [
            earned(times[: place + 1], time) for place, time in enumerate(times)
        ]


def test_what_a_slash_took_comes_back_with_an_accepted_appeal(consortium: Lasting) -> None:
    consortium.do(("wait", 400))
    for _ in range(12):
        consortium.do(("wait", 1))
        consortium.round()
    consortium.round(silent=1)
    honest, silent = (consortium.sponsor.reputation_of(silo.address) for silo in consortium.silos)
    assert silent <= max(0, honest - 3_900)
    consortium.accept()
    restored = consortium.sponsor.reputation_of(consortium.silos[1].address)
    assert restored > silent
    assert restored in consortium.recomputed(consortium.silos[1])
