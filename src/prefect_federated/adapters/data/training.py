"""Training in a silo: the round's base model and a validated view in, the encoded update out.

base words + view + noise secret + what the silo kept --train_update--> update
"""

from typing import TYPE_CHECKING

from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.adapters.personal import recall_personal
from prefect_federated.adapters.server_stepping import require_true_base
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealing import derive
from prefect_federated.learning.update import EncodedUpdate, train_update

if TYPE_CHECKING:
    from prefect_federated.adapters.data.view import ConsentView


def train_on(silo: Silo, spec: RoundSpec, view: "ConsentView") -> EncodedUpdate:
    """Train the task's plan on a view; the same silo, round and view give the same bits on the same machine.

    Raises:
        NonFiniteUpdate: training diverged.
        TrainingFailed: the plan failed on these rows.
        ConfigurationError: the plan cannot train privately, or by the task's algorithm.
        ProtocolError: the base version is not what the task's server optimiser makes; nothing is trained on it.
    """
    party = silo.party
    require_true_base(party, spec)
    base = fetch_words(party.store, spec, "model", spec.base_uri, spec.base_root)
    secret = noise_secret(party.sealing_key, spec, party.account, view.digest)
    data, personal = view.training_data(), recall_personal(party, spec)
    return train_update(spec, party.account, base, data, secret, personal, silo.machine)


def noise_secret(key: SealingKey, spec: RoundSpec, participant: str, view_digest: bytes) -> bytes:
    """32 bytes behind samples and noise of a silo in a round, which nobody without its sealing key can derive.

    They bind task, base model and rows: the same noise under two updates would fall out of their difference.
    """
    rows = spec.task_id + spec.base_root + view_digest
    return derive(key.private_bytes, "noise", spec.context(participant), key.version, rows)
