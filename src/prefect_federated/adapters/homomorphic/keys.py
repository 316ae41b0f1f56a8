"""A key holder's key: its public half is in the session, its secret half opens totals.

HolderKey.generate() --public, 24,576 bytes--> session;   .encoded(), kept secret --HolderKey.parse--> the same key
"""

from dataclasses import dataclass, field

import numpy as np

from prefect_federated.adapters.homomorphic.library import Decryptor, Encryptor, generate
from prefect_federated.core.errors import KeyUnavailable, MalformedMessage, Undecryptable
from prefect_federated.core.homomorphic.opened import words_of
from prefect_federated.core.homomorphic.ring import DEGREE, KEY_BYTES, RESIDUE_BYTES, packed, unpacked
from prefect_federated.core.homomorphic.session import Session

MAGIC = b"PFK1"


@dataclass(frozen=True, slots=True)
class HolderKey:
    """A key for one round or many; make a new one where a lost one would open old payloads.

    Attributes:
        public: for everybody, 24,576 bytes.
        secret: for the holder alone, 12,288 bytes.
    """

    public: bytes = field(repr=False)
    secret: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> "HolderKey":
        """A new key.

        Raises:
            ConfigurationError: TenSEAL is not installed.
        """
        return cls(*map(packed, generate()))

    @classmethod
    def parse(cls, content: bytes) -> "HolderKey":
        """The key that `encoded` wrote.

        Raises:
            KeyUnavailable: it is none, or its halves are of two keys.
        """
        size = len(MAGIC) + KEY_BYTES + DEGREE * RESIDUE_BYTES
        if len(content) != size or content[: len(MAGIC)] != MAGIC:
            raise KeyUnavailable(f"{len(content)} bytes are no holder's key, which has {size}; restore it")
        key = cls(content[len(MAGIC) : len(MAGIC) + KEY_BYTES], content[len(MAGIC) + KEY_BYTES :])
        try:
            c1, c0 = Encryptor(unpacked(key.public, "the public half")).encrypt(np.arange(DEGREE, dtype=np.uint32))
            words_of(key.decryptor().decrypt(c1, c0), "a ciphertext to try the key with")
        except (MalformedMessage, Undecryptable) as error:
            raise KeyUnavailable(f"the halves of a holder's key do not fit together: {error}; restore it") from error
        return key

    def encoded(self) -> bytes:
        """Both halves, in the clear: keep them as a secret is kept."""
        return MAGIC + self.public + self.secret

    def decryptor(self) -> Decryptor:
        """What opens ciphertexts under this key."""
        return Decryptor(unpacked(self.secret, "the secret half of a holder's key"))

    def place_in(self, session: Session) -> int:
        """Which of the session's holders this is.

        Raises:
            KeyUnavailable: none.
        """
        if self.public not in session.holders:
            raise KeyUnavailable(
                f"{session.place}: this key is none of its {len(session.holders)} holders' keys; take the one that the"
                " session was made with"
            )
        return session.holders.index(self.public)
