"""Verifies an exported bundle again: python verify.py [FOLDER] [BLOCK_HASH]. Needs Python 3.11 and nothing else.

files --SHA-256--> manifest        headers --keccak, parents--> one chain of blocks      receipts --trie--> their header
logs in the receipts --> versions, hashed and linked;   spec, results, evidence --> hashes that stand in those logs

It cannot know whether these blocks are the chain's: compare the block hash that it prints with a node that you trust,
or give that hash too. Whoever changes this script makes it say anything: take it from the package.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Log = tuple[bytes, list[bytes], bytes]  # address, topics, data


class Wrong(Exception):
    """A file of the bundle is not what it should be; the message begins with its name."""


def check(folder: Path, anchor: str = "") -> Iterator[str]:
    """Yield what holds, one sentence each; raise `Wrong` at the first thing that does not."""
    manifest = _manifest(folder)
    yield f"{len(manifest['files'])} files hash to what manifest.json says, and no other lies beside them"
    hashes, roots = _headers(folder)
    last, newest = max(hashes), "0x" + hashes[max(hashes)].hex()
    for who, said in (("manifest.json says", manifest["as_of"]["hash"]), ("you say", anchor or newest)):
        if said != newest:
            raise Wrong(f"headers.jsonl: its last block hashes to {newest}, {who} {said}")
    how = "each the parent of the next" if last - min(hashes) + 1 == len(hashes) else "not all of them neighbours"
    yield f"{len(hashes)} headers, {how}, lead to block {last}, {newest}"
    logs = _logs(folder, roots)
    yield f"{len(logs)} logs stand in receipts that the headers name"
    versions = _versions(manifest, logs)
    yield f"{len(versions)} versions hash and link up to {versions[-1]}"
    if [row["version_hash"] for row in json.loads((folder / "audit.json").read_text())["versions"]] != versions:
        raise Wrong("audit.json: its versions are not those of the logs")
    haystack = b"".join(b"".join(topics) + data for _, topics, data in logs)
    for name, uri in manifest["documents"].items():
        if not _bound((folder / name).read_bytes(), uri, haystack):
            raise Wrong(f"{name}: neither it nor its metrics hash to anything in the logs")
    yield f"{len(manifest['documents'])} documents and records hash to what stands in the logs"


def _manifest(folder: Path) -> dict[str, Any]:
    text = (folder / "manifest.json").read_text()
    body, _, claimed = text.rpartition("\n")
    if (ours := hashlib.sha256(body.encode()).hexdigest()) != claimed:
        raise Wrong(f"manifest.json: hashes to {ours}, its last line says {claimed[:64]!r}")
    manifest: dict[str, Any] = json.loads(body)
    there = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    found = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in there.items() if ".pyc" not in name}
    for name in sorted({*found, *manifest["files"]} - {"manifest.json"}):
        if found.get(name) != manifest["files"].get(name):
            raise Wrong(f"{name}: hashes to {found.get(name)}, manifest.json says {manifest['files'].get(name)}")
    return manifest


def _headers(folder: Path) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """Hash and receipts root of each block; neighbours must be parent and child."""
    hashes, roots = dict[int, bytes](), dict[int, bytes]()
    for number, text in _lines(folder / "headers.jsonl"):
        fields, _ = rlp_decode(raw := bytes.fromhex(text))
        if int.from_bytes(fields[8], "big") != number or hashes.get(number - 1, fields[0]) != fields[0]:
            raise Wrong(f"headers.jsonl: block {number} has another number, or another parent than the block before it")
        hashes[number], roots[number] = keccak256(raw), fields[5]
    return hashes, roots


def _logs(folder: Path, roots: dict[int, bytes]) -> list[Log]:
    found: list[Log] = []
    for number, receipts in _lines(folder / "receipts.jsonl"):
        raw = [bytes.fromhex(one) for one in receipts]
        if trie_root(raw) != roots.get(number):
            raise Wrong(f"receipts.jsonl: the receipts of block {number} have another root than its header says")
        for one in raw:  # one of a newer kind has a byte in front that says which
            found += [(log[0], log[1], log[2]) for log in rlp_decode(one, 0 if one[0] >= 0xC0 else 1)[0][3]]
    return found


def _versions(manifest: dict[str, Any], logs: list[Log]) -> list[str]:
    """Hashes of the versions from genesis on, computed here from the words in the logs."""
    kind, topic = manifest["version_type"].encode(), keccak256(manifest["version_event"].encode())
    size, registry = 32 * (kind.count(b",") - 1), bytes.fromhex(manifest["registry"][2:])
    head = keccak256(kind) + manifest["chain_id"].to_bytes(32, "big") + bytes(12) + registry
    found: list[str] = []
    parent = bytes(32)
    for address, topics, data in logs:
        if address != registry or topics[0] != topic or int.from_bytes(topics[1], "big") != manifest["task"]:
            continue
        ours, number = keccak256(head + data[:size]), int.from_bytes(data[32:64], "big")
        if (ours, number, parent) != (topics[3], len(found), data[128:160]):
            raise Wrong(f"receipts.jsonl: version {number} hashes to 0x{ours.hex()}, or does not follow its parent")
        parent, found = ours, [*found, "0x" + ours.hex()]
    if manifest["version_hash"] not in found:
        raise Wrong(f"receipts.jsonl: no version in its logs has the hash {manifest['version_hash']}")
    return found[: found.index(manifest["version_hash"]) + 1]


def _bound(content: bytes, uri: str, haystack: bytes) -> bool:
    """Whether a log holds a document's hash, or a URI with it; of one that is stored elsewhere, its metrics' hash."""
    digest = hashlib.sha256(content)
    if digest.digest() in haystack or (uri.endswith(digest.hexdigest()) and uri.encode() in haystack):
        return True
    _, _, rest = content.decode().partition('"metrics":')
    end = json.JSONDecoder().raw_decode(rest)[1] if rest else 0
    return end > 0 and hashlib.sha256(rest[:end].encode()).digest() in haystack


def keccak256(data: bytes) -> bytes:
    """Keccak-256 as Ethereum has it (padding 0x01, unlike SHA3-256)."""
    a, rate = [0] * 25, 136
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % rate))
    padded[-1] |= 0x80
    for start in range(0, len(padded), rate):
        for lane in range(rate // 8):
            a[lane] ^= int.from_bytes(padded[start + lane * 8 : start + lane * 8 + 8], "little")
        register = 1
        for _ in range(24):
            column = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
            mixed = [column[x - 1] ^ _turn(column[(x + 1) % 5], 1) for x in range(5)]
            a = [lane ^ mixed[place % 5] for place, lane in enumerate(a)]
            x, y, moving = 1, 0, a[1]
            for step in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                moving, a[x + 5 * y] = a[x + 5 * y], _turn(moving, (step + 1) * (step + 2) // 2 % 64)
            for y in range(0, 25, 5):
                row = a[y : y + 5]
                a[y : y + 5] = [row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]) for x in range(5)]
            for bit in range(7):
                register = ((register << 1) ^ ((register >> 7) * 0x71)) & 0xFF
                a[0] ^= (register >> 1 & 1) << ((1 << bit) - 1)
    return b"".join(lane.to_bytes(8, "little") for lane in a[:4])


def _turn(lane: int, by: int) -> int:
    return (lane << by | lane >> (64 - by)) & ((1 << 64) - 1)


def rlp(content: bytes, short: int = 0x80) -> bytes:
    """RLP of a string, or with `short` 0xc0 of a list whose items are encoded already."""
    if short == 0x80 and len(content) == 1 and content[0] < 0x80:
        return content
    size = b"" if len(content) < 56 else len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([short + (55 + len(size) if size else len(content))]) + size + content


def rlp_decode(data: bytes, at: int = 0) -> tuple[Any, int]:
    """The item (bytes, or a list) that RLP holds at a place, and where it ends."""
    first = data[at]
    if first < 0x80:
        return data[at : at + 1], at + 1
    short = 0x80 if first < 0xC0 else 0xC0
    start = at + 1 + max(first - short - 55, 0)
    end = start + (int.from_bytes(data[at + 1 : start], "big") if start > at + 1 else first - short)
    items: list[Any] = []
    while short == 0xC0 and start < end:
        item, start = rlp_decode(data, start)
        items.append(item)
    return (items if short == 0xC0 else data[start:end]), end


def trie_root(values: list[bytes], keccak: Callable[[bytes], bytes] = keccak256) -> bytes:
    """Root of Ethereum's Merkle-Patricia trie over a list, keyed by RLP of the index."""
    keys = [rlp(index.to_bytes((index.bit_length() + 7) // 8, "big")).hex() for index in range(len(values))]
    return keccak(_node(sorted(zip(keys, values, strict=True)), 0, keccak) if values else rlp(b""))


def _node(pairs: list[tuple[str, bytes]], at: int, keccak: Callable[[bytes], bytes]) -> bytes:
    first, last = pairs[0][0], pairs[-1][0]
    if len(pairs) == 1:
        return rlp(_path(first[at:], 2) + rlp(pairs[0][1]), 0xC0)
    same = next(place for place in range(at, len(first)) if first[place] != last[place])
    groups = (
        [pairs] if same > at else [[pair for pair in pairs if pair[0][at] == digit] for digit in "0123456789abcdef"]
    )
    nodes = [_node(group, max(same, at + len(groups) // 16), keccak) if group else b"" for group in groups]
    children = b"".join((node if 0 < len(node) < 32 else rlp(node and keccak(node))) for node in nodes)
    return rlp(_path(first[at:same], 0) + children if same > at else children + rlp(b""), 0xC0)


def _path(nibbles: str, flag: int) -> bytes:
    odd = len(nibbles) % 2
    return rlp(bytes.fromhex(f"{flag + odd}{'' if odd else '0'}{nibbles}"))


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    return ((number, content) for number, content in map(json.loads, path.read_bytes().splitlines()))


if __name__ == "__main__":
    where = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent
    try:
        for sentence in check(where, *sys.argv[2:3]):
            print("ok:", sentence)
    except (Wrong, OSError, ValueError) as error:
        sys.exit(f"wrong: {error}")
