"""Check upgrades: our contracts are safe to upgrade, and bad upgrades are told from good ones.

out/build-info --less the tests--> OpenZeppelin's upgrades-core --> ours pass, test/bad_upgrades/* are refused

    python contracts/upgrades.py      # exits 1 and says which contract surprised it

The build info is the one that `forge test` or `forge build` left, where that compiled everything in one go. Where it
did not (something has been changed since), what is needed is compiled anew.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from prefect_federated.contracts.build import run_forge

HERE = Path(__file__).resolve().parent
VALIDATE = HERE / "node_modules" / ".bin" / "openzeppelin-upgrades-core"
IMPORT = re.compile(r"""^\s*import\b[^;]*?["']([^"']+)["']\s*;""", flags=re.MULTILINE)
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
    """Return a folder with one build info that holds what is validated, whole, and what that imports."""
    run_forge("build")
    (scratch / "kept").mkdir()
    kept = _in_one_go()
    if kept is None:
        print("upgrades: out/ was not compiled in one go, so the contracts are compiled anew")
        place = ["--build-info-path", f"{scratch}/info", "--out", f"{scratch}/out", "--cache-path", f"{scratch}/cache"]
        run_forge("build", "src", "test/bad_upgrades", "--force", "--build-info", *place)
        kept = next((scratch / "info").glob("*.json"))
    info = json.loads(kept.read_text(encoding="utf-8"))
    (scratch / "kept" / kept.name).write_text(json.dumps(_reduced(info)), encoding="utf-8")
    return scratch / "kept"


def _in_one_go() -> Path | None:
    """Return the build info of the current state of all that is validated, if it is one and the same."""
    cache = json.loads((HERE / "cache" / "solidity-files-cache.json").read_text(encoding="utf-8"))
    named = {*GOOD, *BAD}
    current = [file for path, file in cache["files"].items() if Path(path).stem in named]
    builds = {built["build_id"] for file in current for built in _leaves(file["artifacts"])}
    if len(builds) != 1:
        return None
    path = HERE / "out" / "build-info" / f"{builds.pop()}.json"
    whole = path.exists() and all(
        "ast" in source for source in json.loads(path.read_text(encoding="utf-8"))["output"]["sources"].values()
    )
    return path if whole else None


def _leaves(tree: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of the cache: contract -> version -> profile -> where it was built."""
    if "build_id" in tree:
        return [tree]
    return [leaf for branch in tree.values() for leaf in _leaves(branch)]


def _reduced(info: dict[str, Any]) -> dict[str, Any]:
    """Leave only src/, the bad upgrades, and what they import: the tool reads all there is for each contract."""
    texts = {path: source["content"] for path, source in info["input"]["sources"].items()}
    wanted = [path for path in texts if path.startswith(("src/", "test/bad_upgrades/"))]
    reached: set[str] = set()
    while wanted:
        path = wanted.pop()
        if path in reached:
            continue
        reached.add(path)
        wanted += [_resolved(path, target) for target in IMPORT.findall(texts[path])]
    info["input"]["sources"] = {path: info["input"]["sources"][path] for path in reached}
    for part in ("sources", "contracts"):
        info["output"][part] = {path: info["output"][part][path] for path in reached if path in info["output"][part]}
    return info


def _resolved(importer: str, target: str) -> str:
    """Return the source that an import means: relative to its file, or a package under node_modules."""
    if not target.startswith("."):
        return f"node_modules/{target}"
    return str((HERE / importer).parent.joinpath(target).resolve().relative_to(HERE))


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
