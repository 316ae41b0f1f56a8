"""The committee of a simulation: validators who all measure on the sponsor's held-out rows, whose root the task fixes.

held-out rows, salt --root--> spec    accounts --register, enlist--> places in the draw --open--> Validators
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.data.sources import FileSource
from prefect_federated.adapters.holdout import HeldOut
from prefect_federated.adapters.keys import dev_key
from prefect_federated.core.spec import CommitteeSpec
from prefect_federated.learning.local import evaluate
from prefect_federated.learning.plan import TrainingData, TrainingPlan
from prefect_federated.scenario.simulation.bulk import Call
from prefect_federated.scenario.simulation.options import Options
from prefect_federated.scenario.simulation.tables import Dealt
from prefect_federated.scenario.task_spec import ETHER

if TYPE_CHECKING:
    import numpy as np
    from eth_account.signers.local import LocalAccount
    from numpy.typing import NDArray

    from prefect_federated.core.spec import Tensor

BOND_WEI = ETHER
PAY_BPS = 300  # of each round's reward, for the committee
TOLERANCE = 0.1  # of the metric: how much worse than its base a model may be and still be accepted


@dataclass(frozen=True, slots=True)
class SharedSet:
    """The held-out table that sponsor, aggregator and committee measure on, and the salt of its root."""

    table: Path
    salt: Path

    @property
    def root(self) -> bytes:
        """What the task's spec fixes, 32 bytes."""
        return HeldOut(FileSource(self.table), self.salt).root()


def validators_of(options: Options) -> list[str]:
    """Names of the validators; there are as many as the committee has seats, so all of them judge every round."""
    return [f"validator-{number:03d}" for number in range(1, options.committee + 1)]


def write_shared_set(folder: Path, options: Options, dealt: Dealt) -> SharedSet:
    """Write the held-out rows and the salt, which follows from the seed as everything else."""
    shared = SharedSet(folder / "held-out.csv", folder / "held-out.salt")
    folder.mkdir(parents=True, exist_ok=True)
    dealt.held_out.to_csv(shared.table, index=False)
    shared.salt.write_text(dev_key(options.seed, "held-out").hex() + "\n")
    return shared


def committee_spec(
    options: Options,
    dealt: Dealt,
    shared: SharedSet,
    plan: TrainingPlan,
    tensors: "tuple[Tensor, ...]",
    first: "NDArray[np.floating]",
) -> CommitteeSpec:
    """What the members measure: accuracy where the plan reports it, else the loss.

    Args:
        first: the first model, `[d]`, on which it shows what the plan reports.
    """
    if not options.committee:
        return CommitteeSpec()
    features = tuple(column.name for column in dealt.spec.columns)
    reported = evaluate(plan, tensors, first, TrainingData(dealt.held_out, features, dealt.spec.target))
    by_accuracy = "accuracy" in reported
    return CommitteeSpec(
        metric="accuracy" if by_accuracy else "loss",
        better="higher" if by_accuracy else "lower",
        tolerance=TOLERANCE,
        scores=options.scores,
        holdout_root=shared.root,
    )


def enlist(sponsor: "LocalAccount", validators: "list[LocalAccount]", task: int) -> list[Call]:
    """What gives every validator its place in the task's draws."""
    return [
        call
        for one in validators
        for call in (
            Call(sponsor, "Committee", "admitReader", (task, str(one.address), True)),
            Call(one, "Committee", "enlist", (task, BOND_WEI)),
        )
    ]
