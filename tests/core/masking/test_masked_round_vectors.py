"""A whole masked round that a contract judges byte for byte, worked out elsewhere: payloads, notes, the mean."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prefect_federated.core.fixed_point import Encoding
from prefect_federated.core.masking.masked import Seeds, mask
from prefect_federated.core.masking.recovery import Opened, recover
from prefect_federated.core.masking.session import Member, complete
from prefect_federated.core.masking.turnout import Turnout, bitmap
from prefect_federated.core.merkle import leaf_hash
from prefect_federated.core.payload import Header, Part, payload_chunks, payload_root

FOUND: dict[str, Any] = json.loads((Path(__file__).parents[3] / "contracts" / "test" / "vectors.json").read_text())[
    "masked_round"
]
SURVIVORS: list[int] = FOUND["survivors"]


def listed(name: str) -> list[bytes]:
    return [bytes.fromhex(value[2:]) for value in FOUND[name]]


MEMBERS = [Member(*row) for row in zip(FOUND["cohort"], FOUND["accounts"], listed("sealing_keys"), strict=True)]
SESSION = complete(FOUND["chain_id"], FOUND["coordinator"], FOUND["task"], FOUND["round"], MEMBERS, FOUND["threshold"])
UPDATES = np.array(FOUND["updates"], np.int32).reshape(len(SURVIVORS), -1)
OPENED = dict(zip([(owner, at) for owner in SURVIVORS for at in range(3)], listed("seeds"), strict=True))
OTHERS = dict(zip(OPENED, FOUND["opened"], strict=True))


def test_session_is_the_one_that_its_members_make() -> None:
    assert "0x" + SESSION.digest.hex() == FOUND["session"]


def test_sum_of_the_payloads_without_the_opened_masks_is_the_mean_that_the_aggregate_has() -> None:
    roots = {index: bytes([1]) * 32 for index in FOUND["shared"]}
    turnout = Turnout(SESSION, roots, survivors=frozenset(SURVIVORS))
    seeds = {(owner, OTHERS[owner, at]): seed for (owner, at), seed in OPENED.items()}
    own = {owner: seed for (owner, other), seed in seeds.items() if owner == other}
    pairs = {pair: seed for pair, seed in seeds.items() if pair[0] != pair[1]}
    total = recover(Opened(turnout, own, pairs, {}), {owner: words_of(owner) for owner in SURVIVORS})
    weights = np.array(FOUND["weights"], np.int64)
    assert total.tolist() == (weights @ UPDATES.astype(np.int64)).tolist()
    claimed = np.frombuffer(b"".join(listed("aggregate")[1:]), "<i4")[: FOUND["count"]]
    assert claimed.tolist() == (total // weights.sum()).tolist()


@pytest.mark.parametrize("owner", SURVIVORS)
def test_payload_of_a_survivor_from_its_words_and_its_note(owner: int) -> None:
    at = SURVIVORS.index(owner)
    near = b"".join(listed("neighbours")[2 * at : 2 * at + 2])
    assert near == bitmap([other for other in FOUND["shared"] if other != owner], 2)
    secret = leaf_hash(b"masks" + near + listed("seeds_roots")[at])
    part = Part("model", FOUND["count"], Encoding(16, FOUND["limit"]))
    header = Header("update", (part,), FOUND["weights"][at], secret, FOUND["chunk_bytes"])
    words = {"model": words_of(owner)}
    assert [bytes(chunk) for chunk in payload_chunks(header, words)] == listed("chunks")[3 * at : 3 * at + 3]
    assert payload_root(header, words) == listed("payload_roots")[at]


def test_what_the_opened_seeds_leave_of_the_payloads_cancels_in_their_sum() -> None:
    left = np.zeros(FOUND["count"], np.uint32)
    for at, owner in enumerate(SURVIVORS):
        seeds = Seeds(SESSION, owner, {OTHERS[owner, place]: OPENED[owner, place] for place in range(3)})
        left += words_of(owner).view(np.uint32) - mask(seeds, UPDATES[at], FOUND["weights"][at]).view(np.uint32)
    assert not left.any()


def words_of(owner: int) -> np.ndarray[Any, np.dtype[np.int32]]:
    at = SURVIVORS.index(owner)
    return np.frombuffer(b"".join(listed("chunks")[3 * at + 1 : 3 * at + 3]), "<i4")[: FOUND["count"]]
