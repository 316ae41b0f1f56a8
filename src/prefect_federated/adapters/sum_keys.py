"""A key holder's key: drawn by OpenSSL, kept in its vault, given away in the task's spec.

primes --vault, encrypted to the holder--> the same key in every round      modulus, certificate --> masking.holders
"""

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from prefect_federated.adapters.party import Party
from prefect_federated.core.errors import KeyUnavailable
from prefect_federated.core.paillier.keys import PublicKey, SecretKey
from prefect_federated.core.paillier.numbers import BITS

_SLOT = "sum key"


def generate() -> SecretKey:
    """A new key of 3,072 bits; the primes are those that OpenSSL draws for RSA."""
    drawn = generate_private_key(public_exponent=65537, key_size=BITS).private_numbers()
    return SecretKey(drawn.p, drawn.q)


def own_sum_key(party: Party, name: str = "1") -> SecretKey:
    """The key that a holder keeps under a name; made where there is none yet.

    Args:
        name: another one makes another key: one a task bounds what one that leaks opens.
    """
    slot = f"{_SLOT}/{name}"
    kept = party.vault.recall(slot) or party.vault.keep(slot, generate().encoded())
    secret = SecretKey.parse(kept)
    party.vault.keep(_by_modulus(secret.n), kept)
    return secret


def recalled_sum_key(party: Party, public: PublicKey) -> SecretKey:
    """The secret half of a key in a spec.

    Raises:
        KeyUnavailable: this party's vault does not hold it.
    """
    kept = party.vault.recall(_by_modulus(public.n))
    if kept is None:
        raise KeyUnavailable(
            f"{party.name} holds no secret half of the key 0x{public.hash.hex()[:12]} that its spec names; restore"
            " its sealing key and store, or have the task created with a key of `federated holder key`"
            f"{party.sealing_key.hint}"
        )
    return SecretKey.parse(kept)


def _by_modulus(n: int) -> str:
    return f"{_SLOT}/modulus {n:x}"
