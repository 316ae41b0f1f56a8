"""A federation with a poster: three hospitals that leave their letters for it, and the steps of a rolled round."""

from pathlib import Path

from prefect_federated.adapters.evm.rpc import set_balance
from prefect_federated.adapters.relayer import Relayer as OpenRelayer
from prefect_federated.blocks.relayer import Relayer
from prefect_federated.core.round import Phase, RoundState, Status
from prefect_federated.flows.conclude import conclude
from prefect_federated.scenario.accounts import make_account
from prefect_federated.scenario.consortium import PURSE_WEI, Consortium
from prefect_federated.scenario.task_spec import ETHER
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import HOSPITALS, Found


def with_poster(found: Found, folder: Path, rounds: int) -> Consortium:
    """Everybody shares a mailbox; the poster has its bond from the first `begin` on. Blocks are saved by name."""
    made, mailbox = found(folder, rounds, modes=7, quorum=2), folder / "mailbox"
    for name in HOSPITALS:
        made.members[name] = made.members[name].model_copy(update={"commit_by": "rolled", "mailbox": mailbox})
    blocks = {
        **made.members,
        "aggregator": made.aggregator.model_copy(update={"mailbox": mailbox}),
        "sponsor": made.sponsor,
        "poster": poster_block(made, mailbox),
    }
    for name, block in blocks.items():
        block.save(name, overwrite=True)
    return made


def poster_block(made: Consortium, mailbox: Path, name: str = "poster") -> Relayer:
    """A registered account with stake, and its block."""
    account = make_account(made.ground.out / "keys", made.ground.plot.seed, name)
    made.ground.accounts[name] = account
    set_balance(made.federation().w3, account.address, PURSE_WEI)
    poster = made.federation(name)
    poster.register(account.signer.open_sealing_key().public_bytes)
    poster.deposit(10 * ETHER)
    return Relayer(
        label=name, chain=made.chain, signer=account.signer, mailbox=mailbox, roll=True, store=made.ground.store
    )


def opened(name: str) -> OpenRelayer:
    block = Relayer.load(name)
    assert isinstance(block, Relayer)
    return block.open()


def begin(consortium: Consortium) -> int:
    """Open a round in which the poster has its bond."""
    poster = consortium.federation("poster")
    if not poster.poster_of(consortium.task, poster.signer).bonded:
        poster.enlist_poster(consortium.task)
    return open_round(consortium.sponsor.open(), consortium.task)


def to_reveal(consortium: Consortium) -> None:
    federation = consortium.federation()
    federation.wait_until(federation.round_state(consortium.task).deadline + 1)
    assert federation.round_state(consortium.task).phase == Phase.REVEAL


def wait_for_letters(consortium: Consortium) -> RoundState:
    """Until the poster no longer waits."""
    federation = consortium.federation()
    state = federation.round_state(consortium.task)
    federation.wait_until(state.opens_at + 2 * (state.deadline - state.opens_at) // 5)
    return state


def settle(consortium: Consortium) -> Status:
    federation = consortium.federation()
    if federation.round_state(consortium.task).phase == Phase.REVEAL:
        federation.wait_until(federation.round_state(consortium.task).deadline + 1)
    assert conclude("aggregator", consortium.task) == "aggregate"
    federation.wait_until(federation.round_state(consortium.task).deadline + 1)
    assert conclude("aggregator", consortium.task) == "settle"
    return federation.round_state(consortium.task).status
