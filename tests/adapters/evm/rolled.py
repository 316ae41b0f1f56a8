"""Rolls for tests: a consortium whose task takes them, a poster with its bond, leaves of its silos, proposals."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.event_index import EventIndex
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.roll_records import RollPlace
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.proposal import Proposal
from prefect_federated.core.result import IncludedUpdate
from prefect_federated.core.rolls import CommitLeaf, OpeningLeaf, Roll, roll_commits, roll_openings
from prefect_federated.core.round import Phase
from prefect_federated.core.words import keccak256
from tests.adapters.evm.consortium import BOND, REWARD, Consortium, Silo


def found(devnet: Devnet, folder: Path) -> Consortium:
    """Three silos with stake for many tasks."""
    made = Consortium(devnet, folder, silos=3)
    for federation in (made.aggregator, *(silo.federation for silo in made.silos)):
        federation.deposit(20 * BOND)
    return made


def new_poster(consortium: Consortium) -> Federation:
    """An account with stake, to be a poster."""
    made = consortium.facade(consortium.account())
    consortium.join(made)
    return made


def new_task(consortium: Consortium, *posters: Federation) -> None:
    """A new task that takes rolls, with these posters bonded, whose first round is open."""
    enforced = consortium.enforced().model_copy(update={"modes": 5, "floor_bps": 5_000})
    spec_hash = keccak256(f"task {consortium.sponsor.tasks() + 1}".encode())
    consortium.task = consortium.sponsor.create_task(enforced, spec_hash, "cas://spec")
    consortium.sponsor.fund(consortium.task, 10 * REWARD)
    consortium.aggregator.accept_duty(consortium.task)
    for silo in consortium.silos:
        silo.federation.enrol(consortium.task)
    for poster in posters:
        poster.enlist_poster(consortium.task)
    consortium.sponsor.open_round(consortium.task)


def commit(consortium: Consortium, silo: Silo, weight: int = 10, round: int = 1) -> CommitLeaf:
    opening = silo.opening(round, weight)
    digest = opening.digest(consortium.context(silo, round))
    letter = silo.federation.sign_commit(consortium.task, round, digest, silo.grant, silo.evidence(round))
    return CommitLeaf.of(consortium.sponsor.enrolment(consortium.task, silo.address).index, letter)


def opening(consortium: Consortium, silo: Silo, weight: int = 10, round: int = 1) -> OpeningLeaf:
    letter = silo.federation.sign_opening(consortium.task, round, silo.opening(round, weight), "cas://ä")
    return OpeningLeaf.of(consortium.sponsor.enrolment(consortium.task, silo.address).index, letter)


def rolls(consortium: Consortium, opened: list[Silo], round: int = 1) -> tuple[Roll, Roll]:
    """Commits of all silos, and the openings of some."""
    commits = roll_commits([commit(consortium, silo, round=round) for silo in consortium.silos])
    return commits, roll_openings(commits, [opening(consortium, silo, round=round) for silo in opened])


def post(consortium: Consortium, poster: Federation, commits: Roll, openings: Roll | None = None) -> None:
    poster.post_commits(consortium.task, 1, commits, "cas://commits")
    if openings is not None:
        end_phase(consortium)
        poster.post_openings(consortium.task, 1, openings, "cas://openings")


def end_phase(consortium: Consortium) -> None:
    federation = consortium.sponsor
    federation.wait_until(federation.round_state(consortium.task).deadline + 1)
    federation.tick(consortium.task)


def place(consortium: Consortium, poster: Federation, position: int) -> RollPlace:
    return RollPlace(consortium.task, 1, poster.signer, position)


def proposed(consortium: Consortium, included: list[Silo], exclusions: bytes = b"") -> tuple[Proposal, list[bytes]]:
    """A proposal with these records, proposed; and the records."""
    records = [
        IncludedUpdate(participant=silo.address, payload_root=silo.opening(1).payload_root, weight=10)
        for silo in included
    ]
    contents = [record.content for record in records]
    root = leaf_root(contents)
    proposal = replace(consortium.proposal(len(included)), included_root=root, exclusions=exclusions)
    consortium.aggregator.propose(consortium.task, 1, proposal)
    return proposal, contents


def leaf_root(contents: list[bytes]) -> bytes:
    return Roll(tuple(contents)).root


def store_commits(consortium: Consortium, poster: Federation, store: LocalStore, roll: Roll, round: int = 1) -> None:
    poster.post_commits(consortium.task, round, roll, store.put([roll.to_bytes()]))


def store_openings(consortium: Consortium, poster: Federation, store: LocalStore, roll: Roll, round: int = 1) -> None:
    poster.post_openings(consortium.task, round, roll, store.put([roll.to_bytes()]))


def play(consortium: Consortium, poster: Federation, store: LocalStore, commits: Roll, openings: Roll) -> None:
    """Commits in a roll, their openings in it, and the end of Reveal."""
    store_commits(consortium, poster, store, commits)
    end_phase(consortium)
    store_openings(consortium, poster, store, openings)
    end_phase(consortium)


def broken(consortium: Consortium, silo: Silo, how: str) -> CommitLeaf:
    """A commit's leaf that its participant could not have meant, or that is not its own."""
    leaf, other = commit(consortium, silo), consortium.silos[0]
    if how == "forged":
        return replace(leaf, r=commit(consortium, other).r)
    if how == "delegate":
        return replace(leaf, participant=other.address)
    if how == "index":
        return replace(leaf, index=7)
    digest = bytes(32) if how == "nothing" else leaf.commitment
    grant = bytes(32) if how == "grant" else silo.grant
    letter = silo.federation.sign_commit(consortium.task, 1, digest, grant, silo.evidence(1))
    return CommitLeaf.of(leaf.index, letter)


def reader(
    consortium: Consortium, store: LocalStore | None, index: EventIndex | None = None, **more: Any
) -> Federation:
    """A new process's: it remembers nothing."""
    made = Federation(consortium.w3, consortium.deployment.coordinator, from_block=consortium.deployment.block, **more)
    if store is not None:
        made.read_rolls_from(store)
    if index is not None:
        made.read_events_from(index)
    return made


def settle(consortium: Consortium, round: int, included: int) -> None:
    aggregator, task, proposal = consortium.aggregator, consortium.task, consortium.proposal(included)
    if aggregator.round_state(task).phase is Phase.REVEAL:
        end_phase(consortium)
    aggregator.propose(task, round, proposal)
    aggregator.wait_until(aggregator.round_state(task).deadline + 1)
    aggregator.settle(task, round, proposal)
