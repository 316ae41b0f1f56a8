"""What of a masked round lies in the mailbox and would take effect on chain: dealt shares, and shown ones.

letters --hash, form, signature, chain--> entries that would count   everything else --> a sentence
"""

from prefect_federated.adapters.relayer import Bag, Relayer, collect, granted, one_each
from prefect_federated.core.share_letters import DealingLetter, ShownLetter


def waiting_dealings(relayer: Relayer, task: int, round: int) -> Bag[DealingLetter]:
    """Dealt shares in the mailbox that the chain would take now."""
    federation = relayer.federation

    def reason(letter: DealingLetter) -> str | None:
        who = f"participant {letter.participant}"
        if not federation.is_signed(task, round, letter):
            return f"{who} did not sign its letter"
        if not federation.in_cohort(task, round, letter.participant):
            return f"{who} is not in the cohort of round {task}/{round}"
        if not any(letter.masking_key) or not any(letter.root):
            return f"{who} names no masking key or no root"
        return f"{who} has dealt its shares" if federation.has_dealt(task, round, letter.participant) else None

    return one_each(granted(relayer, task, collect(relayer, task, round, "dealing", DealingLetter, reason)))


def waiting_shown(relayer: Relayer, task: int, round: int) -> Bag[ShownLetter]:
    """Shares of others in the mailbox that the chain would take now."""
    federation = relayer.federation
    survivors = {one.participant for one in federation.reveals(task, round)}

    def reason(letter: ShownLetter) -> str | None:
        who = f"participant {letter.participant}"
        if not federation.is_signed(task, round, letter):
            return f"{who} did not sign its letter"
        if letter.participant not in survivors:
            return f"{who} does not survive round {task}/{round}"
        if not any(letter.root):
            return f"{who} names no root"
        return f"{who} has shown its shares" if federation.has_shown(task, round, letter.participant) else None

    return one_each(collect(relayer, task, round, "shown", ShownLetter, reason))
