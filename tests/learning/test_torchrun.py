"""One training in two processes, started by torchrun: the same update, and what happens when a process fails."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from prefect_federated.core.errors import ConfigurationError, TrainingFailed
from prefect_federated.core.local_spec import FedProx, LocalSpec, Sgd
from prefect_federated.learning.apart import PREFIX
from prefect_federated.learning.local import LocalUpdate, initial_vector, local_update
from prefect_federated.learning.plan import TrainingData, manifest
from prefect_federated.learning.torch_plan import TorchPlan
from tests.learning.processes import command, descendants, gone, listening_outside
from tests.learning.together_plans import placed

pytestmark = pytest.mark.slow

TOLERANCE = 2e-6  # of updates around 0.5: sums of float32 in another order, over 33 steps
ROUNDED = {"epochs": 3, "batch_size": 8, "lr": 0.1, "momentum": 0.9, "weight_decay": 0.05}


def update(plan: TorchPlan, data: TrainingData, local: LocalSpec | None = None) -> LocalUpdate:
    tensors = manifest(plan)
    base = initial_vector(plan, tensors, 1)
    return local_update(plan, tensors, base, data, seed=5, clip_norm=100.0, local=local or Sgd())


@pytest.mark.parametrize(
    ("name", "settings", "rows", "local"),
    [
        pytest.param("Small", ROUNDED, 88, None, id="halves"),
        pytest.param("Small", {**ROUNDED, "batch_size": 1, "epochs": 1}, 33, FedProx(mu=0.5), id="empty parts"),
        pytest.param("Idle", {**ROUNDED, "batch_size": 7}, 90, None, id="a layer that nothing uses"),
    ],
)
def test_two_processes_make_the_update_of_one(
    data: TrainingData, name: str, settings: dict[str, float], rows: int, local: LocalSpec | None
) -> None:
    some = TrainingData(data.frame[:rows], data.features, data.target)
    one, two = (update(placed(name, processes, **settings), some, local) for processes in (1, 2))
    assert np.abs(one.delta).max() > 0.05 and one.examples == two.examples == rows
    assert np.abs(one.delta - two.delta).max() < TOLERANCE
    assert two.metrics["train_loss"] == pytest.approx(one.metrics["train_loss"], rel=1e-5)


def test_two_processes_give_the_same_bits_each_time_with_dropout_too(data: TrainingData) -> None:
    plan = placed("Dropping", 2, epochs=2, batch_size=8, lr=0.1)
    assert update(plan, data).delta.tobytes() == update(plan, data).delta.tobytes()


def test_layers_that_mix_the_rows_of_a_batch_train_in_one_process(data: TrainingData) -> None:
    one, two = (update(placed("Normalising", processes, epochs=1), data) for processes in (1, 2))
    assert one.delta.tobytes() == two.delta.tobytes()


def test_error_of_a_process_is_told_by_its_class_for_its_words_may_quote_a_row(data: TrainingData) -> None:
    with pytest.raises(TrainingFailed, match="on 90 rows in 2 processes ended with ValueError in process 1") as told:
        update(placed("Failing", 2, how="raise"), data)
    assert "patient" not in str(told.value) and told.value.__cause__ is None


def test_error_made_for_people_comes_through_as_it_is(data: TrainingData) -> None:
    with pytest.raises(ConfigurationError, match=r"^the column must be whole; mend it$"):
        update(placed("Failing", 2, how="refuse", rank="0"), data)


def test_process_that_is_killed_ends_the_training_and_the_next_one_gives_the_bits_of_an_undisturbed_one(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    plan = placed("Failing", 2, how="kill", mark=str(tmp_path / "mark"))
    with pytest.raises(TrainingFailed, match="ended with status 1 and no word of a process: one was killed; nothing"):
        update(plan, data)
    assert not list(tmp_path.glob(f"{PREFIX}*"))
    again = update(plan, data)
    assert np.abs(again.delta - update(placed("Small", 1), data).delta).max() < TOLERANCE


def workers(of: int) -> list[int]:
    return [one for one in descendants(of) if "torchrun_worker" in command(one)]


def test_past_the_silos_limit_every_process_is_ended(data: TrainingData) -> None:
    seen: set[int] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            seen.update(workers(os.getpid()))

    watching = threading.Thread(target=watch)
    watching.start()
    with pytest.raises(TrainingFailed, match="ran for 20 s, the silo's limit, and was ended"):
        update(placed("Failing", 2, limit_s=20, how="wait"), data)
    over.set()
    watching.join()
    assert seen and all(map(gone, seen))


def test_no_process_outlives_a_silo_that_is_killed_nor_listens_to_other_machines(
    data: TrainingData, tmp_path: Path
) -> None:
    data.frame.to_csv(tmp_path / "rows.csv", index=False)
    source = (
        "import pandas as pd\n"
        "from prefect_federated.learning.plan import TrainingData\n"
        "from tests.learning.together_plans import placed\n"
        f"data = TrainingData(pd.read_csv({str(tmp_path / 'rows.csv')!r}), ('a', 'b', 'c'), 'label')\n"
        "plan = placed('Failing', 2, how='wait')\n"
        "plan.train(plan.build_model(0), data, 1)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    silo = subprocess.Popen([sys.executable, "-c", source], env=environment)
    while len(found := workers(silo.pid)) < 3 or not list(tmp_path.glob(f"{PREFIX}*/meeting")):
        assert silo.poll() is None
        time.sleep(0.1)
    time.sleep(3)  # until both have met
    listening = [address for one in found for address in listening_outside(one)]
    silo.send_signal(signal.SIGKILL)
    silo.wait()
    assert all(map(gone, found))
    assert listening == []
