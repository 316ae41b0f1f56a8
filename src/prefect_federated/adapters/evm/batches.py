"""Events that carry a whole batch, taken apart: a relayed round reads like one in which everybody sent for itself.

UpdatesCommitted -> UpdateCommitted, one a line          UpdatesRevealed -> UpdateRevealed or RevealedLate, one a line
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from prefect_federated.adapters.evm.abi import checksum
from prefect_federated.adapters.evm.records import Event

BATCHES = {
    "UpdateCommitted": "UpdatesCommitted",
    "UpdateRevealed": "UpdatesRevealed",
    "RevealedLate": "UpdatesRevealed",
}
COMMIT_BYTES, OPENING_BYTES = 118, 188


def with_batches(names: Sequence[str]) -> tuple[str, ...]:
    """Names of events, and of the batches in which they may come.

    >>> with_batches(("UpdateCommitted", "Left"))
    ('UpdateCommitted', 'Left', 'UpdatesCommitted')
    """
    return (*names, *dict.fromkeys(BATCHES[name] for name in names if name in BATCHES))


def unpacked(event: Event) -> list[Event]:
    """The events that a batch stands for, in its order, each in the transaction of the batch; any other as it is."""
    if event.name == "UpdatesCommitted":
        return [_single(event, "UpdateCommitted", args) for args in _commits(event.args["commits"])]
    if event.name == "UpdatesRevealed":
        name = "RevealedLate" if event.args["late"] else "UpdateRevealed"
        return [_single(event, name, args) for args in _openings(event.args["openings"])]
    return [event]


def _single(event: Event, name: str, args: dict[str, Any]) -> Event:
    return replace(event, name=name, args={"task": event.args["task"], "round": event.args["round"], **args})


def _commits(lines: bytes) -> Iterator[dict[str, Any]]:
    for at in range(0, len(lines), COMMIT_BYTES):
        words = _words(lines, at + 22)
        yield {**_member(lines, at), "commitment": next(words), "grantId": next(words), "evidenceHash": next(words)}


def _openings(lines: bytes) -> Iterator[dict[str, Any]]:
    at = 0
    while at < len(lines):
        roots, rest = _words(lines, at + 22), _words(lines, at + 122)
        opening = {
            "payloadRoot": next(roots),
            "sealedRoot": next(roots),
            "contentKeyHash": next(roots),
            "weight": int.from_bytes(lines[at + 118 : at + 122], "big"),
            "groundsHash": next(rest),
            "salt": next(rest),
        }
        end = at + OPENING_BYTES + int.from_bytes(lines[at + OPENING_BYTES - 2 : at + OPENING_BYTES], "big")
        uri = lines[at + OPENING_BYTES : end].decode("utf-8", "replace")
        yield {**_member(lines, at), "opening": opening, "uri": uri}
        at = end


def _member(lines: bytes, at: int) -> dict[str, Any]:
    index, account = int.from_bytes(lines[at : at + 2], "big"), lines[at + 2 : at + 22]
    return {"participant": checksum("0x" + account.hex()), "index": index}


def _words(lines: bytes, at: int) -> Iterator[bytes]:
    return (lines[start : start + 32] for start in range(at, len(lines), 32))
