"""Share: split both secrets among the holders, seal each holder's shares to its registered key, commit to all of them.

masking key, self seed --Shamir--> shares --salted SHA-256--> hashes     shares, salts --HPKE, who to whom--> envelope

Nothing is drawn at random: polynomials, salts and ephemeral keys follow from the participant's coins, so a process that
was killed after half of the message makes the other half to it, and the root on chain fits both.
"""

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from prefect_federated.core.errors import Undecryptable, UnknownParticipant, WrongSharing
from prefect_federated.core.masking.keystream import keystream
from prefect_federated.core.masking.own_secrets import SALT_BYTES, OwnSecrets, seed_hash
from prefect_federated.core.masking.session import Session, u32
from prefect_federated.core.masking.shamir import SHARE_BYTES, split
from prefect_federated.core.masking.transcript import Entry, Shares, Sharing, sharing_of
from prefect_federated.core.merkle import leaf_hash
from prefect_federated.core.words import encode_words
from prefect_federated.core.wrapping import encrypt_again

MASKING_KEY, SELF_SEED = 0, 1  # roles of a share
ROLES = ("masking key", "self seed")

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_PART = SHARE_BYTES + SALT_BYTES
Salted = tuple[bytes, bytes]  # a share and its salt


def share(session: Session, own: OwnSecrets) -> Sharing:
    """A participant's message of Share; the same bytes for the same session and secrets."""
    holders = session.holders(own.index)
    made = [
        split(secret, own.polynomial(role, session.threshold), holders)
        for role, secret in zip(ROLES, (own.masking_key, own.self_seed), strict=True)
    ]
    salts = keystream(own.expanded(b"salts"), 2 * SALT_BYTES * len(holders))
    entries = (
        _entry(session, own, holder, (key, salts[64 * at : 64 * at + 32]), (seed, salts[64 * at + 32 : 64 * at + 64]))
        for at, (holder, key, seed) in enumerate(zip(holders, *made, strict=True))
    )
    promised = seed_hash(session, own.index, own.index, own.self_seed)
    return sharing_of(session, own.index, own.masking_public, promised, entries)


def share_hash(session: Session, sharer: int, holder: int, role: int, share: bytes, salt: bytes) -> bytes:
    """SHA-256(0x00 || label || session || sharer || holder || role || share || salt): a share's commitment."""
    return leaf_hash(b"mask share" + session.digest + u32(sharer, holder, role) + share + salt)


def open_entry(session: Session, shares: Shares, holder: int, sealing_key: bytes) -> tuple[Salted, Salted]:
    """Both shares that a holder was given, with their salts, by role; checked against their hashes.

    Raises:
        UnknownParticipant: the sharer gave this participant none, for they are no neighbours.
        Undecryptable: the envelope is of another round, pair or reader, or was altered.
        WrongSharing: what was sealed is not what the sharer committed to.
    """
    sharer = shares.sharer
    if holder not in session.holders(sharer):
        raise UnknownParticipant(
            f"{session.place}: participant {holder} holds no share of {sharer}; ask one of its holders"
        )
    entry = shares.entry(holder)
    private = X25519PrivateKey.from_private_bytes(sealing_key)
    try:
        plain = _SUITE.decrypt(entry.envelope, private, info=_info(session, sharer, holder))
    except (InvalidTag, ValueError) as cause:
        raise Undecryptable(
            f"{session.place}: the envelope of participant {sharer} to {holder} does not open; it was sealed for"
            " another round, pair or key, or altered; answer without it"
        ) from cause
    parts = [plain[at : at + 32] for at in range(0, len(plain), 32)]
    found = ((parts[0], parts[1]), (parts[2], parts[3]))
    promised = (entry.key_hash, entry.seed_hash)
    for role, ((part, salt), expected) in enumerate(zip(found, promised, strict=True)):
        made = share_hash(session, sharer, holder, role, part, salt)
        if made != expected:
            raise WrongSharing(
                f"{session.place}: the share of its {ROLES[role]} that participant {sharer} sealed to {holder} hashes"
                f" to 0x{made.hex()}, it committed to 0x{expected.hex()}; answer without it",
                sharer,
            )
    return found


def _entry(session: Session, own: OwnSecrets, holder: int, key: Salted, seed: Salted) -> Entry:
    plain = b"".join((*key, *seed))
    info = _info(session, own.index, holder)
    coins = own.expanded(b"ephemeral key" + hashlib.sha256(info + plain).digest())
    reader = X25519PublicKey.from_public_bytes(session.member(holder).sealing_key)
    key_hash, seed_hash = (share_hash(session, own.index, holder, *part) for part in ((0, *key), (1, *seed)))
    return Entry(holder, key_hash, seed_hash, encrypt_again(plain, reader, info, coins))


def _info(session: Session, sharer: int, holder: int) -> bytes:
    """What an envelope is bound to: the place, from whom, to whom, both roles; and all else that the session fixes."""
    place = encode_words(session.chain_id, session.coordinator, session.task, session.round, sharer, holder)
    return b"prefect-federated/1 mask shares: masking key, self seed" + place + session.digest
