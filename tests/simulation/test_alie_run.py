"""Forty participants, twelve of whom send ALIE, under Multi-Krum: record, scores and pay, worked out anew by a reader.

federated simulate --chain URL --> chain, store, report.json --reader's key, held-out rows--> the same numbers by hand
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pandas import read_csv

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.records import Deployment
from prefect_federated.adapters.evm.rpc import connect
from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.adapters.reading import read_past_spec, read_result
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.report import Report, RoundRow
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.scenario.accounts import PASSWORD

pytestmark = pytest.mark.slow

ROOT, ETHER, ROUNDS, SEATS = Path(__file__).parents[2], 10**18, 3, 3
PEOPLE, BAD = 40, 12
FEE, COMMITTEE = 5 * ETHER // 100, 3 * ETHER // 100
Vectors = NDArray[np.int64]


@dataclass(frozen=True)
class Finished:
    """A simulation that is over, on a chain that is still there."""

    out: Path
    url: str
    report: Report

    def reader(self) -> Party:
        """The first member of the committee, with nothing but its keys, the chain and the store."""
        home = self.out / "keys" / "validator-001"
        made = Deployment.from_json((self.out / "deployment.json").read_text())
        federation = Federation(connect(self.url), made.coordinator, from_block=made.block)
        account = self.report.balances.accounts["validator-001"].account
        key = SealingKey.load(home / "sealing-key.pem", PASSWORD)
        return Party("reader", account, federation, LocalStore(self.out / "store"), key)

    def name(self, account: str) -> str:
        return next(name for name, row in self.report.balances.accounts.items() if row.account == account)


@dataclass(frozen=True)
class Round:
    """What a reader of a round gets from chain and store, in the order of indices."""

    spec: RoundSpec
    names: tuple[str, ...]
    words: Vectors  # [n, d]
    base: Vectors  # [d]
    votes: tuple[tuple[int, ...], ...]  # scores by index, of each member
    row: RoundRow


def simulate(out: Path, *options: str) -> Report:
    command = [str(Path(sys.executable).with_name("federated")), "simulate", "--out", str(out), *options]
    people = ["--participants", str(PEOPLE), "--attackers", str(BAD), "--attack", "alie", "--rounds", str(ROUNDS)]
    done = subprocess.run([*command, *people], cwd=ROOT, capture_output=True, text=True, timeout=800)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return Report.model_validate_json((out / "report.json").read_text())


@pytest.fixture(scope="module")
def krum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    out = tmp_path_factory.mktemp("krum") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where anvil is looked for
        devnet = Devnet.start()
    with devnet:
        yield Finished(out, devnet.url, simulate(out, "--rule", "multi-krum", "--chain", devnet.url))


@pytest.fixture(scope="module")
def rounds(krum: Finished) -> list[Round]:
    return [_read(krum, row) for row in krum.report.rounds]


def _read(done: Finished, row: RoundRow) -> Round:
    party = done.reader()
    spec = read_past_spec(party, done.report.task, row.round_id)
    reveals = party.federation.reveals(spec.task, spec.round)
    updates = {one.participant: one.words for one in gather(party, spec, reveals).updates}
    assert [one.index for one in reveals] == list(range(PEOPLE))
    shown = party.federation.shown_votes(spec.task, spec.round)
    return Round(
        spec,
        tuple(done.name(one.participant) for one in reveals),
        np.array([updates[one.participant] for one in reveals], np.int64),
        fetch_words(party.store, spec, "model", spec.base_uri, spec.base_root).astype(np.int64),
        tuple(tuple(int(word) for word in np.frombuffer(vote.scores, ">u4")) for vote in shown),
        row,
    )


def chosen(words: Vectors, liars: int) -> list[int]:
    """Multi-Krum after the paper, in plain integers: the n - f with the smallest sums to their n - f - 2 nearest."""
    n = len(words)
    far = [[int(((one - other) ** 2).sum()) for other in words] for one in words]
    sums = [sum(sorted(far[i][:i] + far[i][i + 1 :])[: n - liars - 2]) for i in range(n)]
    return sorted(sorted(range(n), key=lambda i: (sums[i], i))[: n - liars])


def held_out_loss(round: Round, words: Vectors, table: Path) -> float:
    """The network by hand, in float64: standardise, linear, ReLU, linear, mean negative log likelihood."""
    agreed, frame = round.spec.spec, read_csv(table)
    settings = agreed.plan.hyperparameters
    x = (frame[list(agreed.data.names[:64])].to_numpy(float) - settings["means"]) / np.array(settings["scales"])
    flat, at, layers = words / 2.0**agreed.model.frac_bits, 0, []
    for tensor in agreed.model.tensors:
        layers.append(flat[at : at + tensor.size].reshape(tensor.shape))
        at += tensor.size
    weight, bias, weight_out, bias_out = layers
    logits = np.maximum(x @ weight.T + bias, 0) @ weight_out.T + bias_out
    top = logits.max(axis=1, keepdims=True)
    logs = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    return float(-logs[np.arange(len(frame)), frame[agreed.data.target].to_numpy()].mean())


def test_who_is_in_and_who_is_out_is_what_multi_krum_gives_for_the_stored_updates(
    krum: Finished, rounds: list[Round]
) -> None:
    for round in rounds:
        inside = [round.names[index] for index in chosen(round.words, BAD)]
        recorded = read_result(krum.reader(), round.spec.task, round.spec.round).included
        assert [krum.name(one.participant) for one in recorded] == round.row.aggregated == inside
        out = {one.participant: one.reason for one in round.row.excluded}
        assert out.keys() == set(round.names) - set(inside)
        assert set(out.values()) == {"aggregation rule gave the update weight 0"}


def test_every_vote_shows_the_scores_that_the_held_out_rows_give_by_hand(krum: Finished, rounds: list[Round]) -> None:
    table = krum.out / "sponsor" / "held-out.csv"
    for round in rounds:
        base, inside = held_out_loss(round, round.base, table), chosen(round.words, BAD)
        due = [
            int(10**6 * max(0.0, base - held_out_loss(round, round.base + words, table))) if index in inside else 0
            for index, words in enumerate(round.words)
        ]
        assert len(round.votes) == SEATS
        for scores in round.votes:
            assert np.abs(np.array(scores) - due).max() <= 5  # the plan counts in float32
            assert [index for index, score in enumerate(scores) if score] == inside
        assert round.row.scores == dict(zip(round.names, sorted(round.votes)[SEATS // 2], strict=True))


def test_everybody_earns_what_scores_and_pool_say_to_the_wei(krum: Finished, rounds: list[Round]) -> None:
    due = dict.fromkeys(krum.report.balances.accounts, 0)
    for round in rounds:
        medians = np.sort(np.array(round.votes, np.int64), axis=0)[(SEATS - 1) // 2].tolist()
        inside = chosen(round.words, BAD)
        rest, whole = ETHER - FEE - SEATS * (COMMITTEE // SEATS), sum(medians[index] for index in inside)
        for index in inside:
            due[round.names[index]] += rest * medians[index] // whole
        due["aggregator"] += FEE
        for number in range(1, SEATS + 1):
            due[f"validator-{number:03d}"] += COMMITTEE // SEATS
    earned = {name: int(row.earned_wei) for name, row in krum.report.balances.accounts.items()}
    assert earned == due and sum(due.values()) > ROUNDS * (ETHER - 2 * PEOPLE)
    assert krum.report.balances.difference_wei == "0"


def test_verify_finds_nothing_wrong_with_reader_key_and_held_out_rows(krum: Finished) -> None:
    sponsor, home = krum.out / "sponsor", krum.out / "keys" / "validator-001"
    for row in krum.report.rounds:
        done = _verify(krum, row.round_id, home, sponsor / "held-out.csv", sponsor / "held-out.salt")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "every update read and the aggregate recomputed" in done.stdout
        assert "nothing is wrong" in done.stdout


def test_verify_refuses_other_rows_than_the_committees(krum: Finished, tmp_path: Path) -> None:
    sponsor, home, other = krum.out / "sponsor", krum.out / "keys" / "validator-001", tmp_path / "other.csv"
    other.write_text("".join((sponsor / "held-out.csv").read_text().splitlines(keepends=True)[:-1]))
    done = _verify(krum, 1, home, other, sponsor / "held-out.salt")
    assert done.returncode != 0 and "get file and salt from the sponsor" in " ".join(done.stderr.split())


def _verify(krum: Finished, round: int, home: Path, holdout: Path, salt: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("federated")), "verify", str(krum.report.task), str(round)]
    command += ["--chain", krum.url, "--deployment", str(krum.out / "deployment.json")]
    command += ["--store", f"local:{krum.out / 'store'}", "--holdout", str(holdout), "--holdout-salt", str(salt)]
    command += ["--keystore", str(home / "keystore.json"), "--sealing-key", str(home / "sealing-key.pem")]
    env = {**os.environ, "FEDERATED_PASSWORD": PASSWORD, "COLUMNS": "200"}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=env)


def test_multi_krum_takes_alie_and_leaves_honest_updates_out_and_the_record_says_so(
    krum: Finished, rounds: list[Round]
) -> None:
    """What the ALIE paper says of Krum: updates nearer to the mean than honest ones are what it looks for."""
    for round in rounds:
        attackers = [name for name in round.row.aggregated if name.startswith("attacker-")]
        assert len(attackers) == BAD and len(round.row.aggregated) == PEOPLE - BAD
        assert all(one.participant.startswith("participant-") for one in round.row.excluded)
        assert not round.row.detected  # they scatter: neither copies nor outliers
        assert len({words.tobytes() for words in round.words}) == PEOPLE
        assert [vote.accept for vote in round.row.votes] == [True] * SEATS


def test_mean_learns_more_than_multi_krum_where_attackers_send_alie(krum: Finished, tmp_path: Path) -> None:
    plain = simulate(tmp_path / "mean", "--rule", "mean")
    reached = [
        (row.metrics["accuracy"], own.metrics["accuracy"])
        for row, own in zip(plain.rounds, krum.report.rounds, strict=True)
    ]
    print("accuracy by round, mean and multi_krum:", reached)
    assert all(len(row.aggregated) == PEOPLE for row in plain.rounds)
    assert reached[-1][0] >= reached[-1][1] > 0.7
