"""Recover: secrets from shares, masks from secrets, and the exact sum of the survivors' weighted updates.

answers --t shares each, Lagrange--> self seeds, masking keys --compared with what was promised--> seeds
masked payloads --added mod 2^32, masks taken off, as signed int32--> sum
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.errors import (
    FederatedError,
    PayloadError,
    ShapeMismatch,
    TooFewShares,
    WrongSeed,
    WrongSharing,
)
from prefect_federated.core.masking.answer import OpenShare, parse_answer
from prefect_federated.core.masking.keystream import COLUMNS, Masks
from prefect_federated.core.masking.note import MasksNote
from prefect_federated.core.masking.own_secrets import pair_seeds, public_of, seed_hash
from prefect_federated.core.masking.session import Session
from prefect_federated.core.masking.shamir import join
from prefect_federated.core.masking.sharing import MASKING_KEY, ROLES, SELF_SEED
from prefect_federated.core.masking.transcript import Sharing
from prefect_federated.core.masking.turnout import Turnout, check_shared


@dataclass(frozen=True, slots=True)
class Opened:
    """What the answers opened.

    Attributes:
        self_seeds: of every survivor, by index.
        pair_seeds: of every survivor with each dropped neighbour, by (survivor, dropped).
        faults: why an answer was not counted, by who sent it.
        masking_keys: of everybody who dropped out the private masking key, by index.
    """

    turnout: Turnout
    self_seeds: Mapping[int, bytes] = field(repr=False)
    pair_seeds: Mapping[tuple[int, int], bytes] = field(repr=False)
    faults: Mapping[int, FederatedError]
    masking_keys: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    @property
    def seeds(self) -> list[tuple[int, int, bytes]]:
        """Every opened seed as (owner, other side, seed), ascending; a self seed has its owner on both sides."""
        pairs = [(owner, other, seed) for (owner, other), seed in self.pair_seeds.items()]
        return sorted(pairs + [(owner, owner, seed) for owner, seed in self.self_seeds.items()])


def open_masks(turnout: Turnout, shared: Mapping[int, Sharing], messages: Mapping[int, bytes]) -> Opened:
    """Join the survivors' shares. Which t of the shares are used makes no difference; the lowest indices are.

    Args:
        shared: every sharer's message of Share.
        messages: of each survivor that answered its message of Unmask, by index.

    Raises:
        ContentMismatch: a message of Share is missing or not the one on chain.
        TooFewShares: of one secret fewer shares are there than the threshold; nothing is opened.
        WrongSharing: shares are as committed, but of another secret than their maker promised.
    """
    if len(turnout.survivors) < turnout.session.threshold:
        raise TooFewShares(
            f"{turnout.session.place}: {len(turnout.survivors)} survive, {turnout.session.threshold} are needed to open"
            " anything; void the round"
        )
    check_shared(turnout.session, turnout.roots, shared, turnout.roots)
    shares, faults = shares_in(turnout, shared, messages)
    needed = secrets_due(turnout)
    _check_enough(turnout, needed, shares, faults)
    self_seeds, masking_keys = dict[int, bytes](), dict[int, bytes]()
    opened_pairs = dict[tuple[int, int], bytes]()
    for sharer, role in needed:
        secret = joined(shares[sharer, role], turnout.session.threshold)
        _check_promised(turnout, shared[sharer], role, secret)
        if role == SELF_SEED:
            self_seeds[sharer] = secret
        else:
            masking_keys[sharer] = secret
            opened_pairs |= _seeds_with(turnout, shared, sharer, secret)
    return Opened(turnout, self_seeds, opened_pairs, faults, masking_keys)


def shares_in(
    turnout: Turnout, shared: Mapping[int, Sharing], messages: Mapping[int, bytes]
) -> tuple[dict[tuple[int, int], dict[int, OpenShare]], dict[int, FederatedError]]:
    """The shares that were shown, by (sharer, role) and by who showed them; and whose answers do not count, and why."""
    shares, faults = dict[tuple[int, int], dict[int, OpenShare]](), dict[int, FederatedError]()
    for revealer in sorted(messages):
        try:
            found = parse_answer(turnout, shared, revealer, messages[revealer])
        except FederatedError as error:  # named, and left out
            faults[revealer] = error
            continue
        for given in found.shares:
            shares.setdefault((given.sharer, given.role), {})[revealer] = given
    return shares, faults


def joined(shares: Mapping[int, OpenShare], count: int) -> bytes:
    """The secret behind the first so many shares, by who holds them."""
    return join({holder: one.share for holder, one in sorted(shares.items())[:count]})


def recover(opened: Opened, payloads: Mapping[int, Vector]) -> NDArray[np.int32]:
    """The sum of the survivors' weighted updates, int32 `[d]`: the same bits as without masks.

    Args:
        payloads: of every survivor its masked payload, int32 `[d]`; read some columns at a time.

    Raises:
        PayloadError: a survivor's payload is missing, or there is one of somebody else.
        ShapeMismatch: payloads differ in length or are not int32.
    """
    turnout, place = opened.turnout, opened.turnout.session.place
    if set(payloads) != turnout.survivors:
        raise PayloadError(
            f"{place}: payloads of {sorted(payloads)[:8]} are given, the survivors are"
            f" {sorted(turnout.survivors)[:8]}; give one of each"
        )
    kinds = {(payload.dtype, payload.shape) for payload in payloads.values()}
    kind, shape = next(iter(kinds))
    if len(kinds) > 1 or kind != np.int32 or len(shape) != 1:
        raise ShapeMismatch(f"{place}: payloads are {sorted(map(str, kinds))}, expected int32 [d] of one length")
    masks, total = _masks(opened), np.zeros(shape, np.int32)
    for at in range(0, total.size, COLUMNS):
        block = total[at : at + COLUMNS].view(np.uint32)
        for payload in payloads.values():
            np.add(block, payload[at : at + COLUMNS].view(np.uint32), out=block)
        masks.apply(block)
    return total


def narrowed(opened: Opened, included: Collection[int]) -> Opened:
    """What was opened for these survivors alone: what a contract takes off a sum of no more than them.

    Masks between them and other survivors stay in such a sum.
    """
    turnout = Turnout(opened.turnout.session, opened.turnout.roots, frozenset(included))
    self_seeds = {index: opened.self_seeds[index] for index in included}
    pairs = {(owner, other): seed for (owner, other), seed in opened.pair_seeds.items() if owner in turnout.survivors}
    return replace(opened, turnout=turnout, self_seeds=self_seeds, pair_seeds=pairs)


def check_seeds(opened: Opened, notes: Mapping[int, MasksNote]) -> None:
    """Compare every seed that was opened with what its owner bound in the header of its payload.

    A seed that is bound falsely leaves nothing to show against a false sum, nor for a true one; so a sum is opened for
    all or for nobody. That a self seed is the one of Share was seen when its shares were joined.

    Args:
        notes: of each survivor its note, as it stands under its header's digest.

    Raises:
        WrongSeed: naming everybody who masks with others than the session has, or bound another seed.
    """
    turnout, faults = opened.turnout, dict[int, str]()
    for owner, other, seed in opened.seeds:
        near, note = turnout.near(owner), notes[owner]
        made = seed_hash(turnout.session, owner, other, seed)
        if note.indices != near:
            faults[owner] = (
                f"participant {owner} says that it masks with {note.indices}, those near it that shared are {near}"
            )
        elif (found := note.hash_of(other)) != made and owner not in faults:
            whose = "its own" if other == owner else f"that with {other}"
            faults[owner] = (
                f"participant {owner} bound a seed, {whose}, that hashes to 0x{found.hex()}, opened was 0x{made.hex()}"
            )
    if faults:
        raise WrongSeed(
            {
                owner: f"{turnout.session.place}: {why}; the round can be summed for nobody"
                for owner, why in faults.items()
            }
        )


def secrets_due(turnout: Turnout) -> list[tuple[int, int]]:
    """Which secrets must be joined: survivors' self seeds, masking keys of those who dropped out."""
    of_survivors = [(sharer, SELF_SEED) for sharer in sorted(turnout.survivors)]
    return of_survivors + [(sharer, MASKING_KEY) for sharer in turnout.dropped]


def _check_enough(
    turnout: Turnout,
    needed: list[tuple[int, int]],
    shares: Mapping[tuple[int, int], Mapping[int, OpenShare]],
    faults: Mapping[int, FederatedError],
) -> None:
    threshold = turnout.session.threshold
    for sharer, role in needed:
        if (have := len(shares.get((sharer, role), {}))) < threshold:
            raise TooFewShares(
                f"{turnout.session.place}: {have} shares of the {ROLES[role]} of participant {sharer} are there,"
                f" {threshold} are needed; {len(faults)} answers were not counted {sorted(faults)[:8]}; wait for more"
                " survivors to answer, or void the round"
            )


def made_and_promised(session: Session, sharing: Sharing, role: int, secret: bytes) -> tuple[bytes, bytes]:
    """What a message of Share says of a secret, made of the one that was opened; and what it says."""
    if role == SELF_SEED:
        return seed_hash(session, sharing.sharer, sharing.sharer, secret), sharing.seed_hash
    return public_of(secret), sharing.masking_public


def _check_promised(turnout: Turnout, sharing: Sharing, role: int, secret: bytes) -> None:
    sharer = sharing.sharer
    made, promised = made_and_promised(turnout.session, sharing, role, secret)
    if made != promised:
        raise WrongSharing(
            f"{turnout.session.place}: the shares of the {ROLES[role]} of participant {sharer} are as it committed to,"
            f" and give 0x{made.hex()}, it promised 0x{promised.hex()}; void the round and name participant {sharer}",
            sharer,
        )


def _seeds_with(
    turnout: Turnout, shared: Mapping[int, Sharing], dropped: int, masking_key: bytes
) -> dict[tuple[int, int], bytes]:
    """What the survivors near a dropped sharer share with it, by (survivor, dropped)."""
    near = {index: shared[index].masking_public for index in turnout.near(dropped) if index in turnout.survivors}
    seeds = pair_seeds(turnout.session, dropped, masking_key, near)
    return {(survivor, dropped): seed for survivor, seed in seeds.items()}


def _masks(opened: Opened) -> Masks:
    """What takes all masks off the sum: a survivor added its pair's mask if its own index is the lower."""
    added = [seed for (owner, other), seed in opened.pair_seeds.items() if owner > other]
    taken = [seed for (owner, other), seed in opened.pair_seeds.items() if owner < other]
    return Masks(added, [*opened.self_seeds.values(), *taken])
