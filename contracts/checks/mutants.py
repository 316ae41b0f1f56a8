"""Change the code that moves money in every small way, and see that a test notices.

src/ --mutate.py--> one copy with all mutants --driver.py--> a forge test for each mutant --> score, survivors

    python contracts/checks/mutants.py                    # all; exits 1 if a survivor has no explanation
    python contracts/checks/mutants.py --only SumTree     # one contract
    python contracts/checks/mutants.py --list             # what would be changed

Without optimizer, and with the tests linked at run time, so that the one compile is short. A mutant meets the tests
named beside its contract. Survivors that no test can tell from the original stand in mutants.json, by contract,
function and change, each with the reason.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from prefect_federated.contracts.build import forge
from prefect_federated.contracts.checks import driver
from prefect_federated.contracts.checks.mutate import SWITCH, Mutant, Mutation, modifiers

CONTRACTS = Path(__file__).resolve().parents[1]
SCRATCH = CONTRACTS / "cache" / "mutants"
EXPLAINED = Path(__file__).with_name("mutants.json")
TESTS = {
    "Treasury": ("Treasury", "Tokens", "Settle", "Tasks", "Appeals", "AppealsAfter"),
    "ParticipantRegistry": ("ParticipantRegistry", "Registered", "Overturn", "SlashSilent", "Pause", "Tokens"),
    "Slashes": ("ParticipantRegistry", "Overturn", "SlashSilent", "Tokens", "Appeals", "AppealsAfter"),
    "Appeals": ("Appeals", "AppealsAfter"),
    "Payments": ("Treasury", "Tokens", "ParticipantRegistry"),
    "SumTree": ("Treasury", "Vectors", "ChallengeReward"),
    "MedianScores": ("ChallengeScores", "PayVectors"),
    "RewardChallenges": ("ChallengeReward", "ChallengePay", "ChallengeScores"),
    "Floors": ("Overturn", "CommitteePay", "CommitteeVerdict", "AttacksRolled", "RollProposals"),
    "Rulings": (
        *("Overturn", "ChallengeStep", "Demands", "CommitteePay", "ChallengeRecord", "ChallengeSum", "ChallengePay"),
        *("ChallengeReward", "ChallengeScores", "PausedRound"),
    ),
    "Results": ("Propose", "Settle", "Overturn", "RollProposals", "CommitteeScores", "MetricsFeed", "PausedRound"),
    "Tallies": ("ChallengeSum", "Tallies"),
    "SumChallenges": ("ChallengeSum",),
    "Demands": ("Demands",),
    "SoundUpdates": ("RefuteExclusion",),
    "ExclusionChallenges": ("RefuteExclusion",),
}
SETTINGS = {
    "FOUNDRY_OPTIMIZER": "false",
    "FOUNDRY_BUILD_INFO": "false",
    "FOUNDRY_DYNAMIC_TEST_LINKING": "true",
    "FOUNDRY_EXTRA_OUTPUT": "[]",
}


def main() -> int:
    """Build the mutants, run the tests on each, print the score and the survivors."""
    parser = argparse.ArgumentParser(description="Mutation run over the contracts that move money.")
    parser.add_argument("--only", nargs="+", choices=TESTS, help="mutate these contracts alone")
    parser.add_argument("--list", action="store_true", help="print the mutants and stop")
    arguments = parser.parse_args()
    mutants = _prepare(arguments.only or list(TESTS))
    if arguments.list:
        print("\n".join(_described(name, mutant) for name, mutant in mutants))
        return 0
    met = {0: tuple(sorted({test for name, _ in mutants for test in TESTS[name]}))}
    _forge("build", *(f"test/{name}.t.sol" for name in met[0]))
    met |= {mutant.number: TESTS[name] for name, mutant in mutants}
    driver.write(SCRATCH, met[0], met.items())
    alive = _alive(_forge("test", "--match-path", "test/Mutants.t.sol"), set(met))
    if 0 not in alive:
        sys.exit("mutants: too many tests fail on the unchanged contracts")
    return _report(mutants, [pair for pair in mutants if pair[1].number in alive])


def _report(mutants: list[tuple[str, Mutant]], survivors: list[tuple[str, Mutant]]) -> int:
    explained: dict[str, str] = json.loads(EXPLAINED.read_text(encoding="utf-8"))
    for name in TESTS:
        all_, left = ([pair for pair in pairs if pair[0] == name] for pairs in (mutants, survivors))
        if all_:
            print(f"mutants: {name}: {len(all_) - len(left)} of {len(all_)} killed")
    keys = [_key(*pair) for pair in survivors]
    for pair, key in zip(survivors, keys, strict=True):
        print(f"mutants: survived: {_described(*pair)}: {explained.get(key, 'UNEXPLAINED')}")
    killed, dead = len(mutants) - len(survivors), len({_key(*pair) for pair in mutants} & explained.keys() - set(keys))
    equal = sum(key in explained for key in keys)
    print(f"mutants: {killed} of {len(mutants)} killed, {equal} explained, {len(keys) - equal} unexplained")
    if dead:
        print(f"mutants: {dead} explanations are about mutants that tests kill: take them out of {EXPLAINED.name}")
    return 1 if len(keys) > equal or dead else 0


def _prepare(names: list[str]) -> list[tuple[str, Mutant]]:
    """Copy the contracts and write the mutants into the copy."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    for part in ("src", "test"):
        shutil.rmtree(SCRATCH / part, ignore_errors=True)
        shutil.copytree(CONTRACTS / part, SCRATCH / part)
    for part in ("foundry.toml", "solc"):
        shutil.copy(CONTRACTS / part, SCRATCH / part)
    if not (SCRATCH / "node_modules").exists():
        (SCRATCH / "node_modules").symlink_to(CONTRACTS / "node_modules")
    (SCRATCH / "src" / "Mutants.sol").write_text(SWITCH, encoding="utf-8")
    mutants: list[tuple[str, Mutant]] = []
    inherited = modifiers((CONTRACTS / "src" / "RegistryBase.sol").read_text(encoding="utf-8"))
    for name in names:
        path = SCRATCH / "src" / f"{name}.sol"
        mutation = Mutation(path.read_text(encoding="utf-8"), len(mutants) + 1, inherited)
        path.write_text(mutation.run(), encoding="utf-8")
        mutants += [(name, mutant) for mutant in mutation.mutants]
    return mutants


def _forge(*arguments: str) -> str:
    command = [str(forge()), *arguments]
    done = subprocess.run(
        command, cwd=SCRATCH, env={**os.environ, **SETTINGS}, capture_output=True, text=True, check=False
    )
    if "Compiler run failed" in done.stdout + done.stderr:
        sys.exit(f"mutants: the mutants do not compile\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def _alive(output: str, expected: set[int]) -> set[int]:
    """Read which mutants no test killed; exits unless every one of them was tried."""
    found = re.findall(r"\[(PASS|FAIL)[^\n]*\] test_mutant_(\d+)\(\)", output)
    if {int(number) for _, number in found} != expected:
        sys.exit(f"mutants: forge tried {len(found)} of {len(expected)}\n{output[-4000:]}")
    return {int(number) for result, number in found if result == "PASS"}


def _key(name: str, mutant: Mutant) -> str:
    return f"{name}.{mutant.function}: {mutant.was} -> {mutant.now}"


def _described(name: str, mutant: Mutant) -> str:
    return f"{mutant.number} {name}.sol:{mutant.line} {mutant.function}: {mutant.was} -> {mutant.now}"


if __name__ == "__main__":
    sys.exit(main())
