"""Receipts: an aggregator that confirmed a payload cannot call it unavailable; one that did not, may."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.receipts import issue_missing, keep_arrived, kept_receipt
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.core.proposal import pack_exclusions
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round import Phase, Reason
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.participate import take_part
from prefect_federated.scenario.consortium import Consortium, set_up
from prefect_federated.scenario.plot import Plot
from prefect_federated.scenario.task_spec import Terms
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import HOSPITALS
from tests.flows.lies import Truth, propose

pytestmark = pytest.mark.slow
FIRST, SECOND, THIRD = HOSPITALS


@pytest.fixture(scope="module")
def consortium(devnet: Any, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """Three hospitals and whoever aggregates share a mailbox."""
    folder = tmp_path_factory.mktemp("receipts")
    terms = Terms(epochs=1, norm_rule=False)
    plot = Plot(rounds=2, interval_s=0, hospitals=HOSPITALS, cheats=(), data_docs=False, terms=terms)
    made = set_up(devnet.url, folder, LocalStore(root=folder / "store"), plot)
    box = {"mailbox": folder / "mailbox"}
    made.members.update({name: block.model_copy(update=box) for name, block in made.members.items()})
    yield replace(made, aggregator=made.aggregator.model_copy(update=box))


def without(index: int) -> Any:
    """The lie that an update could not be had."""

    def lie(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
        left = tuple(record for place, record in enumerate(truth.document.included) if place != index)
        document = truth.document.model_copy(update={"included": left})
        return document, {"included": 2, "exclusions": pack_exclusions({index: Reason.UNAVAILABLE})}

    return lie


def part(consortium: Consortium, name: str) -> str:
    return take_part(consortium.members[name].open(), consortium.task)


def test_a_broken_receipt_overturns_the_proposal_and_no_receipt_does_not(consortium: Consortium) -> None:
    task, federation = consortium.task, consortium.federation()
    for index in (0, 1):  # of the standby's round none is left over: the second proposal is never overturned
        open_round(consortium.sponsor.open(), task)
        assert [part(consortium, name) for name in HOSPITALS[:2]] == ["commit", "commit"]
        assert part(consortium, THIRD) == "commit, reveal"
        assert part(consortium, FIRST) == "reveal"
        aggregator = consortium.aggregator.open()
        assert bring_on(aggregator, task) == "receipts"
        assert bring_on(aggregator, task) == "nothing"  # nobody has revealed since
        assert part(consortium, SECOND) == "reveal"  # the last: Reveal is over, nobody gives it a receipt
        assert [part(consortium, name) for name in HOSPITALS] == ["nothing"] * 3
        spec = listen(aggregator.party, task, federation.round_state(task).round)
        propose(consortium, spec, without(index))
        if index == 0:
            assert [part(consortium, name) for name in (SECOND, THIRD)] == ["nothing"] * 2
            assert part(consortium, FIRST) == "object"
            assert federation.fallen(task, spec.round) == [aggregator.party.account]
            assert bring_on(consortium.standby.open(), task) == "aggregate"
            settle_and_reappoint(consortium)
        else:
            assert [part(consortium, name) for name in HOSPITALS] == ["nothing"] * 3
            assert federation.round_state(task).phase is Phase.CHALLENGE


def settle_and_reappoint(consortium: Consortium) -> None:
    federation, task = consortium.federation("sponsor"), consortium.task
    federation.wait_until(federation.round_state(task).deadline + 1)
    assert bring_on(consortium.standby.open(), task) == "settle"
    federation.appoint(task, *(consortium.ground.accounts[name].address for name in ("aggregator", "standby")))
    own = consortium.federation("aggregator")
    own.deposit(Terms().aggregator_bond_wei)
    own.accept_duty(task)
    if not federation.task_of(task).standby_bonded:
        consortium.federation("standby").accept_duty(task)


def test_receipts_of_others_and_for_other_payloads_are_not_kept(consortium: Consortium) -> None:
    task, federation = consortium.task, consortium.federation()
    silo = consortium.members[FIRST].open()
    spec = listen(silo.party, task, federation.round_state(task).round)
    box = FolderMailbox(consortium.ground.out / "another")
    assert issue_missing(consortium.aggregator.open().party, box, spec) == 3
    (place,) = {path.parent for path in box.root.rglob("*.json")}
    letters = [path.read_bytes() for path in place.iterdir()]
    mine = next(letter for letter in letters if silo.party.account.encode() in letter)
    signer, another = (consortium.ground.accounts[name].address for name in ("aggregator", "standby"))
    forged = mine.replace(signer.encode(), another.encode())
    party = consortium.aggregator.open().party
    by_delegate = replace(party, federation=consortium.federation("sponsor"))
    assert issue_missing(by_delegate, FolderMailbox(consortium.ground.out / "delegates"), spec) == 0
    reveal = next(one for one in federation.reveals(task, spec.round) if one.participant == silo.party.account)
    elsewhere = replace(reveal, opening=replace(reveal.opening, sealed_root=bytes(32)))
    other = FolderMailbox(consortium.ground.out / "forged")
    other.leave(str(place.relative_to(box.root)), forged)
    for letter in (b"no letter at all", party.federation.sign_receipt(task, spec.round, elsewhere).to_bytes()):
        other.leave(str(place.relative_to(box.root)), letter)
    assert keep_arrived(silo.party, other, spec) == []
    assert keep_arrived(silo.party, box, spec) == [signer]
    assert kept_receipt(silo.party, spec, another) is None
