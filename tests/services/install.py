"""Install what the tests of services need from the distribution's packages, where it is missing.

PostgreSQL (initdb, postgres), Chromium and its driver: `apt-get install`, as root or through sudo
"""

import os
import shutil
import subprocess
import sys

from tests.services import browser, postgres

PACKAGES = {
    "postgresql": lambda: postgres.programs() is not None,
    "chromium": lambda: shutil.which("chromium") is not None,
    "chromium-driver": lambda: browser.programs() is not None,
}


def main() -> int:
    """Install what is missing; 1 with a sentence where that is not possible."""
    missing = [package for package, there in PACKAGES.items() if not there()]
    if not missing:
        return 0
    root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if shutil.which("apt-get") is None or (root and shutil.which("sudo") is None):
        print(f"install {', '.join(missing)} with this system's package manager, then run again", file=sys.stderr)
        return 1
    print(f"installing {', '.join(missing)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *missing]):
        done = subprocess.run([*root, "apt-get", *command], env=quiet, stdout=subprocess.DEVNULL)
        if done.returncode:
            print(f"apt-get {' '.join(command)} ended with {done.returncode}; see above", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
