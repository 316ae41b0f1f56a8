"""Run a task's tests on the updates of a round: a report of its own, beside the aggregate and without a say in it.

updates, last step --> geometry --tests of the spec--> who is named, by which test, with which figures
"""

from collections.abc import Collection, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from prefect_federated.core.combine import Update, Words
from prefect_federated.core.detection.alike import alike
from prefect_federated.core.detection.astray import astray
from prefect_federated.core.detection.detection_spec import DetectionSpec
from prefect_federated.core.detection.geometry import Geometry, geometry
from prefect_federated.core.detection.idle import idle
from prefect_federated.core.detection.named import Named
from prefect_federated.core.detection.opposed import opposed
from prefect_federated.core.detection.scaled import scaled
from prefect_federated.core.detection.stale import STALE, stale
from prefect_federated.core.enforced import Address
from prefect_federated.core.round import Reason

FEWEST = 5  # below it a median says nothing
READING = "reading"  # the test of those whose update could not even be taken


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class NamedUpdate(_Row):
    """One participant that a test names."""

    participant: Address
    test: str = Field(description="reading, scaled, alike, opposed, astray, idle or stale")
    measured: float | None = Field(default=None, description="the test's figure; null for reading")
    bound: float | None = Field(default=None, description="the bound that it passed")
    detail: str = Field(description="one sentence with both")


class Measures(_Row):
    """The figures of one update, whether it is named or not."""

    participant: Address
    norm: float = Field(description="Euclidean norm, in words")
    agreement: float = Field(description="cosine to the sum of the others, each made one long")
    nearest: float = Field(description="distance to the nearest other update, in lower quartiles of all distances")
    chord: float | None = Field(default=None, description="chord to the direction of the model's last step, 0 to 2")
    share: float | None = Field(default=None, description="how many times it holds that step")


class DetectionReport(_Row):
    """What a round's tests found; kept in the result document, hashed with its metrics."""

    measures: tuple[Measures, ...]
    named: tuple[NamedUpdate, ...]

    @property
    def accounts(self) -> frozenset[str]:
        """Whoever is named by any test."""
        return frozenset(one.participant for one in self.named)


def detect(
    spec: DetectionSpec,
    updates: Sequence[Update],
    step: Words | None,
    order: Mapping[str, int],
    unread: Mapping[str, Reason],
    older: Collection[str] = (),
) -> DetectionReport:
    """Run the tests; fewer than five updates are not tested.

    Args:
        updates: those that could be read, in the cohort's order, before any rule left one out.
        step: the last step of the model, int32 `[d]`: base minus the version before; None for the first.
        order: place of each participant's commitment among all of the round.
        unread: participants whose update was not taken, and why; those that break the format or the range are named,
            those whose payload is only missing are not.
        older: participants whose update says that its base lies behind the round's: that is no offence of theirs.
    """
    broken = (Reason.MALFORMED, Reason.OUT_OF_RANGE, Reason.ROOT_MISMATCH, Reason.UNDECRYPTABLE)
    found = [
        NamedUpdate(participant=participant, test=READING, detail=f"its update was not taken: {reason.name}")
        for participant, reason in sorted(unread.items())
        if reason in broken
    ]
    if len(updates) < FEWEST:
        return DetectionReport(measures=(), named=tuple(found))
    figures = geometry([update.words for update in updates], step)
    names = [update.participant for update in updates]
    for one in run_tests(spec, figures, [order.get(name, len(order)) for name in names]):
        if one.test == STALE and names[one.place] in older:
            continue
        found.append(
            NamedUpdate(
                participant=names[one.place],
                test=one.test,
                measured=one.measured,
                bound=one.bound,
                detail=one.detail,
            )
        )
    return DetectionReport(measures=_measures(names, figures), named=tuple(found))


def run_tests(spec: DetectionSpec, figures: Geometry, order: Sequence[int]) -> list[Named]:
    """Everything that the tests name, test by test."""
    return [
        *(scaled(figures, spec.scaled) if spec.scaled else []),
        *(alike(figures, spec.alike, order) if spec.alike else []),
        *(opposed(figures, spec.opposed) if spec.opposed else []),
        *(astray(figures, spec.astray) if spec.astray else []),
        *(idle(figures, spec.idle) if spec.idle else []),
        *(stale(figures, spec.stale) if spec.stale else []),
    ]


def _measures(names: Sequence[str], figures: Geometry) -> tuple[Measures, ...]:
    usual = figures.usual_distance or 1.0
    return tuple(
        Measures(
            participant=name,
            norm=figures.norms[i],
            agreement=figures.agreement[i],
            nearest=min(value for j, value in enumerate(figures.distances[i]) if j != i) / usual,
            chord=None if figures.chords is None else figures.chords[i],
            share=None if figures.shares is None else figures.shares[i],
        )
        for i, name in enumerate(names)
    )
