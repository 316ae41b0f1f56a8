"""A hundred and thirty-one who mask on a chain, each with forty others: the sum is exact, whoever leaves on the way."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.structs import opening_tuple
from prefect_federated.adapters.masking import masked, own_answer, own_note, own_sharing, sessions_of
from prefect_federated.adapters.outcome import work_out
from prefect_federated.adapters.payloads import publish, seal_update
from prefect_federated.adapters.reading import read_round_spec
from prefect_federated.adapters.sum_bounds import most_norm
from prefect_federated.adapters.unmasking import gather_masked
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.commitment import Grounds
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedOpening
from prefect_federated.core.sealed import seal as seal_opening
from prefect_federated.learning.update import EncodedUpdate
from prefect_federated.scenario.simulation.bulk import Call, send_all
from prefect_federated.scenario.simulation.ground import Simulated
from prefect_federated.scenario.simulation.options import Options
from prefect_federated.scenario.simulation.tables import deal
from prefect_federated.scenario.simulation.town import Town, names_of, set_up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

MANY, LEAVING = 131, 4
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Play:
    """One round by the adapters that silos use, without training: words are drawn."""

    town: Town
    spec: RoundSpec
    updates: dict[str, EncodedUpdate] = field(default_factory=dict)
    sealed: dict[str, SealedOpening] = field(default_factory=dict)

    def share(self, one: Simulated) -> Call:
        sharing = own_sharing(one.silo.party, self.spec)
        uri = one.silo.party.store.put([sharing.encoded()])
        grant = one.silo.consent_record().grant_id
        return self.call(one, "dealShares", grant, sharing.masking_public, sharing.root, uri)

    def commit(self, one: Simulated) -> Call:
        party, spec = one.silo.party, self.spec
        rng = np.random.default_rng(len(self.updates))
        size, norm = spec.spec.model.size, most_norm(spec)
        assert norm is not None
        most = norm // (1 + math.isqrt(size))  # of a word: what is longer than a clipped update is no honest one
        words = rng.integers(-most, most, size).astype(np.int32)
        update = EncodedUpdate(words, int(rng.integers(1, spec.spec.enforced.max_weight + 1)), {})
        hidden, seeds = masked(party, spec, update)
        sent = seal_update(
            party.store, spec, party.account, party.sealing_key, hidden, update.weight, update.metrics, seeds
        )
        grounds, key = Grounds(one.silo.consent_record().grant_id, b"\x0e" * 32), party.sealing_key
        made = seal_opening(sent, grounds, key.private_bytes, spec.context(party.account), key.version, None)
        self.updates[party.account], self.sealed[party.account] = update, made
        digest = made.opening.digest(spec.context(party.account))
        return self.call(one, "commitPrivate", digest, grounds.grant_id, grounds.evidence_hash, 0)

    def reveal(self, one: Simulated) -> Call:
        party, sealed = one.silo.party, self.sealed[one.account]
        uri = publish(party.store, self.spec, party.account, party.sealing_key, sealed, own_note(party, self.spec))
        return self.call(one, "reveal", opening_tuple(sealed.opening), uri)

    def unmask(self, one: Simulated) -> Call:
        answer, unopened = own_answer(one.silo.party, self.spec)
        assert not unopened
        return self.call(one, "showShares", answer.root, one.silo.party.store.put([answer.encoded()]))

    def call(self, one: Simulated, name: str, *values: object) -> Call:
        account = self.town.residents[one.name].account
        return Call(account, "Coordinator", name, (self.spec.task, self.spec.round, *values))

    def phase(self, step: Callable[[Simulated], Call], members: Sequence[Simulated]) -> None:
        """All of these do it; where others do not, the phase ends at its deadline."""
        federation = self.town.federation
        before = federation.round_state(self.spec.task)
        with members[0].silo.party.federation.still():  # nothing is sent meanwhile
            calls = [step(one) for one in members]
        send_all(federation, calls)
        if federation.round_state(self.spec.task).phase is before.phase:
            federation.wait_until(before.deadline + 1)
            federation.tick(self.spec.task)
        federation.wait_until(federation.round_state(self.spec.task).opens_at)


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Everybody is enrolled, and the round is open."""
    options = Options(participants=MANY, rounds=1, mode="masked", committee=0, hidden=(2,))
    out = tmp_path_factory.mktemp("many").absolute()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where anvil is looked for
        running = Devnet.start()
        with running:
            town = set_up(running.url, out, options, deal(options, names_of(options)), lambda line: None)
            town.federation.open_round(town.task)
            yield Play(town, read_round_spec(town.aggregator.party, town.task, 1))


def test_the_sum_of_the_survivors_is_exact_on_the_sparse_graph(play: Play) -> None:
    everybody, party = list(play.town.members), play.town.aggregator.party
    (session,) = sessions_of(party, play.spec)
    assert (len(session.members), session.degree) == (MANY, 40)
    play.phase(play.share, everybody)
    play.phase(play.commit, everybody[LEAVING:])
    play.phase(play.reveal, everybody[2 * LEAVING :])
    play.phase(play.unmask, everybody[3 * LEAVING :])
    federation, place = play.town.federation, (play.spec.task, play.spec.round)
    assert federation.round_state(play.spec.task).phase is Phase.AGGREGATE
    survivors = [play.updates[one.account] for one in everybody[2 * LEAVING :]]
    reveals = federation.reveals(*place)
    gathered = gather_masked(party, play.spec, reveals)
    total = sum((one.weight * one.words.astype(np.int64) for one in survivors), np.int64(0))
    assert gathered.total is not None and (gathered.total == total).all()
    outcome = work_out(play.town.aggregator, play.spec, reveals, gathered)
    party.federation.propose(*place, outcome.proposal)
    assert outcome.proposal.included == len(survivors) == MANY - 2 * LEAVING
    verified = verify_proposal(party, play.spec)
    assert verified.read_updates and not verified.findings
    mean = weighted_mean([(one.weight, one.words) for one in survivors], d=play.spec.spec.model.size)
    assert (gathered.total // sum(one.weight for one in survivors) == mean).all()
