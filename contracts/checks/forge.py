"""Forge itself, with its own exit code: npm's launcher ends with 0 even where a test has failed.

python contracts/checks/forge.py test --match-contract Treasury
"""

import os
import sys

from prefect_federated.contracts.build import HERE, forge


def main() -> int:
    """Become forge, in the contracts' folder or the one that FORGE_ROOT names."""
    os.chdir(os.environ.get("FORGE_ROOT", HERE))
    os.execv(forge(), [str(forge()), *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
