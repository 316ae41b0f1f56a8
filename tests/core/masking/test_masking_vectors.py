"""Known answers that a contract can be held to: digests, hashes, a block of a mask and shares, worked out elsewhere."""

import json
from pathlib import Path
from typing import Any

from prefect_federated.core.masking.graph import shuffled
from prefect_federated.core.masking.keystream import WORDS_A_BLOCK, mask_words
from prefect_federated.core.masking.masked import Seeds
from prefect_federated.core.masking.note import parse_note
from prefect_federated.core.masking.own_secrets import OwnSecrets, pair_seeds, seed_hash
from prefect_federated.core.masking.session import Member, Session
from prefect_federated.core.masking.shamir import join, split
from prefect_federated.core.masking.sharing import SELF_SEED, share, share_hash
from prefect_federated.core.masking.transcript import CHUNK, parse_head
from prefect_federated.core.masking.turnout import bitmap
from prefect_federated.core.merkle import verify

FOUND: dict[str, Any] = json.loads((Path(__file__).parents[3] / "contracts" / "test" / "vectors.json").read_text())[
    "masking"
]
ROWS = zip(FOUND["indices"], FOUND["accounts"], FOUND["sealing_keys"], strict=True)
SESSION = Session(
    *(FOUND[name] for name in ("chain_id", "coordinator", "task", "round")),
    tuple(Member(index, account, bytes.fromhex(key[2:])) for index, account, key in ROWS),
    FOUND["threshold"],
    FOUND["degree"],
    bytes.fromhex(FOUND["graph_seed"][2:]),
)


SECRETS_OF_2 = (("masking_secrets", 0), ("note_seeds", 1))  # masking key, self seed


def of(name: str) -> bytes:
    return bytes.fromhex(FOUND[name][2:])


def test_digest_order_and_bitmap_of_a_session() -> None:
    assert SESSION.digest == of("session_digest")
    assert shuffled(FOUND["indices"], of("graph_seed")) == FOUND["order"]
    assert bitmap(FOUND["indices"], 1) == of("bitmap")


def test_hashes_of_a_share_and_of_a_seed() -> None:
    assert share_hash(SESSION, 2, 5, SELF_SEED, of("share"), of("salt")) == of("share_hash")
    assert seed_hash(SESSION, 2, 5, of("seed")) == of("seed_hash")


def test_head_of_a_message_of_share() -> None:
    own = OwnSecrets(2, *(bytes.fromhex(FOUND[name][at][2:]) for name, at in SECRETS_OF_2), bytes(32))
    assert share(SESSION, own).encoded()[:CHUNK] == of("head")
    public, promised = parse_head(SESSION, 2, of("head"))
    assert (public, promised) == (own.masking_public, seed_hash(SESSION, 2, 2, own.self_seed))


def test_digest_of_what_a_payload_says_of_its_masks() -> None:
    seeds = [bytes.fromhex(seed[2:]) for seed in FOUND["note_seeds"]]
    note = Seeds(SESSION, 2, dict(zip(FOUND["indices"], seeds, strict=True))).note
    assert (note.bitmap, note.root, note.digest) == (of("neighbours"), of("seeds_root"), of("masks_digest"))
    assert note.encoded() == of("note") and parse_note(SESSION, 2, of("note")) == note
    for place, other in enumerate(FOUND["indices"]):
        leaf = seed_hash(SESSION, 2, other, seeds[place])
        assert verify(of("seeds_root"), leaf, place, 3, list(note.path(other)))


def test_seed_of_a_pair_from_either_side() -> None:
    secrets, publics = ([bytes.fromhex(key[2:]) for key in FOUND[name]] for name in ("masking_secrets", "masking_keys"))
    assert pair_seeds(SESSION, 2, secrets[0], {5: publics[1]}) == {5: of("pair_seed")}
    assert pair_seeds(SESSION, 5, secrets[1], {2: publics[0]}) == {2: of("pair_seed")}


def test_one_block_of_a_mask() -> None:
    block = FOUND["block"]
    assert mask_words(of("seed"), WORDS_A_BLOCK, block).tolist() == FOUND["block_words"]
    assert mask_words(of("seed"), WORDS_A_BLOCK * (block + 1))[-WORDS_A_BLOCK:].tolist() == FOUND["block_words"]


def test_shares_of_one_secret() -> None:
    shares = split(of("secret"), of("slope"), FOUND["indices"])
    assert ["0x" + share.hex() for share in shares] == FOUND["shares"]
    assert join(dict(zip(FOUND["indices"][1:], shares[1:], strict=True))) == of("secret")
