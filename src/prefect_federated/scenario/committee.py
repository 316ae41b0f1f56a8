"""The committee of a scenario: validators that each hold a part of the held-out patients, one of whom may dissent.

held-out table --dealt out by label--> one table a validator --> blocks
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.blocks.validator import Validator
from prefect_federated.learning.partition import label_skewed_split
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.adversaries import DissentingValidator
from prefect_federated.scenario.plot import Plot

if TYPE_CHECKING:
    from pandas import DataFrame

Party = Callable[[str], dict[str, object]]


def cast_validators(plot: Plot, held_out: "DataFrame", folder: Path, party: Party) -> dict[str, Validator]:
    """Write each validator's table and make its block; the last one dissents where the plot says so.

    Args:
        held_out: what the sponsor's held-out set was put together from; every validator gets its part back.
        folder: each validator keeps its table in a folder of its own in there.
        party: settings that every role's block has, by name.
    """
    if not plot.validators:
        return {}
    share = 1 / len(plot.validators)
    rows = label_skewed_split(
        held_out[breast_cancer.TARGET].to_numpy(), dict.fromkeys(plot.validators, (share, share)), plot.seed
    )
    cast: dict[str, Validator] = {}
    for name in plot.validators:
        path = folder / name / "held-out.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        held_out.iloc[rows[name]].drop(columns=breast_cancer.SUBJECT).to_csv(path, index=False)
        dissents = plot.dissents_in if name == plot.validators[-1] else 0
        settings = {**party(name), "holdout": path}
        cast[name] = DissentingValidator(**settings, dissents_in=dissents) if dissents else Validator(**settings)
    return cast
