"""Posting: what waits in the mailbox behind one root, the list in the content store first.

waiting letters --roll--> list --store--> URI --postCommits | postOpenings--> chain
"""

from dataclasses import dataclass

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.evm.posted_rolls import PostedRoll
from prefect_federated.adapters.relayer import Bag, Relayer, waiting_commits, waiting_openings
from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.letters import OpeningLetter
from prefect_federated.core.rolls import CommitLeaf, OpeningLeaf, Roll, roll_commits, roll_openings
from prefect_federated.core.round import Phase, RoundState


@dataclass(frozen=True, slots=True)
class Posted:
    """A root on chain: over how many, at what gas, and a sentence for each letter that was left out."""

    count: int
    gas_used: int
    left_out: tuple[str, ...]


def has_posted(relayer: Relayer, state: RoundState) -> bool:
    """Whether nothing is left to post in this phase: done, no bond to answer for it, or no roll to open."""
    poster = relayer.federation.poster_of(state.task, relayer.federation.account)
    if state.phase == Phase.COMMIT:
        return not poster.posts(state.round)
    return not (poster.bonded and poster.has_roll(state.round) and not poster.opened)


def waiting_leaves(relayer: Relayer, task: int, round: int, kind: str) -> tuple[int, int]:
    """How many "commits" or "openings" wait that would stand, and how many there could be."""
    if kind == "commits":
        state = relayer.federation.round_state(task)
        return len(waiting_commits(relayer, task, round).letters), state.cohort - state.committed
    return len(_openings(relayer, task, round).letters), len(own_roll(relayer, task, round).leaves)


def post_commits(relayer: Relayer, task: int, round: int) -> Posted:
    """Post the commits that wait. Run again after a crash, it sends the same root or finds it there."""
    bag = waiting_commits(relayer, task, round)
    enrolment = relayer.federation.enrolment
    leaves = [CommitLeaf.of(enrolment(task, letter.participant).index, letter) for letter in bag.letters]
    if not leaves or has_posted(relayer, relayer.federation.round_state(task)):
        return Posted(0, 0, tuple(bag.dropped))
    roll = roll_commits(leaves)
    uri = _kept(relayer, roll)
    checkpoint("poster:kept-commits")
    sent = relayer.federation.post_commits(task, round, roll, uri)
    checkpoint("poster:posted-commits")
    return Posted(len(roll.leaves), sent.gas_used, tuple(bag.dropped))


def post_openings(relayer: Relayer, task: int, round: int) -> Posted:
    """Post the openings that wait, at the positions of their commits; the same holds."""
    if has_posted(relayer, relayer.federation.round_state(task)):
        return Posted(0, 0, ())
    bag = _openings(relayer, task, round)
    if not bag.letters:
        return Posted(0, 0, tuple(bag.dropped))
    enrolment = relayer.federation.enrolment
    leaves = [OpeningLeaf.of(enrolment(task, letter.participant).index, letter) for letter in bag.letters]
    roll = roll_openings(own_roll(relayer, task, round), leaves)
    uri = _kept(relayer, roll)
    checkpoint("poster:kept-openings")
    sent = relayer.federation.post_openings(task, round, roll, uri)
    checkpoint("poster:posted-openings")
    return Posted(roll.filled, sent.gas_used, tuple(bag.dropped))


def own_roll(relayer: Relayer, task: int, round: int) -> Roll:
    """The commits that this poster posted.

    Raises:
        ConfigurationError: its own store does not have them.
    """
    mine = own_posted(relayer, task, round)
    if mine is None or mine.commits is None:
        raise ConfigurationError(
            f"round {task}/{round}: the commits that {relayer.name} posted are not in its store; bring the list back,"
            " or those in it reveal for themselves"
        )
    return mine.commits


def own_posted(relayer: Relayer, task: int, round: int) -> PostedRoll | None:
    """This poster's roll of a round, if one stands."""
    account = relayer.federation.account
    return next((roll for roll in relayer.federation.posted_rolls(task, round) if roll.poster == account), None)


def _openings(relayer: Relayer, task: int, round: int) -> Bag[OpeningLetter]:
    """Openings of commits in the poster's own roll; what does not open the very leaf would cost its bond."""
    bag, federation = waiting_openings(relayer, task, round), relayer.federation
    base, most = federation.round_state(task).base_version, federation.task_of(task).enforced.max_weight
    standing = federation.standing_leaves(task, round)
    mine = {leaf.commit.participant: leaf.commit for leaf in standing if leaf.roll.poster == federation.account}

    def opens(letter: OpeningLetter) -> bool:
        account = letter.participant
        context = RoundContext(federation.chain_id, federation.coordinator, task, round, base, account)
        commit = mine.get(account)
        return commit is not None and OpeningLeaf.of(commit.index, letter).opens(commit, context, most)

    good = [letter for letter in bag.letters if opens(letter)]
    bad = [letter.participant for letter in bag.letters if letter not in good]
    return Bag(good, [*bag.dropped, *(f"participant {account} opens no commit in this roll" for account in bad)])


def _kept(relayer: Relayer, roll: Roll) -> str:
    if relayer.store is None:
        raise ConfigurationError(f"{relayer.name} has no content store to put a roll's list into; name one")
    return relayer.store.put([roll.to_bytes()])
