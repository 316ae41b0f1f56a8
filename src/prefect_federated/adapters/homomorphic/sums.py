"""The two steps that need a key: a participant encrypts its update, a key holder opens its total.

words --weighted, split, encrypted under each holder's key--> payload;   total --decrypted--> the holder's opening
"""

import secrets
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from prefect_federated.adapters.homomorphic.keys import HolderKey
from prefect_federated.adapters.homomorphic.library import Encryptor
from prefect_federated.core.homomorphic.encrypted import payload_of
from prefect_federated.core.homomorphic.opened import opening_of, words_of
from prefect_federated.core.homomorphic.parts import Plain, split, weighted
from prefect_federated.core.homomorphic.ring import Residues, blocks_of, residues_of, unpacked
from prefect_federated.core.homomorphic.session import Session
from prefect_federated.core.homomorphic.total import parse_total
from prefect_federated.core.masking.keystream import SEED_BYTES


def encrypt(
    session: Session, participant: int, words: NDArray[np.int32], weight: int, noise: NDArray[np.int64] | None = None
) -> bytes:
    """A participant's payload. Another call gives other bytes: keep what was committed to.

    Args:
        words: int32 `[d]`, clipped to the task's limit.
        weight: below 2^31; `require_summable` saw that no sum under it wraps.
        noise: int64 `[d]`, added to weight * words: this participant's part of the noise of the sum.

    Raises:
        ConfigurationError: TenSEAL is not installed.
        UnknownParticipant: the participant is none of the session's.
        ShapeMismatch: words or noise are not as long as the session's.
        PayloadError: the weight is negative or too large.
    """
    plain = weighted(session, participant, words, weight, noise)
    parts = split(plain, [secrets.token_bytes(SEED_BYTES) for _ in session.holders[1:]])
    rows = [_encrypted(key, part) for key, part in zip(session.holders, parts, strict=True)]
    return payload_of(session, participant, rows)


def open_total(
    session: Session,
    key: HolderKey,
    roots: Mapping[int, bytes],
    message: bytes,
    vouched: Mapping[str, bytes],
    answered: bytes | None = None,
) -> bytes:
    """What a key holder publishes of its total; the same bytes whenever it is asked.

    Whoever can have one false total opened has the key: name those who added the same payloads and do not collude.

    Args:
        roots: of everybody whose update belongs into the sum the payload root, as the holder's own node shows it.
        message: of the aggregator, for this holder.
        vouched: by name, what somebody else's `Total.digest` is, of the standby's or a silo's; empty trusts the
            aggregator alone.
        answered: `added_hash` of what this holder opened before in this session; it opens no other. Keep it first.

    Raises:
        KeyUnavailable: the key is none of the session's.
        UnmaskRefused: fewer payloads than the session's fewest are to be summed, or others were opened before.
        ContentMismatch: the total is of other payloads than those on chain, or of others than somebody vouched for.
        MalformedMessage: it is none of this session for this holder.
        Undecryptable: it does not open under this key, or was altered.
    """
    holder = key.place_in(session)
    residues, decryptor = parse_total(session, holder, roots, message, vouched, answered), key.decryptor()
    fine = np.concatenate([decryptor.decrypt(residues[at.c1], residues[at.c0]) for at in blocks_of(session.words)])
    part = words_of(fine, f"{session.place}: the total for key holder {holder}")
    return opening_of(session, holder, roots, part)


def _encrypted(key: bytes, part: Plain) -> Residues:
    encryptor, made = Encryptor(unpacked(key, "a holder's public key")), np.empty(residues_of(part.size), np.uint64)
    for at in blocks_of(part.size):
        c1, c0 = encryptor.encrypt(part[at.words])
        made[at.c1], made[at.c0] = c1, c0[: at.c0.stop - at.c0.start]
    return made
