"""From a false masked sum to its proof: what refutes one word, cut out of payloads, notes and opened seeds, in batches.

claimed, answers --open--> seeds     payloads, notes --cut--> ShownMasked     sizes --gas--> spans of updates
"""

from collections.abc import Iterator, Mapping, Sequence

from prefect_federated.adapters.masked_payload import fetch_note
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_payload, header_of
from prefect_federated.adapters.spool import in_memory
from prefect_federated.adapters.verification import Claimed
from prefect_federated.core.masking.proof import ShownMasked, opened_seeds
from prefect_federated.core.masking.recovery import Opened
from prefect_federated.core.merkle import HASH_BYTES
from prefect_federated.core.proofs import piece_of
from prefect_federated.core.round_spec import RoundSpec

SEED_GAS = 25_000  # one block of ChaCha20, the path to the note's root
UPDATE_GAS = 100_000  # its index, header, both paths
BYTE_GAS, FLOOR_GAS = 17, 42  # a calldata byte beside the work, and under EIP-7623's floor price, each with padding
MOST_BYTES = 127_000  # of updates in a transaction: nodes pass on none beyond 128 KiB


def masked_batches(included: int, size_bytes: int, seeds: int, cap_gas: int) -> Iterator[tuple[int, int]]:
    """Spans of included updates that one transaction can show: all at once, or powers of two in order.

    Five sixths of what the chain lets a transaction use are planned with.

    Args:
        size_bytes: calldata of one update, as `shown_bytes` has it.
        seeds: most that one update is shown with.

    >>> size = shown_bytes(1024, 4096, seeds=11)
    >>> list(masked_batches(90, size, 11, 1 << 24))[:2], list(masked_batches(10, size, 11, 1 << 24))
    ([(0, 16), (16, 32)], [(0, 10)])
    """
    most = max(1, min(cap_gas * 5 // 6 // update_gas(size_bytes, seeds), MOST_BYTES // size_bytes))
    size = included if included <= most else 1 << (most.bit_length() - 1)
    return ((first, min(first + size, included)) for first in range(0, included, size))


def shown_bytes(chunk_bytes: int, chunks: int, seeds: int, leaves: int = 128, words: int = 1) -> int:
    """Calldata of one update: two chunks and their paths, a few words, seeds with their paths.

    Args:
        seeds: that are shown with it.
        leaves: most seeds that it is bound to.
        words: of the bitmap of its neighbours.

    >>> shown_bytes(1024, 4096, seeds=11)
    7712
    """
    pieces, seed = chunk_bytes + _path_bytes(chunks), 160 + _path_bytes(leaves)
    return 2 * pieces + 640 + HASH_BYTES * words + seed * seeds


def _path_bytes(leaves: int) -> int:
    return HASH_BYTES * (leaves - 1).bit_length()


def update_gas(size_bytes: int, seeds: int) -> int:
    """What one update costs to show: the contract's work, or the floor price of its bytes where that is more."""
    return max(FLOOR_GAS * size_bytes, BYTE_GAS * size_bytes + UPDATE_GAS + SEED_GAS * seeds)


def masked_shown(
    party: Party,
    spec: RoundSpec,
    claimed: Claimed,
    opened: Mapping[str, Opened],
    chunk: int,
    positions: Sequence[int],
) -> Iterator[ShownMasked]:
    """Included updates with their chunk and what takes the masks off it.

    Args:
        opened: what was opened of each participant's session, by account.

    Raises:
        PayloadError: a payload or its note is not to be had, or is not what was revealed.
    """
    reveals = {reveal.participant: reveal for reveal in claimed.reveals}
    for position in positions:
        record = claimed.document.included[position]
        reveal, chunk_bytes = reveals[record.participant], spec.spec.enforced.chunk_bytes
        where = (party.store, spec, reveal.participant, reveal.opening, reveal.uri)
        plain = fetch_payload(*where, party.account, party.sealing_key, in_memory)
        secret = header_of(plain, spec, reveal.participant, reveal.opening).secret
        mine = opened[record.participant]
        session = mine.turnout.session
        note = fetch_note(party, session, reveal, secret)
        yield ShownMasked(
            record.participant,
            record.payload_root,
            record.weight,
            header=piece_of(plain, 0, chunk_bytes),
            piece=piece_of(plain, chunk, chunk_bytes),
            note=note,
            session=session.digest,
            seeds=opened_seeds(mine, note),
        )
