"""A committee whose held-out set is fixed by the task: equal scores, paid by them, and found out where they differ.

root in the spec --> members with file and salt --> Shapley scores --> pay;  auditor with both --> the same integers
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prefect_federated.adapters.data.sources import FileSource
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.holdout import HeldOut
from prefect_federated.adapters.reading import read_past_spec
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.cli.main import app
from prefect_federated.core.errors import ConfigurationError, DataRefused, StoreUnreachable
from prefect_federated.core.findings import Wrong
from prefect_federated.core.rewards import sum_root
from prefect_federated.core.scoring.score_vector import unpack_scores
from prefect_federated.flows.cast import Cast, RoundResult
from prefect_federated.flows.driving import drive_round
from prefect_federated.flows.members import Participant
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.adversaries import Dissenter
from prefect_federated.scenario.consortium import Consortium, set_up
from prefect_federated.scenario.plot import VALIDATORS, Plot
from prefect_federated.scenario.task_spec import Terms
from tests.flows.choosy import Choosy

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> HeldOut:
    """The sponsor's held-out patients in a file, with the salt that the command made."""
    folder = tmp_path_factory.mktemp("holdout")
    table = breast_cancer.split(0).held_out
    table.to_csv(folder / "held-out.csv", index=False)
    return HeldOut(FileSource(folder / "held-out.csv"), folder / "held-out.salt")


def root_by_command(shared: HeldOut) -> bytes:
    assert shared.salt is not None
    command = ["validator", "holdout-root", str(shared.salt.with_suffix(".csv")), "--salt", str(shared.salt)]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0, shown.output
    assert shared.salt.stat().st_mode & 0o077 == 0
    return bytes.fromhex(shown.output.strip()[2:])


@pytest.fixture(scope="module")
def consortium(
    devnet: Devnet, shared: HeldOut, prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Consortium]:
    folder = tmp_path_factory.mktemp("fixed")
    terms = Terms(
        epochs=1,
        tolerance=1.0,
        committee_bps=900,
        pay_by="scores",
        scores="shapley",
        holdout_root=root_by_command(shared),
    )
    plot = Plot(rounds=4, interval_s=0, cheats=(), data_docs=False, terms=terms, validators=VALIDATORS)
    made = set_up(devnet.url, folder, LocalStore(root=folder / "store"), plot)
    assert shared.salt is not None
    for name, block in list(made.validators.items()):
        same = {"holdout": shared.salt.with_suffix(".csv"), "holdout_salt": shared.salt}
        made.validators[name] = block.model_copy(update=same)
    yield made


def driven(consortium: Consortium, dissents_in: int = 0) -> RoundResult:
    federation = consortium.federation("sponsor")
    federation.wait_until(federation.round_state(consortium.task).deadline + 1)
    first, *others = [block.open() for block in consortium.validators.values()]
    cast = Cast(
        sponsor=consortium.sponsor.open(),
        aggregator=consortium.aggregator.open(),
        members=[Participant(block.open()) for block in consortium.members.values()],
        validators=[Dissenter(first.party, first.holdout, dissents_in=dissents_in), *others],
    )
    return drive_round(cast, consortium.task)


def test_members_and_auditor_come_to_the_same_integers_and_pay_follows_them(
    consortium: Consortium, shared: HeldOut
) -> None:
    result = driven(consortium)
    party, round = consortium.standby.open().party, result.log.round
    votes = party.federation.shown_votes(consortium.task, round)
    assert len(votes) == 3 and len({vote.scores for vote in votes}) == 1
    assert any(unpack_scores(votes[0].scores))
    spec = read_past_spec(party, consortium.task, round)
    assert not verify_proposal(party, spec, holdout=shared).findings
    hidden = {party.federation.reveals(spec.task, spec.round)[0].uri}
    blind = replace(party, store=Choosy(party.store, hidden, StoreUnreachable("nobody answers")))
    found = verify_proposal(blind, spec, holdout=shared)
    assert not found.findings and len(found.unreached) == 1, "nobody measures what it cannot read"
    assert result.outcome is not None
    assert sum_root({}) != (result.outcome.proposal.reward_root, result.outcome.proposal.reward_total)


def test_member_that_votes_other_scores_is_named_with_both(consortium: Consortium, shared: HeldOut) -> None:
    round = consortium.federation().round_state(consortium.task).round + 1
    driven(consortium, dissents_in=round)
    party = consortium.standby.open().party
    (finding,) = verify_proposal(party, read_past_spec(party, consortium.task, round), holdout=shared).findings
    liar = consortium.ground.accounts[VALIDATORS[0]].address
    assert finding.wrong is Wrong.SCORES and liar in finding.detail and "4294967295" in finding.detail


def test_other_rows_or_another_salt_are_refused(consortium: Consortium, shared: HeldOut, tmp_path: Path) -> None:
    spec, source = consortium.spec, shared.source
    other = tmp_path / "other.key"
    other.write_text("ab" * 32)
    with pytest.raises(DataRefused, match="get file and salt from the sponsor"):
        HeldOut(source, other).read(spec)
    fewer = tmp_path / "fewer.csv"
    source.read().iloc[1:].to_csv(fewer, index=False)
    with pytest.raises(DataRefused, match="measures on the held-out set with root"):
        HeldOut(FileSource(fewer), shared.salt).read(spec)
    with pytest.raises(ConfigurationError, match="name the file with its salt too"):
        HeldOut(source).read(spec)
    for content in ("ab" * 31, "no hex"):
        other.write_text(content)
        with pytest.raises(ConfigurationError, match=str(other)):
            HeldOut(source, other).read(spec)
    mixed = tmp_path / "mixed.csv"
    source.read().sample(frac=1, random_state=1).to_csv(mixed, index=False)
    assert len(HeldOut(FileSource(mixed), shared.salt).read(spec)) == len(source.read())
