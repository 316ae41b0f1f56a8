"""Two tiers on a chain: a region's sum in place of its silos' updates, and the same bits; a bad sum costs only time."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prefect_federated.adapters.aggregator import Aggregator
from prefect_federated.adapters.regional import RegionalAggregator as OpenRegionalAggregator
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.blocks import RegionalAggregator
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.core.canonical import canonical
from prefect_federated.core.errors import PolicyRefused
from prefect_federated.core.findings import Wrong
from prefect_federated.core.proposal import unpack_exclusions
from prefect_federated.core.round import Phase, Reason
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.spec import TaskSpec
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.members import Participant
from prefect_federated.flows.subtotal import sum_up
from prefect_federated.scenario import consortium as module
from prefect_federated.scenario.consortium import Consortium, set_up
from prefect_federated.scenario.plot import Plot
from prefect_federated.scenario.task_spec import Terms
from prefect_federated.tasks.aggregate import aggregate
from prefect_federated.tasks.judge import judge
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.open_round import open_round
from tests.flows import region_scene as scene
from tests.flows.conftest import HOSPITALS
from tests.flows.test_judging import finish, on_duty

LEAD, OTHER, ALONE = HOSPITALS  # the first sums for itself and the second


@pytest.fixture(scope="module")
def consortium(devnet: Any, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """Three hospitals, two of them a region that one of the two sums."""
    folder = tmp_path_factory.mktemp("regions")
    plot = Plot(rounds=30, interval_s=0, hospitals=HOSPITALS, cheats=(), data_docs=False, terms=Terms(epochs=1))
    accounts = module.prepare(devnet.url, folder, LocalStore(root=folder / "store"), plot).accounts
    build = module.build_spec

    def build_with_a_region(*args: Any) -> TaskSpec:
        values = build(*args).model_dump(mode="json")
        silos = [accounts[name].address for name in (LEAD, OTHER)]
        values["regions"] = [{"name": "north", "aggregator": silos[0], "silos": silos}]
        return TaskSpec.model_validate_json(json.dumps(values))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "build_spec", build_with_a_region)
        yield set_up(devnet.url, folder, LocalStore(root=folder / "store"), plot)


def members(consortium: Consortium) -> dict[str, Participant]:
    """The hospitals, who let the region's aggregator read."""
    lead = consortium.members[LEAD].open().party.account
    blocks = {
        name: one.model_copy(update={"readers": [*one.readers, lead]}) for name, one in consortium.members.items()
    }
    return {name: Participant(block.open()) for name, block in blocks.items()}


@pytest.fixture
def spec(consortium: Consortium) -> RoundSpec:
    """A round in which everybody has revealed."""
    on_duty(consortium)
    round = open_round(consortium.sponsor.open(), consortium.task)
    hospitals = members(consortium).values()
    for member in hospitals:
        member.commit(consortium.task, round)
    for member in hospitals:
        member.reveal(consortium.task, round)
    return listen(consortium.aggregator.open().party, consortium.task, round)


@pytest.fixture
def mailbox(consortium: Consortium) -> Path:
    return consortium.ground.out / "letters"


@pytest.fixture
def relying(consortium: Consortium, mailbox: Path) -> Aggregator:
    """The aggregator, which takes regional sums."""
    return consortium.aggregator.model_copy(update={"mailbox": mailbox, "relies_on_regions": True}).open()


@pytest.fixture
def regional(consortium: Consortium, mailbox: Path) -> OpenRegionalAggregator:
    lead = consortium.members[LEAD]
    return RegionalAggregator(
        label="north", chain=lead.chain, signer=lead.signer, store=lead.store, mailbox=mailbox
    ).open()


def test_a_regions_sum_stands_for_its_updates_and_the_bits_are_the_flat_ones(
    consortium: Consortium, spec: RoundSpec, relying: Aggregator, regional: OpenRegionalAggregator
) -> None:
    assert bring_on(relying, spec.task) == "waits"
    assert sum_up(regional, spec.task) == "north: 2 of 2 updates"
    assert sum_up(regional, spec.task) == "nothing", "it is there"
    due = scene.flat(consortium, spec)
    hidden = [(body, body.read_bytes()) for body in (scene.body_of(consortium, spec, name) for name in (LEAD, OTHER))]
    for body, _ in hidden:
        body.unlink()
    assert bring_on(relying, spec.task) == "aggregate", "without a look at the updates behind the sum"
    for body, content in hidden:
        body.write_bytes(content)
    assert (scene.proposed(consortium, spec) == due).all()
    verified = verify_proposal(consortium.standby.open().party, spec)
    assert verified.read_updates and verified.findings == ()
    finish(consortium)
    assert consortium.federation().round_state(spec.task).phase is Phase.SETTLED


def test_a_sum_that_does_not_come_is_waited_for_and_then_done_without(
    consortium: Consortium, spec: RoundSpec, relying: Aggregator, caplog: pytest.LogCaptureFixture
) -> None:
    federation, state = consortium.federation(), consortium.federation().round_state(spec.task)
    assert bring_on(relying, spec.task) == "waits"
    federation.wait_until(state.opens_at + (state.deadline - state.opens_at) // 4 + 1)
    with caplog.at_level(logging.WARNING):
        assert bring_on(relying, spec.task) == "aggregate"
    assert "region north: no sum has come from its aggregator; its 2 silos are read one by one" in caplog.text
    assert (scene.proposed(consortium, spec) == scene.flat(consortium, spec)).all()
    finish(consortium)


def test_whom_a_region_leaves_out_the_aggregator_reads_itself(
    consortium: Consortium, spec: RoundSpec, relying: Aggregator, regional: OpenRegionalAggregator
) -> None:
    body = scene.body_of(consortium, spec, OTHER)
    content = body.read_bytes()
    body.unlink()
    assert sum_up(regional, spec.task) == "north: 1 of 2 updates", "it was not to be had"
    body.write_bytes(content)
    outcome = aggregate(relying, spec)
    assert outcome is not None and outcome.proposal.included == 3 and not outcome.reasons
    assert (scene.proposed(consortium, spec) == scene.flat(consortium, spec)).all()
    finish(consortium)


def test_an_update_that_nobody_can_read_is_left_out_with_the_aggregators_reason(
    consortium: Consortium, spec: RoundSpec, relying: Aggregator, regional: OpenRegionalAggregator
) -> None:
    scene.body_of(consortium, spec, OTHER).unlink()
    assert sum_up(regional, spec.task) == "north: 1 of 2 updates"
    outcome = aggregate(relying, spec)
    assert outcome is not None
    index = consortium.federation().enrolment(spec.task, consortium.members[OTHER].open().party.account).index
    assert unpack_exclusions(outcome.proposal.exclusions) == {index: Reason.UNAVAILABLE}
    (sentence,) = outcome.details.values()
    assert "ask its author to store it again" in sentence
    assert (scene.proposed(consortium, spec) == scene.flat(consortium, spec)).all()
    finish(consortium)


def _stranger(told: scene.Told) -> None:
    told["included"][1]["participant"] = "0x" + "5e" * 20


def _twice(told: scene.Told) -> None:
    told["included"][1] = told["included"][0]


def _nobody(told: scene.Told) -> None:
    told["included"].pop()


def _weight(told: scene.Told) -> None:
    told["included"][0]["weight"] += 1


def _payload(told: scene.Told) -> None:
    told["included"][0]["payload_root"] = "0x" + "07" * 32


def _hash(told: scene.Told) -> None:
    told["sum_hash"] = "0x" + "07" * 32


def _form(told: scene.Told) -> None:
    del told["sum_uri"]


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (_stranger, "its sum tells of"),
        (_twice, "its sum tells of"),
        (_nobody, "its sum tells of"),
        (_weight, "it revealed"),
        (_payload, "it revealed"),
        (_hash, "that hash to"),
        (_form, "malformed"),
    ],
)
def test_a_sum_that_contradicts_the_chain_or_itself_is_not_taken(
    lie: Callable[[scene.Told], None],
    words: str,
    consortium: Consortium,
    spec: RoundSpec,
    relying: Aggregator,
    regional: OpenRegionalAggregator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = scene.honest(regional, spec)
    lie(told)
    scene.leave(regional, spec, canonical(told))
    with caplog.at_level(logging.WARNING):
        aggregate(relying, spec)
    assert "its 2 silos are read one by one" in caplog.text and words in caplog.text
    assert (scene.proposed(consortium, spec) == scene.flat(consortium, spec)).all()
    finish(consortium)


def test_a_sum_beyond_what_its_updates_can_come_to_is_not_taken(
    consortium: Consortium,
    spec: RoundSpec,
    relying: Aggregator,
    regional: OpenRegionalAggregator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = scene.honest(regional, spec)
    scene.forge(regional, told, np.full(spec.spec.model.size, 2**62, np.int64))
    scene.leave(regional, spec, canonical(told))
    with caplog.at_level(logging.WARNING):
        aggregate(relying, spec)
    assert f"a word of {2**62}" in caplog.text
    assert (scene.proposed(consortium, spec) == scene.flat(consortium, spec)).all()
    finish(consortium)


def test_a_letter_that_somebody_else_signed_is_left_lying(
    consortium: Consortium, spec: RoundSpec, relying: Aggregator, regional: OpenRegionalAggregator, mailbox: Path
) -> None:
    other = consortium.members[ALONE]
    told = scene.honest(regional, spec)
    scene.forge(regional, told, np.zeros(spec.spec.model.size, np.int64))
    stranger = RegionalAggregator(
        label="x", chain=other.chain, signer=other.signer, store=other.store, mailbox=mailbox
    ).open()
    scene.leave(stranger, spec, canonical(told))
    assert bring_on(relying, spec.task) == "waits", "that is no letter of the region's aggregator"
    assert sum_up(regional, spec.task) == "north: 2 of 2 updates"
    assert bring_on(relying, spec.task) == "aggregate"
    assert (scene.proposed(consortium, spec) == scene.flat(consortium, spec)).all()
    finish(consortium)


def test_a_false_sum_costs_the_aggregator_that_relied_on_it_its_bond(
    consortium: Consortium, spec: RoundSpec, relying: Aggregator, regional: OpenRegionalAggregator
) -> None:
    told = scene.honest(regional, spec)
    scene.forge(regional, told, np.ones(spec.spec.model.size, np.int64))
    scene.leave(regional, spec, canonical(told))
    aggregate(relying, spec)
    standby = consortium.standby.open().party
    assert {finding.wrong for finding in verify_proposal(standby, spec).findings} == {Wrong.SUM}
    judge(standby, spec)
    assert consortium.federation().round_state(spec.task).overturned == 1
    aggregate(consortium.standby.open(), spec)
    assert (scene.proposed(consortium, spec) == scene.flat(consortium, spec)).all()
    finish(consortium)


def test_a_silo_lets_nobody_read_that_its_policy_does_not_name(consortium: Consortium) -> None:
    on_duty(consortium)
    round = open_round(consortium.sponsor.open(), consortium.task)
    strict = {name: Participant(block.open()) for name, block in consortium.members.items()}
    with pytest.raises(PolicyRefused, match=consortium.members[LEAD].open().party.account.lower()):
        strict[OTHER].commit(consortium.task, round)
    assert strict[ALONE].commit(consortium.task, round) is not None, "it is in no region"
    federation = consortium.federation("sponsor")
    federation.wait_until(federation.round_state(consortium.task).deadline + 1)
    federation.tick(consortium.task)
