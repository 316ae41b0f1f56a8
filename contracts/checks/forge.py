"""Forge itself, with its own exit code: npm's launcher ends with 0 even where a test has failed.

test, all of them --two halves side by side, each compiled into a folder of its own--> one exit code

python contracts/checks/forge.py test --match-contract Treasury
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from prefect_federated.contracts.build import HERE, forge

HALVES = "test/{[A-L]*,*/*}.t.sol", "test/[M-Z]*.t.sol"  # the first has all that measure gas
SNAPSHOTS = Path("cache/rest/snapshots")
REST = {
    "FOUNDRY_OUT": "cache/rest/out",
    "FOUNDRY_CACHE_PATH": "cache/rest/cache",
    "FOUNDRY_SNAPSHOTS": str(SNAPSHOTS),
}


def main() -> int:
    """Become forge, in the contracts' folder or the one that FORGE_ROOT names.

    All tests are two halves: what they compile to is more than the compiler (wasm) writes at once, and it uses one
    processor. The second half's words come when the first is done.
    """
    os.chdir(os.environ.get("FORGE_ROOT", HERE))
    arguments = sys.argv[1:]
    if arguments[:1] != ["test"] or "--match-path" in arguments:
        os.execv(forge(), [str(forge()), *arguments])
    command = [str(forge()), *arguments, "--match-path"]
    with tempfile.TemporaryFile("w+") as told:
        rest = subprocess.Popen([*command, HALVES[1]], env=os.environ | REST, stdout=told, stderr=subprocess.STDOUT)
        first = subprocess.run([*command, HALVES[0]], check=False).returncode
        second = rest.wait()
        told.seek(0)
        sys.stdout.write(told.read())
    if measured := [path.name for path in SNAPSHOTS.glob("*.json")]:
        shutil.rmtree(SNAPSHOTS)
        sys.exit(
            f"forge: {', '.join(measured)} of the second half would be lost; what measures gas is of the first half"
        )
    return first or second


if __name__ == "__main__":
    sys.exit(main())
