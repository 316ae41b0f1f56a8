"""Wrapping that can be repeated: the RFC's numbers, another implementation opens it, and nothing is used twice."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.sealing import unwrap, wrap
from prefect_federated.core.wrapping import ephemeral_key, shared_secret

AGGREGATOR, STANDBY = "0x90F79bf6EB2c4f870365E785982E1f101E93b906", "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"
KEY = b"\x01" * 32


def test_ephemeral_key_and_shared_secret_are_those_of_rfc_9180() -> None:
    # appendix A.1.1, whose KEM is this one
    ephemeral = ephemeral_key(bytes.fromhex("7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234"))
    public = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"
    assert ephemeral.public_key().public_bytes_raw().hex() == public
    reader = bytes.fromhex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d")
    secret = "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc"
    assert shared_secret(ephemeral, X25519PublicKey.from_public_bytes(reader)).hex() == secret


def test_library_opens_what_was_wrapped_here_and_wrapping_again_gives_the_same(context: RoundContext) -> None:
    for number in range(1, 9):
        reader, key = X25519PrivateKey.generate(), bytes([number]) * 32
        wrapped = wrap(key, reader.public_key(), context, AGGREGATOR)
        assert unwrap(wrapped, reader, context, AGGREGATOR) == key
        assert wrap(key, reader.public_key(), context, AGGREGATOR) == wrapped


def test_no_two_wrappings_share_an_ephemeral_key(context: RoundContext) -> None:
    one, two = X25519PrivateKey.generate().public_key(), X25519PrivateKey.generate().public_key()
    wrapped = [
        wrap(KEY, one, context, AGGREGATOR),
        wrap(KEY, two, context, AGGREGATOR),
        wrap(KEY, one, context, STANDBY),
        wrap(KEY, one, replace(context, round=context.round + 1), AGGREGATOR),
        wrap(b"\x02" * 32, one, context, AGGREGATOR),
    ]
    assert len({each[:32] for each in wrapped}) == len(wrapped)


def test_reader_with_a_key_of_low_order_is_refused(context: RoundContext) -> None:
    with pytest.raises(ValueError, match=r".+"):
        wrap(KEY, X25519PublicKey.from_public_bytes(bytes(32)), context, AGGREGATOR)
