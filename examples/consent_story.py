"""Consent as a data-protection officer would try it, from the grant to the erased record.

    .venv/bin/python examples/consent_story.py --out consent-story

three rounds (a subject leaves after the first, a grant ends) --> audit --> withdrawal, remedies --> audit --> erasure
--> audit --> MLflow lost and rebuilt --> bundle exported and verified again --> lineage.html

The rounds run as in `federated demo`. Everything after them is the command line, as anybody would type it.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from prefect_federated.scenario.consortium import Consortium

PROGRAMS = Path(sys.executable).parent
console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Officer:
    """Types commands; every one may read the same federation."""

    environment: dict[str, str]

    def types(self, *words: str, ends: int = 0) -> str:
        """Run a program of the environment, show it, and return what it printed."""
        console.print(f"\n[bold]$ {shlex.join(words)}[/]")
        command = [str(PROGRAMS / words[0]), *words[1:]]
        done = subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, text=True)
        console.print((done.stdout + done.stderr).rstrip() or "(nothing)", markup=False)
        if done.returncode != ends:
            sys.exit(f"{shlex.join(words)} ended with {done.returncode}, not with {ends}")
        return done.stdout

    def asks(self, *words: str) -> list[dict[str, object]]:
        """The JSON that a command prints, not shown."""
        command = [str(PROGRAMS / words[0]), *words[1:], "--json"]
        environment = {**os.environ, **self.environment}
        found: list[dict[str, object]] = json.loads(
            subprocess.run(command, env=environment, capture_output=True).stdout
        )
        return found


def main() -> None:
    """Tell the story."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("consent-story"), help="folder for everything it leaves")
    out = parser.parse_args().out.absolute()
    if out.exists() and any(out.iterdir()):
        parser.error(f"{out} is not empty; name another folder, or remove it")
    out.mkdir(parents=True, exist_ok=True)
    from prefect_federated.cli import quiet

    quiet.apply(out)  # before Prefect is imported
    tell(out)


def tell(out: Path) -> None:
    """Each chapter leaves what the next one looks at."""
    from prefect_federated.adapters.evm.devnet import Devnet
    from prefect_federated.blocks import LocalStore
    from prefect_federated.cli.demo_run import start_prefect
    from prefect_federated.scenario.accounts import PASSWORD
    from prefect_federated.scenario.consortium import mlflow_uri, set_up
    from prefect_federated.scenario.plot import Plot

    with Devnet.start() as devnet:
        heading("Four hospitals, four grants, one task")
        plot = Plot(rounds=3, cheats=(), data_docs=False)
        store = LocalStore(root=out / "store")
        consortium = set_up(devnet.url, out, store, plot, lambda line: console.print(f"- {line}"))
        officer = Officer(
            {
                "FEDERATED_CHAIN": devnet.url,
                "FEDERATED_DEPLOYMENT": str(out / "deployment.json"),
                "FEDERATED_STORE": f"local:{out / 'store'}",
                "FEDERATED_MLFLOW": mlflow_uri(out),
                "FEDERATED_EXPERIMENT": consortium.spec.name,
                "FEDERATED_HOME": str(out / "officer"),
                "FEDERATED_PASSWORD": PASSWORD,
                "COLUMNS": "140",
            }
        )
        start_prefect()
        rounds(consortium, officer)
        withdrawal(consortium, officer, out)
        erasure(consortium, officer, out)
        lost_mlflow(officer, out)
        bundle(officer, out)
    console.print(f"\n[bold green]The lineage is drawn in[/] {out / 'lineage.html'}")


def rounds(consortium: "Consortium", officer: Officer) -> None:
    """Three rounds, weeks apart: before the second a subject leaves, before the third a grant ends."""
    task, key = str(consortium.task), sealing_key(consortium, "hospital-a")
    play(consortium, "Round 1: everybody takes part")
    heading("One subject of hospital-a wants out")
    subject = consortium.members["hospital-a"].open().consent_record().subjects[0]
    leaver = consortium.ground.out / "leaver.txt"
    leaver.write_text(subject)  # ids go by file: a shell keeps its history
    officer.types(
        *("federated", "consent", "subjects", "remove", record(consortium, "hospital-a"), "--file", str(leaver)),
        *("--sealing-key", key, "--keystore", keystore(consortium, "hospital-a-dpo")),
    )
    leaver.unlink()
    pass_a_week(consortium)
    play(consortium, "Round 2: without that subject")
    pass_a_week(consortium)
    play(consortium, "Round 3: without hospital-d, whose grant has ended")
    officer.types("federated", "registry", "log", task)
    heading("Where does the model come from?")
    officer.types("federated", "audit", task, "--html", str(consortium.ground.out / "before.html"))
    officer.types("federated", "model", "allowed", f"{task}@1", "--purpose", "HMB", "--purpose", "NPU", ends=5)


def withdrawal(consortium: "Consortium", officer: Officer, out: Path) -> None:
    """hospital-b's data holder takes its grant back: versions wait for an answer until a steward gives one."""
    task = str(consortium.task)
    heading("The data holder of hospital-b takes its grant back")
    grant = "0x" + consortium.members["hospital-b"].open().consent_record().grant_id.hex()
    dpo = ("--keystore", keystore(consortium, "hospital-b-dpo"))
    officer.types("federated", "consent", "withdraw", grant, *dpo)
    officer.types("federated", "consent", "show", grant)
    officer.types("federated", "remedy", "list", task, "--open")
    officer.types("federated", "model", "allowed", task, "--purpose", "HMB", ends=5)
    steward = ("--keystore", keystore(consortium, "sponsor"))
    for open_ in officer.asks("federated", "remedy", "list", task, "--open"):
        officer.types(
            *("federated", "remedy", "answer", task, str(open_["version"]), "--grant", str(open_["grant"])),
            *("--action", "retrain", "--reason", "a model without these data is trained next month", *steward),
        )
    heading("The audit after it")
    officer.types("federated", "audit", task, "--html", str(out / "lineage.html"))


def erasure(consortium: "Consortium", officer: Officer, out: Path) -> None:
    """The record and its secret go; the chain still verifies, and its digests link to nothing."""
    heading("hospital-b erases its record")
    erased = record(consortium, "hospital-b")
    officer.types("federated", "consent", "erase", erased, "--yes")
    assert not Path(erased).exists()
    officer.types("federated", "audit", str(consortium.task), "--html", str(out / "lineage.html"))


def lost_mlflow(officer: Officer, out: Path) -> None:
    """MLflow is a mirror: without it nothing is lost."""
    heading("MLflow's database is gone")
    for lost in (out / "mlflow").glob("mlflow.db*"):
        lost.unlink()
    officer.types("federated", "registry", "verify", "1", ends=6)
    officer.types("federated", "registry", "verify", "1", "--repair")
    officer.types("federated", "registry", "verify", "1")


def bundle(officer: Officer, out: Path) -> None:
    """An auditor elsewhere needs Python and nothing of ours."""
    heading("A bundle for an auditor who trusts nobody")
    officer.types("federated", "audit", "1", "--export", str(out / "bundle"))
    officer.types("python", str(out / "bundle" / "verify.py"))
    receipts = out / "bundle" / "receipts.jsonl"
    honest = receipts.read_bytes()
    receipts.write_bytes(honest.replace(b"1", b"2", 1))
    officer.types("python", str(out / "bundle" / "verify.py"), ends=1)
    receipts.write_bytes(honest)


def play(consortium: "Consortium", title: str) -> None:
    """One round through the product's own flow."""
    from prefect_federated.cli.demo_run import names_of
    from prefect_federated.flows.federated_round import federated_round
    from prefect_federated.flows.heartbeat import without_heartbeat

    heading(title)
    parties = {"sponsor": consortium.sponsor, "aggregator": consortium.aggregator, "standby": consortium.standby}
    for name, block in (parties | consortium.members).items():
        block.save(name, overwrite=True)
    with without_heartbeat():
        (result,) = federated_round(
            task=consortium.task,
            sponsor="sponsor",
            aggregator="aggregator",
            standby="standby",
            members=names_of(consortium.members),
            rounds=1,
        )
    names = {account.address: name for name, account in consortium.ground.accounts.items()}
    console.print(f"{result.log.status.name}: aggregated {', '.join(names[a] for a in result.log.aggregated)}")
    for left in result.notes.exclusions.values():
        console.print(f"{names[left.participant]} is out ({left.stage}): {left.reason}")


def pass_a_week(consortium: "Consortium") -> None:
    """A development chain's time goes by as fast as one likes."""
    federation = consortium.federation()
    federation.wait_until(federation.chain_time() + consortium.ground.plot.interval_s)


def record(consortium: "Consortium", name: str) -> str:
    """Where a silo keeps its consent record."""
    return str(consortium.members[name].consent_record)


def keystore(consortium: "Consortium", name: str) -> str:
    """The key that a party signs with."""
    return str(consortium.ground.accounts[name].signer.keystore)


def sealing_key(consortium: "Consortium", name: str) -> str:
    """The key that a silo's record is encrypted to."""
    return str(consortium.ground.accounts[name].signer.sealing_key)


def heading(words: str) -> None:
    """A chapter's title."""
    console.rule(f"[bold]{words}")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
