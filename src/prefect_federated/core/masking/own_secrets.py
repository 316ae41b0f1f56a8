"""What a participant draws for one round, derived from its sealing key: a process killed anywhere finds it again.

sealing key --HKDF, session, label--> masking key (X25519), self seed, coins
masking key --X25519 with a neighbour's, HKDF, both indices--> pair seed, the same on both sides
coins --HKDF--> polynomials, salts, ephemeral keys

The session's digest enters every derivation: another round, cohort, graph or threshold has other secrets, so no mask
serves twice and no two polynomials run through one secret. A round masks one vector: whoever masked two with the same
seeds would publish their difference. So the vector is stored before it is masked, and its payload is bound by the
commitment on chain.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from prefect_federated.core.errors import KeyUnavailable
from prefect_federated.core.masking.keystream import keystream
from prefect_federated.core.masking.session import Session, u32
from prefect_federated.core.masking.shamir import SHARE_BYTES, reduced
from prefect_federated.core.merkle import leaf_hash
from prefect_federated.core.sealing import derive

SALT_BYTES = 32
_SALT = b"prefect-federated/1"


@dataclass(frozen=True, slots=True)
class OwnSecrets:
    """One participant's secrets of one session; all 32 bytes.

    Attributes:
        masking_key: private X25519 key that pair seeds are agreed on with.
        self_seed: of the mask that is taken off only if its owner survives.
        coins: what all further randomness is expanded from.
    """

    index: int
    masking_key: bytes = field(repr=False)
    self_seed: bytes = field(repr=False)
    coins: bytes = field(repr=False)

    @property
    def masking_public(self) -> bytes:
        """The public half of the masking key, 32 bytes."""
        return public_of(self.masking_key)

    def polynomial(self, role: str, threshold: int) -> bytes:
        """Coefficients after the first, 32 bytes each."""
        return keystream(self.expanded(b"polynomial " + role.encode()), SHARE_BYTES * (threshold - 1))

    def expanded(self, use: bytes) -> bytes:
        """32 bytes for one use."""
        return HKDF(SHA256(), 32, salt=_SALT, info=use).derive(self.coins)


def secrets_of(session: Session, index: int, sealing_key: bytes, key_version: int) -> OwnSecrets:
    """Derive a member's secrets; the same bytes whenever it is asked.

    Args:
        sealing_key: the silo's private X25519 key, 32 bytes.
        key_version: rotations of that key, as the registry counts them.

    Raises:
        KeyUnavailable: the key is not the one registered when the round opened.
    """
    registered = session.member(index).sealing_key
    if public_of(sealing_key) != registered:
        raise KeyUnavailable(
            f"{session.place}, participant {index}: the sealing key given has public half"
            f" 0x{public_of(sealing_key).hex()}, registered is 0x{registered.hex()}; restore the key that is registered"
            ", or name it in former_keys of the Signer block where `federated participant rotate` replaced it since"
        )
    labels = ("masking key", "mask self seed", "mask coins")
    context = session.context(index)
    made = [reduced(derive(sealing_key, label, context, key_version, session.digest)) for label in labels]
    return OwnSecrets(index, *made)


def pair_seeds(session: Session, own: int, masking_key: bytes, others: Mapping[int, bytes]) -> dict[int, bytes]:
    """The seeds shared with neighbours: HKDF-SHA256 of X25519, bound to session, both indices and both public keys.

    Both sides of a pair get the same seed.

    Args:
        own: index of the participant whose private masking key is given.
        others: of each neighbour its public masking key, one that `usable_key` accepts.
    """
    private = X25519PrivateKey.from_private_bytes(masking_key)
    here = (own, private.public_key().public_bytes_raw())
    seeds = {}
    for other, public in others.items():
        secret = private.exchange(X25519PublicKey.from_public_bytes(public))
        sides = b"".join(u32(index) + key for index, key in sorted([here, (other, public)]))
        info = b"mask pair seed" + session.digest + sides
        seeds[other] = HKDF(SHA256(), 32, salt=_SALT, info=info).derive(secret)
    return seeds


def seed_hash(session: Session, owner: int, other: int, seed: bytes) -> bytes:
    """What a payload says of a seed: SHA-256(0x00 || label || session || owner || other || seed).

    Of the self seed both indices are the owner's.
    """
    return leaf_hash(b"mask seed" + session.digest + u32(owner, other) + seed)


def public_of(private: bytes) -> bytes:
    """Public half of an X25519 key, 32 bytes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def has_twin(key: bytes) -> bool:
    """Whether another private key may have the same public half, as `hasTwin` of X25519.sol tells it.

    With L, the order of the base point, 8L - k has that of k. Both can be scalars only below 2^254 + 2^128, where bits
    128 to 253 are 0; the two above are not read of a key (RFC 7748, section 5:
    https://www.rfc-editor.org/rfc/rfc7748#section-5).

    >>> has_twin(b"\\x07" * 16 + bytes(15) + b"\\xc0"), has_twin(bytes(16) + b"\\x01" + bytes(15))
    (True, False)
    """
    return int.from_bytes(key[16:], "little") % (1 << 126) == 0
