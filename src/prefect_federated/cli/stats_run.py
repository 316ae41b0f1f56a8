"""The work of `federated stats simulate`: silos from files, one round on a chain of its own, figures side by side.

tables --> chain, contracts, grants, task --federated_round--> Summary beside the same of all rows together
"""

import math
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from prefect_federated.adapters.reading import read_past_spec, read_result
from prefect_federated.adapters.statistics import read_summary, write_files
from prefect_federated.cli.console import out as console
from prefect_federated.cli.demo_run import Say, endpoint, links, run_rounds, start_prefect
from prefect_federated.cli.draft import complete
from prefect_federated.cli.stats_draft import draft_of
from prefect_federated.cli.stats_tables import deviation, show_summary
from prefect_federated.cli.store_block import store_block
from prefect_federated.cli.tables import show_table
from prefect_federated.core.errors import ProtocolError
from prefect_federated.core.masked_numbers import FEWEST_MASKED
from prefect_federated.core.spec import TaskSpec
from prefect_federated.core.statistics.pooled import Numbers, Summary, Told
from prefect_federated.core.statistics.privacy import StatisticsPrivacy
from prefect_federated.core.statistics.query import CategoryColumn, NumberColumn, Query
from prefect_federated.flows.cast import RoundResult, Watcher
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.statistics import set_up

if TYPE_CHECKING:
    from pandas import DataFrame, Series

HOUR_S = 3600
WITHIN = "two deviations"  # of the noise, and what is rounded


@dataclass(frozen=True, slots=True)
class Run:
    """A round that was played: its answer, who is in it, and what became of the others."""

    consortium: Consortium
    result: RoundResult
    query: Query
    summary: Summary | None
    names: tuple[str, ...]  # of the silos in the answer
    files: tuple[Path, ...]

    def show(self) -> None:
        """Print the answer, the same of all rows in one place, and where the rest lies.

        Raises:
            ProtocolError: there is no answer, for too few silos stayed.
        """
        people = self.result.log.participation(self.result.notes.exclusions)
        for one in people.excluded:
            told = f"left out: {self.result.notes.name(one.participant)}, at {one.stage}: {one.reason}"
            console.print(told, markup=False, highlight=False, soft_wrap=True, style="yellow")
        if self.summary is None:
            raise ProtocolError(
                f"the round ended without an answer: {len(people.revealed)} of {len(people.expected)} silos stayed, a"
                f" round needs {self.consortium.spec.enforced.quorum}; mend what is said above of those that are left"
                " out, or give more files"
            )
        show_summary(self.summary, f"Round {self.result.log.round}")
        show_table(
            f"Beside {', '.join(self.names)} in one place",
            (
                "column",
                "figure",
                "of the round",
                "in one place",
                "apart by",
                WITHIN if self.summary.noise else "at most",
            ),
            list(self._beside(self.summary)),
        )
        look = links(self.consortium)
        for title, where in (
            ("Files", ", ".join(map(str, self.files))),
            ("Prefect", look["prefect"]),
            ("MLflow", look["mlflow"]),
        ):
            console.print(f"{title}: {where}", markup=False, highlight=False, soft_wrap=True)

    def _beside(self, summary: Summary) -> list[tuple[str, ...]]:
        import pandas

        tables, noise = self.consortium.ground.tables, summary.noise.deviation if summary.noise else 0.0
        together, rows = pandas.concat([tables[name] for name in self.names]), list[tuple[str, ...]]()
        for asked, told in zip(self.query.columns, summary.columns, strict=True):
            missing = int(together[asked.name].isna().sum())
            all_in = isinstance(asked, NumberColumn) and self.query.cells.sums == "all"
            if told.withheld and not all_in and not summary.noise:
                rows.append((told.name, "withheld", str(told.withheld), "not compared", "", ""))
                continue
            rows.append(_row(told.name, "missing", told.cells[-1], missing, 2 * noise))
            if isinstance(asked, CategoryColumn):
                rows += _categories(asked, told, together[asked.name], 2 * noise)
            elif told.numbers is not None:
                rows += _moments(asked, told.numbers, together[asked.name].dropna().to_numpy(np.float64))
        return rows


def run_statistics(
    out: Path,
    tables: "Mapping[str, DataFrame]",
    query: Query,
    masked: bool,
    say: Say,
    watch: Watcher,
    privacy: StatisticsPrivacy | None = None,
) -> Run:
    """Play one round of a query."""
    warnings.filterwarnings("ignore")
    out = out.absolute()

    def spec(store: Any, aggregator: str, standby: str) -> TaskSpec:
        draft = draft_of(
            query,
            name="statistics",
            purposes=["HMB"],
            aggregator=aggregator,
            participants=max(len(tables), FEWEST_MASKED),
            quorum=max(FEWEST_MASKED, privacy.fewest if privacy else 1) if masked else 1,
            masked=masked,
            window_s=HOUR_S,
            privacy=privacy,
        )
        draft["enforced"]["standby"] = standby
        return complete(draft, store)

    with endpoint(None, say) as url, ThreadPoolExecutor(1) as meanwhile:
        server = meanwhile.submit(start_prefect)
        consortium = set_up(url, out, store_block("local", out), tables, spec, say)
        say("starting Prefect")
        server.result()
        (result,) = run_rounds(consortium, watch)
        return _run(consortium, result, query, out)


def _run(consortium: Consortium, result: RoundResult, query: Query, out: Path) -> Run:
    if result.log.version is None:
        return Run(consortium, result, query, None, (), ())
    party = consortium.aggregator.open_party()
    summary = read_summary(party, read_past_spec(party, consortium.task, result.log.round))
    included = {one.participant for one in read_result(party, consortium.task, result.log.round).included}
    names = tuple(name for name in consortium.members if consortium.ground.accounts[name].address in included)
    return Run(consortium, result, query, summary, names, tuple(write_files(summary, out)))


def _moments(asked: NumberColumn, found: Numbers, values: Any) -> list[tuple[str, ...]]:
    """What numpy finds of the values themselves, held within the bounds."""
    if not values.size:
        return []
    held = np.clip(values, asked.minimum, asked.maximum)
    mean, spread = _within(asked, found)
    rows = [
        _row(asked.name, "mean", found.mean, float(held.mean()), mean),
        _row(asked.name, "deviation", deviation(found), float(held.std()), spread),
    ]
    for one in found.quantiles:
        true = float(np.quantile(values, one.share, method="inverted_cdf"))
        if one.value is not None and math.isfinite(one.high - one.low):
            rows.append(_row(asked.name, f"quantile {one.share:g}", one.value, true, one.high - one.low))
    return rows


def _within(asked: NumberColumn, found: Numbers) -> tuple[float, float]:
    """How far mean and deviation may be apart by rounding and two deviations of the noise, if there is some."""
    if found.errors is None or found.errors.mean is None or found.errors.variance is None:
        return found.error, found.error
    variance = 2 * found.errors.variance + 1.5 * asked.span * found.error  # sums of squares are rounded by themselves
    return 2 * found.errors.mean + found.error, variance / 2 / (deviation(found) or math.inf)


def _categories(asked: CategoryColumn, told: Told, values: "Series[Any]", most: float) -> list[tuple[str, ...]]:
    """What pandas counts."""
    found = {f"{value:g}" if isinstance(value, float) else str(value): n for value, n in values.value_counts().items()}
    return [
        _row(told.name, label, count, found.get(label, 0), most)
        for label, count in zip(asked.categories, told.cells, strict=False)
    ]


def _row(name: str, figure: str, pooled: float | None, true: float, most: float) -> tuple[str, ...]:
    if pooled is None:
        return name, figure, "not told", f"{true:g}", "", ""
    return name, figure, f"{pooled:.8g}", f"{true:.8g}", f"{abs(pooled - true):.2g}", f"{most:.2g}"
