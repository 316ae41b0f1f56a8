"""Known answers of a committee: one vote, its attestation, and a draw; part of `make_vectors`."""

from collections.abc import Callable
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak


def ballot(chain: int, committee: str, silo: str, word: Callable[[str], bytes]) -> dict[str, Any]:
    """Return one vote with its commitment, its attestation's digest, and a committee drawn from six places."""
    place: dict[str, tuple[str, Any]] = {"chain_id": ("uint256", chain), "committee": ("address", committee)}
    place |= {"task": ("uint32", 3), "round": ("uint32", 7)}
    vote = place | {"member": ("address", silo), "accept": ("bool", True), "metric": ("int64", -912_345_678)}
    vote |= {"scores_hash": ("bytes32", word("scores")), "salt": ("bytes32", word("vote salt"))}
    vote_type = b"Vote(uint256 chainId,address committee,uint32 task,uint32 round,address member,bool accept,"
    commitment = typed(vote_type + b"int64 metric,bytes32 scoresHash,bytes32 salt)", vote)
    signed = {k: v for k, v in vote.items() if k in ("task", "round", "member")} | {"c": ("bytes32", commitment)}
    struct = typed(b"Attestation(uint32 task,uint32 round,address member,bytes32 commitment)", signed)
    named = [("bytes32", keccak(b"prefect-federated committee")), ("bytes32", keccak(b"1"))]
    domain_type = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    domain = typed(domain_type, dict(enumerate([*named, place["chain_id"], place["committee"]])))
    mix = keccak(encode(["address", "bytes32"], [silo, word("vote salt")]))
    drawn = {"mix": ("bytes32", mix), "randomness": ("bytes32", word("prevrandao"))}
    seed_type = b"Seed(uint256 chainId,address committee,uint32 task,uint32 round,bytes32 mix,bytes32 randomness)"
    seed, weights = typed(seed_type, place | drawn), [2 * 10**18, 0, 10**18, 5 * 10**18, 10**18 + 1, 3]
    shown = {name: value for name, (_, value) in (vote | drawn).items()}
    shown |= {"commitment": commitment, "attestation_digest": keccak(b"\x19\x01" + domain + struct)}
    return shown | {"seed": seed, "weights": list(map(str, weights)), "size": 4, "places": draw(seed, weights, 4)}


def typed(type_string: bytes, fields: dict[Any, tuple[str, Any]]) -> bytes:
    """Hash a struct as EIP-712 does: keccak256(typehash || words)."""
    return keccak(keccak(type_string) + encode([t for t, _ in fields.values()], [v for _, v in fields.values()]))


def draw(seed: bytes, weights: list[int], size: int) -> list[int]:
    """Draw places by weight without replacement: each time the first whose running sum exceeds x."""
    left, places = dict(enumerate(weights)), []
    for k in range(size):
        x = int.from_bytes(keccak(encode(["bytes32", "uint256"], [seed, k]))) % sum(left.values())
        place = next(i for i in left if sum(w for j, w in left.items() if j <= i) > x)
        places.append(place)
        del left[place]
    return places
