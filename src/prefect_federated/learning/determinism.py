"""Run a piece of torch or of linear algebra so that it gives the same bits each time; global state is put back."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

_ONE_AT_A_TIME = threading.RLock()  # generator, thread count and mode belong to the process, not to a thread


@contextmanager
def reproducible(seed: int, device: str = "cpu") -> Iterator[None]:
    """Seed torch's generators, use one thread and deterministic kernels; put all back afterwards.

    Holds a lock: two trainings in one process take turns, since they would draw from one generator. One
    thread, because the order of a parallel sum depends on how many threads share it. The bits are those of
    one type of machine; other CPUs may round differently.
    """
    import torch

    place = torch.device(device)
    if place.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # deterministic products, read at their first use
    with _ONE_AT_A_TIME, torch.random.fork_rng(devices=[place] if place.type == "cuda" else []):
        threads = torch.get_num_threads()
        strict = torch.get_deterministic_debug_mode()
        torch.set_num_threads(1)
        torch.set_deterministic_debug_mode("warn")  # `use_deterministic_algorithms` loads torch's compiler, 1.5 s
        torch.default_generator.manual_seed(seed)
        if place.type != "cpu":
            torch.get_device_module(place).manual_seed(seed)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.set_deterministic_debug_mode(strict)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """One thread for numpy's and scipy's linear algebra, whose parallel sums depend on the number of threads.

    Holds the same lock, for that number belongs to the process too.
    """
    with _ONE_AT_A_TIME, _libraries().limit(limits=1, user_api="blas"):
        yield


@cache
def _libraries() -> "ThreadpoolController":
    import sklearn.linear_model  # noqa: F401  # scipy brings a BLAS of its own, which must be loaded to be found
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
