"""`federated relay`: bring what participants left in a mailbox to the chain, as anybody with money for gas.

mailbox --what would count--> one batch for the phase that runs --> chain
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prefect_federated.cli import console
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.where import Where

if TYPE_CHECKING:
    from prefect_federated.adapters.bringing import Brought


@console.says_what_to_do
@takes(sender=Sender, where=Where)
def relay(
    task: Annotated[int, typer.Argument(min=1, help="Number of the task on chain.")],
    mailbox: Annotated[
        Path, typer.Option(envvar="FEDERATED_MAILBOX", help="Folder in which participants leave their letters.")
    ],
    sender: Sender,
    where: Where,
) -> None:
    """Bring the commits, or the openings, that wait; what would not count is left out and named."""
    from prefect_federated.adapters.bringing import bring_commits, bring_openings
    from prefect_federated.adapters.mailbox import FolderMailbox
    from prefect_federated.adapters.relayer import Relayer
    from prefect_federated.core.round import Phase

    federation = where.open(sender)
    relayer, state = Relayer("relayer", federation, FolderMailbox(mailbox)), federation.round_state(task)
    if state.phase == Phase.COMMIT:
        _tell("commits", bring_commits(relayer, task, state.round))
    elif state.phase == Phase.REVEAL:
        _tell("openings", bring_openings(relayer, task, state.round))
    else:
        console.out.print(f"round {task}/{state.round} is neither in Commit nor in Reveal; nothing is to be brought")


def _tell(what: str, brought: "Brought") -> None:
    each = f", {brought.gas_used // brought.count} gas each" if brought.count else ""
    console.out.print(f"{brought.count} {what} brought{each}", highlight=False)
    for sentence in brought.left_out:
        console.out.print(f"left out: {sentence}", markup=False, highlight=False, soft_wrap=True)
