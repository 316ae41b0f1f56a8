"""Compile the contracts and keep `abi/*.json` equal to the sources.

src/ alone, anew       -> forge (npm) -> abi/<Contract>.json, which ships in the wheel
src/ among the tests   -> forge (npm) -> out/, which must say the same, byte by byte

    python contracts/build.py            # writes, from the first
    python contracts/build.py --check    # compares with the second, exits 1 and names the file that differs

So every check also shows that it makes no difference to the bytes what is compiled along. `--check` compiles nothing
that `forge test` has just compiled; forge decides by the sources what is stale.
Needs Node. Without it `--check` says so in one line and passes: the shipped files are used as they are.
"""

import argparse
import json
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ABI = HERE / "abi"
SHIPPED = (
    "AccessManager",
    "Appeals",
    "Committee",
    "ConsentLedger",
    "Coordinator",
    "Council",
    "Court",
    "Disputes",
    "ERC1967Proxy",
    "MaskDesk",
    "MetricsFeed",
    "ModelRegistry",
    "ParticipantRegistry",
    "Reputation",
    "RollDesk",
    "Seats",
    "TestToken",
    "TimelockController",
    "Treasury",
)
# The coordinator passes unknown calls on to its desk, that to its court, that to its share desk or its roll desk, the
# latter to its duty desk: its ABI is all six. So do the others.
RUNTIME_BYTES, CREATION_BYTES = 24_576, 49_152  # EIP-170, EIP-3860
MERGED = {
    "Coordinator": ("TaskDesk", "Court", "ShareDesk", "RollDesk", "DutyDesk"),
    "Disputes": ("RecordDesk", "MaskDesk"),
    "Committee": ("CommitteeDesk",),
}


def main() -> int:
    """Write the artifacts, or compare them."""
    parser = argparse.ArgumentParser(description="Compile the contracts into abi/*.json.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check: bool = parser.parse_args().check
    if shutil.which("node") is None:
        print("contracts: Node is not installed, so the compiled files are used as shipped, unchecked")
        return 0 if check else 1
    wanted = {f"{name}.json": text for name, text in (compiled() if check else _alone()).items()}
    return _compare(wanted) if check else _write(wanted)


def compiled() -> dict[str, str]:
    """Bring `out/` up to date, with half of the tests in it, and return the text of each artifact by contract name."""
    run_forge("build", "--skip", "test")
    return {name: _render(HERE / "out", name) for name in SHIPPED}


def run_forge(*arguments: str) -> None:
    """Run forge in the contracts' folder, or exit with what it said."""
    done = subprocess.run([str(forge()), *arguments], cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"contracts: forge {arguments[0]} failed\n{done.stdout}{done.stderr}")


def _write(wanted: dict[str, str]) -> int:
    ABI.mkdir(exist_ok=True)
    for stale in {path.name for path in ABI.glob("*.json")} - set(wanted):
        (ABI / stale).unlink()
    for name, text in wanted.items():
        (ABI / name).write_text(text, encoding="utf-8")
    print(f"contracts: wrote {len(wanted)} files to {ABI.name}/")
    return 0


def _compare(wanted: dict[str, str]) -> int:
    there = {path.name: path.read_text(encoding="utf-8") for path in ABI.glob("*.json")}
    wrong = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    for name in wrong:
        print(f"contracts: abi/{name} differs from a fresh compile: run python contracts/build.py")
    if not wrong:
        print(f"contracts: {len(wanted)} files in abi/ equal a fresh compile")
    return 1 if wrong else 0


def _alone() -> dict[str, str]:
    """Compile src/ and nothing else, anew, and return the text of each artifact by contract name."""
    with tempfile.TemporaryDirectory() as scratch:
        place = ["--out", f"{scratch}/out", "--cache-path", f"{scratch}/cache", "--build-info-path", f"{scratch}/info"]
        run_forge("build", "--skip", "test", "--force", "--build-info", *place)
        return {name: _render(Path(scratch) / "out", name) for name in SHIPPED}


def _render(out: Path, name: str) -> str:
    built = _read(out, name)
    _require_size(name, built)
    abi = built["abi"]
    for part in MERGED.get(name, ()):
        desk = _read(out, part)
        _require_size(part, desk)
        abi = _merge(abi, desk["abi"])
    artifact = {
        "contract": name,
        "abi": abi,
        "bytecode": built["bytecode"]["object"],
        "deployed_bytes": len(built["deployedBytecode"]["object"]) // 2 - 1,
    }
    return json.dumps(artifact, indent=1, sort_keys=True) + "\n"


def _require_size(name: str, built: dict[str, Any]) -> None:
    """Exit where no chain would take a contract: tests run without the limits."""
    for kind, most in (("deployedBytecode", RUNTIME_BYTES), ("bytecode", CREATION_BYTES)):
        size = len(built[kind]["object"]) // 2 - 1
        if size > most:
            sys.exit(
                f"contracts: the {kind} of {name} has {size} bytes, a chain takes {most}; move functions elsewhere"
            )


def _merge(mine: list[Any], more: list[Any]) -> list[Any]:
    """Join two ABIs; what both have must be the same."""
    added = [entry for entry in more if entry not in mine and entry["type"] != "constructor"]
    return mine + added


def _read(out: Path, name: str) -> dict[str, Any]:
    built: dict[str, Any] = json.loads((out / f"{name}.sol" / f"{name}.json").read_text(encoding="utf-8"))
    return built


def forge() -> Path:
    """Return forge from npm, installing the locked packages when they are missing."""
    system = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}[platform.system()]
    machine = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    name = "forge.exe" if system == "win32" else "forge"
    path = HERE / "node_modules" / "@foundry-rs" / f"forge-{system}-{machine}" / "bin" / name
    if not path.exists():
        print("contracts: installing solc, forge and OpenZeppelin from npm (once)")
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=True)
    return path


if __name__ == "__main__":
    sys.exit(main())
