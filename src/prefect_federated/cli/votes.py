"""`federated validator sign-vote | open-vote | bring-votes | conflict`: votes of members that send nothing themselves.

member: sign-vote --> file --> anybody: bring-votes      member: open-vote --> file --> anybody: bring-votes
anybody with two different signed votes of one member: conflict
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prefect_federated.cli import console
from prefect_federated.cli.amounts import show_amount
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.holdout import Holdout
from prefect_federated.cli.rest_key import open_key
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import (
    ConfigurationError,
    ContractRefused,
    FederatedError,
    PayloadError,
    ProtocolError,
    SpecError,
)

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.adapters.party import Party
    from prefect_federated.core.signed_votes import OpenVote, SignedVote, VoteFile

TaskArgument = Annotated[int, typer.Argument(min=1, help="Number of the task on chain.")]
StoreOption = Annotated[
    str, typer.Option(envvar="FEDERATED_STORE", help="Content store of the federation, e.g. local:PATH or s3://...")
]
KeyOption = Annotated[Path, typer.Option(help="The validator's encrypted X25519 key file.")]
OutOption = Annotated[Path, typer.Option(help="File to write; it is never overwritten.")]


@console.says_what_to_do
@takes(sender=Sender, where=Where, holdout=Holdout)
def sign_vote(
    task: TaskArgument,
    store: StoreOption,
    sealing_key: KeyOption,
    out: OutOption,
    sender: Sender,
    where: Where,
    holdout: Holdout,
    mailbox: Annotated[
        Path | None,
        typer.Option(help="Folder that members share, where the committee opens updates: shares go and come by it."),
    ] = None,
) -> None:
    """Write the signer's vote in the running round to a file, promised and signed; nothing is sent, no gas is paid.

    Whoever has the file can promise the vote, and cannot read or change it. The same vote is signed each time. Where
    the committee opens updates, the signer's shares are released first, and others' may have to be waited for.
    """
    from prefect_federated.adapters.mailbox import FolderMailbox
    from prefect_federated.adapters.signed_votes import sign_vote as sign

    party = _party(where.open(sender), sender, store, sealing_key)
    vote = sign(party, task, holdout.open(), FolderMailbox(mailbox) if mailbox else None)
    _write(out, vote)
    _say(
        f"signed the vote of {vote.whose} as 0x{vote.commitment.hex()}; have `federated validator bring-votes {out}`"
        f" run while the round is in Vote, and run `federated validator open-vote {task}` in VoteReveal"
    )


@console.says_what_to_do
@takes(sender=Sender, where=Where)
def open_vote(
    task: TaskArgument, store: StoreOption, sealing_key: KeyOption, out: OutOption, sender: Sender, where: Where
) -> None:
    """Write the signer's promised vote to a file, to be shown; nothing is sent, no gas is paid.

    It needs no signature: it hashes to what was promised. A vote that is never shown costs a tenth of the bond.
    """
    from prefect_federated.adapters.signed_votes import open_vote as write_down

    vote = write_down(_party(where.open(sender), sender, store, sealing_key), task)
    _write(out, vote)
    _say(f"wrote the vote of {vote.whose}; have `federated validator bring-votes {out}` run while VoteReveal lasts")


@console.says_what_to_do
@takes(sender=Sender, where=Where)
def bring_votes(
    files: Annotated[list[Path], typer.Argument(help="Files that sign-vote or open-vote wrote.")],
    sender: Sender,
    where: Where,
) -> None:
    """Promise signed votes, and show open ones, for members who cannot pay for gas; anybody may.

    Ends with 7 if any file would not count; the others are brought all the same.
    """
    federation = where.open(sender)
    left_out = [path for path in files if not _bring(federation, path)]
    if left_out:
        raise ContractRefused(
            f"{len(left_out)} of {len(files)} files were left out: {', '.join(map(str, left_out))};"
            " the lines above say why"
        )


@console.says_what_to_do
@takes(sender=Sender, where=Where)
def conflict(
    first: Annotated[Path, typer.Argument(help="A file that sign-vote wrote.")],
    sender: Sender,
    where: Where,
    second: Annotated[
        Path | None, typer.Argument(help="Another of the same member and round; default what the chain holds.")
    ] = None,
) -> None:
    """Prove on chain that a validator signed two different votes in one round: it loses its whole bond.

    Half of it is the signer's, unless an appeal succeeds. Both files are checked before anything is sent.
    """
    from prefect_federated.adapters.bringing_votes import prove_conflict

    one, other = _signed(first), _signed(second) if second else None
    event = prove_conflict(where.open(sender), one, other).event("ValidatorSlashed")
    _say(
        f"proved: {one.whose} signed two votes; {show_amount(event.args['taken'])} of bond were taken,"
        f" {show_amount(event.args['bounty'])} of them are yours unless an appeal succeeds: see `federated appeal list`"
    )


def _bring(federation: "Federation", path: Path) -> bool:
    """Bring one file and say what became of it; whether it counts. What ails the payer, not the file, is raised."""
    from prefect_federated.adapters.bringing_votes import bring

    try:
        file = _read(path)
    except (ConfigurationError, PayloadError) as error:
        return _leave_out(path, error)
    try:
        sent = bring(federation, file).sent
    except (ProtocolError, PayloadError, SpecError) as error:
        return _leave_out(path, error)
    what = "promised" if file.form == "signed vote" else "shown"
    _say(f"{path}: the vote of {file.whose} is {what}" + (f", {sent.gas_used} gas" if sent else " already"))
    return True


def _leave_out(path: Path, error: FederatedError) -> bool:
    _say(f"left out: {path}: {error}")
    return False


def _read(path: Path) -> "SignedVote | OpenVote":
    from prefect_federated.core.signed_votes import FILE_BYTES, read_vote_file

    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES + 1)
    except OSError as cause:
        raise ConfigurationError(f"{path} cannot be read: {cause.strerror}; check path and permissions") from cause
    if len(content) > FILE_BYTES:
        raise ConfigurationError(f"{path} has more than {FILE_BYTES} bytes, too many for a vote; name the right file")
    return read_vote_file(str(path), content)


def _signed(path: Path) -> "SignedVote":
    from prefect_federated.core.signed_votes import SignedVote

    file = _read(path)
    if not isinstance(file, SignedVote):
        raise ConfigurationError(f"{path} is an {file.form}, which nobody signed; name a file that sign-vote wrote")
    return file


def _write(path: Path, file: "VoteFile") -> None:
    """Write a file once: two different signed votes of a round must never leave the house."""
    content = file.to_bytes()
    try:
        with path.open("xb") as out:
            out.write(content)
    except FileExistsError as cause:
        if path.read_bytes() != content:
            raise ConfigurationError(
                f"{path} is there already and holds something else than the vote of {file.whose}; name another file"
            ) from cause
    except OSError as cause:
        raise ConfigurationError(f"{path} cannot be written: {cause.strerror}; name another file") from cause


def _party(federation: "Federation", sender: Sender, store: str, sealing_key: Path) -> "Party":
    from prefect_federated.adapters.party import Party
    from prefect_federated.adapters.stores.base import open_store

    key = open_key(sealing_key, sender)
    return Party("validator", federation.account, federation, open_store(store), key)


def _say(line: str) -> None:
    console.out.print(line, markup=False, highlight=False, soft_wrap=True)
