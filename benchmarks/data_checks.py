"""Time and memory of a silo's data checks: warm in a round, cold on 100,000 rows, streamed over millions.

    python benchmarks/data_checks.py [MILLIONS]     default 10; 0 leaves the stream out

Each figure comes from a process of its own. The streamed file has sorted subjects, 20 features and a label.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.spec import Column, DataSpec

FEATURES = tuple(f"f{number:02d}" for number in range(20))
ROWS = 100_000
TIMES = 5
SECRET = bytes(range(32))
# 22 expectations: 5 of the view, 8 columns with two each, the label
SPEC = DataSpec(
    columns=tuple(Column(name=name, minimum=-9, maximum=9) for name in FEATURES[:8]), target="y", target_values=(0, 1)
)
WIDE = DataSpec(
    columns=tuple(Column(name=name, minimum=-9, maximum=9) for name in FEATURES), target="y", target_values=(0, 1)
)


def main() -> None:
    millions = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with tempfile.TemporaryDirectory() as folder:
        measured = [run("cold", folder), run("profiled", folder), run("again", folder), run("warm", folder)]
        if millions:
            rows = int(millions * 1_000_000)
            write_parquet(Path(folder) / "big.parquet", rows)
            measured += [run(part, folder, str(rows)) for part in ("streamed-root", "streamed-checks")]
    for line in measured:
        print(json.dumps(line))


def run(part: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, __file__, "--part", part, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def table(rows: int, seed: int = 0, start: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng([seed, start])
    subjects = [f"subject-{number:09d}" for number in range(start, start + rows)]
    values = {name: rng.standard_normal(rows).clip(-8, 8) for name in FEATURES}
    return pd.DataFrame({"subject": subjects, **values, "y": rng.integers(0, 2, rows)})


def write_parquet(path: Path, rows: int, batch: int = 500_000) -> None:
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    writer = None
    for start in range(0, rows, batch):
        piece = pyarrow.Table.from_pandas(table(min(batch, rows - start), start=start), preserve_index=False)
        writer = writer or ParquetWriter(path, piece.schema)
        writer.write_table(piece, row_group_size=250_000)
    if writer is not None:
        writer.close()


def view_of(frame: pd.DataFrame, spec: DataSpec = SPEC) -> Any:
    from prefect_federated.adapters.data.view import consent_view

    record = ConsentRecord(bytes(32), SECRET, spec.names, tuple(frame["subject"]))
    return consent_view(
        frame, subject_column="subject", record=record, columns=spec.names[:-1], target="y", dataset="bench"
    )


def cold(folder: str) -> dict[str, Any]:
    """Great Expectations on a view it has not seen, GX loaded and used once before."""
    from prefect_federated.adapters.data.gx_suite import DataChecks
    from prefect_federated.core.checks import suite_of

    checks, suite = DataChecks(), suite_of(SPEC)
    started = time.perf_counter()
    checks.run(view_of(table(100, seed=99)), suite)
    first_s = time.perf_counter() - started
    frames = [table(ROWS, seed=seed) for seed in range(3)]
    views, suite_s, view_s = [], [], []
    for frame in frames:
        started = time.perf_counter()
        views.append(view_of(frame))
        view_s.append(time.perf_counter() - started)
    for view in views:
        started, used = time.perf_counter(), time.process_time()
        assert checks.run(view, suite).success
        suite_s.append((time.perf_counter() - started, time.process_time() - used))
    return {
        "what": f"{len(suite.expectations)} expectations on {ROWS} rows, cold",
        "first_check_of_a_process_s": round(first_s, 3),
        "consent_view_s": round(statistics.median(view_s), 3),
        "suite_s": round(statistics.median(wall for wall, _ in suite_s), 3),
        "suite_best_s": round(min(wall for wall, _ in suite_s), 3),
        "suite_processor_s": round(statistics.median(cpu for _, cpu in suite_s), 3),
    }


def profiled(folder: str) -> dict[str, Any]:
    """Where the time of a cold suite goes: in the metrics' numpy and pandas, or in GX around them."""
    from prefect_federated.adapters.data.gx_suite import DataChecks
    from prefect_federated.core.checks import suite_of

    checks, suite = DataChecks(), suite_of(SPEC)
    checks.run(view_of(table(100, seed=99)), suite)
    spent = {}
    for rows in (100, ROWS):
        taken = []
        for seed in range(3):
            view = view_of(table(rows, seed=seed))
            started = time.process_time()
            checks.run(view, suite)
            taken.append(time.process_time() - started)
        spent[rows] = round(statistics.median(taken), 3)
    return {"what": "processor seconds of a suite, by rows", **{str(rows): taken for rows, taken in spent.items()}}


def again(folder: str) -> dict[str, Any]:
    """A report found again, by digest: in the process, and on disk by a new one."""
    from prefect_federated.adapters.data.gx_suite import DataChecks
    from prefect_federated.adapters.data.report_cache import ReportCache
    from prefect_federated.core.checks import suite_of

    def fresh() -> DataChecks:
        return DataChecks(cache=ReportCache(Path(folder) / "reports", SECRET))

    view, suite = view_of(table(ROWS)), suite_of(SPEC)
    checks = fresh()
    checks.run(view, suite)
    return {
        "what": "report of 22 expectations found again",
        "in_the_process_ms": milliseconds(lambda: checks.run(view, suite)),
        "on_disk_ms": milliseconds(lambda: fresh().run(view, suite)),
    }


def warm(folder: str) -> dict[str, Any]:
    """What a round costs while neither table, grant, task nor suite changed; and what reading all again would cost."""
    from types import SimpleNamespace

    from prefect_federated.adapters.data.looking import Looked, asked_of
    from prefect_federated.adapters.data.report_cache import ReportCache
    from prefect_federated.adapters.data.root import frame_root
    from prefect_federated.adapters.data.sources import FileSource
    from prefect_federated.core.checks import suite_of

    path = Path(folder) / "table.parquet"
    table(ROWS).to_parquet(path)
    cache, source = ReportCache(Path(folder) / "warm", SECRET), FileSource(path)
    silo: Any = SimpleNamespace(source=source, subject_column="subject")
    spec: Any = SimpleNamespace(spec=SimpleNamespace(data=SPEC))
    grant: Any = SimpleNamespace(grant_id=bytes(32), columns=bytes(32), subjects=bytes(32))
    view = view_of(source.read())
    cache.keep(asked_of(silo, spec, grant, suite_of(SPEC)), Looked(bytes(32), view.digest, view.counts).to_json())

    def look() -> None:
        assert Looked.from_json(cache.recall(asked_of(silo, spec, grant, suite_of(SPEC)))).view_digest == view.digest

    frame = source.read()
    return {
        "what": f"a round on {ROWS} rows, nothing changed",
        "look_and_suite_ms": milliseconds(look),
        "read_parquet_ms": milliseconds(lambda: source.read()),
        "consent_view_ms": milliseconds(lambda: view_of(frame)),
        "dataset_root_ms": milliseconds(lambda: frame_root(frame, "subject", SECRET)),
    }


def milliseconds(call: Any) -> float:
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return round(1000 * statistics.median(taken), 2)


def streamed_root(folder: str, rows: str) -> dict[str, Any]:
    from prefect_federated.adapters.data.sources import FileSource
    from prefect_federated.adapters.data.streamed import streamed_root as root

    before, started = peak_mib(), time.perf_counter()
    root(FileSource(Path(folder) / "big.parquet"), "subject", SECRET)
    return _streamed("dataset root", rows, started, before)


def streamed_checks(folder: str, rows: str) -> dict[str, Any]:
    from prefect_federated.adapters.data.gx_suite import DataChecks
    from prefect_federated.adapters.data.sources import FileSource
    from prefect_federated.adapters.data.streamed import Asked
    from prefect_federated.adapters.data.streamed import streamed_checks as check
    from prefect_federated.core.checks import suite_of

    subjects = tuple(f"subject-{number:09d}" for number in range(int(rows)) if number % 10)
    record = ConsentRecord(bytes(32), SECRET, WIDE.names, subjects)
    source = FileSource(Path(folder) / "big.parquet")
    before, started = peak_mib(), time.perf_counter()
    found = check(Asked(source, "subject", record, WIDE), suite_of(WIDE), DataChecks())
    assert found.report.success and found.counts.rows == len(subjects)
    return _streamed("consent view and 46 expectations", rows, started, before)


def _streamed(what: str, rows: str, started: float, before: float) -> dict[str, Any]:
    return {
        "what": f"{what}, {int(rows):,} rows of Parquet, streamed",
        "seconds": round(time.perf_counter() - started, 1),
        "processor_seconds": round(time.process_time(), 1),
        "peak_rss_mib": round(peak_mib()),
        "peak_rss_before_mib": round(before),
    }


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


PARTS = {
    **{"cold": cold, "profiled": profiled, "again": again, "warm": warm},
    **{"streamed-root": streamed_root, "streamed-checks": streamed_checks},
}

if __name__ == "__main__":
    if "--part" in sys.argv:
        print(json.dumps(PARTS[sys.argv[2]](*sys.argv[3:])))
    else:
        main()
