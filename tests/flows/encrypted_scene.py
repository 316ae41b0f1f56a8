"""A federation whose updates are encrypted: four hospitals, two key holders, a mailbox for what they open."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prefect_federated.adapters.aggregator import Aggregator
from prefect_federated.adapters.data.consented import consented_view
from prefect_federated.adapters.evm.rpc import connect, set_balance
from prefect_federated.adapters.mailbox import FolderMailbox, Post
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.sum_keys import own_sum_key
from prefect_federated.adapters.sum_opening import OPENED
from prefect_federated.adapters.told_openings import openings_place
from prefect_federated.blocks import EvmChain
from prefect_federated.blocks.key_holder import KeyHolder
from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.combine import Words, add
from prefect_federated.core.errors import StoreUnreachable
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.spec import TaskSpec
from prefect_federated.learning.update import train_update
from prefect_federated.scenario import consortium as scenario
from prefect_federated.scenario.accounts import make_account
from prefect_federated.scenario.consortium import PURSE_WEI, Consortium, Ground
from tests.flows import local_scene as scene
from tests.flows.conftest import Found
from tests.flows.opening_scene import sharing_mailbox

NOWHERE = "cas://sha256/" + "0d" * 32  # a place at which a store may never answer
HOLDERS = ("notary", "association")
HOSPITALS = ("hospital-a", "hospital-b", "hospital-c", "hospital-d")
ENCRYPTED = {
    "update": {"clip_norm": 50.0, "limit": 2**18},
    "enforced": {"disclosure": 0, "max_weight": 500, "max_participants": 8},
}


def encrypted_federation(found: Found, folder: Path, rounds: int = 6) -> Consortium:
    """Hospitals, aggregators, and a task in which the notary and the association open sums together."""
    original = scenario.create_task

    def with_holders(ground: Ground, chain: EvmChain) -> tuple[int, TaskSpec]:
        keys = []
        for name in HOLDERS:
            party = admitted(ground, chain, name)
            keys.append({"account": party.account, "key": "0x" + own_sum_key(party).public_bytes().hex()})
        scene.ALGORITHMS["encrypted"] = {**ENCRYPTED, "masking": {"name": "encrypted", "holders": keys}}
        return original(ground, chain)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenario, "create_task", with_holders)
        made = scene.found_with("encrypted", found, folder, rounds, hospitals=HOSPITALS)
    allowed = [made.ground.accounts[name].address for name in ("aggregator", "standby", *HOLDERS)]
    made.members.update({n: block.model_copy(update={"readers": allowed}) for n, block in made.members.items()})
    return sharing_mailbox(made, folder / "mailbox")


def admitted(ground: Ground, chain: EvmChain, name: str) -> Party:
    """A key holder that has money for gas and is registered; its account is one of the ground's from here on."""
    account = ground.accounts[name] = make_account(ground.out / "keys", ground.plot.seed, name)
    set_balance(connect(ground.url), account.address, PURSE_WEI)
    federation = chain.connect(account.signer)
    federation.register(account.signer.open_sealing_key().public_bytes)
    return holder_block(ground, chain, name).open().party


def holder_block(ground: Ground, chain: EvmChain, name: str) -> KeyHolder:
    return KeyHolder(
        label=name,
        chain=chain,
        signer=ground.accounts[name].signer,
        store=ground.store,
        mailbox=ground.out / "mailbox",
    )


def holder(consortium: Consortium, name: str) -> KeyHolder:
    return holder_block(consortium.ground, consortium.chain, name)


def due(consortium: Consortium, spec: RoundSpec, *names: str) -> Words:
    """The next model, out of the rows alone: no ciphertext."""
    updates = []
    for name in names:
        silo = scene.members(consortium)[name].silo
        data = consented_view(silo, spec, silo.consent_record()).training_data()
        update = train_update(spec, silo.party.account, scene.words_of(consortium, spec), data, b"")
        updates.append((update.weight, update.words))
    return add(scene.words_of(consortium, spec), weighted_mean(updates, d=updates[0][1].size))


def looks_random(words: Words) -> bool:
    """Whether the words fill int32, as no update within the limit does."""
    return bool(np.abs(words.astype(np.int64)).max() > 2**30)


def judged(party: Party, spec: RoundSpec) -> str:
    """What a party found wrong with the proposal that stands."""
    proposal = party.federation.round_state(spec.task).proposal_hash
    told = party.vault.recall(spec.slot(f"judged/{proposal.hex()}", party.account))
    assert told is not None
    return told.decode()


def forged(mailbox: FolderMailbox, signer: Party, holder: str, spec: RoundSpec, opening: bytes, stored: bytes) -> None:
    """A letter about a holder's opening that somebody else signed, or of which the store holds something else."""
    place, digest = signer.store.put([stored]), hashlib.sha256(opening).digest()
    letter = signer.federation.sign_release(spec.task, spec.round, holder, place, digest)
    mailbox.leave(openings_place(spec), letter.to_bytes())


def on_dead(aggregator: Aggregator) -> Aggregator:
    """The same, for whom nobody answers at one place."""
    store = Without(aggregator.party.store, {NOWHERE: StoreUnreachable("nobody answers")})
    return replace(aggregator, party=replace(aggregator.party, store=store))


def leave(mailbox: FolderMailbox, signer: Party, spec: RoundSpec, place: str, opening: bytes) -> None:
    """A holder's true letter, with a place that its signature does not cover."""
    letter = signer.federation.sign_release(
        spec.task, spec.round, signer.account, place, hashlib.sha256(opening).digest()
    )
    mailbox.leave(openings_place(spec), letter.to_bytes())


class Without:
    """A store that gives everything but some contents, of which it says why not."""

    def __init__(self, store: Any, errors: dict[str, Exception]) -> None:
        self.store, self.errors = store, errors
        self.asked = list[str]()

    def get(self, uri: str, limit: int) -> Iterator[bytes]:
        self.asked.append(uri)
        if uri in self.errors:
            raise self.errors[uri]
        return iter(self.store.get(uri, limit))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


class RolledBack(Without):
    """A store whose keeper hides what a holder kept of its opening, and nothing else."""

    def __init__(self, party: Party, spec: RoundSpec) -> None:
        super().__init__(party.store, {})
        self.hidden = party.vault._place(spec.slot(OPENED, party.account))

    def resolve(self, name: str) -> str | None:
        found: str | None = None if name == self.hidden else self.store.resolve(name)
        return found


class Shut(FolderMailbox):
    """A mailbox that does not answer."""

    def read(self, place: str) -> Post:
        raise StoreUnreachable("the folder is gone")
