"""Appeals: what was slashed and is held, who appealed, what was answered, and what may be closed by now.

slash --window--> open --period--> answer | close        nobody appealed --> uphold        --> collect, forward
"""

from dataclasses import dataclass, replace
from enum import IntEnum

from prefect_federated.adapters.evm.disputing import Disputing
from prefect_federated.adapters.evm.records import Event, Sent

AT_ONCE = 50  # slashes that one transaction upholds
_EVENTS = ("Slashed", "SlashRestored", "SlashUpheld", "AppealOpened", "AppealClosed")


class Ruling(IntEnum):
    """How an appeal ended; silence counts as a draw."""

    NONE = 0
    ACCEPT = 1
    REJECT = 2
    DRAW = 3


@dataclass(frozen=True, slots=True)
class Terms:
    """What an appeal costs (wei, until it is closed), and how long one may appeal and answer (seconds)."""

    deposit: int
    window_s: int
    period_s: int


@dataclass(frozen=True, slots=True)
class Slash:
    """Stake that was taken, and what has become of it: "held", "restored" or "upheld"."""

    id: int
    participant: str
    taken: int
    evidence: bytes
    accuser: str
    at: int
    state: str
    appealed: bool
    why: str
    ruling: Ruling
    until: int  # last second in which it may be appealed or, once it is, answered

    def closable(self, now_s: int) -> bool:
        """Whether anybody may close it now."""
        return self.state == "held" and now_s > self.until


class Appealing(Disputing):
    """Slashes and appeals, as participant, arbitrator, or anybody."""

    def open_appeal(self, slash: int, why: str) -> Sent:
        """Appeal against a slash of the signer's own, for a deposit; `why` is a link for the arbitrator."""
        deposit = self.appeal_terms().deposit
        return self._send("Appeals", "open", slash, why, value=deposit, name=f"{slash}")

    def answer_appeal(self, slash: int, ruling: Ruling) -> Sent:
        """Answer an appeal; the signer must be the arbitrator."""
        return self._send("Appeals", "answer", slash, int(ruling), name=f"{slash}")

    def close_appeals(self) -> list[int]:
        """Close what nobody appealed or answered in time, and send what that frees to the treasury; anyone may.

        Returns:
            The slashes that were closed; appeals without an answer ended as draws.
        """
        now_s = self.chain_time()
        due = [one for one in self.slashes() if one.closable(now_s)]
        for one in due:
            if one.appealed:
                self._send("Appeals", "close", one.id, name=f"{one.id}")
        silent = [one.id for one in due if not one.appealed]
        for start in range(0, len(silent), AT_ONCE):
            self._send("Appeals", "uphold", silent[start : start + AT_ONCE])
        if self.call("ParticipantRegistry", "forfeited"):
            self._send("ParticipantRegistry", "forwardSlashed", once=False)
        return [one.id for one in due]

    def collect_appeal_deposit(self, account: str) -> Sent:
        """Pay returned deposits out to an account; anyone may."""
        return self._send("Appeals", "collectDeposit", account, once=False)

    # --- reads -----------------------------------------------------------------------------------------

    def appeal_terms(self) -> Terms:
        """Deposit, window and period."""
        return Terms(*map(int, self.call("Appeals", "terms")))

    def appeal_deposit_of(self, account: str) -> int:
        """Returned deposits of an account that were not paid out yet, wei."""
        return int(self.call("Appeals", "depositOf", account))

    def slashes(self, participant: str | None = None) -> list[Slash]:
        """All slashes of a deployment, or a participant's, in order, as the events tell them."""
        terms, found = self.appeal_terms(), dict[int, Slash]()
        for event in self.events(names=_EVENTS):
            slash = event.args["id"]
            found[slash] = _taken(event, terms) if event.name == "Slashed" else _changed(found[slash], event)
        return [one for one in found.values() if participant in (None, one.participant)]

    def pending_bounty_of(self, account: str) -> int:
        """Bounties of an account for slashes that are still held, wei."""
        return sum(one.taken // 2 for one in self.slashes() if one.state == "held" and one.accuser == account)


def _taken(event: Event, terms: Terms) -> Slash:
    args = event.args
    return Slash(
        id=args["id"],
        participant=args["participant"],
        taken=args["amount"],
        evidence=bytes(args["evidence"]),
        accuser=args["accuser"],
        at=event.timestamp,
        state="held",
        appealed=False,
        why="",
        ruling=Ruling.NONE,
        until=event.timestamp + terms.window_s,
    )


def _changed(slash: Slash, event: Event) -> Slash:
    args = event.args
    if event.name == "AppealOpened":
        return replace(slash, appealed=True, why=args["uri"], until=args["until"])
    if event.name == "AppealClosed":
        return replace(slash, ruling=Ruling(args["ruling"]))
    return replace(slash, state="restored" if event.name == "SlashRestored" else "upheld")
