"""Forty participants whose commits and openings one relayer brings: two rounds on anvil, to the last wei.

pytest -n0 -s tests/scale/test_relayed_rounds.py        prints gas a participant
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from prefect_federated.adapters.bringing import Brought, bring_commits, bring_openings
from prefect_federated.adapters.evm.devnet import Devnet, find_anvil
from prefect_federated.adapters.mailbox import FolderMailbox, place_of
from prefect_federated.adapters.relayer import Relayer
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.core.enforced import Enforced
from prefect_federated.core.letters import CommitLetter, OpeningLetter
from prefect_federated.core.proposal import Proposal
from prefect_federated.core.rewards import sum_proof, sum_root
from prefect_federated.core.round import Phase, Status
from tests.adapters.evm.consortium import ETHER, REWARD, Consortium, Silo

ROOT = Path(__file__).parents[2]
N, ROUNDS = 40, 2
COMMIT_GAS, REVEAL_GAS = 27_000, 20_500  # each, from the second round on: 4 to 5 % above what was measured


class Large(Consortium):
    """The consortium of the adapter tests, with room for forty."""

    def enforced(self) -> Enforced:
        return super().enforced().model_copy(update={"max_participants": N, "quorum": N})


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Large]:
    if find_anvil(ROOT) is None:
        pytest.skip("anvil is neither on the PATH nor in contracts/node_modules")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        devnet = Devnet.start(prefer="anvil")
    with devnet:
        yield Large(devnet, tmp_path_factory.mktemp("large"), silos=N)


def test_two_relayed_rounds_add_up_to_the_wei(consortium: Large, tmp_path: Path) -> None:
    reader, silos = consortium.sponsor, consortium.silos
    relayer = Relayer("relayer", consortium.facade(consortium.account()), FolderMailbox(tmp_path / "mailbox"))
    before = {silo.address: reader.balance(silo.address) for silo in silos}
    stakes = reader.balance(reader.addresses.registry)
    for round in range(1, ROUNDS + 1):
        commits, openings = play(consortium, relayer, round)
        print(f"\nround {round}: commit {each(commits)}, reveal {each(openings)} gas a participant at N = {N}")
        log = read_round_log(reader, consortium.task, round)
        assert log.expected == log.committed == log.revealed == log.aggregated == tuple(s.address for s in silos)
        assert log.status == Status.SUCCESS
        assert len(log.transactions["commit"]) == len(log.transactions["reveal"]) == 1
    assert each(commits) <= COMMIT_GAS and each(openings) <= REVEAL_GAS
    earned = claim_all(consortium, relayer)
    assert {silo.address: reader.balance(silo.address) - before[silo.address] for silo in silos} == earned
    account = reader.treasury_account(consortium.task)
    assert sum(earned.values()) == account.total == account.claimed == ROUNDS * (REWARD // N) * N
    assert account.escrow + account.claimed == 10 * REWARD and account.reserved == 0
    assert reader.balance(reader.addresses.treasury) == account.escrow
    assert reader.balance(reader.addresses.registry) == stakes == (N + 1) * 5 * ETHER


def play(consortium: Large, relayer: Relayer, round: int) -> tuple[Brought, Brought]:
    """A round in which nobody but sponsor, aggregator and relayer sends a transaction."""
    reader, task = consortium.sponsor, consortium.task
    reader.open_round(task)
    for silo in consortium.silos:
        leave(relayer, task, round, signed(consortium, silo, round))
    leave(relayer, task, round, signed(consortium, consortium.silos[0], round).model_copy(update={"r": bytes(32)}))
    commits = bring_commits(relayer, task, round)
    assert (commits.count, len(commits.left_out)) == (N, 1)  # the forged one harms nobody
    assert reader.round_state(task).phase == Phase.REVEAL
    for silo in consortium.silos:
        leave(relayer, task, round, silo.federation.sign_opening(task, round, silo.opening(round), f"cas://{round}"))
    openings = bring_openings(relayer, task, round)
    assert (openings.count, openings.left_out) == (N, ())
    assert bring_openings(relayer, task, round).count == 0  # again: nothing is sent
    proposal = proposed(consortium, round)
    consortium.aggregator.propose(task, round, proposal)
    reader.wait_until(reader.round_state(task).deadline + 1)
    reader.settle(task, round, proposal)
    return commits, openings


def leave(relayer: Relayer, task: int, round: int, letter: CommitLetter | OpeningLetter) -> None:
    federation, kind = relayer.federation, "commit" if isinstance(letter, CommitLetter) else "opening"
    place = place_of(federation.chain_id, federation.coordinator, task, round, kind)
    relayer.mailbox.leave(place, letter.to_bytes())


def signed(consortium: Large, silo: Silo, round: int) -> CommitLetter:
    opening = silo.opening(round)
    digest = opening.digest(consortium.context(silo, round))
    return silo.federation.sign_commit(consortium.task, round, digest, silo.grant, silo.evidence(round))


def cumulative(consortium: Large, round: int) -> dict[str, int]:
    return {silo.address: round * (REWARD // N) for silo in consortium.silos}


def proposed(consortium: Large, round: int) -> Proposal:
    root, total = sum_root(cumulative(consortium, round))
    one = hashlib.sha256(f"model {round}".encode()).digest()
    return Proposal(one, one, bytes(32), one, one, root, total, N, 0, 0, b"", "cas://result")


def claim_all(consortium: Large, relayer: Relayer) -> dict[str, int]:
    """What everybody earned, fetched by the relayer, so that no gas blurs the balances."""
    earned = cumulative(consortium, ROUNDS)
    for account, amount in earned.items():
        relayer.federation.claim(consortium.task, account, amount, sum_proof(earned, account))
    return earned


def each(brought: Brought) -> int:
    return brought.gas_used // brought.count
