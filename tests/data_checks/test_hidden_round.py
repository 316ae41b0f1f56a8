"""A round of a task that hides silos: trained again to the same bits, and nothing told but the noisy update."""

from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.core.sealed import SealedOpening
from prefect_federated.core.silo_noise import SiloNoise
from tests.data_checks.scene import HONEST, REWRITER, Scene
from tests.data_checks.test_private_round import opening


def test_audit_draws_the_noise_again_and_finds_the_same_update(hidden_scene: Scene) -> None:
    silo = hidden_scene.block(HONEST).open()
    found = audit_with_data(silo, hidden_scene.consortium.task, 1, retrain=True)
    assert len(found) == 10 and all(finding.holds for finding in found)


def test_training_on_altered_rows_does_not_hide_behind_the_noise(hidden_scene: Scene) -> None:
    silo = hidden_scene.block(REWRITER).open()
    found = audit_with_data(silo, hidden_scene.consortium.task, 1, retrain=True)
    assert [finding.what for finding in found if not finding.holds] == ["update"]


def test_round_settled_and_left_nobody_out_for_the_length_of_the_noise(hidden_scene: Scene) -> None:
    log, spec = hidden_scene.result.log, hidden_scene.spec().spec
    assert log.version == 1 and len(log.aggregated) == len(log.committed) > 1
    bound = spec.rule.norm_bound
    assert bound is not None and bound > SiloNoise.of(8.0, 1.0, 16).sigma


def test_nothing_measured_without_noise_leaves_with_the_update(hidden_scene: Scene) -> None:
    sealed = SealedOpening.from_bytes(opening(hidden_scene, HONEST, hidden_scene.spec()))
    assert set(sealed.metrics) == {"clipped_words"}
