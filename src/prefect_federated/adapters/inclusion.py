"""Inclusion receipts: left in the mailbox by a poster, kept in its vault by whom they protect, shown when broken.

root in a final block, list from the store --poster signs each leaf--> receipts --mailbox--> participant --> vault
rolls closed, commit neither in the roll nor on chain --> challenge_inclusion, before one's own commit

A receipt costs the bond where the commit is not in the roll, and between a signature and a root much can happen: the
process dies, the root comes in the second half of the window, a grant is withdrawn, a second letter takes the place of
the first. So this poster signs nothing before the root: only leaves that it finds in its own roll, as a final block and
the store have it. Those cannot get lost any more, and whoever dies in between gives the missing receipts next time.
Little is lost by it: who finds itself in no roll by the middle of Commit commits for itself, receipt or none. Another
poster may sign earlier, at its own risk; its receipts are kept and held against it all the same.
"""

from collections.abc import Iterable, Iterator

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.roll_records import RollPlace
from prefect_federated.adapters.landing import piece_at
from prefect_federated.adapters.mailbox import Mailbox, place_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.relayer import Relayer
from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.errors import PayloadError
from prefect_federated.core.inclusion import InclusionLetter, beside
from prefect_federated.core.letters import read_letter
from prefect_federated.core.relaying import middle
from prefect_federated.core.rolls import CommitLeaf, Roll, disorder, read_commit
from prefect_federated.core.round import Phase, RoundState
from prefect_federated.core.round_spec import slot_of
from prefect_federated.core.sealed import SealedOpening

MOST_ROLLS = 4  # a round's, in the contract: whoever finds all places taken has broken no receipt


def issue_inclusions(relayer: Relayer, task: int, round: int) -> int:
    """Leave a receipt for every leaf of this poster's roll that has none; how many.

    Nothing is left by a delegate: the contract takes a receipt from the poster's own account alone.
    """
    federation, account = relayer.federation, relayer.federation.account
    if not relayer.receipts or federation.signer != account:
        return 0
    rolls = federation.posted_rolls(task, round, federation.final_block())
    commits = next((roll.commits for roll in rolls if roll.poster == account), None)
    if commits is None:
        return 0
    left = {(one.participant, one.commitment) for one in _letters(federation, relayer.mailbox, task, round, {account})}
    missing = [leaf for leaf in _leaves(commits) if (leaf.participant, leaf.commitment) not in left]
    for leaf in missing:
        letter = federation.sign_inclusion(task, round, leaf.participant, leaf.commitment)
        relayer.mailbox.leave(_place(federation, task, round), letter.to_bytes())
        checkpoint("poster:receipt")
    return len(missing)


def keep_inclusions(party: Party, mailbox: Mailbox, state: RoundState) -> list[str]:
    """Move receipts for this participant's own commit from the mailbox into its vault; the posters that signed them.

    Of whoever has no bond in the task none is kept: there is nothing to lose by it.
    """
    mine = _commitment(party, state)
    if mine is None:
        return []
    posters = set(_bonded(party.federation, state.task))
    good = [
        letter
        for letter in _letters(party.federation, mailbox, state.task, state.round, posters)
        if (letter.participant, letter.commitment) == (party.account, mine)
    ]
    for letter in good:
        if kept_inclusion(party, state, letter.poster) is None:
            party.vault.keep(_slot(party, state, letter.poster), letter.to_bytes())
    return [letter.poster for letter in good]


def kept_inclusion(party: Party, state: RoundState, poster: str) -> InclusionLetter | None:
    """The receipt that a poster gave this participant in a round, if it kept one."""
    document = party.vault.recall(_slot(party, state, poster))
    return None if document is None else read_letter(InclusionLetter, document)


def broken_inclusions(party: Party, state: RoundState) -> list[InclusionLetter]:
    """Kept receipts that their posters broke, as far as the contract could be shown it now.

    It cannot before the second half of Commit, when rolls may still come, nor once the commit is on chain.
    """
    federation, task, round = party.federation, state.task, state.round
    open_yet = state.phase is Phase.COMMIT and federation.chain_time() < middle(state)
    if open_yet or federation.has_mark(task, round, party.account):
        return []
    kept = (kept_inclusion(party, state, poster) for poster in _bonded(federation, task))
    return [letter for letter in kept if letter is not None and _is_broken(party, state, letter)]


def challenge_inclusion(party: Party, state: RoundState, letter: InclusionLetter) -> None:
    """Show the leaves beside the place that is missing, or that the roll is malformed; the poster's bond goes."""
    federation, task, round, poster = party.federation, state.task, state.round, letter.poster
    if federation.poster_of(task, poster).round != round:
        federation.challenge_inclusion(task, round, letter)
        return
    commits = _commits_of(federation, state, poster)
    if commits is None:
        return
    if (at := disorder(commits)) is not None:
        federation.refute_order(RollPlace(task, round, poster, at), commits)
        return
    first, end = beside(commits, federation.enrolment(task, party.account).index)
    near = [piece_at(commits, position) for position in range(first, end)]
    federation.challenge_inclusion(task, round, letter, (first, near))


def _is_broken(party: Party, state: RoundState, letter: InclusionLetter) -> bool:
    federation, task, round = party.federation, state.task, state.round
    if federation.poster_of(task, letter.poster).round != round:
        return federation.rolled_of(task).rolls < MOST_ROLLS
    commits = _commits_of(federation, state, letter.poster)
    if commits is None:  # void by now, or withheld: then its leaves are to be demanded
        return False
    return disorder(commits) is not None or not any(
        (leaf.participant, leaf.commitment) == (party.account, letter.commitment)
        and federation.is_own(task, round, leaf)
        for leaf in _leaves(commits)
    )


def _commits_of(federation: Federation, state: RoundState, poster: str) -> Roll | None:
    rolls = federation.posted_rolls(state.task, state.round)
    return next((roll.commits for roll in rolls if roll.poster == poster), None)


def _leaves(commits: Roll) -> Iterator[CommitLeaf]:
    return (leaf for leaf in map(read_commit, commits.leaves) if leaf is not None)


def _bonded(federation: Federation, task: int) -> list[str]:
    """Posters of a task that have their bond."""
    enlisted = {event.args["poster"]: None for event in federation.logged(task, names=("PosterEnlisted",))}
    return [account for account in enlisted if federation.poster_of(task, account).bonded]


def _commitment(party: Party, state: RoundState) -> bytes | None:
    """What this participant committed to in a round, out of its vault, whether the chain knows it or not."""
    kept = party.vault.recall(_slot(party, state, party.account, "opening"))
    if kept is None:
        return None
    federation, base = party.federation, state.base_version
    context = RoundContext(federation.chain_id, federation.coordinator, state.task, state.round, base, party.account)
    return SealedOpening.from_bytes(kept).opening.digest(context)


def _letters(
    federation: Federation, mailbox: Mailbox, task: int, round: int, posters: Iterable[str]
) -> list[InclusionLetter]:
    """Receipts in the mailbox that these posters signed; anything else is left lying."""
    found = []
    for content in mailbox.read(_place(federation, task, round)).letters:
        try:
            letter = read_letter(InclusionLetter, content)
        except PayloadError:
            continue
        if letter.poster in posters and federation.is_inclusion(task, round, letter):
            found.append(letter)
    return found


def _place(federation: Federation, task: int, round: int) -> str:
    return place_of(federation.chain_id, federation.coordinator, task, round, "inclusion")


def _slot(party: Party, state: RoundState, whose: str, what: str = "inclusion") -> str:
    federation = party.federation
    return slot_of(federation.chain_id, federation.coordinator, state.task, state.round, what, whose)
