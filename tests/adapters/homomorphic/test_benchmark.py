"""The table shows every scheme at every size; exact schemes have no error, and CKKS a little one."""

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "homomorphic.py"


def test_benchmark_shows_what_an_encrypted_task_takes_where_it_is_asked_for() -> None:
    command = [sys.executable, str(SCRIPT), "--words", "31", "3000", "--proven"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (line,) = re.findall(r"^encrypted task, 2 key holders .*$", shown, flags=re.MULTILINE)
    assert re.search(r"holders +0 +[\d,.]+ ms .* 25\.29 x +55\.74 x$", line), "exact, beside masking, at 31 words alone"


def test_benchmark_shows_error_time_and_bytes_beside_masking() -> None:
    command = [sys.executable, str(SCRIPT), "--words", "650", "3000"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "650 words, learnt from digits; plain payload 2,600 bytes" in shown
    for scheme in ("masking", "BFV, 1 key holder", "BFV, 2 key holders"):
        assert len(re.findall(rf"^{scheme} +0 +[\d.,]+ ms", shown, flags=re.MULTILINE)) == 2, "exact at both sizes"
    errors = [float(error) for error in re.findall(r"^CKKS +(\S+)", shown, flags=re.MULTILINE)]
    assert len(errors) == 2 and all(0 < error < 0.5 for error in errors)
    assert re.search(r"^BFV, 1 key holder .* 6\.24 x +9\.45 x$", shown, flags=re.MULTILINE)
    assert "--paillier PYTHON names an interpreter" in shown
