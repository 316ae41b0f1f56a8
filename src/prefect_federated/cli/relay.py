"""`federated relay`: bring what participants left in a mailbox to the chain, as anybody with money for gas.

mailbox --what would count--> one batch for the phase that runs --> chain        --roll: one root, as a bonded poster
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prefect_federated.cli import console
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ConfigurationError

if TYPE_CHECKING:
    from prefect_federated.adapters.bringing import Brought
    from prefect_federated.adapters.posting import Posted


@console.says_what_to_do
@takes(sender=Sender, where=Where)
def relay(
    task: Annotated[int, typer.Argument(min=1, help="Number of the task on chain.")],
    mailbox: Annotated[
        Path, typer.Option(envvar="FEDERATED_MAILBOX", help="Folder in which participants leave their letters.")
    ],
    sender: Sender,
    where: Where,
    roll: Annotated[
        bool, typer.Option("--roll", help="Post one root instead, as a poster; one a phase is all.")
    ] = False,
    store: Annotated[
        str | None,
        typer.Option(envvar="FEDERATED_STORE", help="With --roll: the federation's content store, for the list."),
    ] = None,
    receipts: Annotated[
        bool, typer.Option(help="With --roll: sign for each commit in the roll that it is there, once that is final.")
    ] = True,
) -> None:
    """Bring what participants left in the mailbox to the chain: commits or openings, in a masked round also shares.

    What would not count is left out, and named.
    """
    from prefect_federated.adapters.bringing import bring_commits, bring_dealings, bring_openings, bring_shown
    from prefect_federated.adapters.inclusion import issue_inclusions
    from prefect_federated.adapters.mailbox import FolderMailbox
    from prefect_federated.adapters.posting import post_commits, post_openings
    from prefect_federated.adapters.relayer import Relayer
    from prefect_federated.adapters.stores.base import open_store
    from prefect_federated.core.round import Phase

    if roll and store is None:
        raise ConfigurationError("--roll puts a list into the content store; name it with --store or FEDERATED_STORE")
    federation = where.open(sender)
    lists = open_store(store) if roll and store else None
    relayer = Relayer("relayer", federation, FolderMailbox(mailbox), lists, receipts)
    state = federation.round_state(task)
    if state.phase == Phase.COMMIT:
        _tell("commits", (post_commits if roll else bring_commits)(relayer, task, state.round))
        if roll and (given := issue_inclusions(relayer, task, state.round)):
            console.out.print(f"{given} receipts left in {mailbox}", highlight=False, soft_wrap=True)
    elif state.phase == Phase.REVEAL:
        _tell("openings", (post_openings if roll else bring_openings)(relayer, task, state.round))
    elif state.phase == Phase.SHARE and not roll:
        _tell("dealings", bring_dealings(relayer, task, state.round))
    elif state.phase == Phase.UNMASK and not roll:
        _tell("shown shares", bring_shown(relayer, task, state.round))
    else:
        console.out.print(f"round {task}/{state.round} is in {state.phase.name}; nothing is to be brought")


def _tell(what: str, brought: "Brought | Posted") -> None:
    each = f", {brought.gas_used // brought.count} gas each" if brought.count else ""
    console.out.print(f"{brought.count} {what} brought{each}", highlight=False)
    for sentence in brought.left_out:
        console.out.print(f"left out: {sentence}", markup=False, highlight=False, soft_wrap=True)
