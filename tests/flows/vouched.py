"""A federation that shares a mailbox, and rounds that its committee has judged."""

from dataclasses import replace
from pathlib import Path

from prefect_federated.adapters.gathering import Gathered, gather
from prefect_federated.adapters.outcome import work_out
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.core.round import Phase, Reason
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.attest import serve
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.participate import take_part
from prefect_federated.scenario.consortium import Consortium, set_up
from prefect_federated.scenario.plot import VALIDATORS, Plot
from prefect_federated.scenario.task_spec import Terms
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import HOSPITALS

OUT = 1  # index of who is left out


def sharing(url: str, folder: Path) -> Consortium:
    """Three hospitals, three validators and whoever aggregates share a mailbox."""
    terms = Terms(epochs=1, norm_rule=False)
    plot = Plot(20, 0, hospitals=HOSPITALS, cheats=(), data_docs=False, terms=terms, validators=VALIDATORS)
    made = set_up(url, folder, LocalStore(root=folder / "store"), plot)
    box = {"mailbox": folder / "mailbox"}
    made.members.update({name: block.model_copy(update=box) for name, block in made.members.items()})
    made.validators.update({name: block.model_copy(update=box) for name, block in made.validators.items()})
    both = {name: getattr(made, name).model_copy(update=box) for name in ("aggregator", "standby")}
    return replace(made, **both)


def judged_round(consortium: Consortium) -> RoundSpec:
    """A round that its committee has judged, with aggregator and standby in their duties."""
    on_duty(consortium)
    federation, task = consortium.federation(), consortium.task
    open_round(consortium.sponsor.open(), task)
    play(consortium)
    federation.wait_for_block(federation.ballot(task).draw_block + 1)
    members = list(consortium.validators)
    attend(consortium, members[0])
    play(consortium)
    for name in members * 2:
        attend(consortium, name)
    assert federation.round_state(task).phase is Phase.AGGREGATE
    return listen(consortium.aggregator.open().party, task, federation.round_state(task).round)


def on_duty(consortium: Consortium) -> None:
    """End the last round, and give whoever fell its bond and its place back."""
    federation, task = consortium.federation("sponsor"), consortium.task
    if federation.round_state(task).phase is Phase.AGGREGATE:
        bring_on(consortium.standby.open(), task)
    if federation.round_state(task).phase is Phase.CHALLENGE:
        federation.wait_until(federation.round_state(task).deadline + 1)
        bring_on(consortium.standby.open(), task)
    federation.wait_until(federation.round_state(task).deadline + 1)
    federation.appoint(task, *(consortium.ground.accounts[name].address for name in ("aggregator", "standby")))
    for name in ("aggregator", "standby"):
        own, on_chain = consortium.federation(name), federation.task_of(task)
        if not getattr(on_chain, f"{name}_bonded"):
            own.deposit(Terms().aggregator_bond_wei)
            own.accept_duty(task)


def play(consortium: Consortium) -> list[str]:
    return [part(consortium, name) for name in HOSPITALS]


def part(consortium: Consortium, name: str) -> str:
    return take_part(consortium.members[name].open(), consortium.task)


def attend(consortium: Consortium, name: str) -> str:
    return serve(consortium.validators[name].open(), consortium.task)


def leave_out(consortium: Consortium, spec: RoundSpec, reason: Reason, index: int = OUT) -> None:
    """Propose as the aggregator what is right but for one exclusion."""
    aggregator = consortium.aggregator.open()
    reveals = aggregator.party.federation.reveals(spec.task, spec.round)
    out = next(one.participant for one in reveals if one.index == index)
    there = tuple(one for one in gather(aggregator.party, spec, reveals).updates if one.participant != out)
    proposal = work_out(aggregator, spec, reveals, Gathered(there, {out: reason}, {out: "made up"})).proposal
    aggregator.party.federation.propose(spec.task, spec.round, proposal)


def mailbox(consortium: Consortium) -> Path:
    return consortium.ground.out / "mailbox"


def letters(consortium: Consortium, spec: RoundSpec) -> list[Path]:
    return sorted(mailbox(consortium).glob(f"*/{spec.task}/{spec.round}/sound/*/*.json"))
