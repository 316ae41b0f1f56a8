"""Check upgrades: our contracts are safe to upgrade, and bad upgrades are told from good ones.

src/ and test/bad_upgrades/ --forge--> build info --OpenZeppelin's upgrades-core--> ours pass, the bad ones are refused

    python contracts/upgrades.py      # exits 1 and says which contract surprised it
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from prefect_federated.contracts.build import run_forge

HERE = Path(__file__).resolve().parent
VALIDATE = HERE / "node_modules" / ".bin" / "openzeppelin-upgrades-core"
GOOD = (
    "ParticipantRegistry", "ConsentLedger", "ModelRegistry", "Treasury", "Coordinator", "Disputes", "Committee",
    "Appeals", "Reputation",
)  # fmt: skip
# Each follows ModelRegistry and is bad for one reason, in the words of the tool.
BAD = {
    "ReorderedFields": "Deleted `coordinator`",
    "RetypedField": "Upgraded `heads` to an incompatible type",
    "DroppedNamespace": "Deleted namespace `erc7201:prefect-federated.ModelRegistry`",
    "DelegatesAnywhere": "Use of delegatecall is not allowed",
    "NeverUpgradedAgain": "missing a public `upgradeTo(address)` or `upgradeToAndCall(address,bytes)`",
}


def main() -> int:
    """Validate each contract, and print a line for each."""
    kept = {path.stem for path in (HERE / "test" / "bad_upgrades").glob("*.sol")}
    if kept != set(BAD):
        sys.exit(f"upgrades: test/bad_upgrades has {sorted(kept)}, expected are {sorted(BAD)}")
    with tempfile.TemporaryDirectory() as scratch:
        info = _build_info(Path(scratch))
        wrong = [name for name in GOOD if not _passes(info, name)]
        wrong += [name for name, reason in BAD.items() if not _is_refused(info, name, reason)]
    for name in wrong:
        print(f"upgrades: {name} is judged otherwise than expected")
    return 1 if wrong else 0


def _build_info(scratch: Path) -> Path:
    """Return a folder with the build info of what is validated and what that imports; no other test is in it."""
    place = ["--build-info-path", f"{scratch}/info", "--out", f"{scratch}/out", "--cache-path", f"{scratch}/cache"]
    wanted = ["--force", "--build-info", "--extra-output", "storageLayout"]
    run_forge("build", "src", "test/bad_upgrades", *wanted, *place)
    return scratch / "info"


def _passes(info: Path, name: str) -> bool:
    ok, words = _validate(info, name)
    print(f"upgrades: {name} passes" if ok else words)
    return ok


def _is_refused(info: Path, name: str, reason: str) -> bool:
    ok, words = _validate(info, name, "--reference", "ModelRegistry")
    refused = not ok and reason in words
    print(f"upgrades: {name} is refused: {reason}" if refused else words)
    return refused


def _validate(info: Path, name: str, *more: str) -> tuple[bool, str]:
    command = [str(VALIDATE), "validate", str(info), "--contract", name, *more]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())
