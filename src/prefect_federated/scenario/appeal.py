"""The copycat appeals against the loss of its bond, and the arbitrator finds no reason: the deposit goes too.

slash --reasons in the store, deposit--> appeal --answer--> rejected
"""

from dataclasses import dataclass

from prefect_federated.adapters.evm.appealing import Ruling
from prefect_federated.scenario.consortium import Consortium

APPELLANT = "copycat"
REASONS = b"The commitment was mine; the opening was lost with a disk. Please give the bond back."


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal and how it ended; amounts in wei."""

    appellant: str
    account: str
    taken: int
    deposit: int
    ruling: Ruling

    @property
    def forfeited(self) -> int:
        """What the appeal itself cost."""
        return self.deposit if self.ruling is Ruling.REJECT else 0


def hear_appeals(consortium: Consortium) -> list[Appeal]:
    """Open and answer an appeal for every bond that the copycat lost; the sponsor is the arbitrator here."""
    if APPELLANT not in consortium.members:
        return []
    party = consortium.members[APPELLANT].open_party()
    federation, arbitrator = party.federation, consortium.federation("sponsor")
    heard = []
    for slash in federation.slashes(party.account):
        reasons = party.store.put([REASONS])
        deposit = int(federation.open_appeal(slash.id, reasons).event("AppealOpened").args["deposit"])
        arbitrator.answer_appeal(slash.id, Ruling.REJECT)
        heard.append(Appeal(APPELLANT, party.account, slash.taken, deposit, Ruling.REJECT))
    return heard
