"""A silo at work: a participant with data, consent records and a policy of its own."""

import json
from dataclasses import dataclass
from pathlib import Path

from prefect_federated.adapters.data.gx_suite import DataChecks
from prefect_federated.adapters.data.sources import DataSource
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party
from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.errors import ConfigurationError, ConsentError
from prefect_federated.core.policy import Policy
from prefect_federated.core.relaying import leaves_letter


@dataclass(frozen=True, slots=True)
class Silo:
    """What the participant flow works with; its data never leave it."""

    party: Party
    source: DataSource
    subject_column: str
    records: Path
    policy: Policy
    checks: DataChecks
    commit_by: str = "direct"
    mailbox: Mailbox | None = None
    suite: Path | None = None  # expectations of the silo's own, approved by hash in the policy

    def relays(self, task: int) -> Mailbox | None:
        """The mailbox, where the next step of a round is to be left there now; None where it is to be sent."""
        if self.commit_by == "direct":
            return None
        federation = self.party.federation
        state, enforced = federation.round_state(task), federation.task_of(task).enforced
        allowed = enforced.rolled if self.commit_by == "rolled" else enforced.relayed
        leaves = leaves_letter(state, federation.chain_time(), self.commit_by, allowed)
        return self.mailbox if leaves else None

    def consent_record(self) -> ConsentRecord:
        """The silo's current consent record, read afresh, since subjects withdraw at any time.

        Raises:
            ConsentError: there is none.
            ConfigurationError: it cannot be read.
        """
        return read_record(self.records)


def read_record(path: Path) -> ConsentRecord:
    """Read a consent record file: JSON with grant_id, secret (0x-hex), columns, subjects."""
    if not path.exists():
        raise ConsentError(f"no consent record at {path}; ask the data holder for a grant and keep its record there")
    try:
        raw = json.loads(path.read_text())
        grant_id, secret = (bytes.fromhex(raw[name].removeprefix("0x")) for name in ("grant_id", "secret"))
        if len(grant_id) != 32:
            raise ValueError(f"a grant id has 32 bytes, this one {len(grant_id)}")
        return ConsentRecord(grant_id, secret, _texts(raw["columns"]), _texts(raw["subjects"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"consent record {path} cannot be read ({type(error).__name__}); restore it from the data holder's:"
            " JSON with grant_id (32 bytes, 0x-hex), secret, columns and subjects (lists of texts)"
        ) from error


def _texts(values: object) -> tuple[str, ...]:
    """Names as text: a subject 17 and a subject "17" would have different tags."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("columns and subjects are lists of texts")
    return tuple(values)


def write_record(path: Path, record: ConsentRecord) -> None:
    """Write a consent record so that only its owner may read it, replacing the file as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = {
        "grant_id": "0x" + record.grant_id.hex(),
        "secret": "0x" + record.secret.hex(),
        "columns": list(record.columns),
        "subjects": list(record.subjects),
    }
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(body, indent=1))
    fresh.replace(path)
