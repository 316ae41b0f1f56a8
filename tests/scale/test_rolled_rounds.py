"""Forty silos, two rolled rounds through the flows: one is left out by the poster, one never opens, no wei is lost.

pytest -n0 -s tests/scale/test_rolled_rounds.py        prints gas a participant
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect import flow

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.relayer import Relayer
from prefect_federated.core.enforced import Enforced
from prefect_federated.core.round import Status
from prefect_federated.flows.cast import Cast, RoundResult
from prefect_federated.flows.federated_round import drive_rounds
from prefect_federated.flows.heartbeat import without_heartbeat
from prefect_federated.flows.members import Member, Participant
from prefect_federated.scenario.money import Snapshot, balance_sheet, snapshot
from prefect_federated.tasks.settle import claim
from tests.bad_input.cast import Mute
from tests.bad_input.consortium import ETHER, Consortium

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
N, ROUNDS = 40, 2
NAMES = [f"silo-{number:02d}" for number in range(N)]
LEFT_OUT, MUTE = NAMES[7], NAMES[23]


class Rolled(Consortium):
    """Silos whose task takes rolls, with a poster that has its bond."""

    def _enforced(self, genesis_root: bytes, numbers: dict[str, Any]) -> Enforced:
        return super()._enforced(genesis_root, numbers).model_copy(update={"modes": 5})

    def cast(self, task: int, members: list[Member]) -> Cast:
        poster = self.as_("poster")
        poster.enlist_poster(task)
        mailbox, store = FolderMailbox(self.folder / "mailbox"), self.store.open()
        relayer = Relayer("poster", poster, mailbox, store)
        return Cast(self.sponsor().open(), self.aggregator().open(), members, relayer=relayer)


@pytest.fixture(scope="module")
def town(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rolled]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where anvil is looked for
        devnet = Devnet.start()
    with devnet, without_heartbeat():
        made = Rolled(devnet.url, tmp_path_factory.mktemp("town"))
        made.register("poster")
        yield made


def test_two_rolled_rounds_add_up_to_the_wei(town: Rolled) -> None:
    members = [member(town, name) for name in NAMES]
    task = town.task(NAMES)
    cast, reader = town.cast(task, members), town.sponsor().open().federation
    who = {name: account.address for name, account in town.accounts.items()}
    silent, alone = who[MUTE], who[LEFT_OUT]
    before = snapshot(reader, who)
    for result in play(cast, task):
        log = result.log
        assert log.status == Status.DEGRADED  # the mute one is missing
        assert log.expected == log.committed and len(log.expected) == N
        assert log.revealed == log.aggregated == tuple(a for a in log.expected if a != silent)
        assert log.slashed == {} and reader.silent(task, log.round) == []
        rolled = {log.commit_tx[account] for account in log.expected if account != alone}
        assert len(rolled) == 1 and log.commit_tx[alone] not in rolled
        assert len(log.transactions["commit"]) == len(log.transactions["reveal"]) == 2
        assert [e.args["participant"] for e in reader.logged(task, log.round, ("UpdateCommitted",))] == [alone]
    check_money(town, task, before, snapshot(reader, who), who)


def member(town: Rolled, name: str) -> Member:
    """A silo that leaves its letters for the poster; the one that is left out leaves them where nobody looks."""
    mailbox = town.folder / ("nowhere" if name == LEFT_OUT else "mailbox")
    silo = town.silo(name, commit_by="rolled", mailbox=mailbox).open()
    return Mute(silo) if name == MUTE else Participant(silo)


def play(cast: Cast, task: int) -> list[RoundResult]:
    """The rounds, and everybody's claim after the last."""

    @flow(name="forty")
    def rounds() -> list[RoundResult]:
        results = drive_rounds(cast, task, ROUNDS)
        for one in cast.members:
            if isinstance(one, Participant):
                claim(one.silo.party, task)
        return results

    return rounds()


def check_money(town: Rolled, task: int, before: Snapshot, after: Snapshot, who: dict[str, str]) -> None:
    """Two transactions a round for the poster, four for who was left out, none for the rest but their claims."""
    reader = town.reader
    sheet = balance_sheet(reader, who, before, after, slashed={})
    assert sheet.difference_wei == "0"
    account = reader.treasury_account(task)
    earned = {name: int(sheet.accounts[name].earned_wei) for name in NAMES}
    assert earned[MUTE] == 0 and all(amount > 0 for name, amount in earned.items() if name != MUTE)
    assert sum(earned.values()) == account.claimed == account.total
    assert 0 <= ROUNDS * ETHER - account.total < ROUNDS * N  # what does not divide stays in the escrow
    assert account.escrow + account.claimed == 10 * ETHER and account.reserved == 0
    assert reader.balance(reader.addresses.treasury) == account.escrow
    assert all(reader.participant(address).stake == before.stakes[name] for name, address in who.items())
    gas = {name: posted(town, task, name) for name in ("CommitsPosted", "OpeningsPosted")}
    print(f"\ngas of the last roots at N = {N}: {gas}, a participant {sum(gas.values()) // N}")


def posted(town: Rolled, task: int, name: str) -> int:
    event = town.reader.logged(task, ROUNDS, (name,))[0]
    receipt = town.w3.eth.get_transaction_receipt(event.tx_hash)
    return int(receipt["gasUsed"])
