"""What happens in the scenario: who takes part, what each grant covers, who cheats."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prefect_federated.adapters.evm.deploy import UNBONDING_S
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.task_spec import Terms

if TYPE_CHECKING:
    from pandas import DataFrame

WEEK_S = 7 * 86_400
VALIDATORS = ("validator-a", "validator-b", "validator-c")
CHEATS = ("flipper", "copycat")
LEAVER = "leaver"  # in a masked run, where a flipped update could not be told from others
CONDUCT = {"flipper": "flip", "copycat": "copy", LEAVER: "leave"}
ROWS_OF = {LEAVER: "flipper"}  # who has the rows of another that never plays beside it


@dataclass(frozen=True, slots=True)
class Plot:
    """How many rounds, how far apart, with which cheats and validators, under which terms."""

    rounds: int = 5
    interval_s: int = WEEK_S
    seed: int = 0
    hospitals: tuple[str, ...] = breast_cancer.HOSPITALS
    cheats: tuple[str, ...] = CHEATS
    terms: Terms = field(default_factory=Terms)
    data_docs: bool = True
    confirmations: int = 0
    lies_in: int = 0  # the round whose aggregate the aggregator alters; 0 is none
    validators: tuple[str, ...] = ()  # who judges; a committee has a seat for each, nobody is no committee
    dissents_in: int = 0  # the round in which the last of them votes badly; 0 is none

    @property
    def unbonding_s(self) -> int:
        """Seconds that stake stays slashable: a slash of the first round can be appealed after the last."""
        return max(UNBONDING_S, 3 * (self.rounds + 1) * self.interval_s)


@dataclass(frozen=True, slots=True)
class Consent:
    """What a grant of the scenario covers."""

    columns: tuple[str, ...]
    subjects: tuple[str, ...]
    expiry: int
    budget: int = 0  # most privacy loss, a vector of `core.privacy`; 0 is no limit


def consent_of(plot: Plot, name: str, table: "DataFrame", now_s: int) -> Consent:
    """The consent behind one member's data.

    hospital-b's covers the task's columns and no other; every tenth patient of hospital-c has withdrawn;
    hospital-d's expires half-way between two rounds if they lie apart; the rest covers everything and outlasts the run.
    """
    columns = tuple(str(column) for column in table.columns if column != breast_cancer.SUBJECT)
    if name == "hospital-b":
        asked = {*breast_cancer.features(table), breast_cancer.TARGET}
        columns = tuple(column for column in columns if column in asked)
    subjects = tuple(str(subject) for subject in table[breast_cancer.SUBJECT])
    if name == "hospital-c":
        subjects = tuple(subject for number, subject in enumerate(subjects) if number % 10 != 3)
    ends_early = name == "hospital-d" and plot.rounds > 1 and plot.interval_s > 0
    rounds, span_s = plot.rounds // 2 if ends_early else plot.rounds + 1000, plot.interval_s or WEEK_S
    return Consent(columns, subjects, now_s + rounds * span_s + span_s // 2)
