"""A round of a task with privacy: trained with noise, told without measurements, trained again to the same bits."""

from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.adapters.data.consented import consented_view
from prefect_federated.adapters.data.training import train_on
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedOpening
from tests.data_checks.scene import HONEST, REWRITER, Scene


def opening(scene: Scene, name: str, spec: RoundSpec) -> bytes:
    party = scene.consortium.members[name].open().party
    kept = party.vault.recall(spec.slot("opening", party.account))
    assert kept is not None
    return kept


def test_audit_trains_privately_again_and_finds_the_same_update(private_scene: Scene) -> None:
    silo = private_scene.block(HONEST).open()
    found = audit_with_data(silo, private_scene.consortium.task, 1, retrain=True)
    assert len(found) == 10 and all(finding.holds for finding in found)


def test_training_on_altered_rows_does_not_hide_behind_the_noise(private_scene: Scene) -> None:
    silo = private_scene.block(REWRITER).open()
    found = audit_with_data(silo, private_scene.consortium.task, 1, retrain=True)
    assert [finding.what for finding in found if not finding.holds] == ["update"]


def test_round_settled_with_privacy_as_every_silo_read_it(private_scene: Scene) -> None:
    assert private_scene.result.log.version == 1
    privacy = private_scene.spec().spec.privacy
    assert privacy is not None and (privacy.noise_multiplier, privacy.max_grad_norm) == (1.0, 1.0)


def test_nothing_measured_without_noise_leaves_with_the_update(private_scene: Scene) -> None:
    spec = private_scene.spec()
    sealed = SealedOpening.from_bytes(opening(private_scene, HONEST, spec))
    assert set(sealed.metrics) == {"update_norm", "clip_factor", "clipped_words"}


def test_another_silo_with_the_same_view_would_not_find_the_noise(private_scene: Scene) -> None:
    spec, silo = private_scene.spec(), private_scene.block(HONEST).open()
    view = consented_view(silo, spec, silo.consent_record())
    other = private_scene.block("hospital-b").open()
    assert (train_on(silo, spec, view).words != train_on(other, spec, view).words).mean() > 0.9
