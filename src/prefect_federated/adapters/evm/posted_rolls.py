"""Rolls as they were posted: roots from the log, lists of leaves from the content store.

CommitsPosted, OpeningsPosted, RollVoided --> rolls that stand --URI--> list, root and count checked
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from prefect_federated.adapters.evm import abi
from prefect_federated.adapters.evm.batches import with_batches
from prefect_federated.adapters.evm.event_index import EventIndex
from prefect_federated.adapters.evm.events import stamp
from prefect_federated.adapters.evm.logs import height, read_logs
from prefect_federated.adapters.evm.reads import ChainState
from prefect_federated.adapters.evm.records import Event
from prefect_federated.core.chain_profile import ChainProfile
from prefect_federated.core.errors import ConfigurationError, PayloadError
from prefect_federated.core.rolls import LINE_BYTES, Roll, parse_roll

if TYPE_CHECKING:
    from web3 import Web3

_POSTED = ("CommitsPosted", "OpeningsPosted", "RollVoided")
_log = logging.getLogger(__name__)


class Lists(Protocol):
    """Where lists of leaves are fetched: a content store, as far as it is needed here."""

    def get(self, uri: str, limit_bytes: int) -> Iterator[bytes]:
        """Stream the bytes of a URI."""
        ...


@dataclass(frozen=True, slots=True)
class PostedRoll:
    """A poster's roll of a round; a list is None where it is not to be had, and openings where none were posted."""

    poster: str
    posted: Event
    opened: Event | None
    commits: Roll | None
    openings: Roll | None

    @property
    def withheld(self) -> bool:
        """Whether openings were posted that cannot be read."""
        return self.opened is not None and (self.commits is None or self.openings is None)


class PostedRolls(ChainState):
    """The log as it is, and the rolls that it tells of."""

    def __init__(
        self,
        w3: "Web3",
        coordinator: str,
        confirmations: int = 0,
        from_block: int = 0,
        profile: ChainProfile | None = None,
    ) -> None:
        """Bind a connection and a Coordinator; see `ContractCalls`."""
        super().__init__(w3, coordinator, confirmations, from_block, profile)
        self._event_index: EventIndex | None = None
        self._lists: Lists | None = None
        self._read: dict[tuple[bytes, int], Roll] = {}
        self._said: set[str] = set()

    def read_rolls_from(self, lists: Lists) -> None:
        """Name the content store in which lists of leaves lie; without one, rolls stay closed."""
        self._lists = lists

    def read_events_from(self, index: EventIndex) -> None:
        """Name an index of this federation's events: the chain is then asked for new blocks only."""
        self._event_index = index

    def logged(
        self,
        task: int | None = None,
        round: int | None = None,
        names: Sequence[str] = (),
        from_block: int | None = None,
        to_block: int | str = "latest",
    ) -> list[Event]:
        """Events as the log has them, rolls closed; see `events` of `Unrolling`."""
        if self._event_index is not None:
            last = self._up_to(self._event_index, to_block)
            return self._event_index.events(task, round, names, from_block or 0, last)
        topics: list[Any] = [["0x" + topic.hex() for topic in abi.topics_of(with_batches(names))] if names else None]
        topics += [f"0x{number:064x}" for number in (task, round) if number is not None]
        start = self.from_block if from_block is None else from_block
        raw = read_logs(self.w3, self.addresses.listed(), topics, start, to_block)
        wanted = {field: value for field, value in (("task", task), ("round", round)) if value is not None}
        found = [event for event in self.decode(raw) if wanted.items() <= event.args.items()]
        return [stamp(self.w3, event) for event in found if not names or event.name in names]

    def posted_rolls(self, task: int, round: int, to_block: int | str = "latest") -> list[PostedRoll]:
        """Rolls of a round that are not void, in the order in which their commits were posted."""
        events = self.logged(task, round, _POSTED, to_block=to_block)
        void = {(e.args["poster"], e.args["openings"]) for e in events if e.name == "RollVoided"}
        opened = {e.args["poster"]: e for e in events if e.name == "OpeningsPosted"}
        rolls = []
        for posted in events:
            poster = posted.args["poster"]
            if posted.name != "CommitsPosted" or (poster, False) in void:
                continue
            after = None if (poster, True) in void else opened.get(poster)
            openings = self._list(after, posted.args["leaves"]) if after else None
            rolls.append(PostedRoll(poster, posted, after, self._list(posted, posted.args["leaves"]), openings))
        return rolls

    # --- inside ----------------------------------------------------------------------------------------

    def _up_to(self, index: EventIndex, to_block: int | str) -> int:
        """Number of the block up to which is asked, once the index has caught up."""
        newest = index.catch_up(self).number
        if isinstance(to_block, int):
            return to_block
        return newest if to_block == "latest" else height(self.w3, to_block)

    def _list(self, event: Event, leaves: int) -> Roll | None:
        """The list behind a root; None, and a sentence in the log, where it is not to be had."""
        key, uri, root = (event.tx_hash, event.log_index), event.args["uri"], event.args["root"]
        if key in self._read:
            return self._read[key]
        what = f"round {event.args['task']}/{event.args['round']}: the list of {event.args['poster']}'s roll at {uri}"
        if self._lists is None:
            self._say(f"{what} stays closed, since no content store is named; name one to see who is in it")
            return None
        try:
            blob = b"".join(self._lists.get(uri, leaves * LINE_BYTES))
            self._read[key] = parse_roll(blob, root, leaves)
        except (PayloadError, ConfigurationError) as error:
            self._say(f"{what} is not to be had, and nobody in it is seen: {error}")
            return None
        return self._read[key]

    def _say(self, sentence: str) -> None:
        if sentence not in self._said:
            _log.warning("%s", sentence)
        self._said.add(sentence)
