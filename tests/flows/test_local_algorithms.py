"""Rounds on a chain by the algorithms of a task's `local` section: the numbers are those of one process without one.

What a silo keeps is the right state after a void, a rollback, a death, in an audit, and nobody else's.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save

from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.adapters.data.consented import consented_view
from prefect_federated.adapters.data.training import train_on
from prefect_federated.adapters.mirroring import made_before, package
from prefect_federated.adapters.mlflow.loader import load_weights
from prefect_federated.adapters.mlflow.package import write_weights
from prefect_federated.adapters.personal import recall_personal
from prefect_federated.adapters.reading import read_past_spec, read_result
from prefect_federated.adapters.step_check import Wrong
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.errors import ProtocolError
from prefect_federated.learning.algorithms.plain import NOTHING
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.tasks.judge import judge
from tests.flows import local_scene as scene
from tests.flows.conftest import HOSPITALS, Found
from tests.flows.crash_scene import Scene, worker
from tests.flows.lies import propose, word_of_the_model

KEEPING = ("scaffold", "fedbn")


@pytest.fixture(params=KEEPING)
def consortium(
    request: pytest.FixtureRequest, found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Consortium]:
    """Three hospitals under an algorithm that keeps something at home, with no round played."""
    yield scene.found_with(request.param, found, tmp_path_factory.mktemp(request.param))


def test_rounds_train_from_what_belongs_to_their_base_version(consortium: Consortium, tmp_path: Path) -> None:
    kept: scene.Kept = {}
    states = []
    for number in range(4):
        if number == 1:  # silos train, and keep something that belongs to no version
            void = scene.voided(consortium)
            assert consortium.federation().versions(void.task)[-1].number == 1
            continue
        spec = scene.play(consortium)
        words, kept = scene.expected(consortium, spec, kept)
        assert (scene.head_words(consortium, spec) == words).all()
        states.append(kept)
    first, second, last = states
    assert all(not scene.same(first[name], last[name]) for name in HOSPITALS)

    for round in (1, 3, 4):  # rows and old state lead to what was committed, long after
        silo = scene.members(consortium)[HOSPITALS[1]].silo
        found = audit_with_data(silo, spec.task, round, retrain=True)
        assert [finding.what for finding in found if not finding.holds] == [] and found[-1].what == "update"

    versions = consortium.federation().versions(spec.task)
    consortium.federation("sponsor").rollback(spec.task, [versions[3], versions[2]])
    spec = scene.opened(consortium)
    for name, member in scene.members(consortium).items():
        assert scene.same(recall_personal(member.silo.party, spec), second[name]), "that of the version restored"

    assert_model_alone(consortium, tmp_path)
    assert_sealed(consortium, last)
    assert_lost_state_is_told(consortium)


def test_silo_that_was_left_out_of_a_version_goes_on_from_the_one_before(
    found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Else the mean of all control variates would no longer be the server's."""
    consortium = scene.found_with("scaffold", found, tmp_path_factory.mktemp("scaffold"), quorum=2)
    spec = scene.play(consortium)
    _, first = scene.expected(consortium, spec, {})
    spec = scene.opened(consortium)
    members = scene.members(consortium)
    for member in members.values():
        member.commit(spec.task, spec.round)
    silent, *others = HOSPITALS
    for name in others:
        members[name].reveal(spec.task, spec.round)
    scene.pass_deadline(consortium)
    scene.conclude(consortium, spec)
    _, second = scene.expected(consortium, spec, first)
    head = consortium.federation().versions(spec.task)[-1]
    assert head.round == spec.round
    following = replace(spec, round=spec.round + 1, base_version=head.version_hash)
    for name, right in ((silent, first), *((name, second) for name in others)):
        assert scene.same(recall_personal(members[name].silo.party, following), right[name])


def assert_model_alone(consortium: Consortium, folder: Path) -> None:
    """What MLflow is given is a model that loads and predicts, with nothing beside it; and rounds measured it."""
    party, spec = consortium.aggregator.open().party, read_past_spec(consortium.aggregator.open().party, 1, 4)
    version = party.federation.versions(1)[3]
    packaged = package(party, spec, made_before(party, spec, version), version)
    assert list(packaged.tensors) == [tensor.name for tensor in spec.spec.model_tensors]
    assert not [name for name in packaged.tensors if "control" in name or "running" in name]
    loaded = load_weights(write_weights(packaged, folder / "weights"))
    labels = loaded.predict(pd.DataFrame(np.zeros((3, len(packaged.columns))), columns=list(packaged.columns)))
    assert set(np.asarray(labels)) <= {0, 1} and len(labels) == 3
    assert {"loss", "accuracy"} <= set(read_result(party, 1, 4).metrics)


def assert_sealed(consortium: Consortium, kept: scene.Kept) -> None:
    """No file of the shared store shows what a silo kept, and another silo finds nothing under its own key."""
    store = b"".join(path.read_bytes() for path in (consortium.ground.out / "store").rglob("*") if path.is_file())
    for own in kept.values():
        plain = save(dict(own))
        assert plain[-16:] not in store and all(name.encode() + b'":{"dtype' not in store for name in own)
    one, other = (scene.members(consortium)[name].silo.party for name in HOSPITALS[:2])
    spec = read_past_spec(one, 1, 4)
    opening = one.vault.recall(spec.slot("opening", one.account))
    assert opening is not None
    slot = f"{spec.slot('personal', one.account)}/{json.loads(opening)['attempt']}"
    assert one.vault.recall(slot) is not None and other.vault.recall(slot) is None


def assert_lost_state_is_told(consortium: Consortium) -> None:
    """A silo whose sealed body is gone trains as if it was new, and a line says so."""
    member = scene.members(consortium)[HOSPITALS[0]]
    party = member.silo.party
    past = read_past_spec(party, 1, 3)
    opening = party.vault.recall(past.slot("opening", party.account))
    assert opening is not None
    place = party.vault.recall(f"{past.slot('personal', party.account)}/{json.loads(opening)['attempt']}")
    assert place is not None
    body = json.loads(place)["body"].rpartition("/")[2]
    (file,) = [path for path in (consortium.ground.out / "store").rglob(f"*{body}*") if path.is_file()]
    file.unlink()
    spec = read_past_spec(party, 1, 5)
    lines = Lines()
    logging.getLogger("prefect_federated.adapters.personal").addHandler(lines)
    view = consented_view(member.silo, spec, member.silo.consent_record())
    assert train_on(member.silo, spec, view).words.size == spec.spec.model.size
    (line,) = lines.told
    assert (
        "round 1/5: what hospital-a kept of round 3 cannot be had" in line and "starts from the initial state" in line
    )
    assert recall_personal(party, spec) == NOTHING


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", KEEPING)
def test_silo_killed_and_restarted_in_an_empty_home_ends_with_the_same_model(
    algorithm: str, found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    consortium = scene.found_with(algorithm, found, tmp_path_factory.mktemp(algorithm))
    with worker(tmp_path_factory.mktemp("worker"), prefect_api) as call:
        playing = Scene(consortium, call, tmp_path_factory.mktemp("homes"))
        kept: scene.Kept = {}
        for _ in range(2):
            playing.open_round()
            for point in ("trained", "sealed", "committed"):
                playing.kill(HOSPITALS[0], f"participant:{point}")
            playing.play(*HOSPITALS)
            playing.play(*HOSPITALS)
            playing.play("aggregator")
            playing.pass_deadline()
            playing.play("aggregator", *HOSPITALS)
            spec = read_past_spec(consortium.aggregator.open().party, consortium.task, last_round(consortium))
            words, kept = scene.expected(consortium, spec, kept)
            assert (scene.head_words(consortium, spec) == words).all()


def last_round(consortium: Consortium) -> int:
    return int(consortium.federation().round_state(consortium.task).round)


@pytest.fixture
def nova(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """Three hospitals under FedNova."""
    yield scene.found_with("fednova", found, tmp_path_factory.mktemp("fednova"))


def test_normalised_rounds_are_recomputed_by_anybody(nova: Consortium) -> None:
    for _ in range(2):
        spec = scene.play(nova)
        base, head = scene.words_of(nova, spec), scene.head_words(nova, spec)
        assert base[-1] == head[-1] == 0 and (base != head).any()
        (provable, _), party = scene.expected(nova, spec, {}), nova.standby.open().party
        units = provable[-1] / 2**16
        moved = np.rint((provable[:-1].astype(np.int64) - base[:-1]) * units)
        assert (head[:-1] - base[:-1] == moved).all() and units != 1.0
        assert not verify_proposal(party, spec).findings


def test_nobody_builds_on_a_false_normalised_step(nova: Consortium) -> None:
    spec = scene.revealed(nova)
    propose(nova, spec, word_of_the_model)
    verification = judge(nova.standby.open().party, spec)
    (finding,) = verification.findings
    assert finding.wrong is Wrong.OPTIMIZER and "by fednova it is" in finding.detail
    assert verification.provable == ()
    scene.pass_deadline(nova)
    scene.settle(nova.aggregator.open(), spec)
    scene.pass_deadline(nova)
    with pytest.raises(ProtocolError, match=r"the model of version 1 .* fednova makes .* roll back to version 0"):
        scene.revealed(nova)
