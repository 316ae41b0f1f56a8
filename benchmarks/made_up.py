"""The events of a task that nobody ran, for benchmarks: everybody for itself, or all of a round in a roll.

Signatures, lists, commitments and version hashes are right; blocks, transactions and most hashes are made up.
"""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from eth_account import Account

from prefect_federated.adapters.evm.abi import checksum
from prefect_federated.adapters.evm.compact_signatures import digest_of, sign_compactly
from prefect_federated.adapters.evm.event_index import Block
from prefect_federated.adapters.evm.records import Event
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.commitment import Grounds, Opening, RoundContext
from prefect_federated.core.proposal import pack_exclusions
from prefect_federated.core.rolls import CommitLeaf, OpeningLeaf, Roll, roll_commits, roll_openings
from prefect_federated.core.round import Phase, Reason, Status
from prefect_federated.core.version import VersionFields

CHAIN, TASK, START = 31337, 1, 1_760_000_000
COORDINATOR, REGISTRY = checksum("0x" + "c0" * 20), checksum("0x" + "a1" * 20)


def digest(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()


@dataclass
class Log:
    """A task's events, made up: everybody commits, some stay silent, one is left out now and then, one withdraws."""

    rounds: int
    participants: int
    events: list[Event] = field(default_factory=list)
    head: bytes = bytes(32)
    number: int = 0

    def __post_init__(self) -> None:
        self.keys = [Account.from_key(digest("account", n)) for n in range(self.participants)]
        self.accounts = [str(key.address) for key in self.keys]
        self.grants = [digest("grant", n) for n in range(self.participants)]
        self.block = 1
        self._consent()
        self._version(0, 0, bytes(32), digest("model", 0))
        for round in range(1, self.rounds + 1):
            self._round(round)

    @property
    def blocks(self) -> list[Block]:
        numbers = sorted({event.block for event in self.events})
        return [Block(number, f"0x{number:064x}", START + number * 12) for number in numbers]

    def emit(self, name: str, **args: Any) -> None:
        place = {
            "tx_hash": digest("tx", self.block),
            "log_index": len(self.events),
            "timestamp": START + self.block * 12,
        }
        self.events.append(Event(name=name, args=args, block=self.block, address=COORDINATOR, **place))

    def _consent(self) -> None:
        for n, account in enumerate(self.accounts):
            dataset = digest("dataset", n)
            self.emit("DatasetRegistered", dataset=dataset, holder=account, root=digest("root", n))
            terms = {"dataset": dataset, "silo": account, "purposes": 3, "validFrom": START, "expiry": START + 10**8}
            terms["budget"] = 0
            self.emit("ConsentGranted", grantId=self.grants[n], dataset=dataset, silo=account, grant=terms)
            self.emit("Enrolled", task=TASK, participant=account, index=n, fromRound=1)

    def _round(self, round: int) -> None:
        self.block += 10
        task = {"task": TASK, "round": round}
        self.emit("RoundStarted", **task, baseVersion=self.head, cohort=self.participants, opensAt=0, deadline=0)
        silent = round % self.participants if round % 7 == 3 else -1
        self._updates(round, silent)
        left_out = {} if round % 5 or silent == 1 or round % 11 == 4 else {1: Reason.NORM_BOUND}
        if round % 11 == 4:
            self.emit("RoundVoided", **task, phase=7)
            return
        proposal = {"exclusions": pack_exclusions(left_out), "uri": "cas://sha256/" + "1" * 64}
        self.emit("RoundAggregated", **task, proposer=self.accounts[0], proposal=proposal)
        status = Status.SUCCESS if not left_out and silent < 0 else Status.DEGRADED
        self._version(round, 1, digest("aggregate", round), digest("model", round))
        settled = {"status": int(status), "version": self.number - 1, "versionHash": self.head}
        self.emit("RoundSettled", **task, **settled, cohort=0, committed=0, revealed=0, included=0)
        if round % 400 == 6:
            back = next(
                e.args for e in self.events if e.name == "VersionAppended" and e.args["number"] == self.number - 3
            )
            self._version(round, 2, back["versionHash"], back["version"]["modelRoot"])
        if round == self.rounds * 3 // 4:
            self.emit("ConsentWithdrawn", grantId=self.grants[-1], dataset=digest("dataset", 0), withdrawnAt=START + 5)

    def _updates(self, round: int, silent: int) -> None:
        task = {"task": TASK, "round": round}
        for n, account in enumerate(self.accounts):
            self.block += n % 2
            member = task | {"participant": account, "index": n}
            evidence = digest("evidence", round, n)
            self.emit(
                "UpdateCommitted", **member, commitment=digest(round, n), grantId=self.grants[n], evidenceHash=evidence
            )
        for n, account in enumerate(self.accounts):
            self.block += n % 2
            member = task | {"participant": account, "index": n}
            if n == silent:
                self.emit("ParticipantSlashed", **task, participant=account, amount=10**18, reason="no opening")
                continue
            roots = {name: digest(name, round, n) for name in ("payloadRoot", "sealedRoot", "contentKeyHash", "salt")}
            opening = roots | {"weight": 100 + n, "evidenceHash": digest("evidence", round, n)}
            self.emit("UpdateRevealed", **member, opening=opening, uri="cas://sha256/" + "0" * 64)

    def _version(self, round: int, kind: int, aggregate: bytes, model: bytes) -> None:
        ours, rights = (TASK, self.number, round, kind, self.head, model, aggregate), (3, 2**39)
        fields = VersionFields(*ours, bytes(32), digest("metrics", round), *rights)
        names = ("task", "number", "round", "kind", "parent", "modelRoot", "aggregateRoot", "stateRoot", "metricsHash")
        names += ("purposes", "usableUntil")
        values = [getattr(fields, name) for name in VersionFields.__slots__]
        self.head = fields.digest(CHAIN, REGISTRY)
        version = dict(zip(names, values, strict=True))
        self.emit(
            "VersionAppended", task=TASK, number=self.number, versionHash=self.head, version=version, uri="cas://x"
        )
        self.number += 1


@dataclass
class RolledLog(Log):
    """The same, with everybody's commit and opening in a roll; who stays silent is not opened in it."""

    store: LocalStore = field(kw_only=True)

    def _updates(self, round: int, silent: int) -> None:
        leaves = [self._leaves(round, n) for n in range(self.participants)]
        commits = roll_commits([commit for commit, _ in leaves])
        self._post("CommitsPosted", round, commits, {"leaves": self.participants})
        turn = START + (self.block + 1) * 12
        self.emit("PhaseChanged", task=TASK, round=round, phase=int(Phase.REVEAL), opensAt=turn, deadline=turn + 600)
        openings = roll_openings(commits, [opening for _, opening in leaves if opening.index != silent])
        self._post("OpeningsPosted", round, openings, {"opened": openings.filled})

    def _post(self, name: str, round: int, roll: Roll, count: dict[str, int]) -> None:
        self.block += 5
        uri = self.store.put([roll.to_bytes()])
        self.emit(name, task=TASK, round=round, poster=COORDINATOR, root=roll.root, **count, uri=uri)

    def _leaves(self, round: int, n: int) -> tuple[CommitLeaf, OpeningLeaf]:
        account, key, nothing = self.accounts[n], self.keys[n], bytes(32)
        grounds = Grounds(self.grants[n], digest("evidence", round, n))
        roots = (digest(name, round, n) for name in ("payloadRoot", "sealedRoot", "contentKeyHash"))
        opening = Opening(*roots, 100 + n, grounds.hash, digest("salt", round, n))
        sealed = opening.digest(RoundContext(CHAIN, COORDINATOR, TASK, round, self.head, account))
        commit = CommitLeaf(n, account, sealed, grounds.grant_id, grounds.evidence_hash, nothing, nothing)
        shown = OpeningLeaf(n, account, opening, nothing, nothing, b"cas://sha256/" + b"0" * 64)

        def signed(leaf: Any) -> Any:
            r, vs = sign_compactly(key, digest_of(CHAIN, COORDINATOR, leaf.struct_hash(TASK, round)))
            return replace(leaf, r=r, vs=vs)

        return signed(commit), signed(shown)
