"""`federated relay`: what participants left is brought by somebody who is none of them."""

from pathlib import Path

from prefect_federated.adapters.mailbox import FolderMailbox, place_of
from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.letters import CommitLetter, OpeningLetter
from prefect_federated.core.round import Phase
from tests.cli.conftest import Cli, Party, SmallFederation


def leave(federation: SmallFederation, mailbox: Path, round: int, letter: CommitLetter | OpeningLetter) -> None:
    kind = "commit" if isinstance(letter, CommitLetter) else "opening"
    place = place_of(federation.reader.chain_id, federation.coordinator, federation.task, round, kind)
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
