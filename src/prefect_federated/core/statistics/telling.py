"""An answer as JSON values, as rows of a table, and as metrics: one Summary, told three ways.

Summary --as_json--> one object    --cell_rows--> one row a cell    --metrics_of--> one number a name

What is only of a round with noise (its deviation, standard errors) is in none without.
"""

import math
import re
from dataclasses import asdict
from typing import Any

from prefect_federated.core.epsilon import epsilon_json
from prefect_federated.core.statistics.pooled import Numbers, Quantile, Summary, Told

HEADER = ("column", "cell", "rows")
NOISE = "noise"  # a column more where there is some: standard deviation of it, rows


def header_of(summary: Summary) -> tuple[str, ...]:
    """Names of what `cell_rows` gives."""
    return (*HEADER, NOISE) if summary.noise else HEADER


def as_json(summary: Summary) -> dict[str, Any]:
    """The answer with stable names; an edge beyond the bounds is None, and so is a cell that is withheld."""
    columns = [
        {
            "name": told.name,
            "cells": [{"cell": label, "rows": count} for label, count in zip(told.labels, told.cells, strict=True)],
            "withheld": told.withheld,
            **(_numbers(told.numbers) if told.numbers else {}),
        }
        for told in summary.columns
    ]
    noise = {"noise": asdict(summary.noise) | {"epsilon": epsilon_json(summary.noise.epsilon)}} if summary.noise else {}
    return {"silos": summary.silos, "rows": summary.rows, **noise, "columns": columns}


def cell_rows(summary: Summary) -> list[tuple[str, ...]]:
    """Every cell under `header_of`, the withheld total of a column last; a withheld cell is empty."""
    rows = list[tuple[str, ...]]()
    for told in summary.columns:
        for label, count in zip(told.labels, told.cells, strict=True):
            rows.append((told.name, label, *_counted(summary, count, 1)))
        rows.append((told.name, "withheld", *_counted(summary, told.withheld, told.cells.count(None))))
    return rows


def _counted(summary: Summary, count: float | None, cells: int) -> tuple[str, ...]:
    """A number of rows as text and, under noise, the deviation of so many cells together."""
    text = "" if count is None else str(count)
    if summary.noise is None:
        return (text,)
    return text, "" if count is None else f"{summary.noise.deviation * math.sqrt(cells):.6g}"


def metrics_of(summary: Summary) -> dict[str, float]:
    """What MLflow shows of a round: totals, and of each column of numbers its moments and quantiles."""
    metrics = {"silos": float(summary.silos), "rows": float(summary.rows)}
    if summary.noise is not None:
        epsilon = summary.noise.epsilon
        metrics |= {"noise": summary.noise.deviation} | ({"epsilon": epsilon} if math.isfinite(epsilon) else {})
    for told in summary.columns:
        for name, value in _metrics(told).items():
            if value is not None and math.isfinite(value):
                metrics[_free(f"{_plain(told.name)}/{name}", metrics)] = float(value)
    return metrics


def _metrics(told: Told) -> dict[str, float | None]:
    shared: dict[str, float | None] = {"missing": told.cells[-1], "withheld": told.withheld}
    if told.numbers is None:
        return shared
    numbers = told.numbers
    moments = {"counted": numbers.counted, "mean": numbers.mean, "variance": numbers.variance}
    if numbers.errors is not None:
        moments |= {f"{name}_standard_error": error for name, error in asdict(numbers.errors).items()}
    return {**shared, **moments, **{f"quantile_{one.share:g}": one.value for one in numbers.quantiles}}


def _plain(name: str) -> str:
    """Without what MLflow takes in no name."""
    return re.sub(r"[^\w.: -]", "_", name, flags=re.ASCII)


def _free(name: str, taken: dict[str, float]) -> str:
    """Two columns may have one plain name."""
    while name in taken:
        name += "_"
    return name


def _numbers(numbers: Numbers) -> dict[str, Any]:
    found = {**asdict(numbers), "quantiles": [_quantile(one) for one in numbers.quantiles]}
    errors = found.pop("errors")
    return found if errors is None else {**found, "standard_errors": errors}


def _quantile(one: Quantile) -> dict[str, float | None]:
    bounds = {name: edge if math.isfinite(edge) else None for name, edge in (("low", one.low), ("high", one.high))}
    return {"share": one.share, "value": one.value, **bounds}
