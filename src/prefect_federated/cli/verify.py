"""`federated verify` and `federated challenge`: recompute a round's proposal, and prove on chain what is wrong with it.

chain + store (+ a reader's sealing key) --recompute--> findings --challenge--> the proposer's bond
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.holdout import Holdout
from prefect_federated.cli.rest_key import open_key
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ContentMismatch, ProtocolError, StoreUnreachable
from prefect_federated.core.round import Phase

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.adapters.mailbox import Mailbox
    from prefect_federated.adapters.party import Party
    from prefect_federated.core.findings import Verification

TaskArgument = Annotated[int, typer.Argument(min=1, help="Number of the task on chain.")]
RoundArgument = Annotated[int, typer.Argument(min=1, help="Number of the round.")]
StoreOption = Annotated[
    str, typer.Option(envvar="FEDERATED_STORE", help="Content store of the federation, e.g. local:PATH or s3://...")
]
KeyOption = Annotated[
    Path | None, typer.Option(help="A reader's X25519 key file, under a password or sealed at rest; it opens updates.")
]
MailboxOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder in which committee members leave their shares and what they say of updates, key holders what they"
        " opened."
    ),
]


@console.says_what_to_do
@takes(sender=Sender, where=Where, holdout=Holdout)
def verify(
    task: TaskArgument,
    round: RoundArgument,
    store: StoreOption,
    sender: Sender,
    where: Where,
    holdout: Holdout,
    sealing_key: KeyOption = None,
    mailbox: MailboxOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Recompute the result of a round from chain and store, and name everything that is wrong with it.

    Anybody can check records, exclusions, the model's step and rewards. A reader of the round, who names account and
    sealing key, also recomputes the aggregate from every update, or from the sum that masks or key holders left. Where
    the committee opens updates, or key holders their sum, that takes what they released: from the mailbox, or from what
    this reader kept before.

    With a mailbox, updates that are left out against the word of two thirds of the committee are found too. A reader
    with the held-out set that the task fixed also gets the scores again that each member voted. Ends with 6 if anything
    is wrong, with 8 if nothing is, and the store did not answer for all of it.
    """
    from prefect_federated.adapters.reading import read_past_spec
    from prefect_federated.adapters.verification import verify_proposal

    federation = where.open()
    party = _party(federation, store, sender, sealing_key)
    spec = read_past_spec(party, task, round)
    verification = verify_proposal(party, spec, _mailbox(mailbox), holdout.open())
    if as_json:
        console.print_json(record(task, round, verification))
    else:
        _show(task, round, verification)
    if verification.findings:
        first, command = verification.findings[0], f"`federated challenge {task} {round}`"
        then = f"{command} proves it" if first.provable else "take it up with its proposer"
        if verification.provable and not first.provable:
            then = f"take it up with its proposer; {command} proves what else is wrong"
        raise ContentMismatch(f"round {task}/{round}: {first.wrong.value}: {first.detail}; {then}")
    _require_reached(federation, task, round, verification)


@console.says_what_to_do
@takes(sender=Sender, where=Where)
def challenge(
    task: TaskArgument,
    round: RoundArgument,
    store: StoreOption,
    sender: Sender,
    where: Where,
    sealing_key: KeyOption = None,
    mailbox: MailboxOption = None,
) -> None:
    """Verify the proposal that stands, and prove on chain the first thing that is wrong with it and can be proven.

    Half of the proposer's bond is credited to the signer, whoever that is. Only a reader of the round, with its
    sealing key, can prove an aggregate wrong.
    """
    from prefect_federated.adapters.challenging import prove_any
    from prefect_federated.adapters.reading import read_round_spec
    from prefect_federated.adapters.verification import verify_proposal

    federation = where.open(sender)
    party = _party(federation, store, sender, sealing_key)
    spec = read_round_spec(party, task, round)
    verification = verify_proposal(party, spec, _mailbox(mailbox))
    findings = verification.provable
    if not findings:
        _require_reached(federation, task, round, verification)
        raise ProtocolError(
            f"round {task}/{round}: nothing is wrong that a challenge could show; `federated verify {task} {round}`"
            " tells what was checked"
        )
    proven = prove_any(party, spec, findings)
    for refused in proven.refused:
        console.out.print(f"not proven: {refused}", soft_wrap=True, markup=False, highlight=False)
    console.out.print(f"proved: {proven.finding.detail}", soft_wrap=True, highlight=False)
    overturned = [event for event in proven.sent.events if event.name == "ProposalOverturned"]
    for event in overturned:
        console.out.print(
            f"the proposal of {event.args['proposer']} is void; {event.args['taken']} wei of bond were taken,"
            f" {event.args['bounty']} of them go to {event.args['accuser']} unless an appeal succeeds",
            soft_wrap=True,
            highlight=False,
        )


def record(task: int, round: int, verification: "Verification") -> dict[str, Any]:
    """A verification with stable names."""
    return {
        "task": task,
        "round": round,
        "read_updates": verification.read_updates,
        "findings": [
            {"wrong": one.wrong.name, "detail": one.detail, "provable": one.provable} for one in verification.findings
        ],
        "unreached": [one.detail for one in verification.unreached],
    }


def _require_reached(federation: "Federation", task: int, round: int, verification: "Verification") -> None:
    """Say that not all was judged, and in Challenge, what becomes of what this reader cannot ask for.

    Raises:
        StoreUnreachable: the store did not answer for something.
    """
    if not verification.unreached:
        return
    state, then = federation.round_state(task), ""
    if state.round == round and state.phase is Phase.CHALLENGE:
        then = (
            f"; it can be judged until chain time {state.deadline}. In the second half of the window whoever watches"
            " with an account (`conclude`, `attest`) demands on chain what can be demanded: tell the standby or a"
            " validator if nobody does"
        )
    raise StoreUnreachable(
        f"round {task}/{round}: {verification.unreached[0].detail}; so it is not known whether all of the proposal is"
        f" right: try again, or over another network{then}"
    )


def _party(federation: "Federation", store: str, sender: Sender, sealing_key: Path | None) -> "Party":
    """An auditor; with a sealing key, a reader of the round."""
    from prefect_federated.cli.auditor import auditor

    if sealing_key is None:
        return auditor(federation, store)
    from prefect_federated.adapters.party import Party
    from prefect_federated.adapters.stores.base import open_store

    account = str(sender.account().address)
    key = open_key(sealing_key, sender)
    return Party("reader", federation.master_of(account), federation, open_store(store), key)


def _mailbox(folder: Path | None) -> "Mailbox | None":
    from prefect_federated.adapters.mailbox import FolderMailbox

    return None if folder is None else FolderMailbox(folder)


def _show(task: int, round: int, verification: "Verification") -> None:
    what = "every update read and the aggregate recomputed"
    if verification.unreached:
        what = "the store does not answer for all of it, so not all was judged"
    elif not verification.read_updates:
        what = (
            "single updates not read, or not all that opens their sum: readers of the round can, with --sealing-key,"
            " and with --mailbox where committee or key holders open something"
        )
    console.out.print(f"round {task}/{round}: {what}", highlight=False, soft_wrap=True)
    for finding in verification.findings:
        mark = "provable" if finding.provable else "for people to judge"
        console.out.print(f"[red]wrong[/] ({mark}): ", end="")
        console.out.print(f"{finding.wrong.value}: {finding.detail}", markup=False, highlight=False, soft_wrap=True)
    for one in verification.unreached:
        console.out.print(f"not reached: {one.detail}", markup=False, highlight=False, soft_wrap=True)
    if not verification.findings and not verification.unreached:
        seen = "was proposed" if verification.read_updates else "could be checked"
        console.out.print(f"[green]ok[/]: nothing is wrong with what {seen}", highlight=False)
