"""A small federation whose task has a committee of two, one of whom has no money for gas."""

from prefect_federated.adapters.attesting import keep_opinion
from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.party import Party as OpenParty
from prefect_federated.adapters.reading import read_round_spec
from prefect_federated.core.opinion import Opinion
from prefect_federated.core.spec import TaskSpec
from tests.cli.conftest import ETHER, PASSWORD, Party, SmallFederation

COMMITTEE = {"committee": 2, "vote_window": 600, "vote_reveal_window": 600, "validator_bond": ETHER}
OPINION = Opinion(accept=False, metric=-5, base_metric=7, scores=(0, 3))


class JudgedFederation(SmallFederation):
    """Its first validator is poor, its second pays for gas."""

    gap_s = 0

    def make_spec(self, name: str = "small") -> TaskSpec:
        spec, terms = super().make_spec(name), COMMITTEE | {"finality_gap": self.gap_s}
        return spec.model_copy(update={"enforced": spec.enforced.model_copy(update=terms)})

    def create_task(self) -> int:
        self.task = super().create_task()
        for name in ("poor", "rich"):
            made = self.parties[name] = self.party(name, self.make_account(name))
            self.join(made)
            self.parties["sponsor"].federation.admit_reader(self.task, made.address, True)
            made.federation.enlist(self.task, ETHER)
        rpc.set_balance(self.w3, self.poor.address, 0)
        return self.task

    @property
    def poor(self) -> Party:
        return self.parties["poor"]

    @property
    def rich(self) -> Party:
        return self.parties["rich"]

    def come_to_vote(self) -> int:
        """Open a round, draw its committee, and have every silo reveal."""
        round = self.open_round()
        self.reader.wait_for_block(self.reader.ballot(self.task).draw_block + 1)
        self.rich.federation.draw(self.task)
        for silo in self.silos:
            self.commit(silo, round)
        self.reader.wait_until(self.reader.round_state(self.task).opens_at)
        for silo in self.silos:
            self.reveal(silo, round)
        return round

    def come_to_show(self, round: int, commitment: bytes) -> None:
        """Have the rich validator alone promise a vote, and let Vote end."""
        self.cast(self.rich, round, commitment)
        self.reader.wait_until(self.reader.round_state(self.task).deadline + 1)

    def have_opinion(self, who: Party, round: int, opinion: Opinion = OPINION) -> None:
        """What the attest flow does before it sends anything."""
        key = SealingKey.load(who.sealing_key, PASSWORD)
        party = OpenParty("validator", who.address, who.federation, self.store, key)
        keep_opinion(party, read_round_spec(party, self.task, round), opinion)

    def cast(self, who: Party, round: int, commitment: bytes) -> None:
        """Promise a vote with a transaction of one's own."""
        seat = next(one.number for one in self.reader.seats(self.task) if one.member == who.address)
        who.federation.cast_vote(self.task, round, seat, commitment)
