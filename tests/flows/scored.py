"""A federation whose committee scores the updates and is paid for it; its votes go to the contract directly."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.headers import header_of
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.scoring.score_vector import pack_scores, scores_hash
from prefect_federated.core.spec import TaskSpec
from prefect_federated.core.words import hash_words, keccak256
from prefect_federated.flows.members import Participant
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.consortium import (
    Consortium,
    cast_blocks,
    deploy_contracts,
    prepare,
    record_consents,
    register_parties,
)
from prefect_federated.scenario.plot import Plot
from prefect_federated.scenario.task_spec import Terms, build_spec
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import HOSPITALS

ETHER = 10**18
VALIDATORS = ("standby", "hospital-a", "hospital-b")  # each has another role too
VOTE_TYPEHASH = keccak256(
    b"Vote(uint256 chainId,address committee,uint32 task,uint32 round,address member,bool accept,int64 metric,"
    b"bytes32 scoresHash,bytes32 salt)"
)
REWARDS = {"policy": "scores", "aggregator_fee_bps": 500, "committee_bps": 900, "share_cap_bps": 6000}
NUMBERS = {"reward_by": 2, "fee_bps": 500, "validator_bps": 900, "share_cap_bps": 6000}
COMMITTEE = {"committee": 3, "vote_window": 600, "vote_reveal_window": 600, "validator_bond": str(ETHER)}

Scores = Mapping[int, int]


def set_up_scored(url: str, folder: Path) -> Consortium:
    """Three hospitals whose updates are paid by the scores of three validators."""
    terms = Terms(epochs=1, norm_rule=False, window_s=600, challenge_s=3600)
    plot = Plot(rounds=30, interval_s=0, hospitals=HOSPITALS, cheats=(), data_docs=False, terms=terms)
    ground = prepare(url, folder, LocalStore(root=folder / "store"), plot)
    chain = deploy_contracts(ground)
    register_parties(ground, chain)
    record_consents(ground, chain)
    store, accounts = ground.store.open(), ground.accounts
    duty = (accounts[name].address for name in ("aggregator", "standby"))
    spec = _scored(build_spec(store, terms, ground.held_out, breast_cancer.load(), *duty))
    sponsor = chain.connect(accounts["sponsor"].signer)
    task = sponsor.create_task(spec.enforced, spec.spec_hash, store.put([spec.canonical()]))
    sponsor.fund(task, plot.rounds * spec.enforced.round_reward)
    for name in ("aggregator", "standby"):
        chain.connect(accounts[name].signer).accept_duty(task)
    for name in ground.tables:
        chain.connect(accounts[name].signer).enrol(task)
    consortium = cast_blocks(ground, chain, task, spec)
    readers = sorted({accounts[name].address for name in ("aggregator", *VALIDATORS)})
    allowed = {name: block.model_copy(update={"readers": readers}) for name, block in consortium.members.items()}
    consortium.members.update(allowed)
    for name in VALIDATORS:
        write(consortium, "sponsor", "admitReader", task, accounts[name].address, True)
        write(consortium, name, "enlist", task, ETHER)
    return consortium


def _scored(spec: TaskSpec) -> TaskSpec:
    """The task with a committee, and paid by its scores."""
    values = spec.model_dump(mode="json")
    values["rewards"] |= REWARDS
    values["enforced"] |= NUMBERS | COMMITTEE
    return TaskSpec.model_validate_json(json.dumps(values))


def write(consortium: Consortium, name: str, function: str, *values: Any) -> None:
    """Write to the Committee contract as one of the accounts."""
    consortium.federation(name)._send("Committee", function, *values, once=False)


def judged_round(consortium: Consortium, scores: Sequence[Scores | None], accept: bool = True) -> RoundSpec:
    """Open a round, draw its committee, have everybody commit and reveal, and the members vote.

    Args:
        scores: what each seat gives to whom by index; None promises a vote and does not show it.
        accept: what everybody votes.
    """
    federation, task = consortium.federation("sponsor"), consortium.task
    round = open_round(consortium.sponsor.open(), task)
    members = draw(consortium)
    silos = [Participant(block.open()) for block in consortium.members.values()]
    for silo in silos:
        silo.commit(task, round)
    for silo in silos:
        silo.reveal(task, round)
    shown = []
    for seat, (member, given) in enumerate(zip(members, scores, strict=True)):
        by_index = given or {}
        packed = pack_scores([by_index.get(index, 0) for index in range(max(by_index, default=-1) + 1)])
        salt = hashlib.sha256(f"{member}/{round}".encode()).digest()
        place = (federation.chain_id, federation.addresses.committee, task, round, member)
        vote = (accept, 10, scores_hash(packed), salt)
        promise = hash_words(VOTE_TYPEHASH, *place, int(accept), *vote[1:])
        write(consortium, name_of(consortium, member), "castVote", task, round, seat, promise)
        if given is not None:
            shown.append((seat, vote, packed))
    for seat, vote, packed in shown:
        write(consortium, "sponsor", "revealVote", task, round, seat, vote, packed)
    if len(shown) < len(members):
        federation.wait_until(federation.round_state(task).deadline + 1)
    return listen(consortium.aggregator.open().party, task, round)


def draw(consortium: Consortium) -> list[str]:
    """Draw the committee of the round that has just opened; returns its members by seat."""
    federation, task = consortium.federation("sponsor"), consortium.task
    block = federation.call("Committee", "ballotOf", task)["drawBlock"]
    while rpc.request_int(federation.w3, "eth_blockNumber", []) <= block:
        rpc.request(federation.w3, "evm_mine", [])
    write(consortium, "sponsor", "draw", task, header_of(federation.w3, block))
    return [seat["member"] for seat in federation.call("Committee", "seatsOf", task)]


def name_of(consortium: Consortium, account: str) -> str:
    """The name that the scenario gave an account."""
    return next(name for name, one in consortium.ground.accounts.items() if one.address == account)
