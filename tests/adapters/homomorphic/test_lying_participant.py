"""What BFV does not stand: a participant that encrypts nothing has the key holders' keys written into the sum."""

import numpy as np

from prefect_federated.core.homomorphic.encrypted import parse_encrypted, payload_of
from prefect_federated.core.homomorphic.ring import DEGREE, MODULUS, PLAIN, Residues, residues_of
from prefect_federated.core.homomorphic.total import add
from tests.adapters.homomorphic.encrypted_cohort import opened, payloads_of, roots_of, session_of, updates

STEPS = (2**22, 2**25)  # of each key's coefficients, which are -1, 0 or 1, in the sum: beyond all that updates come to


def nothing_encrypted(step: int) -> Residues:
    """A ciphertext of which the decryption is the secret key, times a step: no noise tells it."""
    residues = np.zeros(residues_of(DEGREE), np.uint64)
    residues[0] = step * (MODULUS // PLAIN)
    return residues


def decrypted(row: Residues, secret: np.ndarray[tuple[int], np.dtype[np.int64]], first: int) -> list[int]:
    """The first words of a ciphertext, by arithmetic alone: c0 + c1 * secret modulo X^DEGREE + 1, rounded."""
    c1, c0 = [int(one) for one in row[:DEGREE]], [int(one) for one in row[DEGREE:]]
    words = []
    for k in range(first):
        product = sum(c1[k - j] * int(s) * (1 if j <= k else -1) for j, s in enumerate(secret) if s)
        words.append(((c0[k] + product) % MODULUS * PLAIN + MODULUS // 2) // MODULUS % PLAIN)
    return words


def test_participant_that_encrypts_nothing_reads_all_keys_off_the_sum_and_then_every_payload_it_sees() -> None:
    session = session_of(DEGREE, participants=4, holders=2)
    words = updates(session, largest=2**14)
    payloads = payloads_of(session, words)
    payloads[3] = payload_of(session, 3, [nothing_encrypted(step) for step in STEPS])
    roots = roots_of(payloads)
    sums = opened(session, roots, add(session, roots, payloads)).astype(np.int64)
    second = np.rint(sums / STEPS[1]).astype(np.int64)
    first = np.rint((sums - second * STEPS[1]) / STEPS[0]).astype(np.int64)
    rows = parse_encrypted(session, 0, payloads[0]).rows
    parts = [decrypted(row, secret, first=20) for row, secret in zip(rows, (first, second), strict=True)]
    read = (np.array(parts, np.uint64).sum(axis=0) % PLAIN).astype(np.uint32).view(np.int32)
    assert (read == words[0][:20]).all(), "two honest key holders, an adder that adds what there is, one lying silo"
