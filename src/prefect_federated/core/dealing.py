"""A content key dealt to a committee: no single key opens an update, any `threshold` members' shares do.

content key --Shamir, polynomial from the key itself--> a share a holder --hash, HPKE--> envelope
member's share --HPKE, each reader--> release --threshold of them, joined--> content key, checked by its hash on chain

Nothing is drawn at random. Whoever has joined the key deals it again and compares, so a participant that deals bad
shares to some is found out by all alike; and a member's releases are made again from its share, so whoever has the key
sees who else was given one. A holder's share lies at the point of its account: who holds one does not depend on seats,
which may be drawn after the dealing.

Fewer shares than the threshold say of the key what its hash on chain says too: whether a guess of 256 bits is right.
They hide it from whoever cannot guess it, and not from unbounded computation.
Sources: Shamir 1979, https://doi.org/10.1145/359168.359176; that coins may be a hash of the secret, so that whoever has
it makes the same again, is Fujisaki and Okamoto 1999, https://doi.org/10.1007/3-540-48405-1_34
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.errors import Undecryptable
from prefect_federated.core.masking.shamir import PRIME, SHARE_BYTES, join, reduced, split
from prefect_federated.core.sealing import KEY_BYTES, key_hash
from prefect_federated.core.words import encode_words
from prefect_federated.core.wrapping import encrypt_again

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Dealt:
    """What an envelope holds for one account: the hash of its share, and the share wrapped to it.

    `wrapped` is None where the account's registered key is of no use: it must not keep the silo from revealing.
    """

    share_hash: bytes
    wrapped: bytes | None


def shares_of(content_key: bytes, threshold: int, accounts: Iterable[str], context: RoundContext) -> dict[str, bytes]:
    """Each account's share of a content key, 32 bytes; the same for the same key, threshold and payload.

    Args:
        content_key: 32 bytes.
        threshold: shares that open it, 1 to 31.
    """
    accounts = list(accounts)
    dealt = split(reduced(content_key), _polynomial(content_key, threshold, context), [_place(one) for one in accounts])
    return dict(zip(accounts, dealt, strict=True))


def deal(share: bytes, public_key: bytes, account: str, context: RoundContext) -> Dealt:
    """One share as it stands in an envelope."""
    return Dealt(share_hash(share, account, context), _encrypted(share, public_key, _info(b"share", context, account)))


def share_hash(share: bytes, account: str, context: RoundContext) -> bytes:
    """What an envelope says of a share, so that a false one is told from the one that was dealt: 32 bytes."""
    return hashlib.sha256(_info(b"share hash", context, account) + share).digest()


def unwrap_share(dealt: Dealt, key: X25519PrivateKey, account: str, context: RoundContext) -> bytes:
    """The share that was dealt to an account, checked against its hash.

    Raises:
        Undecryptable: it was wrapped to another key, round or participant, or is not the share of that hash.
    """
    share = _opened(dealt.wrapped or b"", key, _info(b"share", context, account))
    if share is None:
        raise Undecryptable(f"the share of {context.participant}'s content key does not open for its holder {account}")
    _require_share(share, dealt, account, context)
    return share


def release(share: bytes, public_key: bytes, account: str, reader: str, context: RoundContext) -> bytes | None:
    """An account's share, encrypted to a reader; None where that reader's registered key is of no use."""
    return _encrypted(share, public_key, _info(b"release", context, account, reader))


def open_release(
    released: bytes, key: X25519PrivateKey, dealt: Dealt, account: str, reader: str, context: RoundContext
) -> bytes:
    """The share that an account released to a reader, checked against the hash of the one it was dealt.

    Raises:
        Undecryptable: it was released to another key, for another payload or by another account, or is a false one.
    """
    share = _opened(released, key, _info(b"release", context, account, reader))
    if share is None:
        raise Undecryptable(
            f"what {account} released of {context.participant}'s content key does not open for {reader}; it was made"
            " for another key, payload or account, or altered"
        )
    _require_share(share, dealt, account, context)
    return share


def join_key(shares: Mapping[str, bytes], threshold: int, expected: bytes) -> bytes | None:
    """The content key of that hash which shares of so many accounts give; None where they give another.

    Of more shares those of the lowest accounts are joined: any others give the same, if all were dealt rightly.

    The field has 189 numbers less than 32 bytes have: of two keys that the same number may stand for, the hash tells.
    """
    points = {_place(account): share for account, share in islice(sorted(shares.items()), threshold)}
    secret = int.from_bytes(join(points), "big")
    both = [number.to_bytes(KEY_BYTES, "big") for number in (secret, secret + PRIME) if number < 2**256]
    return next((key for key in both if key_hash(key) == expected), None)


def _polynomial(content_key: bytes, threshold: int, context: RoundContext) -> bytes:
    """Coefficients of the polynomial after the first, 32 bytes each."""
    if threshold == 1:
        return b""
    info = _info(b"polynomial", context, threshold)
    return HKDF(hashes.SHA256(), SHARE_BYTES * (threshold - 1), salt=_SALT, info=info).derive(content_key)


def _encrypted(share: bytes, public_key: bytes, info: bytes) -> bytes | None:
    seed = HKDF(hashes.SHA256(), 32, salt=_SALT, info=b"ephemeral key" + public_key + info).derive(share)
    try:
        return encrypt_again(share, X25519PublicKey.from_public_bytes(public_key), info, seed)
    except ValueError:
        return None


def _opened(sealed: bytes, key: X25519PrivateKey, info: bytes) -> bytes | None:
    try:
        return _SUITE.decrypt(sealed, key, info=info)
    except (InvalidTag, ValueError):
        return None


def _require_share(share: bytes, dealt: Dealt, account: str, context: RoundContext) -> None:
    found = share_hash(share, account, context)
    if found != dealt.share_hash:
        raise Undecryptable(
            f"the share of {context.participant}'s content key from {account} hashes to 0x{found.hex()}, the envelope"
            f" says 0x{dealt.share_hash.hex()}; it is not the one that was dealt"
        )


def _place(account: str) -> int:
    """Where an account's share lies: at its address plus one, never at 0, which is the secret's place."""
    return int(account, 16)


def _info(label: bytes, context: RoundContext, *words: str | int) -> bytes:
    place = (context.chain_id, context.coordinator, context.task, context.round, context.participant)
    return b"prefect-federated/1 content key " + label + encode_words(*place, *words)


_SALT = b"prefect-federated/1"
