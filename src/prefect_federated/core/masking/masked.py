"""Commit: the payload of a masked round, which says nothing about the update but its length.

weight * update + self mask + masks with higher neighbours - masks with lower neighbours     (mod 2^32)

Only neighbours that shared count: their masks can be taken off later, should they drop out. Who they are and the hashes
of all seeds are bound in the payload's header (`note.py`): a seed that is opened is compared with what was promised.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.errors import KeyUnavailable, PayloadError, ShapeMismatch, TooFewShares
from prefect_federated.core.masking.headroom import BEYOND
from prefect_federated.core.masking.keystream import COLUMNS, Masks
from prefect_federated.core.masking.note import MasksNote
from prefect_federated.core.masking.own_secrets import OwnSecrets, pair_seeds, seed_hash
from prefect_federated.core.masking.session import Session
from prefect_federated.core.masking.transcript import Shares
from prefect_federated.core.masking.turnout import bitmap_words, check_shared, sharers_near


@dataclass(frozen=True, slots=True)
class Seeds:
    """All seeds that one participant masks with, by index of the other side; its own index stands for the self seed."""

    session: Session
    owner: int
    by_index: Mapping[int, bytes] = field(repr=False)

    @property
    def note(self) -> MasksNote:
        """What their owner says of them; its digest stands in the header of the payload."""
        indices = sorted(self.by_index)
        hashes = tuple(seed_hash(self.session, self.owner, other, self.by_index[other]) for other in indices)
        neighbours = tuple(index for index in indices if index != self.owner)
        return MasksNote(self.owner, bitmap_words(self.session), neighbours, hashes)

    @property
    def alone(self) -> bool:
        """Whether no other masks with this participant: then it has nothing to mask that says anything."""
        return set(self.by_index) == {self.owner}

    def masks(self) -> Masks:
        """The masks, from word 0 on."""
        added = [seed for other, seed in self.by_index.items() if other >= self.owner]
        return Masks(added, [seed for other, seed in self.by_index.items() if other < self.owner])


def seeds_of(session: Session, own: OwnSecrets, roots: Mapping[int, bytes], shared: Mapping[int, Shares]) -> Seeds:
    """The seeds of a participant: its own, and one with each neighbour that shared.

    Args:
        roots: of every sharer the root of its message of Share, as it stands on chain.
        shared: those messages, or excerpts of them for this participant, of it and its neighbours at least.

    Raises:
        ContentMismatch: a message is missing or not the one on chain.
        KeyUnavailable: what this participant shared is not from the secrets given.
        TooFewShares: so few of its neighbours shared that its mask could not be taken off again, or hides little.
    """
    near = sharers_near(session, roots, own.index)
    check_shared(session, roots, shared, near)
    if own.index not in near or shared[own.index].masking_public != own.masking_public:
        raise KeyUnavailable(
            f"{session.place}: participant {own.index} did not share, or not under the masking key"
            f" 0x{own.masking_public.hex()} that its sealing key gives; stay out of this round"
        )
    if len(near) < session.threshold:
        raise TooFewShares(
            f"{session.place}: {len(near)} of those who hold shares of participant {own.index} shared themselves,"
            f" {session.threshold} are needed to take its mask off again; stay out of this round"
        )
    others = {index: shared[index].masking_public for index in near if index != own.index}
    pairs = pair_seeds(session, own.index, own.masking_key, others)
    return Seeds(session, own.index, pairs | {own.index: own.self_seed})


def seeds_or_alone(
    session: Session, own: OwnSecrets, roots: Mapping[int, bytes], shared: Mapping[int, Shares]
) -> Seeds:
    """The same where others can go on without this participant, in another group or elsewhere on the sparse graph.

    Whoever dealt owes a payload then: where too few near it dealt, a blank under the self seed alone. Others may open
    that one, so no update goes under it.
    """
    blank = Seeds(session, own.index, {own.index: own.self_seed})
    try:
        return seeds_of(session, own, roots, shared) if roots else blank
    except TooFewShares:
        return blank


def mask(seeds: Seeds, words: Vector, weight: int, noise: NDArray[np.int64] | None = None) -> NDArray[np.int32]:
    """The masked payload: int32 `[d]`, uniform to whoever lacks a seed.

    Args:
        words: int32 `[d]`, clipped to the task's limit; read some columns at a time.
        weight: below 2^31; `require_maskable` saw that no sum under it wraps.
        noise: int64 `[d]`, added to weight * words: this participant's part of the noise of the sum.

    Raises:
        ShapeMismatch: the words are not int32 `[d]`, or the noise is not int64 `[d]`.
        PayloadError: the weight is negative or too large.
    """
    if words.dtype != np.int32 or len(words.shape) != 1:
        raise ShapeMismatch(f"mask takes int32 [d], not {words.dtype} {list(words.shape)}; encode the update first")
    if noise is not None and (noise.dtype != np.int64 or noise.shape != words.shape):
        raise ShapeMismatch(
            f"the noise of participant {seeds.owner} is {noise.dtype} {list(noise.shape)}, its words are"
            f" {list(words.shape)}; draw one int64 for every word"
        )
    if not 0 <= weight < BEYOND:
        raise PayloadError(f"weight {weight} of participant {seeds.owner}; give one from 0 to {BEYOND - 1}")
    masks, made = seeds.masks(), np.empty(words.size, np.int32)
    for at in range(0, words.size, COLUMNS):
        block = made[at : at + COLUMNS].view(np.uint32)
        np.multiply(words[at : at + COLUMNS].view(np.uint32), np.uint32(weight), out=block)
        if noise is not None:
            block += noise[at : at + COLUMNS].astype(np.uint64).astype(np.uint32)  # modulo 2^32, of negative ones too
        masks.apply(block)
    return made
