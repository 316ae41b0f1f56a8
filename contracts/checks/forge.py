"""Forge itself, with its own exit code: npm's launcher ends with 0 even where a test has failed.

python contracts/checks/forge.py test --match-contract Treasury
"""

import os
import subprocess
import sys

from prefect_federated.contracts.build import HERE, forge

HALF = "test/[A-L]*.t.sol"


def main() -> int:
    """Become forge, in the contracts' folder or the one that FORGE_ROOT names.

    Half of the tests are compiled before: what all of them compile to is more than the compiler (wasm) writes at once.
    """
    os.chdir(os.environ.get("FORGE_ROOT", HERE))
    if sys.argv[1:2] == ["test"] and "--match-path" not in sys.argv:
        subprocess.run([forge(), "test", "--list", "--match-path", HALF], stdout=subprocess.DEVNULL, check=False)
    os.execv(forge(), [str(forge()), *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
