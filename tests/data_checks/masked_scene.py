"""A masked round of which every byte that leaves a silo is kept: the store's and the chain's traffic, logs, databases.

One hospital commits and gives its readers the key of its payload, but opens nothing on chain: it drops out.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from prefect_federated.adapters.data.consented import consented_view
from prefect_federated.adapters.masking import own_note, own_seeds, session_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_payload, fetch_words, publish
from prefect_federated.blocks.stores import S3Store
from prefect_federated.core.mask_spec import Masked
from prefect_federated.core.masking.own_secrets import OwnSecrets, secrets_of
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.cast import RoundResult
from prefect_federated.flows.members import Participant
from prefect_federated.learning.update import EncodedUpdate, train_update
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.task_spec import Terms
from prefect_federated.tasks.commit import recall
from prefect_federated.tasks.listen import listen
from tests.bad_input.flaky import FlakyEndpoint, flaky_endpoint
from tests.data_checks.scene import HOSPITALS, drive, founded, logged
from tests.fakes.s3 import ACCESS_KEY, REGION, SECRET, moto_server, s3_client

LEAVER, STAYED = HOSPITALS[3], HOSPITALS[:3]


class TooLate(Participant):
    """Gives its readers the key of its payload, and is gone before it opens its commitment."""

    def reveal(self, task: int, round: int) -> None:
        party = self.silo.party
        spec = listen(party, task, round)
        sealed = recall(party, spec)
        assert sealed is not None
        publish(party.store, spec, party.account, party.sealing_key, sealed, own_note(party, spec))


@dataclass(frozen=True)
class MaskedScene:
    """The round after its end."""

    consortium: Consortium
    result: RoundResult
    log: Path
    results: Path
    store_said: list[bytes]
    endpoint: FlakyEndpoint
    s3: Any
    bucket: str

    @property
    def chain_said(self) -> list[bytes]:
        """Bodies of all requests to the chain, and of all answers."""
        return self.endpoint.heard or []

    def party(self, name: str) -> Party:
        """A hospital, the aggregator or the standby, with its keys."""
        made = {"aggregator": self.consortium.aggregator, "standby": self.consortium.standby}
        return (made.get(name) or self.consortium.members[name]).open_party()

    @property
    def spec(self) -> RoundSpec:
        """The round."""
        return listen.fn(self.party("aggregator"), self.consortium.task, 1)

    def objects(self) -> Iterator[tuple[str, bytes]]:
        """All that lies in the bucket."""
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            for found in page.get("Contents", ()):
                yield found["Key"], self.s3.get_object(Bucket=self.bucket, Key=found["Key"])["Body"].read()

    def opened_by(self, reader: str) -> dict[str, bytes]:
        """Every payload that a reader can open, in plain, by hospital."""
        party, spec, found = self.party(reader), self.spec, {}
        for name in HOSPITALS:
            own = self.party(name)
            sealed = recall(own, spec)
            assert sealed is not None
            uri = publish(own.store, spec, own.account, own.sealing_key, sealed, own_note(own, spec))  # as in the round
            place = (party.store, spec, own.account, sealed.opening, uri, party.account, party.sealing_key)
            found[name] = fetch_payload(*place, lambda pieces, most: b"".join(pieces))
        return found

    def update(self, name: str) -> EncodedUpdate:
        """A hospital's update in plain, from its rows alone."""
        silo, spec = self.consortium.members[name].open(), self.spec
        data = consented_view(silo, spec, silo.consent_record()).training_data()
        return train_update(spec, silo.party.account, self.base, data, b"")

    @property
    def base(self) -> NDArray[np.int32]:
        """The words that all trained from."""
        spec = self.spec
        return fetch_words(self.party("aggregator").store, spec, "model", spec.base_uri, spec.base_root)

    def secrets(self, name: str) -> OwnSecrets:
        """What a hospital derived from its sealing key in this round."""
        party = self.party(name)
        session = session_of(party, self.spec)
        index = next(one.index for one in session.members if one.account == party.account)
        return secrets_of(session, index, party.sealing_key.private_bytes, party.sealing_key.version)

    def pair_seeds(self, name: str) -> dict[int, bytes]:
        """Its seeds by index of the other side; its own index stands for the self seed."""
        return dict(own_seeds(self.party(name), self.spec).by_index)


def listening(heard: list[bytes]) -> Callable[[Any], Any]:
    """Something in front of a server that keeps every body, both ways."""

    def guarded(app: Any) -> Any:
        def heard_first(environ: dict[str, Any], start_response: Any) -> Any:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = BytesIO(body)
            answer = b"".join(app(environ, start_response))
            heard.extend([body, answer])
            return [answer]

        return heard_first

    return guarded


def stage_masked(stack: ExitStack, url: str, out: Path, log: Path, results: Path) -> MaskedScene:
    """Set everything up and drive one round; servers stay until the stack is closed.

    Args:
        results: where Prefect keeps what flows return.
    """
    heard = list[bytes]()
    address = stack.enter_context(moto_server(listening(heard)))
    endpoint = stack.enter_context(flaky_endpoint(url))
    endpoint.heard = []
    s3, bucket = s3_client(address), f"masked-{uuid4().hex}"  # moto has the buckets of all servers of a process
    s3.create_bucket(Bucket=bucket)
    keys = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET, "region": REGION}
    store = S3Store(bucket=bucket, endpoint_url=address, **keys)
    consortium = founded(endpoint.url, out, store, Terms(epochs=1, masking=Masked(threshold=3)))
    with logged(log):
        result = drive(consortium, {LEAVER: TooLate})
    return MaskedScene(consortium, result, log, results, heard, endpoint, s3, bucket)
