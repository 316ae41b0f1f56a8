"""The work of a simulation: start a chain, set everybody up, run the rounds, take stock, write it all down."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from prefect_federated.cli.demo_run import Say, endpoint, start_prefect
from prefect_federated.core.report import Report
from prefect_federated.flows.cast import Watcher
from prefect_federated.flows.heartbeat import without_heartbeat
from prefect_federated.scenario.exact_sum import Witness
from prefect_federated.scenario.money import snapshot
from prefect_federated.scenario.reporting import write_report
from prefect_federated.scenario.simulation.options import Options
from prefect_federated.scenario.simulation.plots import draw_plots
from prefect_federated.scenario.simulation.reporting import build_report, claim_all, log_run
from prefect_federated.scenario.simulation.running import run_rounds
from prefect_federated.scenario.simulation.stopwatch import Stopwatch
from prefect_federated.scenario.simulation.tables import deal
from prefect_federated.scenario.simulation.town import Town, names_of, set_up


def run_simulation(out: Path, options: Options, say: Say, watch: Watcher, chain: str | None = None) -> Report:
    """Run the whole simulation; returns the report that was written.

    Args:
        chain: endpoint of a running development chain; None starts one that ends with the run.

    Raises:
        ProtocolError: a masked round settled another sum than that of the updates in it.
    """
    warnings.filterwarnings("ignore")
    out, timed, witness = out.absolute(), Stopwatch(watch), Witness()
    say("dealing out the data")
    dealt = deal(options, names_of(options))
    with endpoint(chain, say) as url, ThreadPoolExecutor(1) as meanwhile:
        server = meanwhile.submit(start_prefect)
        town = set_up(url, out, options, dealt, say)
        before = snapshot(town.federation, town.accounts)
        say("starting Prefect")
        _get_ready(town)
        server.result()
        with without_heartbeat():
            results = run_rounds(town, options, timed, witness)
        timed.stop()
        say("claiming rewards")
        claim_all(town)
        say("taking stock")
        report = build_report(town, options, results, before, timed, witness.exact)
    path = write_report(report, out, witness)
    log_run(town, report, [path, *draw_plots(report, out / "plots")])
    return report


def _get_ready(town: Town) -> None:
    """Load and open what the first round would wait for, while Prefect's server starts."""
    import great_expectations  # noqa: F401

    if town.aggregator.mirror is not None:
        with town.aggregator.mirror.connected():
            pass
