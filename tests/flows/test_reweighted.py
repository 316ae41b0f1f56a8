"""Rules that reweight, on a chain: everybody recomputes the coefficients, and the sum under them is proven as ever."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.payloads import fetch_words, store_words
from prefect_federated.adapters.server_stepping import step_from_base
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.cli.auditor import auditor
from prefect_federated.core.combine import Update, apply_rule
from prefect_federated.core.enforced import RULES
from prefect_federated.core.errors import StoreUnreachable
from prefect_federated.core.findings import Wrong
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.spec import TaskSpec
from prefect_federated.scenario import consortium as module
from prefect_federated.scenario.consortium import Consortium, set_up
from prefect_federated.scenario.plot import Plot
from prefect_federated.scenario.task_spec import Terms
from prefect_federated.tasks.judge import judge
from tests.flows.choosy import Choosy
from tests.flows.conftest import HOSPITALS
from tests.flows.lies import Truth, propose
from tests.flows.playing import revealed
from tests.flows.test_judging import BOND, finish, nothing, on_duty

RULE_FIELDS: dict[str, dict[str, Any]] = {
    "bulyan": {"byzantine": 0},
    "geometric_median": {"byzantine": 1},
    "centred_clip": {"radius": 1000},
    "root_of_trust": {},
}


@pytest.fixture(scope="module", params=RULE_FIELDS)
def consortium(
    request: pytest.FixtureRequest, devnet: Any, prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Consortium]:
    """Three hospitals under the rule, paid equally."""
    folder = tmp_path_factory.mktemp(request.param)
    plot = Plot(rounds=30, interval_s=0, hospitals=HOSPITALS, cheats=(), data_docs=False, terms=Terms(epochs=1))
    ground = module.prepare(devnet.url, folder, LocalStore(root=folder / "store"), plot)
    fields = dict(RULE_FIELDS[request.param])
    if request.param == "root_of_trust":
        fields["root"] = ground.accounts["hospital-b"].address
    build = module.build_spec

    def build_under_the_rule(*args: Any) -> TaskSpec:
        values = build(*args).model_dump(mode="json")
        values["rule"] |= {"name": request.param, "norm_bound": None, **fields}
        values["rewards"]["policy"] = "equal"
        values["enforced"] |= {"rule": RULES.index(request.param), "reward_by": 1, "norm_bound": 0}
        return TaskSpec.model_validate_json(json.dumps(values))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "build_spec", build_under_the_rule)
        yield set_up(devnet.url, folder, LocalStore(root=folder / "store"), plot)


@pytest.fixture
def reweighting(consortium: Consortium) -> Consortium:
    """The same, unless its rule keeps the weights; asked for before the round is opened."""
    if not consortium.spec.rule.reweights:
        pytest.skip("bulyan keeps the revealed weights; test_judging has that lie")
    return consortium


@pytest.fixture
def spec(consortium: Consortium) -> RoundSpec:
    """A round in which everybody has revealed."""
    on_duty(consortium)
    return revealed(consortium)


def summed_anew(
    truth: Truth, consortium: Consortium, document: ResultDocument
) -> tuple[ResultDocument, dict[str, Any]]:
    """Aggregate and model under the weights of the document, with every other hash in order."""
    spec, party = truth.spec, consortium.aggregator.open().party
    reveals = party.federation.reveals(spec.task, spec.round)
    words = {update.participant: update.words for update in gather(party, spec, reveals).updates}
    updates = [Update(record.participant, record.weight, words[record.participant]) for record in document.included]
    aggregate = apply_rule(spec.spec.rule, updates)
    base = fetch_words(party.store, spec, "model", spec.base_uri, spec.base_root)
    model = step_from_base(party, spec, base, aggregate).model
    (uri, root), (model_uri, model_root) = (
        store_words(truth.store, spec, kind, words) for kind, words in (("aggregate", aggregate), ("model", model))
    )
    lie = document.model_copy(update={"aggregate_uri": uri, "model_uri": model_uri})
    return lie, {"aggregate_root": root, "model_root": model_root}


def test_honest_round_has_no_findings_and_pays_equally(consortium: Consortium, spec: RoundSpec) -> None:
    propose(consortium, spec, nothing)
    standby = consortium.standby.open().party
    reader = verify_proposal(standby, spec)
    assert reader.read_updates and not reader.findings
    hidden = {consortium.federation().reveals(spec.task, spec.round)[0].uri}
    blind = replace(standby, store=Choosy(standby.store, hidden, StoreUnreachable("nobody answers")))
    found = verify_proposal(blind, spec)
    assert not found.findings and len(found.unreached) == 1, "whom the rule would pick without it accuses nobody"
    store = f"local:{consortium.ground.out / 'store'}"
    assert not verify_proposal(auditor(consortium.federation(), store), spec).findings
    document = Truth(consortium.aggregator.open(), spec).document
    revealed = {
        reveal.participant: reveal.opening.weight for reveal in standby.federation.reveals(spec.task, spec.round)
    }
    kept_weights = [record.weight == revealed[record.participant] for record in document.included]
    assert len(kept_weights) >= 2  # the root of trust leaves out who points the other way
    assert set(kept_weights) == {spec.spec.rule.name == "bulyan"}
    amounts = {document.rewards[record.participant] for record in document.included}
    assert len(amounts) == 1
    finish(consortium)


def test_one_altered_coefficient_is_named_by_whoever_reads_the_updates(
    reweighting: Consortium, spec: RoundSpec
) -> None:
    """Aggregate and model follow the lie, so that no sum is wrong: only the committee's readers can tell."""

    def one_less(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
        document, _ = truth.included(1, weight=truth.document.included[1].weight - 1)
        return summed_anew(truth, reweighting, document)

    propose(reweighting, spec, one_less)
    standby = reweighting.standby.open().party
    (finding,) = verify_proposal(standby, spec).findings
    honest = Truth(reweighting.aggregator.open(), spec).document.included[1]
    assert (finding.wrong, finding.position) == (Wrong.RULE, 1)
    assert f"{honest.participant}: weight {honest.weight - 1} is proposed, {honest.weight} recomputed" in finding.detail
    assert judge(standby, spec).provable == ()
    assert standby.federation.round_state(spec.task).phase is Phase.CHALLENGE


def test_sum_under_other_coefficients_than_the_bound_ones_is_proven(reweighting: Consortium, spec: RoundSpec) -> None:
    aggregator = reweighting.ground.accounts["aggregator"].address
    stake = reweighting.federation().participant(aggregator).stake
    propose(reweighting, spec, lambda truth: truth.included(1, weight=truth.document.included[1].weight // 2))
    standby = reweighting.standby.open().party
    verification = judge(standby, spec)
    assert verification.provable and verification.provable[0].wrong is Wrong.SUM
    assert standby.federation.round_state(spec.task).phase is Phase.AGGREGATE
    assert standby.federation.participant(aggregator).stake + BOND == stake


def test_coefficients_beyond_what_the_rule_gives_are_named(reweighting: Consortium, spec: RoundSpec) -> None:
    propose(reweighting, spec, lambda truth: truth.included(0, weight=2**32 - 1))
    findings = verify_proposal(reweighting.standby.open().party, spec).findings
    assert {finding.wrong for finding in findings} == {Wrong.RULE}
    assert "the rule gives at most" in findings[0].detail


def test_word_that_the_rule_does_not_make_is_proven(consortium: Consortium, spec: RoundSpec) -> None:
    def another_word(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
        lie = truth.words("aggregate")
        lie[5] += 1
        uri, root = store_words(truth.store, spec, "aggregate", lie)
        return truth.document.model_copy(update={"aggregate_uri": uri}), {"aggregate_root": root}

    propose(consortium, spec, another_word)
    verification = judge(consortium.standby.open().party, spec)
    assert verification.provable and verification.provable[0].wrong is Wrong.SUM
    assert consortium.federation().round_state(spec.task).phase is Phase.AGGREGATE
