"""ByzFL's rules in an environment of their own: asked line by line, matrices go through files.

    PYTHON benchmarks/byzfl_worker.py        an interpreter that has ByzFL; nothing of this project is imported

{"rule": "TrMean", "settings": {"f": 4}, "updates": "in.npy", "out": "out.npy", "repeats": 1}
    --> {"seconds": 0.1, "cpu_seconds": 0.1}, the best of the repeats, and the aggregate in out.npy; or {"error": "..."}

The rules are loaded without the package's own first module: that imports torchvision, whose wheels fit few builds of
torch, and no rule needs it.
"""

import importlib.util
import json
import sys
import time
import types
from importlib.metadata import version

import numpy as np


def main() -> None:
    """Tell the version, then answer until the other side hangs up."""
    spec = importlib.util.find_spec("byzfl")
    if spec is None or spec.submodule_search_locations is None:
        print(json.dumps({"error": f"{sys.executable} has no byzfl; pip install byzfl there"}), flush=True)
        return
    package = types.ModuleType("byzfl")
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules["byzfl"] = package
    from byzfl import aggregators

    print(json.dumps({"version": version("byzfl")}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            print(json.dumps(_answer(aggregators, asked)), flush=True)
        except Exception as error:  # whatever a rule raises is the answer
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)


def _answer(aggregators: types.ModuleType, asked: dict) -> dict[str, float]:
    """Run a rule, behind others where its name holds a plus: `NNM+TrMean`."""
    *before, last = (getattr(aggregators, name)(**asked["settings"]) for name in asked["rule"].split("+"))
    updates = np.load(asked["updates"])
    best = {"seconds": float("inf"), "cpu_seconds": float("inf")}
    for _ in range(asked["repeats"]):
        start_s, start_cpu_s = time.perf_counter(), time.process_time()
        some = updates
        for rule in before:
            some = rule(some)
        aggregate = last(some)
        best["seconds"] = min(best["seconds"], time.perf_counter() - start_s)
        best["cpu_seconds"] = min(best["cpu_seconds"], time.process_time() - start_cpu_s)
    np.save(asked["out"], aggregate)
    return best


if __name__ == "__main__":
    main()
