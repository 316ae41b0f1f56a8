"""Who made a masked round fail, and what shows it: shares of another secret than promised, a seed bound falsely.

messages of Share, shares shown --join--> FalseSharing     opened secrets, notes --compare--> FalseSeed
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prefect_federated.core.masking.note import MasksNote
from prefect_federated.core.masking.own_secrets import has_twin, seed_hash
from prefect_federated.core.masking.recovery import Opened, joined, made_and_promised, secrets_due, shares_in
from prefect_federated.core.masking.transcript import CHUNK, Sharing
from prefect_federated.core.masking.turnout import Turnout
from prefect_federated.core.proofs import Piece, piece_of

NO_SECRET = bytes(32)


@dataclass(frozen=True, slots=True)
class HeldShare:
    """A holder's row of a message of Share, at its place among the leaves, and the share that it commits to."""

    row: Piece
    position: int
    share: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class FalseSharing:
    """Shares, as their maker committed to them, of another secret than it promised in its message's head."""

    sharer: int
    role: int
    head: Piece
    held: tuple[HeldShare, ...]


@dataclass(frozen=True, slots=True)
class FalseSeed:
    """A seed that a payload is bound to, and what it is not: one with somebody who dropped out, or the owner's own.

    Attributes:
        true: hash of the seed that was opened.
        secret: private masking key of who dropped out; zeros for the owner's own seed.
    """

    owner: int
    other: int
    head: Piece
    note: MasksNote
    true: bytes
    secret: bytes = field(repr=False)

    @property
    def overturns(self) -> bool:
        """Whether a proposal that includes its owner falls by it: a key with a twin may have given another."""
        return self.other == self.owner or not has_twin(self.secret)


def false_sharings(
    turnout: Turnout, shared: Mapping[int, Sharing], messages: Mapping[int, bytes]
) -> list[FalseSharing]:
    """Whoever dealt shares of another secret than promised, of those secrets of which enough shares were shown.

    Args:
        messages: of each survivor that answered its message of Unmask, by index.
    """
    shares, found = shares_in(turnout, shared, messages)[0], list[FalseSharing]()
    needed = turnout.session.threshold
    for sharer, role in secrets_due(turnout):
        given = dict(sorted(shares.get((sharer, role), {}).items())[:needed])
        if len(given) < needed:
            continue
        made, promised = made_and_promised(turnout.session, shared[sharer], role, joined(given, needed))
        if made != promised:
            message, holders = shared[sharer].encoded(), shared[sharer].holders
            places = [1 + holders.index(holder) for holder in given]
            held = tuple(
                HeldShare(piece_of(message, place, CHUNK), place, one.share, one.salt)
                for place, one in zip(places, given.values(), strict=True)
            )
            found.append(FalseSharing(sharer, role, piece_of(message, 0, CHUNK), held))
    return found


def false_seeds(opened: Opened, shared: Mapping[int, Sharing], notes: Mapping[int, MasksNote]) -> list[FalseSeed]:
    """Of each survivor whose note could be read, a seed that it bound and that is not the one opened.

    The first by which a proposal falls; where there is none, one that only costs its owner's bond.
    """
    turnout, found = opened.turnout, dict[int, FalseSeed]()
    for owner, other, seed in opened.seeds:
        note = notes.get(owner)
        if note is None or other not in note.indices or (owner in found and found[owner].overturns):
            continue
        if note.hash_of(other) != (true := seed_hash(turnout.session, owner, other, seed)):
            head = piece_of(shared[owner].encoded(), 0, CHUNK)
            found[owner] = FalseSeed(owner, other, head, note, true, opened.masking_keys.get(other, NO_SECRET))
    return list(found.values())
