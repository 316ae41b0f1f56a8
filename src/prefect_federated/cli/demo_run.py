"""The demo's work: start a chain, set the consortium up, run the product's own flow, measure, report."""

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.context import SyncClientContext

from prefect_federated.adapters.data.data_docs import DataDocs
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.rpc import connect
from prefect_federated.blocks.party import PartyBlock
from prefect_federated.cli.store_block import store_block
from prefect_federated.core.report import Report
from prefect_federated.flows.cast import WATCHER, RoundResult, Watcher
from prefect_federated.flows.federated_round import federated_round
from prefect_federated.flows.heartbeat import without_heartbeat
from prefect_federated.scenario.appeal import Appeal, hear_appeals
from prefect_federated.scenario.consortium import Consortium, mlflow_uri, set_up
from prefect_federated.scenario.exact_sum import Witness
from prefect_federated.scenario.money import balance_sheet, snapshot
from prefect_federated.scenario.plot import Plot
from prefect_federated.scenario.reporting import build_report, measure_baselines, write_report
from prefect_federated.scenario.witnessed import WITNESS
from prefect_federated.tasks.settle import claim

Say = Callable[[str], None]


def run_demo(out: Path, plot: Plot, chain: str | None, store: str, say: Say, watch: Watcher) -> Report:
    """Run the whole demo; returns the report that was written.

    Raises:
        ProtocolError: a masked round settled another sum than that of the updates in it.
    """
    warnings.filterwarnings("ignore")
    out, witness = out.absolute(), Witness()
    with endpoint(chain, say) as url, ThreadPoolExecutor(1) as meanwhile:
        server = meanwhile.submit(start_prefect)
        consortium = set_up(url, out, store_block(store, out), plot, say)
        accounts = {name: account.address for name, account in consortium.ground.accounts.items()}
        federation = consortium.federation()
        before = snapshot(federation, accounts)
        say("starting Prefect")
        server.result()
        results = run_rounds(consortium, watch, witness)
        reader = consortium.standby.open_party()
        for result in results:
            witness.compare(reader, result.log)
        say("claiming rewards")
        claim_all(consortium)
        say("hearing an appeal")
        appeals = hear_appeals(consortium)
        after = snapshot(federation, accounts)
        slashed = total_slashed(results, appeals)
        say("measuring baselines")
        report = build_report(
            consortium,
            results,
            appeals,
            balance_sheet(federation, accounts, before, after, slashed),
            measure_baselines(consortium, plot.rounds),
            links(consortium),
            witness.exact,
        )
    write_report(report, out, witness)
    return report


def start_prefect() -> None:
    """Start Prefect's own server, which takes some ten seconds; whoever asks for a client later finds it running."""
    with get_client(sync_client=True) as client:
        client.hello()


def run_rounds(consortium: Consortium, watch: Watcher, witness: Witness | None = None) -> list[RoundResult]:
    """Save the blocks and run the `federated_round` flow on them; a witness hears updates that are then masked."""
    with SyncClientContext.get_or_create():  # one client for all requests
        consortium.sponsor.save("sponsor", overwrite=True)
        consortium.aggregator.save("aggregator", overwrite=True)
        consortium.standby.save("standby", overwrite=True)
        for name, block in (consortium.members | consortium.validators).items():
            block.save(name, overwrite=True)
    tokens = WATCHER.set(watch), WITNESS.set(witness)
    try:
        with without_heartbeat():
            return federated_round(
                task=consortium.task,
                sponsor="sponsor",
                aggregator=f"{consortium.aggregator.get_block_type_slug()}/aggregator",
                standby="standby",
                members=names_of(consortium.members),
                validators=names_of(consortium.validators),
                rounds=consortium.ground.plot.rounds,
                interval_s=consortium.ground.plot.interval_s,
            )
    finally:
        WATCHER.reset(tokens[0])
        WITNESS.reset(tokens[1])


def names_of(blocks: Mapping[str, PartyBlock]) -> list[str]:
    """Blocks as `federated_round` wants them named, whatever kind they are of."""
    return [f"{block.get_block_type_slug()}/{name}" for name, block in blocks.items()]


def claim_all(consortium: Consortium) -> None:
    """Everybody fetches what it earned, the standby also what its proofs did."""
    standby = consortium.standby.open_party()
    members = [block.open_party() for block in (consortium.members | consortium.validators).values()]
    for party in (consortium.aggregator.open_party(), standby, *members):
        claim.fn(party, consortium.task)
    if standby.federation.bounty_of(standby.account):
        standby.federation.collect_bounty(standby.account)


def total_slashed(results: list[RoundResult], appeals: list[Appeal]) -> dict[str, int]:
    """Bonds forfeited in all rounds, and deposits of rejected appeals, by account, wei."""
    taken: dict[str, int] = {}
    for result in results:
        for account, amount in result.log.slashed.items():
            taken[account] = taken.get(account, 0) + amount
    for appeal in appeals:
        taken[appeal.account] = taken.get(appeal.account, 0) + appeal.forfeited
    return taken


@contextmanager
def endpoint(chain: str | None, say: Say) -> Iterator[str]:
    """The chain that was named, or one of our own for as long as the run lasts."""
    if chain is not None:
        connect(chain)  # a dead one is named before anything else is started
        yield chain
        return
    say("starting a chain")
    with Devnet.start() as devnet:
        yield devnet.url


def links(consortium: Consortium) -> dict[str, str]:
    """Commands and pages that show what the run left behind."""
    out, programs = consortium.ground.out.absolute(), Path(sys.executable).parent
    docs = {
        f"data_docs_{name}": str(DataDocs(block.data_docs).index)
        for name, block in consortium.members.items()
        if block.data_docs is not None and DataDocs(block.data_docs).index.exists()
    }
    return {
        "prefect": f"PREFECT_HOME={out / 'prefect'} {programs / 'prefect'} server start",
        "mlflow": f"{programs / 'mlflow'} ui --backend-store-uri {mlflow_uri(out)}",
        "deployment": str(out / "deployment.json"),
        "report": str(out / "report.json"),
        **docs,
    }
