"""What benchmarks/gpu.py measures on a device is the project's own arithmetic: tried on CPU tensors, to the bit."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.fixed_point import Encoding, encode
from prefect_federated.learning.clip import clip

SCRIPT = Path(__file__).parents[2] / "benchmarks/gpu.py"


def _loaded() -> Any:
    """Scripts lie in no package."""
    spec = importlib.util.spec_from_file_location("gpu_benchmark", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


gpu = _loaded()


@pytest.mark.parametrize("mean", [gpu.mean_of, gpu.mean_by_columns])
@pytest.mark.parametrize("limit", [3, 2**20, 2**31 - 1])
def test_mean_has_the_bits_of_the_core_at_ends_and_below_zero_too(
    mean: Any, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "COLUMNS", 64)
    rng = np.random.default_rng(limit)
    stack = rng.integers(-limit, limit, (5, 300), dtype=np.int32, endpoint=True)
    stack[:, :2] = limit, -limit
    weights = [1, 7, 1000, 2, 10**6]
    expected = weighted_mean(zip(weights, stack, strict=True), 300)
    found = mean(torch.from_numpy(stack), torch.tensor(weights))
    assert found.dtype == torch.int32 and np.array_equal(found.numpy(), expected)
    assert (stack.T @ np.array(weights) % sum(weights) != 0).any() and (expected < 0).any()


def test_words_have_the_bits_of_the_core_at_halves_and_beyond_the_range_too() -> None:
    encoding = Encoding(frac_bits=2, limit=8)
    delta = np.concatenate((np.arange(-24, 25, dtype=np.float32) / 8, np.float32([99, -99])))
    assert np.array_equal(gpu.encode_on(torch.from_numpy(delta), encoding).numpy(), encode(delta, encoding)[0])


@pytest.mark.parametrize("bound", [0.5, 1e6])
def test_clipping_is_the_projects_but_for_the_last_bit_of_the_norm(bound: float) -> None:
    delta = np.random.default_rng(1).standard_normal(10_000).astype(np.float32)
    found, expected = gpu.clip_on(torch.from_numpy(delta), bound).numpy(), clip(delta, bound).delta
    assert np.allclose(found, expected, rtol=2e-7, atol=0)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True)


def test_it_says_in_one_line_that_there_is_no_device() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    done = run()
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith("no CUDA device here: nothing is measured")


def test_the_whole_way_can_be_tried_on_the_cpu() -> None:
    done = run("--device", "cpu", "--parameters", "20000", "--updates", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("the same bits") == 2 and "OTHER BITS" not in done.stdout
