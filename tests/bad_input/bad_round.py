"""One round with every silo broken in its own way, three honest ones, and what became of each of them.

play(consortium) --drive_round--> BadRound;   fates["expired"] --> the silo's error and its place in the record
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from prefect import flow

from prefect_federated.adapters.evm.rpc import request_int
from prefect_federated.core.consent import GrantState
from prefect_federated.core.errors import FederatedError
from prefect_federated.core.round import Exclusion, Reason
from prefect_federated.flows.cast import Cast, RoundResult
from prefect_federated.flows.driving import drive_round
from prefect_federated.flows.members import Participant
from prefect_federated.tasks.aggregate import aggregate
from prefect_federated.tasks.commit import commit
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.reveal import reveal
from prefect_federated.tasks.train import train
from prefect_federated.tasks.validate import validate
from tests.bad_input.cast import Observed
from tests.bad_input.consortium import GRACE_S, Consortium, table
from tests.bad_input.flaky import FlakyEndpoint
from tests.bad_input.silos import HONEST, silos_of_the_bad_round

RETRIED = (aggregate, commit, listen, reveal, train, validate)


@dataclass
class Fate:
    """What became of one silo."""

    account: str
    error: FederatedError | None
    exclusion: Exclusion | None
    committed: bool
    revealed: bool
    stake_lost: int
    transactions: int

    def assert_kept_out(self, kind: type[FederatedError], code: int, stage: str, *words: object) -> None:
        """The silo ended with this error, which is on record; it sent nothing and lost nothing."""
        assert type(self.error) is kind and self.error.exit_code == code
        assert self.exclusion == Exclusion(self.account, stage, str(self.error))
        assert_says(self.error, *words)
        assert not self.committed and not self.stake_lost

    def assert_left_out(self, *words: object) -> None:
        """The silo's update was revealed and not aggregated; the record says why. It keeps its bond."""
        assert self.error is None and self.revealed and not self.stake_lost
        assert self.exclusion is not None and self.exclusion.stage == "aggregate"
        assert_says(self.exclusion.reason, *words)


def assert_says(message: object, *words: object) -> None:
    """Every word occurs in the message."""
    assert not [word for word in map(str, words) if word not in str(message)], message


@dataclass
class BadRound:
    """The round after it was settled."""

    consortium: Consortium
    task: int
    result: RoundResult
    members: dict[str, Observed]
    fates: dict[str, Fate]
    grants: dict[str, GrantState]
    late: dict[str, FederatedError]

    def endpoint(self, name: str) -> FlakyEndpoint:
        """What stands between a silo and its chain."""
        endpoint = self.members[name].endpoint
        assert endpoint is not None
        return endpoint

    def grant(self, name: str) -> GrantState:
        """The grant behind a silo's part in the round, as it stood on chain at its end."""
        return self.grants[name]

    def reason(self, name: str) -> Reason:
        """Why the aggregator left a silo's update out, as the chain has it."""
        return self.result.log.left_out[self.fates[name].account]


def play(consortium: Consortium, stack: ExitStack) -> BadRound:
    """Bring the silos, open the round, drive it to its end."""
    members = silos_of_the_bad_round(consortium, stack)
    task = consortium.task(list(members))
    before = {name: standing(consortium, name) for name in members}
    late: dict[str, FederatedError] = {}

    def watch(round: int, stage: str, who: str) -> None:
        """The sleeper wakes up when Commit is over, the mute one when the grace is over too."""
        if stage == "reveal" and "sleeper" not in late:
            late["sleeper"] = error_of(members["sleeper"].member.commit, task, round)
        if stage == "aggregate":
            state = consortium.reader.round_state(task)
            consortium.reader.wait_until(state.reveal_deadline + GRACE_S + 1)
            late["mute"] = error_of(Participant(members["mute"].silo).reveal, task, round)

    awake = [member for name, member in members.items() if name != "sleeper"]
    result = drive(Cast(consortium.sponsor().open(), consortium.aggregator().open(), awake, watch), task)
    fates = {name: _fate(consortium, result, member, before[name]) for name, member in members.items()}
    grants = {name: consortium.reader.grant_state(consortium.grants[name]) for name in members}
    return BadRound(consortium, task, result, members, fates, grants, late)


def _fate(consortium: Consortium, result: RoundResult, member: Observed, before: tuple[int, int]) -> Fate:
    log, account = result.log, member.account
    people = log.participation(result.notes.exclusions, result.notes.local)
    stake, sent = standing(consortium, member.name)
    return Fate(
        account=account,
        error=member.errors[0] if member.errors else None,
        exclusion=next((e for e in people.excluded if e.participant == account), None),
        committed=account in log.committed,
        revealed=account in log.revealed,
        stake_lost=before[0] - stake,
        transactions=sent - before[1],
    )


def play_again(bad: BadRound) -> RoundResult:
    """The task's next round, with the honest silos and four that were mended."""
    town, mended = bad.consortium, ("recordless", "no-column", "cut-off", "withdrawn-late")
    town.consent("recordless", nonce=1)
    town.consent("withdrawn-late", nonce=1)
    table().to_csv(town.folder / "silos" / "no-column" / "data.csv", index=False)
    town.publish("no-column")
    bad.endpoint("cut-off").drops = 0
    members = [Participant(bad.members[name].silo) for name in (*HONEST, *mended)]
    return drive(Cast(town.sponsor().open(), town.aggregator().open(), members), bad.task)


def drive(cast: Cast, task: int) -> RoundResult:
    """One round inside a flow, as `federated_round` drives it."""

    @flow(name="bad-input")
    def one_round() -> RoundResult:
        return drive_round(cast, task)

    return one_round()


def error_of(call: Any, *arguments: Any) -> FederatedError:
    """The error that a call ends with."""
    try:
        call(*arguments)
    except FederatedError as error:
        return error
    raise AssertionError(f"{call} went through")


def standing(consortium: Consortium, name: str) -> tuple[int, int]:
    """Stake and number of transactions of a silo, from its endpoint or not."""
    account = consortium.account(name).address
    sent = request_int(consortium.w3, "eth_getTransactionCount", [account, "latest"])
    return consortium.reader.participant(account).stake, sent


@contextmanager
def without_patience() -> Iterator[None]:
    """Retries come as often as ever, but at once."""
    delays = {one: one.retry_delay_seconds for one in RETRIED}
    try:
        for one in RETRIED:
            one.retry_delay_seconds = [0.01] * one.retries
        yield
    finally:
        for one, delay in delays.items():
            one.retry_delay_seconds = delay
