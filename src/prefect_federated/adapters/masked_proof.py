"""From a false masked sum to its proof: what refutes one word, cut out of payloads, notes and opened seeds, in batches.

claimed, answers --open--> seeds     payloads, notes --cut--> ShownMasked     sizes --gas--> spans of updates
"""

from collections.abc import Iterator, Sequence

from prefect_federated.adapters.masked_payload import fetch_note
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_payload, header_of
from prefect_federated.adapters.spool import in_memory
from prefect_federated.adapters.verification import Claimed
from prefect_federated.core.masking.proof import ShownMasked, opened_seeds
from prefect_federated.core.masking.recovery import Opened
from prefect_federated.core.proofs import piece_of
from prefect_federated.core.round_spec import RoundSpec

SEED_GAS = 60_000  # one block of ChaCha20, the path to the note's root
UPDATE_GAS = 60_000  # records, header, both paths
BYTE_GAS = 42  # a calldata byte under the floor price of EIP-7623, with its share of padding
MOST_BYTES = 120_000  # of calldata: nodes refuse transactions beyond 128 KiB


def masked_batches(included: int, chunk_bytes: int, seeds: int, cap_gas: int) -> Iterator[tuple[int, int]]:
    """Spans of included updates that one transaction can show: all at once, or powers of two in order.

    Five sixths of what the chain lets a transaction use are planned with.

    Args:
        seeds: most that one update is shown with.

    >>> list(masked_batches(100, 1024, 11, 1 << 24))[:2], list(masked_batches(5, 1024, 2, 1 << 24))
    ([(0, 8), (8, 16)], [(0, 5)])
    """
    size_bytes = 2 * chunk_bytes + 2_048 + 512 * seeds
    gas = BYTE_GAS * size_bytes + UPDATE_GAS + SEED_GAS * seeds
    most = max(1, min(cap_gas * 5 // 6 // gas, MOST_BYTES // size_bytes))
    size = included if included <= most else 1 << (most.bit_length() - 1)
    return ((first, min(first + size, included)) for first in range(0, included, size))


def masked_shown(
    party: Party, spec: RoundSpec, claimed: Claimed, opened: Opened, chunk: int, positions: Sequence[int]
) -> Iterator[ShownMasked]:
    """Included updates with their chunk and what takes the masks off it.

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
        note = fetch_note(party, opened.turnout.session, reveal, secret)
        yield ShownMasked(
            record.participant,
            record.payload_root,
            record.weight,
            header=piece_of(plain, 0, chunk_bytes),
            piece=piece_of(plain, chunk, chunk_bytes),
            note=note,
            seeds=opened_seeds(opened, note),
        )
