"""Members say which updates they can read; an aggregator that calls one of those unreadable loses its bond."""

from shutil import copytree

import pytest
from typer.testing import CliRunner

from prefect_federated.adapters.challenging import challenge
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.cli.auditor import auditor
from prefect_federated.cli.main import app
from prefect_federated.core.errors import StoreUnreachable
from prefect_federated.core.findings import Wrong
from prefect_federated.core.round import Phase, Reason, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.conclude import bring_on
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.plot import VALIDATORS
from prefect_federated.tasks.aggregate import aggregate
from tests.flows.conftest import HOSPITALS
from tests.flows.vouched import OUT, attend, judged_round, leave_out, letters, mailbox, part, play, sharing

pytestmark = pytest.mark.slow
FIRST, SECOND, THIRD = HOSPITALS
READING = (Reason.UNAVAILABLE, Reason.UNDECRYPTABLE, Reason.ROOT_MISMATCH, Reason.MALFORMED, Reason.OUT_OF_RANGE)


@pytest.fixture(scope="module")
def consortium(devnet: Devnet, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return sharing(devnet.url, tmp_path_factory.mktemp("vouching"))


@pytest.fixture
def spec(consortium: Consortium) -> RoundSpec:
    return judged_round(consortium)


def assert_refuted(consortium: Consortium, spec: RoundSpec) -> None:
    federation = consortium.federation()
    assert federation.fallen(spec.task, spec.round) == [consortium.ground.accounts["aggregator"].address]
    events = [event.name for event in federation.events(spec.task, spec.round)]
    assert events.count("ExclusionRefuted") == 1 and "ProposalOverturned" in events


@pytest.mark.parametrize("reason", READING, ids=lambda reason: reason.name)
def test_who_is_called_unreadable_proves_by_itself_that_it_is_not_and_a_standby_finishes(
    reason: Reason, consortium: Consortium, spec: RoundSpec
) -> None:
    federation, task = consortium.federation(), consortium.task
    assert len(letters(consortium, spec)) == len(HOSPITALS) * len(VALIDATORS)
    assert play(consortium) == ["nothing"] * 3  # each keeps what was said of it
    for path in letters(consortium, spec):
        path.unlink()  # whoever shares the folder may do that
    leave_out(consortium, spec, reason)
    assert [part(consortium, name) for name in (FIRST, THIRD)] == ["nothing"] * 2
    assert part(consortium, SECOND) == "object"
    assert_refuted(consortium, spec)
    assert bring_on(consortium.standby.open(), task) == "aggregate"
    assert [part(consortium, name) for name in HOSPITALS] == ["nothing"] * 3
    federation.wait_until(federation.round_state(task).deadline + 1)
    assert bring_on(consortium.standby.open(), task) == "settle"
    assert federation.round_state(task).status is Status.SUCCESS


def test_members_say_it_again_where_their_letters_are_gone_and_prove_it(
    consortium: Consortium, spec: RoundSpec
) -> None:
    for path in letters(consortium, spec):
        path.unlink()
    leave_out(consortium, spec, Reason.MALFORMED)
    first, second, _ = VALIDATORS
    assert attend(consortium, first) == "judge"
    assert consortium.federation().round_state(spec.task).phase is Phase.CHALLENGE  # one of three
    assert attend(consortium, second) == "judge"
    assert_refuted(consortium, spec)


def test_standby_judges_by_what_members_said(consortium: Consortium, spec: RoundSpec) -> None:
    leave_out(consortium, spec, Reason.UNDECRYPTABLE)
    assert bring_on(consortium.standby.open(), spec.task) == "judge"
    assert_refuted(consortium, spec)


def test_auditor_with_the_mailbox_names_it_and_one_without_does_not(consortium: Consortium, spec: RoundSpec) -> None:
    leave_out(consortium, spec, Reason.MALFORMED)
    outsider = auditor(consortium.federation("sponsor"), f"local:{consortium.ground.out / 'store'}")
    assert not verify_proposal(outsider, spec).findings
    (finding,) = verify_proposal(outsider, spec, FolderMailbox(mailbox(consortium))).findings
    assert finding.wrong is Wrong.EXCLUSION and finding.provable
    assert f"index {OUT} is left out for MALFORMED, 3 members found its update sound" in finding.detail
    here = ["--chain", consortium.ground.url, "--coordinator", consortium.federation().coordinator]
    named = ["verify", str(spec.task), str(spec.round), *here, "--store", f"local:{consortium.ground.out / 'store'}"]
    assert CliRunner().invoke(app, named).exit_code == 0
    told = CliRunner().invoke(app, [*named, "--mailbox", str(mailbox(consortium))])
    assert told.exit_code == 6 and finding.detail in told.output
    challenge(outsider, spec, finding)
    assert_refuted(consortium, spec)


def test_exclusion_stands_where_fewer_than_two_thirds_spoke(consortium: Consortium, spec: RoundSpec) -> None:
    for path in letters(consortium, spec):
        if consortium.ground.accounts[VALIDATORS[0]].address not in path.read_text():
            path.unlink()
    leave_out(consortium, spec, Reason.MALFORMED)
    assert play(consortium) == ["nothing"] * 3
    assert bring_on(consortium.standby.open(), spec.task) == "judge"
    assert consortium.federation().round_state(spec.task).phase is Phase.CHALLENGE


def test_aggregator_that_cannot_read_what_the_committee_read_tries_again_before_it_risks_its_bond(
    consortium: Consortium, spec: RoundSpec
) -> None:
    root, reveal = consortium.ground.out / "elsewhere", consortium.federation().reveals(spec.task, spec.round)[OUT]
    copytree(consortium.ground.out / "store", root)
    block = consortium.aggregator.model_copy(update={"store": LocalStore(root=root)})
    (envelope,) = (path for path in root.rglob("*") if reveal.uri.rpartition("/")[2] in path.name)
    envelope.unlink()
    with pytest.raises(StoreUnreachable, match=f"leave {reveal.participant} out for UNAVAILABLE .* 3 members"):
        aggregate.fn(block.open(), spec)
    assert consortium.federation().round_state(spec.task).phase is Phase.AGGREGATE
    assert bring_on(consortium.aggregator.open(), spec.task) == "aggregate"
