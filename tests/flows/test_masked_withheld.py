"""What is withheld in a masked round holds it up no longer than it must, hides no other lie, and convicts nobody."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.striking import strike_false
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.errors import ContractRefused, StoreUnreachable
from prefect_federated.core.findings import Wrong
from prefect_federated.core.masking import faults
from prefect_federated.core.proposal import pack_exclusions
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round import Phase, Reason
from prefect_federated.flows.conclude import bring_on
from prefect_federated.scenario.consortium import Consortium
from tests.flows import local_scene as scene
from tests.flows.choosy import Choosy
from tests.flows.conftest import Found
from tests.flows.lies import Truth, propose, weight_of_an_update, word_of_the_aggregate
from tests.flows.test_masked import HOSPITALS, STEPS, bonds, do, phase
from tests.flows.test_masked_faults import unpublish


@pytest.fixture
def consortium(found: Found, prefect_api: str, tmp_path: Path) -> Consortium:
    """Four hospitals whose updates are masked, the last of which withholds something."""
    return scene.found_with("masked", found, tmp_path, rounds=3, hospitals=HOSPITALS)


def nobody(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    """What an aggregator says that could open nothing: no update is in it."""
    party = truth.proposal
    out = {one.index: Reason.UNDECRYPTABLE for one in truth.federation.reveals(truth.spec.task, truth.spec.round)}
    document = truth.document.model_copy(update={"included": (), "rewards": {}})
    assert party.included == len(out)
    return document, {"included": 0, "exclusions": pack_exclusions(out)}


@pytest.mark.parametrize("withheld", [True, False], ids=["withheld", "refused"])
def test_a_round_that_nobody_can_open_is_settled_though_nobody_can_be_struck(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch, withheld: bool
) -> None:
    spec, task = scene.opened(consortium), consortium.task
    for step in STEPS:
        do(consortium, spec, step)
    propose(consortium, spec, nobody)
    aggregator = consortium.aggregator.open()
    if withheld:
        unpublish(consortium, spec)
        with pytest.raises(StoreUnreachable, match="what participant 3 dealt is not to be had"):
            strike_false(aggregator.party, spec)
    else:  # shares that are true: the contract does not take a word for it
        monkeypatch.setattr(faults, "made_and_promised", lambda *_: (b"made", b"promised"))
        with pytest.raises(ContractRefused, match="is what it promised"):
            strike_false(aggregator.party, spec)
    scene.pass_deadline(consortium)
    assert bring_on(aggregator, task) == "settle"
    assert phase(consortium) is Phase.VOIDED and all(bonds(consortium).values())


def test_what_is_withheld_hides_no_lie_that_can_be_told_without_it(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS:
        do(consortium, spec, step)
    propose(consortium, spec, weight_of_an_update)
    unpublish(consortium, spec)
    found = verify_proposal(consortium.standby.open().party, spec).findings
    assert Wrong.LEAF in {finding.wrong for finding in found}


def test_a_proposal_of_which_something_was_missed_is_judged_again(consortium: Consortium) -> None:
    spec, task = scene.opened(consortium), consortium.task
    for step in STEPS:
        do(consortium, spec, step)

    def both(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
        document, changes = word_of_the_aggregate(truth)
        purposes = truth.proposal.purposes
        return document, {**changes, "purposes": purposes & (purposes - 1)}  # for people to judge

    propose(consortium, spec, both)
    standby, federation = consortium.standby.open(), consortium.federation()
    hidden = {one.uri for one in federation.dealt(task, spec.round)}
    down = Choosy(standby.party.store, hidden, StoreUnreachable("down"))
    blind = replace(standby, party=replace(standby.party, store=down))
    found = verify_proposal(blind.party, spec)
    assert [one.wrong for one in found.findings] == [Wrong.USE] and not found.read_updates
    assert bring_on(blind, task) == "judge" and not federation.fallen(task, spec.round)
    assert bring_on(standby, task) == "judge" and federation.fallen(task, spec.round), "what was missed is found now"


def test_what_is_withheld_accuses_nobody_where_all_else_is_in_order(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS:
        do(consortium, spec, step)
    scene.aggregate(consortium.aggregator.open(), spec)
    unpublish(consortium, spec)
    found = verify_proposal(consortium.standby.open().party, spec)
    assert not found.findings and not found.read_updates
    assert ["what participant 3 dealt is not to be had" in one.detail for one in found.unreached] == [True]


def test_no_receipt_is_given_for_a_masked_payload(consortium: Consortium, tmp_path: Path) -> None:
    spec, task = scene.opened(consortium), consortium.task
    for step in STEPS[:2]:
        do(consortium, spec, step)
    do(consortium, spec, "reveal", *HOSPITALS[:3], last=True)
    letters = tmp_path / "letters"
    aggregator = replace(consortium.aggregator.open(), mailbox=FolderMailbox(letters))
    assert bring_on(aggregator, task) in ("keep", "nothing")
    assert not [path for path in letters.rglob("*") if path.is_file()], "who deletes its payload could convict with it"
