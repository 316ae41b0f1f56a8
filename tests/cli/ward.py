"""A ward whose data protection officer gives consent by command: template, data, record, and what the chain shows."""

import gzip
import json
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from click.testing import Result

from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.record_file import read_record
from prefect_federated.core.consent import ConsentRecord
from tests.cli.conftest import PASSWORD, Cli, Party, SmallFederation

COLUMNS = ("age-at-diagnosis", "hiv-status", "relapsed-twice")
SUBJECTS = tuple(f"patient-{number:04d}-lane" for number in range(9))


@dataclass
class Ward:
    """The holder is silo-0; anybody else may carry what it signed."""

    cli: Cli
    federation: SmallFederation
    folder: Path
    codes: tuple[str, ...] = ("HMB", "NPU")

    def set_up(self) -> "Ward":
        self.folder.mkdir()
        rows = [f"{subject},{30 + row},0,{row % 2}" for row, subject in enumerate(SUBJECTS)]
        (self.folder / "data.csv").write_text("\n".join([",".join(("subject", *COLUMNS)), *rows]) + "\n")
        (self.folder / "template.json").write_text(self.cli("consent", "template").stdout)
        return self

    @property
    def holder(self) -> Party:
        return self.federation.parties["silo-0"]

    @property
    def record_file(self) -> Path:
        return self.folder / "consent.sealed"

    @property
    def key(self) -> list[str]:
        return ["--sealing-key", str(self.holder.sealing_key)]

    def record(self) -> ConsentRecord:
        return read_record(self.record_file, SealingKey.load(self.holder.sealing_key, PASSWORD))

    def run(self, *arguments: object, by: str = "") -> Result:
        """A consent command, signed by a party if one is named."""
        signer = self.federation.parties[by].options if by else []
        return self.cli("consent", *map(str, arguments), *signer)

    def on_chain(self, *arguments: object, by: str = "") -> Result:
        return self.run(*arguments, *self.federation.options, by=by)

    def draft(self, *more: object) -> Result:
        named = ["--silo", self.holder.address, "--holder", self.holder.address]
        files = ["--template", self.folder / "template.json", "--data", self.folder / "data.csv"]
        codes = [word for code in self.codes for word in ("--code", code)]
        return self.on_chain("draft", self.record_file, *named, *files, *codes, *self.key, *more)

    def granted(self) -> bytes:
        """Draft and grant; returns the grant's id."""
        for result in (
            self.draft(),
            self.on_chain("grant", self.record_file, *self.key, "--submit", by="silo-0"),
        ):
            assert result.exit_code == 0, result.output
        return self.record().grant_id

    def chain_dump(self) -> bytes:
        """All that the chain was ever told and what it said: transactions, logs, and its state where it gives that."""
        w3 = self.federation.w3
        blocks = [w3.eth.get_block(number, True) for number in range(w3.eth.block_number + 1)]
        logs = [w3.eth.get_logs({"fromBlock": block["number"], "toBlock": block["number"]}) for block in blocks]
        told = "".join(w3.to_json(one) for one in (*blocks, *(log for found in logs for log in found)))
        packed = bytes.fromhex(_state(str(w3.provider.endpoint_uri))[2:])
        return told.lower().encode() + (gzip.decompress(packed).lower() if packed else b"")


def _state(url: str) -> str:
    """What anvil keeps, as hex; 0x of another node. The product's provider would refuse so long an answer."""
    asked = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "anvil_dumpState", "params": []}).encode()
    request = urllib.request.Request(url, asked, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return str(json.load(reply).get("result", "0x"))
