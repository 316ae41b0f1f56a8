"""The data of the demo: scikit-learn's bundled breast-cancer table, dealt out to four hospitals.

569 patients --label-skewed--> sponsor's held-out set + four hospitals (and two misbehaving parties),
each with another share of malignant cases
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.spec import Column, DataSpec
from prefect_federated.learning.partition import label_skewed_split
from prefect_federated.learning.plan import TrainingData

if TYPE_CHECKING:
    from pandas import DataFrame

SUBJECT = "subject"
TARGET = "benign"
HELD_OUT = "held-out"
HOSPITALS = ("hospital-a", "hospital-b", "hospital-c", "hospital-d")
# Shares of the malignant and of the benign patients; the held-out set has the mix of the whole table.
SHARES: dict[str, tuple[float, float]] = {
    HELD_OUT: (0.20, 0.20),
    "hospital-a": (0.34, 0.01),
    "hospital-b": (0.25, 0.02),
    "hospital-c": (0.02, 0.30),
    "hospital-d": (0.02, 0.45),
    "flipper": (0.15, 0.005),
    "copycat": (0.02, 0.015),
}
CLIP_NORM = 1.5  # the longest honest update of 8 seeds x 5 rounds had 1.38, the shortest of the flipper 10 x 0.25


@dataclass(frozen=True, slots=True)
class DemoData:
    """Tables (subject, 30 features, label) of the hospitals, of the two misbehaving parties, and of the sponsor."""

    hospitals: dict[str, "DataFrame"]
    misbehaving: dict[str, "DataFrame"]
    held_out: "DataFrame"


def split(seed: int = 0) -> DemoData:
    """Load and deal out the table; no patient is in two tables."""
    frame = load()
    rows = label_skewed_split(frame[TARGET].to_numpy(), SHARES, seed)
    tables = {name: frame.iloc[numbers].reset_index(drop=True) for name, numbers in rows.items()}
    held_out = tables.pop(HELD_OUT)
    hospitals = {name: tables.pop(name) for name in HOSPITALS}
    return DemoData(hospitals, tables, held_out)


def load() -> "DataFrame":
    """All 569 patients: subject id, 30 features with underscores in their names, label 0 malignant, 1 benign.

    Subjects are named subject-000001 and so on, in the table's order.

    Raises:
        ConfigurationError: scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_breast_cancer
    except ImportError as error:
        raise ConfigurationError("the demo's data need scikit-learn: pip install 'prefect-federated[demo]'") from error

    frame = load_breast_cancer(as_frame=True).frame.rename(columns={"target": TARGET})
    frame.columns = [str(name).replace(" ", "_") for name in frame.columns]
    frame.insert(0, SUBJECT, [f"subject-{number:06d}" for number in range(1, len(frame) + 1)])
    return frame


def features(frame: "DataFrame") -> tuple[str, ...]:
    """The 20 features the demo's task asks for: means and worst values, without the errors."""
    return tuple(name for name in frame.columns if str(name).startswith(("mean_", "worst_")))


def data_spec(frame: "DataFrame", min_rows: int = 20) -> DataSpec:
    """What the demo's task reads, with ranges rounded outwards to a power-of-ten step."""
    columns = tuple(_range(name, float(frame[name].min()), float(frame[name].max())) for name in features(frame))
    return DataSpec(columns=columns, target=TARGET, target_values=(0, 1), min_rows=min_rows)


def hyperparameters(reference: "DataFrame", epochs: int = 4) -> dict[str, Any]:
    """Settings of `TabularClassifier` for the demo; means and scales are those of the sponsor's own table."""
    names = features(reference)
    return {
        "means": [float(f"{reference[name].mean():.3g}") for name in names],
        "scales": [float(f"{reference[name].std():.3g}") for name in names],
        "hidden": [16],
        "epochs": epochs,
        "batch_size": 16,
        "lr": 0.1,
    }


def training_data(frame: "DataFrame") -> TrainingData:
    """A table as a plan reads it, without consent or checks: for the sponsor's held-out set and for baselines."""
    names = features(frame)
    return TrainingData(frame[[*names, TARGET]], names, TARGET)


def _range(name: str, low: float, high: float) -> Column:
    step = 10.0 ** math.ceil(math.log10(high))
    return Column(name=name, minimum=0.0 if low >= 0 else -step, maximum=step)
