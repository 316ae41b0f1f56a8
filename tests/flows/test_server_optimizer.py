"""A federation under FedAdam: state goes from round to round, anybody recomputes it, and nobody builds on a false one.

rounds 1, 2 honest --> round 3 with a false state --> refused --> rolled back to 2 --> goes on from the state of 2
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from prefect_federated.adapters.attesting import measure
from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.holdout import HeldOut
from prefect_federated.adapters.outcome import work_out
from prefect_federated.adapters.payloads import fetch_state, fetch_words, store_state
from prefect_federated.adapters.reading import model_uri, read_past_spec, read_result
from prefect_federated.adapters.server_stepping import root_of_state, state_of, step_from_base
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.cli.auditor import auditor
from prefect_federated.cli.main import app
from prefect_federated.core.errors import ContentMismatch, ContentMissing, ProtocolError, StoreUnreachable
from prefect_federated.core.findings import Wrong
from prefect_federated.core.optimizers.server_step import Stepped, initial_state, server_step
from prefect_federated.core.proposal import Proposal
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.server_spec import FedAdam
from prefect_federated.core.server_state import NO_STATE
from prefect_federated.flows.members import Participant
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.tasks.aggregate import aggregate
from prefect_federated.tasks.judge import judge
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.open_round import open_round
from prefect_federated.tasks.settle import settle
from tests.core.optimizers.plain import bits_of, plain_step
from tests.flows.choosy import Choosy
from tests.flows.conftest import Found
from tests.flows.crash_scene import Scene, worker
from tests.flows.lies import Truth, propose, word_of_the_model
from tests.flows.playing import revealed

ADAM = FedAdam(learning_rate=0.02)


@pytest.fixture
def consortium(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """Three hospitals under FedAdam, with no round played."""
    yield found(tmp_path_factory.mktemp("adam"), 6, server=ADAM)


def settled(consortium: Consortium, spec: RoundSpec) -> None:
    """Settle the standing proposal."""
    pass_deadline(consortium)
    settle(consortium.aggregator.open(), spec)
    pass_deadline(consortium)


def pass_deadline(consortium: Consortium) -> None:
    federation = consortium.federation("sponsor")
    federation.wait_until(federation.round_state(consortium.task).deadline + 1)


def roots(proposal: Proposal) -> tuple[bytes, bytes, bytes]:
    return proposal.aggregate_root, proposal.model_root, proposal.state_root


def worked_out(consortium: Consortium, spec: RoundSpec) -> Proposal:
    """What the standby would propose."""
    standby = consortium.standby.open()
    reveals = standby.party.federation.reveals(spec.task, spec.round)
    return work_out(standby, spec, reveals, gather(standby.party, spec, reveals)).proposal


def test_two_rounds_have_the_bits_of_plain_python_and_the_roots_of_whoever_recomputes_them(
    consortium: Consortium,
) -> None:
    party, d = consortium.aggregator.open().party, consortium.spec.model.size
    state = {name: values.tolist() for name, values in initial_state(ADAM, d).items()}
    outsider = auditor(consortium.federation(), f"local:{consortium.ground.out / 'store'}")
    for _ in range(2):
        spec = revealed(consortium)
        ours = worked_out(consortium, spec)
        aggregate(consortium.aggregator.open(), spec)
        proposal = party.federation.proposal(spec.task, spec.round)
        assert roots(proposal) == roots(ours) and proposal.state_root != NO_STATE
        for judging in (consortium.standby.open().party, outsider):
            assert not verify_proposal(judging, spec).findings
        settled(consortium, spec)
        document = read_result(party, spec.task, spec.round)
        holdout = consortium.aggregator.open().holdout
        assert holdout is not None and document.metrics
        assert measure(consortium.standby.open().party, spec, HeldOut(holdout)).candidate == document.metrics
        words = fetch_words(party.store, spec, "aggregate", document.aggregate_uri, proposal.aggregate_root)
        base = fetch_words(party.store, spec, "model", spec.base_uri, spec.base_root)
        model, state = plain_step(ADAM, base.tolist(), words.tolist(), state, 16)
        made = party.federation.versions(spec.task)[-1]
        assert made.round == spec.round and made.state_root == proposal.state_root
        uri = model_uri(party, spec.task, made, spec.spec)
        assert fetch_words(party.store, spec, "model", uri, made.model_root).tolist() == model
        kept = state_of(party, spec, made)
        assert bits_of({name: values.tolist() for name, values in kept.items()}) == bits_of(state)
    assert made.state_root.hex() in registry_verify(consortium)
    forgetful = server_step(ADAM, base, words, initial_state(ADAM, d), 16)
    assert root_of_state(spec, forgetful.state) != made.state_root
    past = read_past_spec(consortium.standby.open().party, spec.task, spec.round)
    assert not verify_proposal(consortium.standby.open().party, past).findings


def registry_verify(consortium: Consortium) -> str:
    """What `federated registry verify` hashed again in the store, as JSON."""
    federation = consortium.federation()
    named = {
        "--chain": consortium.ground.url,
        "--coordinator": federation.coordinator,
        "--store": f"local:{consortium.ground.out / 'store'}",
    }
    given = ["registry", "verify", str(consortium.task), "--json", *(word for pair in named.items() for word in pair)]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.output
    return result.stdout


def propose_with_false_state(consortium: Consortium, spec: RoundSpec) -> None:
    """The true model, and one bit of the state turned over: later rounds would drift as the proposer likes."""
    aggregator = consortium.aggregator.open()
    truth, party = Truth(aggregator, spec), aggregator.party
    base = fetch_words(party.store, spec, "model", spec.base_uri, spec.base_root)
    state = dict(step_from_base(party, spec, base, truth.words("aggregate")).state)
    state["m"] = np.concatenate((np.nextafter(state["m"][:1], 9), state["m"][1:]))
    uri, root = store_state(truth.store, spec, state)
    document = truth.document.model_copy(update={"state_uri": uri})
    proposal = replace(truth.proposal, state_root=root, uri=truth.store.put([document.to_bytes()]))
    party.federation.propose(spec.task, spec.round, proposal)


def test_nobody_builds_on_a_false_state_and_a_rollback_brings_the_old_one_back(consortium: Consortium) -> None:
    for _ in range(2):
        spec = revealed(consortium)
        aggregate(consortium.aggregator.open(), spec)
        settled(consortium, spec)
    spec = revealed(consortium)
    propose_with_false_state(consortium, spec)
    verification = judge(consortium.standby.open().party, spec)
    (finding,) = verification.findings
    assert finding.wrong is Wrong.OPTIMIZER and "recomputed 0x" in finding.detail and not finding.provable
    settled(consortium, spec)
    party, false = consortium.standby.open().party, consortium.federation().versions(spec.task)[-1]
    other = read_result(party, spec.task, spec.round - 1).state_uri
    assert other is not None
    with pytest.raises(ContentMismatch, match="its bytes were altered"):
        fetch_state(party.store, spec, other, false.state_root)

    task, sponsor = consortium.task, consortium.federation("sponsor")
    round = open_round(consortium.sponsor.open(), task)
    member = Participant(next(iter(consortium.members.values())).open())
    with pytest.raises(ProtocolError, match=r"the state of version 3 .* roll back to version 2"):
        member.commit(task, round)
    stuck = listen(consortium.aggregator.open().party, task, round)
    with pytest.raises(ProtocolError, match="build nothing on it"):
        worked_out(consortium, stuck)
    pass_deadline(consortium)
    sponsor.tick(task)
    versions = sponsor.versions(task)
    sponsor.rollback(task, [versions[3], versions[2]])

    spec = revealed(consortium)
    party = consortium.aggregator.open().party
    aggregate(consortium.aggregator.open(), spec)
    assert not verify_proposal(consortium.standby.open().party, spec).findings
    settled(consortium, spec)
    newest = sponsor.versions(task)[-1]
    words = fetch_words(
        party.store, spec, "aggregate", read_result(party, task, newest.round).aggregate_uri, newest.aggregate_root
    )
    base = fetch_words(party.store, spec, "model", spec.base_uri, versions[2].model_root)
    ours: Stepped = server_step(ADAM, base, words, state_of(party, spec, versions[2]), 16)
    assert root_of_state(spec, ours.state) == newest.state_root


def without_its_state(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    return truth.document.model_copy(update={"state_uri": "cas://sha256/" + "0" * 64}), {}


def test_state_that_its_maker_withholds_is_named_and_worked_out_again_by_the_next_round(consortium: Consortium) -> None:
    spec, party = revealed(consortium), consortium.standby.open().party
    propose(consortium, spec, without_its_state)
    (finding,) = judge(party, spec).findings
    assert finding.wrong is Wrong.OPTIMIZER and "the state of fedadam cannot be fetched" in finding.detail
    settled(consortium, spec)
    made = party.federation.versions(spec.task)[-1]
    for error in (ContentMissing("gone"), StoreUnreachable("nobody answers")):
        blind = replace(party, store=Choosy(party.store, {"cas://sha256/" + "0" * 64}, error))
        assert root_of_state(spec, state_of(blind, spec, made)) == made.state_root, "it follows from what is public"
    spec = revealed(consortium)
    aggregate(consortium.aggregator.open(), spec)
    assert not verify_proposal(party, spec).findings


def test_state_that_is_both_false_and_withheld_is_not_made_up(consortium: Consortium) -> None:
    spec, party = revealed(consortium), consortium.standby.open().party
    propose(consortium, spec, lambda truth: (without_its_state(truth)[0], {"state_root": b"\7" * 32}))
    (finding,) = judge(party, spec).findings
    assert finding.wrong is Wrong.OPTIMIZER and f"has root 0x{'07' * 32}, recomputed 0x" in finding.detail
    settled(consortium, spec)
    made = party.federation.versions(spec.task)[-1]
    with pytest.raises(ContentMismatch, match=r"the state of version 1 cannot be had .* ask the sponsor to roll back"):
        state_of(party, spec, made)


def test_false_model_is_named_and_left_to_people(consortium: Consortium) -> None:
    """The contract proves base + aggregate alone: a challenge would only be refused."""
    spec = revealed(consortium)
    propose(consortium, spec, word_of_the_model)
    verification = judge(consortium.standby.open().party, spec)
    (finding,) = verification.findings
    assert finding.wrong is Wrong.OPTIMIZER and "by fedadam it is" in finding.detail
    assert verification.provable == () and not consortium.federation().fallen(spec.task, spec.round)
    settled(consortium, spec)
    with pytest.raises(ProtocolError, match=r"the model of version 1 .* roll back to version 0"):
        revealed(consortium)


@pytest.mark.slow
def test_aggregator_killed_in_the_middle_proposes_the_same_roots(
    consortium: Consortium, prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with worker(tmp_path_factory.mktemp("worker"), prefect_api) as call:
        scene = Scene(consortium, call, tmp_path_factory.mktemp("homes"))
        for _ in range(2):
            spec = revealed(consortium)
            ours = worked_out(consortium, spec)
            for point in ("aggregated", "propose-signed"):
                scene.kill("aggregator", f"aggregator:{point}")
            scene.play("aggregator")
            assert roots(consortium.federation().proposal(spec.task, spec.round)) == roots(ours)
            settled(consortium, spec)
