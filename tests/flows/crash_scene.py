"""A federation whose parties live in processes of their own, each started in a fresh home, any of which may be killed.

backup (keys, data, consent record) --copied--> home --process--> chain, content store, MLflow: all that survives
"""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prefect_federated.adapters.checkpoints import CHECKPOINTS
from prefect_federated.blocks.key_holder import KeyHolder
from prefect_federated.blocks.party import PartyBlock
from prefect_federated.blocks.relayer import Relayer
from prefect_federated.blocks.silo import Silo
from prefect_federated.blocks.validator import Validator
from prefect_federated.scenario.consortium import Consortium
from tests.deployments.orchestra import environment

PATIENCE_S = 200
ROLES: dict[str, type[PartyBlock | Relayer]] = {
    "silo": Silo,
    "validator": Validator,
    "poster": Relayer,
    "holder": KeyHolder,
}
DATA = {"silo": ("data", "consent_record"), "validator": ("holdout",)}  # files that a backup holds beside the keys
Call = Callable[[Path], None]


@contextmanager
def worker(home: Path, api: str) -> Iterator[Call]:
    """Run the process that forks the players; call what it yields with a script to have it played."""
    command = [sys.executable, str(Path(__file__).with_name("crash_worker.py"))]
    env = environment(home, api, PREFECT_LOGGING_TO_API_ENABLED="false", PREFECT_LOGGING_LEVEL="ERROR")
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdin is not None

        def call(script: Path) -> None:
            print(script, file=process.stdin, flush=True)

        yield call
        process.stdin.close()


@dataclass
class Performance:
    """One process at work: its script and the homes it lives in."""

    script: Path
    homes: list[Path]

    def end(self) -> int:
        """Wait for the process; its exit status. Its homes are lost with it."""
        status = self.script.with_suffix(".status")
        wait_for(status.exists, f"the end of {self.script}")
        for home in self.homes:
            shutil.rmtree(home)
        return int(status.read_text())

    def done(self) -> dict[str, str]:
        """Wait for the process to end well; what each party did."""
        assert self.end() == 0, f"{self.script}: {self.said()}"
        found: dict[str, str] = json.loads(self.script.with_suffix(".done").read_text())
        return found

    def said(self) -> str:
        """The end of what the process wrote."""
        return self.script.with_suffix(".log").read_text()[-3000:]

    def has_opened_its_outbox(self) -> bool:
        """Whether the process has come to its first transaction."""
        return any(list((home / "outbox").glob("*")) for home in self.homes)


@dataclass
class Scene:
    """A federation and the processes of its parties."""

    consortium: Consortium
    call: Call
    folder: Path
    posters: dict[str, Relayer] = field(default_factory=dict)
    others: Mapping[str, PartyBlock] = field(default_factory=dict)
    _played: int = field(default=0)

    @property
    def silos(self) -> list[str]:
        """Names of the hospitals."""
        return list(self.consortium.members)

    def start(self, *names: str, kill_at: str = "") -> Performance:
        """Start a process that plays parties in order, each from a home just restored from its backup."""
        self._played += 1
        home = self.folder / f"{self._played:03}"
        home.mkdir(parents=True)
        parts = [self._part(name, home / name) for name in names]
        script = home / "script.json"
        script.write_text(json.dumps({"parts": parts, "task": self.consortium.task, "kill_at": kill_at}))
        self.call(script)
        return Performance(script, [home / name for name in names])

    def play(self, *names: str) -> dict[str, str]:
        """Let parties do what is due; what each did."""
        return self.start(*names).done()

    def kill(self, name: str, at: str) -> None:
        """Let a party start and die by SIGKILL at a checkpoint."""
        assert at in CHECKPOINTS, f"{at} is no checkpoint"
        performance = self.start(name, kill_at=at)
        status = performance.end()
        assert status == -signal.SIGKILL, f"{name} ended with {status} instead of dying at {at}: {performance.said()}"

    def open_round(self) -> int:
        """Let the sponsor open the next round; its number."""
        federation = self.consortium.federation("sponsor")
        federation.open_round(self.consortium.task)
        return federation.round_state(self.consortium.task).round

    def pass_deadline(self) -> None:
        """Move the chain's clock past the deadline of the phase."""
        federation = self.consortium.federation()
        federation.wait_until(federation.round_state(self.consortium.task).deadline + 1)

    def _part(self, name: str, home: Path) -> dict[str, Any]:
        others = {**self.consortium.members, **self.consortium.validators, **self.posters, **self.others}
        block: PartyBlock | Relayer = others.get(name) or self.consortium.aggregator
        role = next((role for role, kind in ROLES.items() if isinstance(block, kind)), "aggregator")
        settings = block.model_dump(mode="json", context={"include_secrets": True})
        home.mkdir()
        settings["signer"].update(_restored(settings["signer"], home, "keystore", "sealing_key"), home=str(home))
        settings.update(_restored(settings, home, *DATA.get(role, ())))
        return {"role": role, "settings": settings}


def _restored(settings: dict[str, Any], home: Path, *fields: str) -> dict[str, str]:
    return {name: str(shutil.copy(settings[name], home)) for name in fields}


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Wait until a condition holds."""
    patience = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < patience, f"{what} did not come within {PATIENCE_S} s"
        time.sleep(0.01)
