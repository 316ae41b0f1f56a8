"""What is wrong with a proposal, as somebody who recomputed it found out; the first finding is what to prove.

recomputed round --compare--> findings --provable on chain--> challenge | --else--> for people to judge
"""

from dataclasses import dataclass
from enum import Enum

from prefect_federated.core.proofs import Coordinate


class Wrong(Enum):
    """Kinds of findings, by the proof that they call for."""

    LEAF = "an included record contradicts the reveals"
    OMISSION = "somebody who revealed is neither included nor excluded"
    ORDER = "included records do not ascend"
    EXCLUSION = "an exclusion names an impossible reason"
    HEADER = "the aggregate has another header"
    SEED = "an included update is bound to a seed that its participant has not"
    SUM = "the aggregate is not the rule's result"
    STEP = "the model is not base + aggregate"
    OPTIMIZER = "model or state are not what the server optimiser makes"
    RANGE = "an included update leaves its range"
    WITHHELD = "bytes of the proposal cannot be fetched"
    UNREACHED = "bytes of the proposal could not be asked for"
    REWARD = "rewards are not the policy's"
    RIGHTS = "the model's rights exceed an included grant"
    USE = "the model's rights are not those of its inputs"
    RULE = "an update is in, out or weighed against the task's rules"
    SCORES = "a member's scores are not those of the task's held-out set"
    DETECTION = "the detection report is not what the task's tests find"


PROVABLE = (
    Wrong.LEAF,
    Wrong.OMISSION,
    Wrong.ORDER,
    Wrong.EXCLUSION,
    Wrong.HEADER,
    Wrong.SEED,
    Wrong.SUM,
    Wrong.STEP,
    Wrong.REWARD,
    Wrong.RIGHTS,
)
AGGREGATE, MODEL, INCLUDED, PAYLOAD, RECORD = range(5)  # what can be demanded; RECORD: where it was revealed
UNASKED = -1  # what no contract can be asked for

HEADER = Coordinate(0, 0)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with where; `detail` is a sentence with both values."""

    wrong: Wrong
    detail: str
    position: int = 0
    at: Coordinate = HEADER
    tree: int = 0
    signatures: tuple[tuple[int, bytes], ...] = ()  # of members that contradict an exclusion, by seat

    @property
    def provable(self) -> bool:
        """Whether a challenge can show it on chain, in one transaction where there are up to 250 updates."""
        return self.wrong in PROVABLE


@dataclass(frozen=True, slots=True)
class Verification:
    """A round recomputed: what is wrong, and whether all single updates could be read.

    Attributes:
        unreached: what the store did not answer for, so that not all was judged: it accuses nobody; try again.
    """

    findings: tuple[Finding, ...]
    read_updates: bool
    unreached: tuple[Finding, ...] = ()

    @property
    def provable(self) -> tuple[Finding, ...]:
        """The findings to bring before the contract, in the order in which to try them."""
        return tuple(finding for finding in self.findings if finding.provable)
