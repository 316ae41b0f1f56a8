"""What silos and grants spent of privacy as of a block, and of which limits: for reports, and for MLflow.

PrivacySpent, PrivacyRefunded, OwnLimitSet --added up as the contract does--> vectors --at the task's delta--> Spending
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.records import Event
from prefect_federated.adapters.lineage.losses import told
from prefect_federated.core.epsilon import epsilon_text
from prefect_federated.core.privacy import add, minus
from prefect_federated.core.spec import Privacy

NAMES = ("PrivacySpent", "PrivacyRefunded", "OwnLimitSet")


@dataclass(frozen=True, slots=True)
class Spent:
    """An epsilon, infinite where nothing bounds it, and the most that may be spent; None is no limit."""

    epsilon: float
    limit: float | None

    @property
    def text(self) -> str:
        """Both, for people."""
        return f"{epsilon_text(self.epsilon)} of {'no limit' if self.limit is None else epsilon_text(self.limit)}"


@dataclass(frozen=True, slots=True)
class SiloSpent:
    """A silo's epsilon in one task; over all tasks and grants, with its own limit; the grant it last spent under."""

    in_task: float
    own: Spent
    grant: bytes | None


@dataclass(frozen=True, slots=True)
class GrantSpent:
    """A grant's epsilon over all tasks, with its budget, and whose grant it is."""

    silo: str
    budget: Spent


@dataclass(frozen=True, slots=True)
class Spending:
    """Silos by account and grants by id, all at one delta; `unit` is what noise hides."""

    delta: float
    unit: str
    silos: Mapping[str, SiloSpent]
    grants: Mapping[bytes, GrantSpent]


class PrivacyLedger:
    """The log of privacy losses of all tasks, read once; blocks are best asked for in their order."""

    def __init__(self, federation: Federation, to_block: int | None = None) -> None:
        """Read it.

        Args:
            to_block: last block that will be asked for; None is the newest.
        """
        self._federation = federation
        self._events = federation.events(names=NAMES, to_block="latest" if to_block is None else to_block)
        self._budgets: dict[bytes, int] = {}
        self._read, self._sums = 0, _Sums()

    def spending(self, task: int, privacy: Privacy, silos: Iterable[str], block: int | None = None) -> Spending:
        """What was spent at the end of a block: the same whoever asks, and whenever.

        Args:
            privacy: of the task; gives delta and unit.
            silos: accounts to tell of, whether they spent anything or not; of grants all that the task drew on.
            block: its number; None is the newest that was read.
        """
        sums, delta = self._as_of(block), privacy.delta
        under = sums.under.get(task, {})
        last = {silo: grant for grant, silo in under.items()}

        def spent(vector: int, limit: int) -> Spent:
            return Spent(told(vector, delta) or 0.0, told(limit, delta))

        return Spending(
            delta=delta,
            unit=privacy.unit,
            silos={
                silo: SiloSpent(
                    told(sums.in_task.get((task, silo), 0), delta) or 0.0,
                    spent(sums.own.get(silo, 0), sums.limits.get(silo, 0)),
                    last.get(silo),
                )
                for silo in silos
            },
            grants={
                grant: GrantSpent(silo, spent(sums.grants[grant], self._budget(grant))) for grant, silo in under.items()
            },
        )

    def _budget(self, grant: bytes) -> int:
        """As signed: nothing changes it."""
        if grant not in self._budgets:
            self._budgets[grant] = self._federation.grant_state(grant).budget
        return self._budgets[grant]

    def _as_of(self, block: int | None) -> "_Sums":
        if block is not None and self._read and self._events[self._read - 1].block > block:
            self._read, self._sums = 0, _Sums()
        for event in self._events[self._read :]:
            if block is not None and event.block > block:
                break
            self._sums.count(event)
            self._read += 1
        return self._sums


@dataclass(slots=True)
class _Sums:
    """Vectors of `core.privacy` up to some event; `under` has each task's grants, the last used last, with silos."""

    own: dict[str, int] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    in_task: dict[tuple[int, str], int] = field(default_factory=dict)
    grants: dict[bytes, int] = field(default_factory=dict)
    under: dict[int, dict[bytes, str]] = field(default_factory=dict)

    def count(self, event: Event) -> None:
        args, silo = event.args, event.args["silo"]
        if event.name == "OwnLimitSet":
            self.limits[silo] = args["limit"]
            return
        task, grant = args["task"], bytes(args["grantId"])
        step = add if event.name == "PrivacySpent" else minus
        self.own[silo] = step(self.own.get(silo, 0), args["cost"])
        self.in_task[task, silo] = step(self.in_task.get((task, silo), 0), args["cost"])
        self.grants[grant] = step(self.grants.get(grant, 0), args["cost"])
        if event.name == "PrivacySpent":
            used = self.under.setdefault(task, {})
            used.pop(grant, None)
            used[grant] = silo
