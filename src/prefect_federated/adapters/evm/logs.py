"""Reading event logs: in bounded ranges, sorted, each once, and a position on disk that notices reorganisations.

read_logs(...) -> raw logs;   LogCursor(path).read() -> Batch -> handle it -> cursor.keep(batch)
"""

import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.records import RawLog
from prefect_federated.core.errors import ChainUnreachable, ConfigurationError

if TYPE_CHECKING:
    from web3 import Web3

STEP = 2_000
REMEMBERED = 128
Topics = Sequence[str | Sequence[str] | None]


def read_logs(
    w3: "Web3",
    addresses: Sequence[str],
    topics: Topics = (),
    from_block: int = 0,
    to_block: int | str = "latest",
    step: int = STEP,
) -> list[RawLog]:
    """All matching logs of a range of blocks, in the order in which they happened.

    Args:
        w3: connection.
        addresses: contracts to listen to; an empty sequence means any.
        topics: filter as in `eth_getLogs`.
        from_block: first block.
        to_block: last block, or "latest", "safe", "finalized".
        step: most blocks asked for at once; halved where the endpoint finds that too many.

    Raises:
        ChainUnreachable: the endpoint does not answer, or refuses even a single block.
    """
    last = to_block if isinstance(to_block, int) else height(w3, to_block)
    found: dict[tuple[str, str], RawLog] = {}
    start = from_block
    while start <= last:
        end = min(start + step - 1, last)
        try:
            for log in _ask(w3, addresses, topics, start, end):
                found[(log["blockHash"], log["logIndex"])] = log
        except rpc.RpcRefused as refusal:
            if step == 1:
                raise ChainUnreachable(f"the chain endpoint refuses the logs of block {start}: {refusal}") from refusal
            step = max(step // 2, 1)
            continue
        start = end + 1
    return sorted(found.values(), key=lambda log: (int(log["blockNumber"], 16), int(log["logIndex"], 16)))


def height(w3: "Web3", tag: str = "latest") -> int:
    """Number of the newest block that carries a tag; chains without finality tags count as final at their head."""
    try:
        return int(rpc.block(w3, tag)["number"], 16)
    except (rpc.RpcRefused, ChainUnreachable):
        if tag == "latest":
            raise
        return height(w3, "latest")


@dataclass(frozen=True, slots=True)
class Batch:
    """What a cursor read: logs up to and with block `last`; `rewound_to` is set when blocks had been replaced."""

    logs: tuple[RawLog, ...]
    last: int
    last_hash: str
    rewound_to: int | None


class LogCursor:
    """A position in a chain's logs that survives restarts. Logs come at least once: keep a batch after handling it."""

    def __init__(
        self,
        path: Path,
        w3: "Web3",
        addresses: Sequence[str],
        topics: Topics = (),
        start_block: int = 0,
        tag: str = "finalized",
        step: int = STEP,
        final: Callable[[], int] | None = None,
    ) -> None:
        """Load the position, or begin before `start_block`.

        Args:
            path: JSON file of the position.
            w3: connection.
            addresses: contracts to listen to.
            topics: filter as in `eth_getLogs`.
            start_block: where a new cursor begins.
            tag: how settled a block must be to be read: "latest", "safe" or "finalized".
            step: most blocks asked for at once.
            final: gives the newest block to be read, in place of `tag`; it must raise where it cannot tell.

        Raises:
            ConfigurationError: the file is no position of this chain's.
        """
        self._path, self._w3, self._addresses, self._topics = path, w3, addresses, topics
        self._step, self._start = step, start_block
        self._final = final or (lambda: height(w3, tag))
        self._trail = self._load()  # (block, hash), oldest first

    @property
    def next_block(self) -> int:
        """First block not read yet."""
        return self._trail[-1][0] + 1 if self._trail else self._start

    def read(self) -> Batch:
        """Logs since the kept position. After a reorganisation they begin again behind the last common block."""
        rewound = self._rewind()
        last = self._final()
        if last < self.next_block:
            return Batch((), self.next_block - 1, self._trail[-1][1] if self._trail else "", rewound)
        found = read_logs(self._w3, self._addresses, self._topics, self.next_block, last, self._step)
        return Batch(tuple(found), last, str(rpc.block(self._w3, last)["hash"]), rewound)

    def keep(self, batch: Batch) -> None:
        """Store the position behind a batch; only now is it not read again."""
        if batch.last_hash and (not self._trail or batch.last > self._trail[-1][0]):
            self._trail = [*self._trail, (batch.last, batch.last_hash)][-REMEMBERED:]
        temporary = self._path.with_suffix(".tmp")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps({"chain_id": rpc.chain_id_of(self._w3), "trail": self._trail}))
        temporary.replace(self._path)

    def _rewind(self) -> int | None:
        before = len(self._trail)
        while self._trail and not self._stands(*self._trail[-1]):
            self._trail.pop()
        return self.next_block if len(self._trail) < before else None

    def _stands(self, number: int, block_hash: str) -> bool:
        found = rpc.request(self._w3, "eth_getBlockByNumber", [hex(number), False])
        return found is not None and found["hash"] == block_hash

    def _load(self) -> list[tuple[int, str]]:
        with contextlib.suppress(FileNotFoundError):
            try:
                kept = json.loads(self._path.read_text())
                chain_id, trail = kept["chain_id"], [(int(number), str(one)) for number, one in kept["trail"]]
            except (ValueError, KeyError, TypeError) as cause:
                raise ConfigurationError(
                    f"{self._path} is no log position; delete it to read from the start"
                ) from cause
            if chain_id != rpc.chain_id_of(self._w3):
                raise ConfigurationError(
                    f"{self._path} is a position on chain {chain_id}, the endpoint serves chain"
                    f" {rpc.chain_id_of(self._w3)}; use another folder for another chain"
                )
            return trail
        return []


def _ask(w3: "Web3", addresses: Sequence[str], topics: Topics, start: int, end: int) -> list[RawLog]:
    wanted: dict[str, Any] = {"fromBlock": hex(start), "toBlock": hex(end), "topics": list(topics)}
    if addresses:
        wanted["address"] = list(addresses)
    return [log for log in rpc.request(w3, "eth_getLogs", [wanted]) if not log.get("removed")]
