"""Masked rounds in groups: what one silo keeps from being fetched hides no lie about the other groups."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.errors import StoreUnreachable
from prefect_federated.core.findings import Verification, Wrong
from prefect_federated.core.result import ResultDocument
from prefect_federated.flows.conclude import bring_on
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.consortium import Consortium
from tests.flows import local_scene as scene
from tests.flows.choosy import Choosy
from tests.flows.conftest import Found
from tests.flows.lies import Truth, propose, word_of_the_aggregate
from tests.flows.test_masked import STEPS, do
from tests.flows.test_masked_groups import NINE, act, teams

NOWHERE = "ipfs://directory"


@pytest.fixture
def consortium(found: Found, prefect_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Consortium:
    """Nine hospitals that mask in three groups of three; the median looks across the groups' means."""
    monkeypatch.setattr(breast_cancer, "HOSPITALS", NINE)
    monkeypatch.setattr(breast_cancer, "SHARES", {breast_cancer.HELD_OUT: (0.1, 0.1)} | dict.fromkeys(NINE, (0.1, 0.1)))
    return scene.found_with("masked in groups", found, tmp_path, rounds=1, hospitals=NINE)


def two_lies(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    """Another word of the aggregate, and an award of nothing to a stranger."""
    document, changes = word_of_the_aggregate(truth)
    return document.model_copy(update={"rewards": {**document.rewards, "0x" + "5e" * 20: 0}}), changes


@pytest.mark.slow
def test_an_answer_that_cannot_be_fetched_shields_no_false_word_of_the_other_groups(consortium: Consortium) -> None:
    """Of one group one is silent and one names a place that never answers, so an honest aggregator goes on without."""
    spec, task = scene.opened(consortium), consortium.task
    for step in STEPS[:3]:
        act(consortium, spec, step, NINE)
    lost, included, _ = teams(consortium, spec)
    do(consortium, spec, "unmask", *(name for name in NINE if name not in lost[:2]), last=True)
    consortium.federation(lost[1]).show_shares(task, spec.round, b"\x01" * 32, NOWHERE)
    scene.pass_deadline(consortium)
    federation = consortium.federation("sponsor")
    federation.tick(task)
    federation.wait_until(federation.round_state(task).opens_at)
    propose(consortium, spec, two_lies)
    standby, members = consortium.standby.open(), scene.members(consortium)
    accounts = [members[name].account for name in included]
    at = {one.participant: one.index for one in federation.reveals(task, spec.round)}
    shown = [one.uri for one in federation.shown_shares(task, spec.round) if one.index in map(at.get, accounts[:2])]
    dealt = [one.uri for one in federation.dealt(task, spec.round) if one.participant in accounts]

    def blind(*hidden: str) -> Any:
        down = StoreUnreachable("down")
        return replace(standby, party=replace(standby.party, store=Choosy(standby.party.store, {*hidden}, down)))

    def seen(*hidden: str) -> Verification:
        return verify_proposal(blind(*hidden).party, spec)

    found = seen(NOWHERE)
    assert [one.wrong for one in found.findings] == [Wrong.SUM, Wrong.REWARD] and not found.read_updates
    assert "in 2 groups is" in found.findings[0].detail
    for hidden in (shown, dealt):  # of a group that is included: its rule's word is not known, all else is
        assert [one.wrong for one in seen(NOWHERE, *hidden).findings] == [Wrong.REWARD]
        assert not seen(*hidden).read_updates
    assert bring_on(blind(NOWHERE), task) == "judge"
    assert len(federation.events(task, spec.round, ("SumRefuted",))) == 1
    assert federation.fallen(task, spec.round) == [consortium.ground.accounts["aggregator"].address]
