"""`federated relay`: what participants left is brought by somebody who is none of them."""

import json
from pathlib import Path
from typing import Any

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.mailbox import FolderMailbox, place_of
from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.letters import CommitLetter, Letter, OpeningLetter
from prefect_federated.core.round import Phase
from prefect_federated.core.share_letters import DealingLetter, ShownLetter
from tests.cli.conftest import Cli, Party, SmallFederation
from tests.cli.test_masked_task import masked_draft
from tests.cli.test_task import create

KINDS = {CommitLetter: "commit", OpeningLetter: "opening", DealingLetter: "dealing", ShownLetter: "shown"}


def leave(federation: SmallFederation, mailbox: Path, round: int, letter: Letter) -> None:
    place = place_of(federation.reader.chain_id, federation.coordinator, federation.task, round, KINDS[type(letter)])
    FolderMailbox(mailbox).leave(place, letter.to_bytes())


def signed(federation: SmallFederation, silo: Party, round: int) -> CommitLetter:
    reader, task, opening = federation.reader, federation.task, federation.opening(silo, round)
    base = reader.round_state(task).base_version
    context = RoundContext(reader.chain_id, federation.coordinator, task, round, base, silo.address)
    return silo.federation.sign_commit(
        task, round, opening.digest(context), silo.grant, federation.part(silo, round, "evidence")
    )


def test_whoever_pays_for_gas_brings_commits_and_openings(cli: Cli, fresh: SmallFederation, tmp_path: Path) -> None:
    round, mailbox, payer = fresh.open_round(), tmp_path / "mailbox", fresh.parties["sponsor"]
    signs = ["--keystore", str(payer.keystore), "--home", str(payer.home)]
    command = ("relay", str(fresh.task), "--mailbox", str(mailbox), *fresh.options, *signs)
    assert "0 commits brought" in cli(*command).output
    letters = [signed(fresh, silo, round) for silo in fresh.silos]
    for letter in letters:
        leave(fresh, mailbox, round, letter)
    leave(fresh, mailbox, round, letters[0].model_copy(update={"commitment": bytes(32)}))
    result = cli(*command)
    assert result.exit_code == 0, result.output
    assert "3 commits brought" in result.output and "gas each" in result.output
    assert f"left out: participant {letters[0].participant} did not sign its letter" in result.output
    for silo in fresh.silos:
        opening = silo.federation.sign_opening(fresh.task, round, fresh.opening(silo, round), "cas://payload")
        leave(fresh, mailbox, round, opening)
    assert "3 openings brought" in cli(*command).output
    assert fresh.reader.round_state(fresh.task).phase == Phase.AGGREGATE
    assert "is in AGGREGATE; nothing is to be brought" in cli(*command).output


def test_all_four_phases_of_a_masked_task_are_brought(cli: Cli, fresh: SmallFederation, tmp_path: Path) -> None:
    draft = masked_draft(fresh, limit=2**12)
    draft.write_text(json.dumps(with_modes(json.loads(draft.read_text()), 3)))
    made = create(cli, fresh, draft, "--json")
    assert made.exit_code == 0, made.stderr
    fresh.task = json.loads(made.stdout)["task"]
    round, mailbox, payer = opened(fresh), tmp_path / "mailbox", fresh.parties["sponsor"]
    signs = ["--keystore", str(payer.keystore), "--home", str(payer.home)]
    command = ("relay", str(fresh.task), "--mailbox", str(mailbox), *fresh.options, *signs)
    place = (fresh.task, round)
    assert "0 dealings brought" in cli(*command).output
    for silo in fresh.silos:
        root = fresh.part(silo, round, "root")
        leave(fresh, mailbox, round, silo.federation.sign_dealing(*place, silo.grant, root, root, "cas://shares"))
    assert "3 dealings brought" in brought(cli, fresh, *command)
    for silo in fresh.silos:
        leave(fresh, mailbox, round, signed(fresh, silo, round))
    assert "3 commits brought" in brought(cli, fresh, *command)
    for silo in fresh.silos:
        opening = silo.federation.sign_opening(*place, fresh.opening(silo, round), "cas://payload")
        leave(fresh, mailbox, round, opening)
    assert "3 openings brought" in brought(cli, fresh, *command)
    for silo in fresh.silos:
        shown = silo.federation.sign_shown(*place, fresh.part(silo, round, "shown"), "cas://shown")
        leave(fresh, mailbox, round, shown)
    assert "3 shown shares brought" in brought(cli, fresh, *command)
    assert fresh.reader.round_state(fresh.task).phase == Phase.AGGREGATE


def with_modes(draft: dict[str, Any], modes: int) -> dict[str, Any]:
    return {**draft, "enforced": {**draft["enforced"], "modes": modes}}


def opened(federation: SmallFederation) -> int:
    """The first round of a task that was just created."""
    federation.parties["sponsor"].federation.fund(federation.task, 10**18)
    federation.parties["aggregator"].federation.accept_duty(federation.task)
    for silo in federation.silos:
        silo.federation.enrol(federation.task)
    return federation.open_round()


def brought(cli: Cli, federation: SmallFederation, *command: str) -> str:
    """What the command says; then the next phase is open."""
    result = cli(*command)
    assert result.exit_code == 0, result.output
    rpc.wait_until(federation.w3, federation.reader.round_state(federation.task).opens_at)
    return result.output
