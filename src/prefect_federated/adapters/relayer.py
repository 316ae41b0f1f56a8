"""A relayer or poster at work: what lies in the mailbox and would take effect on chain, as one batch or roll.

letters --hash, form, signature | opening, chain--> entries that would count   everything else --> a sentence
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.mailbox import Mailbox, place_of
from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.errors import PayloadError
from prefect_federated.core.letters import CommitLetter, L, OpeningLetter, read_letter
from prefect_federated.core.share_letters import DealingLetter

G = TypeVar("G", CommitLetter, DealingLetter)
COMMITTED = ("UpdateCommitted",)
BATCH = 100  # entries a transaction: some 2.5 million gas of commits


@dataclass(frozen=True, slots=True)
class Relayer:
    """Who brings batches: an account with money for gas, which needs no stake and is trusted with nothing.

    With a store it posts rolls instead, and is a poster: a bond answers for them, and for its receipts if it gives any.
    """

    name: str
    federation: Federation
    mailbox: Mailbox
    store: ContentStore | None = None
    receipts: bool = True

    def __post_init__(self) -> None:
        """A poster reads rolls where it puts them."""
        if self.store is not None:
            self.federation.read_rolls_from(self.store)


@dataclass(slots=True)
class Bag(Generic[L]):
    """Letters that would count, one a participant, and why others would not."""

    letters: list[L] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def waiting_commits(relayer: Relayer, task: int, round: int) -> Bag[CommitLetter]:
    """Commits in the mailbox that the chain would take now."""
    federation = relayer.federation
    signed, masked = federation.is_signed if relayer.store is None else federation.is_own, federation.is_masked(task)

    def reason(letter: CommitLetter) -> str | None:
        who = f"participant {letter.participant}"
        if not signed(task, round, letter):
            return f"{who} did not sign its letter" + (" itself" if relayer.store else "")
        if not federation.in_cohort(task, round, letter.participant):
            return f"{who} is not in the cohort of round {task}/{round}"
        if masked and not federation.has_dealt(task, round, letter.participant):
            return f"{who} has dealt no shares in round {task}/{round}"
        return f"{who} has committed" if federation.has_committed(task, round, letter.participant) else None

    return one_each(granted(relayer, task, collect(relayer, task, round, "commit", CommitLetter, reason)))


def waiting_openings(relayer: Relayer, task: int, round: int) -> Bag[OpeningLetter]:
    """Openings in the mailbox that the chain would take now."""
    federation, base = relayer.federation, relayer.federation.round_state(task).base_version
    most = federation.task_of(task).enforced.max_weight
    committed = {e.args["participant"]: e.args["commitment"] for e in federation.events(task, round, COMMITTED)}

    def reason(letter: OpeningLetter) -> str | None:
        account = letter.participant
        if account not in committed:
            return f"participant {account} has not committed"
        if federation.has_revealed(task, round, account):
            return f"participant {account} has revealed"
        context = RoundContext(federation.chain_id, federation.coordinator, task, round, base, account)
        if letter.weight > most or letter.digest(context) != committed[account]:
            return f"the letter of participant {account} does not open its commitment"
        signed = federation.is_signed if relayer.store is None else federation.is_own
        return None if signed(task, round, letter) else f"participant {account} did not sign its letter"

    return one_each(collect(relayer, task, round, "opening", OpeningLetter, reason))


def collect(
    relayer: Relayer, task: int, round: int, kind: str, form: type[L], reason: Callable[[L], str | None]
) -> Bag[L]:
    """The letters that nothing speaks against."""
    federation, bag, letters = relayer.federation, Bag[L](), list[L]()
    post = relayer.mailbox.read(place_of(federation.chain_id, federation.coordinator, task, round, kind))
    bag.dropped += post.ignored
    for content in post.letters:
        try:
            letters.append(read_letter(form, content))
        except PayloadError as error:
            bag.dropped.append(str(error))
    with federation.still():
        federation.foresee_members(task, round, [letter.participant for letter in letters])
        for letter in letters:
            if against := reason(letter):
                bag.dropped.append(against)
            else:
                bag.letters.append(letter)
    return bag


def granted(relayer: Relayer, task: int, bag: Bag[G]) -> Bag[G]:
    """The letters whose grants cover the round."""
    live = relayer.federation.live_grants(task, bag.letters)
    lacking = [letter.participant for letter, good in zip(bag.letters, live, strict=True) if not good]
    bag.dropped += [f"participant {account} has no grant that covers the round" for account in lacking]
    bag.letters = [letter for letter, good in zip(bag.letters, live, strict=True) if good]
    return bag


def one_each(bag: Bag[L]) -> Bag[L]:
    """The first letter of each participant: the chain would skip a second one."""
    first: dict[str, L] = {}
    for letter in bag.letters:
        if letter.participant in first:
            bag.dropped.append(f"participant {letter.participant} left a second letter")
        first.setdefault(letter.participant, letter)
    bag.letters = list(first.values())
    return bag
