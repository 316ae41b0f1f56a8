"""A masked round that hides whole silos: the noise is split among them, and the sum has exactly all of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.adapters.data.consented import consented_view
from prefect_federated.adapters.data.training import noise_secret
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.core.aggregation.two_tiers import mean_of_sums
from prefect_federated.core.combine import add
from prefect_federated.core.errors import ProtocolError
from prefect_federated.core.participant_privacy import ParticipantPrivacy, part_of_sum
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.learning.update import EncodedUpdate, train_update
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.exact_sum import Witness
from tests.flows import local_scene as scene
from tests.flows.conftest import Found
from tests.flows.test_masked import HOSPITALS, STEPS, do


@pytest.fixture
def consortium(found: Found, prefect_api: str, tmp_path: Path) -> Consortium:
    """Four hospitals whose updates are masked, and hidden by noise that each adds a part of."""
    return scene.found_with("masked and hidden", found, tmp_path, rounds=2, hospitals=HOSPITALS)


def own(consortium: Consortium, spec: RoundSpec, name: str) -> EncodedUpdate:
    """A silo's update and its part of the noise, as the silo itself can make them again."""
    silo = scene.members(consortium)[name].silo
    view = consented_view(silo, spec, silo.consent_record())
    secret = noise_secret(silo.party.sealing_key, spec, silo.party.account, view.digest)
    return train_update(spec, silo.party.account, scene.words_of(consortium, spec), view.training_data(), secret)


def test_the_sum_has_every_survivors_part_of_the_noise(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS[:2]:
        do(consortium, spec, step)
    stay = HOSPITALS[:3]
    do(consortium, spec, "reveal", *stay)
    do(consortium, spec, "unmask", *stay, last=True)
    updates = [own(consortium, spec, name) for name in stay]
    noise = sum(update.noise for update in updates if update.noise is not None)
    plain = sum(update.weight * update.words.astype(np.int64) for update in updates)
    expected = mean_of_sums([plain + noise], sum(update.weight for update in updates))
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == add(scene.words_of(consortium, spec), expected)).all()
    witnesses_compare(consortium, spec, dict(zip(stay, updates, strict=True)))
    privacy = spec.spec.privacy
    assert isinstance(privacy, ParticipantPrivacy)
    part = part_of_sum(privacy, spec.spec.model.frac_bits, spec.spec.enforced.max_weight)
    assert abs(np.std(noise) / (part * np.sqrt(3)) - 1) < 0.3, "a few hundred numbers say no more"
    spent = [one.args["cost"] for one in consortium.federation().events(spec.task, names=("PrivacySpent",))]
    assert len(spent) == len(HOSPITALS) and set(spent) == {spec.spec.enforced.privacy_floor}
    found = audit_with_data(scene.members(consortium)[stay[0]].silo, spec.task, spec.round, retrain=True)
    assert [finding.what for finding in found if not finding.holds] == []


def witnesses_compare(consortium: Consortium, spec: RoundSpec, updates: dict[str, EncodedUpdate]) -> None:
    """What settled is the sum of what was heard, noise and all, and of nothing else."""
    party, log = consortium.standby.open().party, read_round_log(consortium.federation(), spec.task, spec.round)

    def witness_of(heard: dict[str, EncodedUpdate]) -> Witness:
        witness = Witness()
        for name, update in heard.items():
            witness(spec, consortium.ground.accounts[name].address, update)
        witness.compare(party, log)
        return witness

    witness_of(updates).require_exact()
    name, update = next(iter(updates.items()))
    silent = replace(update, noise=None)
    assert witness_of(updates).exact == {spec.round: True}
    with pytest.raises(ProtocolError, match="of the 3 updates in it, as they were before they were masked, it is"):
        witness_of(updates | {name: silent}).require_exact()
    with pytest.raises(ProtocolError, match="is in the aggregate, and this process did not hear its update"):
        witness_of({one: update for one, update in updates.items() if one != name})
