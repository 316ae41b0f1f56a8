"""HPKE with an ephemeral key that follows from what is encrypted: whoever knows that can make the ciphertext again.

seed --DeriveKeyPair--> ephemeral key --DH with the reader's--> shared secret --key schedule--> AES-256-GCM

So a reader of an update sees whether the others were given the same content key: it wraps the key to them itself, and
compares. The ciphertext is an ordinary one: any HPKE library opens it.
Sources: RFC 9180 (base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM); that the coins of an encryption may
be a hash of its message is Fujisaki and Okamoto 1999, https://doi.org/10.1007/3-540-48405-1_34
"""

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

KEY_BYTES, NONCE_BYTES = 32, 12
_KEM = b"KEM\x00\x20"
_SUITE = b"HPKE\x00\x20\x00\x01\x00\x02"
_BASE_MODE = b"\x00"


def encrypt_again(plain: bytes, reader: X25519PublicKey, info: bytes, seed: bytes) -> bytes:
    """Encrypt to one reader; the same arguments always give the same bytes: ephemeral public key, then ciphertext.

    Args:
        seed: 32 bytes that nobody but the readers can know, and that served for no other plaintext, reader or info.

    Raises:
        ValueError: the reader's key is one that X25519 gives no secret with.
    """
    ephemeral = ephemeral_key(seed)
    enclosed = ephemeral.public_key().public_bytes_raw()
    secret = shared_secret(ephemeral, reader)
    context = _BASE_MODE + _extract(_SUITE, b"", b"psk_id_hash", b"") + _extract(_SUITE, b"", b"info_hash", info)
    scheduled = _extract(_SUITE, secret, b"secret", b"")
    key = _expand(_SUITE, scheduled, b"key", context, KEY_BYTES)
    return enclosed + AESGCM(key).encrypt(_expand(_SUITE, scheduled, b"base_nonce", context, NONCE_BYTES), plain, b"")


def ephemeral_key(seed: bytes) -> X25519PrivateKey:
    """DeriveKeyPair of RFC 9180, section 7.1.3."""
    return X25519PrivateKey.from_private_bytes(_expand(_KEM, _extract(_KEM, b"", b"dkp_prk", seed), b"sk", b"", 32))


def shared_secret(ephemeral: X25519PrivateKey, reader: X25519PublicKey) -> bytes:
    """Encap of RFC 9180, section 4.1, with a given ephemeral key: 32 bytes."""
    both = ephemeral.public_key().public_bytes_raw() + reader.public_bytes_raw()
    return _expand(_KEM, _extract(_KEM, b"", b"eae_prk", ephemeral.exchange(reader)), b"shared_secret", both, 32)


def _extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    """LabeledExtract."""
    return HKDF.extract(SHA256(), salt, b"HPKE-v1" + suite + label + secret)


def _expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand."""
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return HKDFExpand(SHA256(), length, labeled).derive(key)
