"""Privacy budgets on chain: commits that spend of them, limits, and costs that come back.

commit + cost --> of grant and silo | refused        round voided in Commit --> refund
"""

from dataclasses import dataclass

from prefect_federated.adapters.evm.records import Sent
from prefect_federated.adapters.evm.retracting import Retracting
from prefect_federated.core.round import Phase


@dataclass(frozen=True, slots=True)
class OwnBudget:
    """What a silo allows itself over all grants, and what it spent: vectors of `core.privacy`; limit 0 is none."""

    limit: int
    spent: int


@dataclass(frozen=True, slots=True)
class Refundable:
    """What a commit cost whose update nobody can have read."""

    task: int
    round: int
    silo: str
    grant_id: bytes
    cost: int


class Budgeting(Retracting):
    """Commits of tasks with a privacy floor, and the accounts that they draw on."""

    def commit_private(
        self, task: int, round: int, commitment: bytes, grant_id: bytes, evidence_hash: bytes, cost: int
    ) -> Sent:
        """Put a commitment on chain and spend its cost, in one transaction.

        Args:
            cost: privacy loss, a vector of `core.privacy`.

        Raises:
            BudgetSpent: the grant's or the silo's limit would be exceeded.
        """
        values = (task, round, commitment, grant_id, evidence_hash, cost)
        return self._send("Coordinator", "commitPrivate", *values, name=f"{task}/{round}")

    def set_own_limit(self, limit: int) -> Sent:
        """Set what the signer, as a silo, allows itself over all grants; 0 is no limit."""
        return self._send("ConsentLedger", "setOwnLimit", limit, once=False)

    def refund_privacy(self, owed: Refundable) -> Sent:
        """Give back what a commit cost whose round ended in Commit; anyone may."""
        place = (owed.task, owed.round, owed.grant_id, owed.silo)
        return self._send("ConsentLedger", "refund", *place)

    # --- reads -----------------------------------------------------------------------------------------

    def own_budget(self, silo: str) -> OwnBudget:
        """What a silo allows itself, and what it spent."""
        limit, spent = self.call("ConsentLedger", "ownBudget", silo)
        return OwnBudget(limit, spent)

    def refundable(self, task: int, silo: str) -> list[Refundable]:
        """Costs of a silo's commits in a task that can be had back now; none where its commits cost nothing."""
        if not self.task_of(task).enforced.private:
            return []
        events = self.events(task, names=("PrivacySpent", "PrivacyRefunded", "RoundVoided"))
        unread = {
            one.args["round"] for one in events if one.name == "RoundVoided" and one.args["phase"] == Phase.COMMIT
        }
        own = [one for one in events if one.args.get("silo") == silo]
        owed = unread - {one.args["round"] for one in own if one.name == "PrivacyRefunded"}
        return [
            Refundable(task, one.args["round"], silo, bytes(one.args["grantId"]), one.args["cost"])
            for one in own
            if one.name == "PrivacySpent" and one.args["round"] in owed
        ]
