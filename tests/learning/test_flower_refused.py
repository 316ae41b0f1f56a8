"""What a Flower app may not do, and what a task may not ask of one: each is told, and nothing of the rows with it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from prefect_federated.core.errors import ConfigurationError, PlanNotApproved, ShapeMismatch, TrainingFailed
from prefect_federated.core.local_spec import FedProx
from prefect_federated.core.spec import PrivacySpec
from prefect_federated.learning.apart import private_folder
from prefect_federated.learning.flower_app import app_digest, python_of
from prefect_federated.learning.flower_plan import FlowerPlan
from prefect_federated.learning.local import initial_vector, local_update
from prefect_federated.learning.machine import Machine
from prefect_federated.learning.plan import Private, TrainingData, manifest
from tests.learning.flower import PYTHON, Ward, on_machine, require_flower, written
from tests.learning.processes import command, descendants, gone


@pytest.fixture(autouse=True)
def _flower() -> None:
    require_flower()


def trained(plan: FlowerPlan, data: TrainingData) -> None:
    plan.train(plan.build_model(0), data, 1)


def test_private_task_and_gradient_terms_are_refused_before_the_app_runs(data: TrainingData, tmp_path: Path) -> None:
    plan = written(tmp_path, "raise SystemExit")
    base = initial_vector(plan, manifest(plan), 0)
    privacy = PrivacySpec(noise_multiplier=1.0, max_grad_norm=1.0, delta=1e-5)
    with pytest.raises(ConfigurationError, match="asks for private training, and plan Written lacks sampling"):
        local_update(plan, manifest(plan), base, data, 1, 9.0, Private(privacy, bytes(32)))
    with pytest.raises(ConfigurationError, match="plan Written lacks trained, local_steps or train_with"):
        local_update(plan, manifest(plan), base, data, 1, 9.0, local=FedProx(mu=1.0))


@pytest.mark.parametrize("change", ["ward/task.py", "ward/more.py", "pyproject.toml"])
def test_app_that_changed_since_it_was_reviewed_does_not_run(data: TrainingData, tmp_path: Path, change: str) -> None:
    mark = tmp_path / "ran"
    plan = written(tmp_path, "")
    with (tmp_path / "app" / change).open("a") as file:
        file.write(f"\n# {mark}\n")
    found = app_digest(tmp_path / "app")
    with pytest.raises(PlanNotApproved, match=rf"hashes to {found}, its plan says {plan.digest}; review"):
        trained(plan, data)


def test_link_in_an_app_is_refused_for_it_could_lead_elsewhere_later(tmp_path: Path) -> None:
    written(tmp_path, "")
    (tmp_path / "app/ward/linked.py").symlink_to(tmp_path / "app/ward/task.py")
    with pytest.raises(ConfigurationError, match=r"linked\.py is a link"):
        app_digest(tmp_path / "app")


def test_files_that_do_not_count_are_not_run_either(data: TrainingData, tmp_path: Path) -> None:
    plan = written(tmp_path, "import os\nweights = weights * 0 + os.path.exists('app/.hidden.py')")
    (tmp_path / "app/.hidden.py").write_text("x = 1")
    model = plan.build_model(0)
    plan.train(model, data, 1)
    assert model["weights"].tolist() == [0, 0, 0]


def test_app_that_opens_data_of_its_own_is_stopped_and_no_file_named(data: TrainingData, tmp_path: Path) -> None:
    raw = tmp_path / "patient-7.csv"
    raw.write_text("a,b,c,label\n1,2,3,0\n")
    plan = written(tmp_path, f'x, y = load_data("{raw}", "label")')
    with pytest.raises(TrainingFailed, match="ended with PermissionError; it tried to read a file of its own") as told:
        trained(plan, data)
    assert "patient" not in str(told.value)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ('import socket\nsocket.socket().connect(("127.0.0.1", 9))', "call over a network"),
        ('import socket\nsocket.getaddrinfo("flower.ai", 80)', "look up another machine"),
        ('import subprocess\nsubprocess.run(["cat", "/etc/hostname"])', "start another program"),
        ('import os\nos.system("true")', "start another program"),
        ('open("/var/tmp/kept-rows", "w")', "write a file elsewhere"),
        ('import sqlite3\nsqlite3.connect("FOLDER/ward.db")', "read a file of its own"),
    ],
)
def test_app_that_calls_out_writes_or_starts_programs_is_stopped(
    data: TrainingData, tmp_path: Path, body: str, word: str
) -> None:
    (tmp_path / "ward.db").touch()
    with pytest.raises(TrainingFailed, match=f"it tried to {word}"):
        trained(written(tmp_path, body.replace("FOLDER", str(tmp_path))), data)
    assert not Path("/var/tmp/kept-rows").exists()


def test_app_that_counts_rows_it_was_not_given_had_other_data(data: TrainingData, tmp_path: Path) -> None:
    trained(written(tmp_path / "fewer", "examples = 72"), data)  # some hold rows back for a test
    with pytest.raises(TrainingFailed, match="on 90 rows, counts 91 examples: it had other data"):
        trained(written(tmp_path / "more", "examples = 91"), data)


def test_error_of_an_app_is_told_by_its_class_for_its_words_may_quote_a_row(data: TrainingData, tmp_path: Path) -> None:
    plan = written(tmp_path, 'print(x[0])\nraise ValueError(f"patient {x[0]} is odd")')
    with pytest.raises(TrainingFailed, match="asked to train on 90 rows, ended with ValueError") as told:
        trained(plan, data)
    assert "patient" not in str(told.value) and told.value.__cause__ is None


def test_app_killed_on_its_way_is_told_with_its_status(data: TrainingData, tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="ended with status -9 and no answer; nothing was sealed"):
        trained(written(tmp_path, "import os\nos.kill(os.getpid(), 9)"), data)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("weights = weights[:2]", r"'weights' has shape \(2,\), Written has \(3,\)"),
        ("arrays = 0\nweights = np.zeros((3, 1))", r"'weights' has shape \(3, 1\), Written has \(3,\)"),
    ],
)
def test_arrays_of_another_shape_are_refused(data: TrainingData, tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(ShapeMismatch, match=words):
        trained(written(tmp_path, body), data)


def test_arrays_of_other_names_are_refused(data: TrainingData) -> None:
    class Renamed(Ward):
        def initial(self, seed: int):
            return {"weights": np.zeros(3, np.float32), "intercept": np.zeros(1, np.float32)}

    Renamed.__module__ = Ward.__module__
    with pytest.raises(TrainingFailed, match="ended with KeyError"):
        trained(on_machine(Renamed()), data)


def test_pickled_arrays_are_not_read(data: TrainingData, tmp_path: Path) -> None:
    body = 'np.savez = lambda path, *_, was=np.savez: was(path, np.array([{"a": 1}, None], dtype=object))'
    with pytest.raises(TrainingFailed, match="left arrays that cannot be read"):
        trained(written(tmp_path, body), data)


def test_python_without_flower_is_named_with_what_to_do(data: TrainingData, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"cannot import Flower's ClientApp .*; python3 -m venv .*pip install flwr"
    ):
        trained(on_machine(Ward(), python=Path(sys.executable)), data)
    with pytest.raises(ConfigurationError, match=f"Flower's Python {tmp_path}/bin/python is not there; make it with"):
        python_of(Machine(flower_python=tmp_path / "bin/python"))


def test_aggregators_and_validators_name_their_python_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDERATED_FLOWER_PYTHON", str(PYTHON))
    assert python_of(Machine()) == PYTHON
    assert python_of(Machine(flower_python=Path(sys.executable))) == Path(sys.executable)


def test_reference_that_names_no_client_app_is_told(data: TrainingData, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"ward\.task:load_data is a function, not a ClientApp"):
        trained(written(tmp_path, "", app="ward.task:load_data"), data)
    with pytest.raises(ConfigurationError, match=r"ward\.client_app:other is a NoneType, not a ClientApp"):
        trained(written(tmp_path, "", app="ward.client_app:other"), data)


def test_model_is_not_judged_without_a_loss_nor_asked_for_labels(data: TrainingData) -> None:
    class Unnamed(Ward):
        renamed = {}  # noqa: RUF012

    Unnamed.__module__ = Ward.__module__
    plan = on_machine(Unnamed())
    with pytest.raises(ConfigurationError, match="tells eval_acc, eval_loss and no loss; set renamed"):
        plan.evaluate(plan.build_model(0), data)
    with pytest.raises(ConfigurationError, match="Unnamed does not say how to predict"):
        plan.predict(plan.build_model(0), data.frame)


def test_app_that_takes_longer_than_the_silos_limit_is_ended(data: TrainingData, tmp_path: Path) -> None:
    plan = on_machine(written(tmp_path, "import time\ntime.sleep(600)"), limit_s=3)
    ended: list[bool] = []

    def watch() -> None:
        while not (mine := [one for one in descendants(os.getpid()) if "flower_child" in command(one)]):
            time.sleep(0.05)
        ended.append(gone(mine[0]))

    watching = threading.Thread(target=watch)
    watching.start()
    with pytest.raises(TrainingFailed, match="ran for 3 s, the silo's limit, and was ended"):
        trained(plan, data)
    watching.join()
    assert ended == [True]


def test_app_does_not_outlive_a_silo_whose_process_is_killed(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed so hard that it can end nothing itself, and remove no rows; the next training removes them."""
    data.frame.to_csv(tmp_path / "rows.csv", index=False)
    source = (
        "import pandas as pd\n"
        "from prefect_federated.learning.plan import TrainingData\n"
        "from tests.learning.flower import on_machine, written\n"
        "from pathlib import Path\n"
        f"plan = written(Path({str(tmp_path)!r}), 'import time\\ntime.sleep(600)')\n"
        f"data = TrainingData(pd.read_csv({str(tmp_path / 'rows.csv')!r}), ('a', 'b', 'c'), 'label')\n"
        "plan.train(plan.build_model(0), data, 1)\n"
    )
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(Path(__file__).parents[2])}
    silo = subprocess.Popen([sys.executable, "-c", source], env=environment)
    while not (apps := [one for one in descendants(silo.pid) if "flower_child" in command(one)]):
        assert silo.poll() is None
        time.sleep(0.1)
    time.sleep(1.5)  # until it waits for its lifeline
    silo.send_signal(signal.SIGKILL)
    silo.wait()
    assert gone(apps[0])
    (left,) = (tmp_path / "tmp").iterdir()
    assert (left / "view.csv").is_file()
    os.utime(left, (0, 0))  # as a minute later
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    with private_folder() as folder:
        assert list((tmp_path / "tmp").iterdir()) == [folder]
