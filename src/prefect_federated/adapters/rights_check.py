"""Whether a proposal says of its version what the included grants and the base version allow, no more and no less.

claimed rights <--> each included grant (provable), the base version, their intersection (for people to judge)
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prefect_federated.adapters.outcome import rights_due
from prefect_federated.adapters.party import Party
from prefect_federated.core.findings import RECORD, Finding, Wrong
from prefect_federated.core.round_spec import RoundSpec

if TYPE_CHECKING:
    from prefect_federated.adapters.verification import Claimed


def rights_findings(party: Party, spec: RoundSpec, claimed: "Claimed") -> Iterator[Finding]:
    """What is wrong with the claimed rights; of a record that stands in a roll its proposer has to show the grant."""
    said, included = claimed.proposal.rights, [record.participant for record in claimed.document.included]
    due = rights_due(party, spec, included)
    if not included or said == due:
        return
    grants = party.federation.grants_of(spec.task, spec.round)
    wide = False
    for position, account in enumerate(included):
        given = party.federation.rights_of([grants[account]])[0] if account in grants else said
        if not said.within(given):
            wide = True
            detail = f"the version may be used for {said}; the grant of included {position}, {account}, gives {given}"
            in_roll = account in claimed.rolled
            yield Finding(Wrong.WITHHELD if in_roll else Wrong.RIGHTS, detail, position, tree=RECORD if in_roll else 0)
    if not wide and grants.keys() >= set(included):  # of a roll that cannot be read, no grant is known
        yield Finding(Wrong.USE, f"the version may be used for {said}, its inputs allow {due}")
