"""What a region's aggregator may leave, true or false, and what a round with regions should come to."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.mailbox import FolderMailbox, place_of
from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.adapters.reading import read_result
from prefect_federated.adapters.regional import RegionalAggregator, leave_sum
from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.combine import Words
from prefect_federated.core.regional import sum_bytes
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.scenario.consortium import Consortium

Told = dict[str, Any]


def flat(consortium: Consortium, spec: RoundSpec) -> Words:
    """The mean over all single updates."""
    party = consortium.standby.open().party
    updates = gather(party, spec, party.federation.reveals(spec.task, spec.round)).updates
    return weighted_mean([(one.weight, np.asarray(one.words)) for one in updates], d=spec.spec.model.size)


def proposed(consortium: Consortium, spec: RoundSpec) -> Words:
    """The aggregate that stands."""
    party = consortium.standby.open().party
    document = read_result(party, spec.task, spec.round)
    root = party.federation.proposal(spec.task, spec.round).aggregate_root
    return fetch_words(party.store, spec, "aggregate", document.aggregate_uri, root)


def file_of(consortium: Consortium, uri: str) -> Path:
    (found,) = [p for p in (consortium.ground.out / "store").rglob(f"*{uri.rpartition('/')[2]}*") if p.is_file()]
    return found


def body_of(consortium: Consortium, spec: RoundSpec, name: str) -> Path:
    """Where a hospital's sealed update lies."""
    account = consortium.members[name].open().party.account
    reveals = consortium.federation().reveals(spec.task, spec.round)
    envelope = file_of(consortium, next(one.uri for one in reveals if one.participant == account)).read_bytes()
    return file_of(consortium, json.loads(envelope)["body"])


def honest(regional: RegionalAggregator, spec: RoundSpec) -> Told:
    """The document of a true sum, as JSON; its letter lies where nobody looks."""
    assert isinstance(regional.mailbox, FolderMailbox)
    elsewhere = FolderMailbox(regional.mailbox.root / "elsewhere")
    told = leave_sum(RegionalAggregator(regional.party, elsewhere), spec, spec.spec.regions[0])
    return dict(json.loads(told.to_bytes()))


def forge(regional: RegionalAggregator, told: Told, words: "np.ndarray[Any, np.dtype[np.int64]]") -> None:
    """Other words in place of the sum, with every hash in order."""
    content = sum_bytes(words)
    told["sum_uri"] = regional.party.store.put([content])
    told["sum_hash"] = "0x" + hashlib.sha256(content).hexdigest()


def leave(regional: RegionalAggregator, spec: RoundSpec, document: bytes) -> None:
    """Leave a letter about a document, properly signed."""
    party = regional.party
    uri, digest = party.store.put([document]), hashlib.sha256(document).digest()
    letter = party.federation.sign_region(spec.task, spec.round, "north", uri, digest)
    place = place_of(spec.chain_id, spec.coordinator, spec.task, spec.round, "region/north")
    regional.mailbox.leave(place, letter.to_bytes())
