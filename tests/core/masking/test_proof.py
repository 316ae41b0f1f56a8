"""What a contract is shown against a false masked sum: from it alone, one word of the true sum follows."""

import numpy as np
import pytest

from prefect_federated.core.masking.keystream import WORDS_A_BLOCK, mask_words
from prefect_federated.core.masking.note import MasksNote
from prefect_federated.core.masking.own_secrets import seed_hash
from prefect_federated.core.masking.proof import OpenedSeed, opened_seeds
from prefect_federated.core.masking.recovery import narrowed, recover
from prefect_federated.core.masking.session import Session
from prefect_federated.core.merkle import verify
from tests.core.masking.masked_cohort import Cohort, Words, plain_sum, session_of

INDICES = [0, 2, 3, 7, 8, 200, 256, 259, 300]
SIZE = 40


def unmasked_word(session: Session, note: MasksNote, seeds: tuple[OpenedSeed, ...], word: int, at: int) -> int:
    """Take masks off a word by what is shown, as the written definition of the proof says; every path must hold."""
    leaves = sorted((*note.neighbours, note.owner))
    for one in seeds:
        leaf = seed_hash(session, note.owner, one.other, one.seed)
        assert verify(note.root, leaf, leaves.index(one.other), len(leaves), list(one.path))
        block, place = divmod(at, WORDS_A_BLOCK)
        mask = int(mask_words(one.seed, WORDS_A_BLOCK, block)[place])
        word += mask if one.other < note.owner else -mask
    return word


def signed(word: int) -> int:
    return (word + 2**31) % 2**32 - 2**31


@pytest.mark.parametrize("degree", [None, 6])
@pytest.mark.parametrize("dropped", [[], [3], [0, 8, 300]])
def test_shown_words_and_seeds_give_every_word_of_the_sum(dropped: list[int], degree: int | None) -> None:
    cohort = Cohort(session_of(INDICES, 5 if degree is None else 4, degree))
    rng = np.random.default_rng(7)
    updates = {i: rng.integers(-1000, 1000, SIZE, dtype=np.int32) for i in INDICES}
    weights = {i: i + 1 for i in INDICES}
    survivors = [i for i in INDICES if i not in dropped]
    opened = cohort.opened(cohort.turnout(survivors))
    due = plain_sum(updates, weights, survivors)
    for at in (0, 15, 16, SIZE - 1):
        total = 0
        for i in survivors:
            note = cohort.seeds(i).note
            seeds = opened_seeds(opened, note)
            assert [one.other for one in seeds] == sorted({i} | set(dropped) & set(note.neighbours))
            word = int(cohort.payload(i, updates[i], weights[i])[at])
            total += unmasked_word(cohort.session, note, seeds, word, at)
        assert signed(total) == due[at]


def test_sum_of_some_survivors_is_what_their_shown_words_give() -> None:
    """Masks with the others stay in it: whoever leaves out a survivor is held to that."""
    cohort = Cohort(session_of(range(5), 3))
    updates: dict[int, Words] = {i: np.full(SIZE, i, np.int32) for i in range(5)}
    payloads = {i: cohort.payload(i, updates[i]) for i in (0, 1, 2, 4)}
    opened = cohort.opened(cohort.turnout([0, 1, 2, 4]))
    some = {i: payloads[i] for i in (0, 2, 4)}
    made = recover(narrowed(opened, some), some)
    assert made.tolist() != plain_sum(updates, dict.fromkeys(range(5), 1), some)
    for at in (0, 33):
        notes = {i: cohort.seeds(i).note for i in some}
        shown = (
            unmasked_word(cohort.session, n, opened_seeds(opened, n), int(some[i][at]), at) for i, n in notes.items()
        )
        assert signed(sum(shown)) == made[at]
