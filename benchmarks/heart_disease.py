"""The four hospitals of UCI Heart Disease, split and scaled as FLamby's Fed-Heart-Disease does it.

CSV of each hospital --drop, one-hot, binary target--> rows --66 / 34, stratified--> train, test --scaled--> data

Each hospital's rows are scaled by its own training rows. The pooled test set has the test rows of all, scaled by all
training rows: so did FLamby measure what it published, models of hospitals' scales included.

The CSV files, each with a header row, are the "processed" ones of https://archive.ics.uci.edu/dataset/45/heart+disease
and no part of this repository: `cleveland.csv`, `hungarian.csv`, `switzerland.csv`, `va.csv` in one folder.

Source: Ogier du Terrail et al. 2022, https://arxiv.org/abs/2210.04620, and the code and result files behind it
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import train_test_split
from torch import nn

from prefect_federated.learning.plan import TrainingData
from prefect_federated.learning.torch_plan import TorchPlan

HOSPITALS = ("cleveland", "hungarian", "switzerland", "va")
FOLDER = Path(os.environ.get("FEDERATED_HEARTS", "heart-disease"))  # of the CSV files, unless --hearts names another
TARGET, UNUSED, CATEGORIES = "target", ["slope", "ca", "thal"], ["cp", "restecg"]
SPLIT_SEED, TRAIN_SHARE, TINY = 43, 0.66, 1e-9
BATCH, UPDATES, ROUNDS, POOLED_EPOCHS, POOLED_RATE = 4, 100, 15, 50, 0.001  # 486 // 4 // 4 * 50 // 100 rounds
# Of the result files of seeds 42 to 46: accuracy on the pooled test set, and mean over the hospitals' own tests; of
# either mean and standard deviation.
PUBLISHED: dict[str, tuple[float, float, float, float]] = {
    "fedavg": (0.7480, 0.0266, 0.6850, 0.0283),
    "fedprox": (0.7480, 0.0266, 0.6850, 0.0283),
    "scaffold": (0.7480, 0.0266, 0.6840, 0.0280),
    "fedadam": (0.7787, 0.0147, 0.7255, 0.0138),
    "fedyogi": (0.7787, 0.0154, 0.7314, 0.0125),
    "fedadagrad": (0.7787, 0.0154, 0.7314, 0.0125),
    "pooled": (0.7953, 0.0028, 0.7353, 0.0027),
    "cleveland alone": (0.7843, 0.0071, 0.7221, 0.0211),
    "hungarian alone": (0.7268, 0.0129, 0.6288, 0.0169),
    "switzerland alone": (0.4827, 0.0445, 0.5670, 0.0579),
    "va alone": (0.6110, 0.0394, 0.6367, 0.0386),
}


def missing(folder: Path) -> str:
    """Why the hospitals are left out: the first file that is not there, and what to do; empty if all are."""
    absent = [f"{name}.csv" for name in HOSPITALS if not (folder / f"{name}.csv").is_file()]
    return f"skipped: hearts ({folder} has no {absent[0]}; name the folder with --hearts)" if absent else ""


@dataclass(frozen=True, slots=True)
class Hearts:
    """Scaled rows: by hospital in its own scale, and all together in one."""

    train: dict[str, TrainingData]
    test: dict[str, TrainingData]
    pooled_train: TrainingData
    pooled_test: TrainingData


class Logistic(TorchPlan):
    """Logistic regression as two scores, of which the first is always 0."""

    def __init__(self, *, features: int = 13, normed: bool = False, **training: Any) -> None:
        """Set the model; `normed` puts batch normalisation before it."""
        super().__init__(**training)
        self.features, self.normed = features, normed

    def module(self) -> nn.Module:
        """One linear layer."""
        layers = [LoneNorm(self.features)] if self.normed else []
        return nn.Sequential(*layers, nn.Linear(self.features, 1), Padded())


class Padded(nn.Module):
    """The score z of the second label as scores [0, z]: cross-entropy of these is that of the sigmoid of z."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Scores [n, 2]."""
        return torch.cat((torch.zeros_like(z), z), dim=1)


class LoneNorm(nn.BatchNorm1d):
    """Batch normalisation that lets a batch of one row, which has no variance, pass by what it has seen so far."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalised [n, k]."""
        if len(x) > 1:
            return super().forward(x)
        return nn.functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)


def load(folder: Path) -> Hearts:
    """Read the four files."""
    tables = {name: _table(folder / f"{name}.csv") for name in HOSPITALS}
    whole = pd.concat(tables, names=["hospital", "row"])
    whole = pd.get_dummies(whole, columns=CATEGORIES, drop_first=True, dtype=float)
    whole = whole[[*(name for name in whole.columns if name != TARGET), TARGET]]
    parts = {name: _split(whole.loc[name]) for name in HOSPITALS}
    train, test = ({name: part[place] for name, part in parts.items()} for place in (0, 1))
    all_train, all_test = pd.concat(train), pd.concat(test)
    return Hearts(
        {name: _scaled(rows, rows) for name, rows in train.items()},
        {name: _scaled(rows, train[name]) for name, rows in test.items()},
        _scaled(all_train, all_train),
        _scaled(all_test, all_train),
    )


def _table(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path, na_values="?").drop(columns=UNUSED).dropna(axis=0).reset_index(drop=True)
    return table.assign(**{TARGET: (table[TARGET] > 0).astype(int)})


def _split(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    labels = table[TARGET]
    stratify = labels if labels.value_counts().min() > 2 else None
    train, test = train_test_split(
        np.arange(len(table)),
        test_size=1.0 - TRAIN_SHARE,
        train_size=TRAIN_SHARE,
        random_state=SPLIT_SEED,
        stratify=stratify,
    )
    return table.iloc[np.sort(train)], table.iloc[np.sort(test)]


def _scaled(rows: pd.DataFrame, by: pd.DataFrame) -> TrainingData:
    names = [name for name in rows.columns if name != TARGET]
    scaled = (rows[names] - by[names].mean()) / (by[names].std() + TINY)
    return TrainingData(scaled.assign(**{TARGET: rows[TARGET]}).reset_index(drop=True), tuple(names), TARGET)
