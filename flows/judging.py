"""Judging a proposal, and who made a masked round fail, once: a sweep comes every minute, and recomputing is dear."""

import logging

from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.releasing import require_mailbox
from prefect_federated.adapters.striking import Strikes
from prefect_federated.core.encrypted_spec import Encrypted
from prefect_federated.core.errors import FederatedError
from prefect_federated.core.round import Phase, RoundState
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.judge import judge
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.release import join_shares
from prefect_federated.tasks.strike import strike
from prefect_federated.tasks.vouching import keep_vouched, vouch

_log = logging.getLogger(__name__)


def strike_once(party: Party, task: int, state: RoundState) -> str | None:
    """In a masked round that is not summed for all who revealed, take the bonds of those who made it fail.

    With groups that is where one of them is left out, though the round goes on with the others.

    Returns:
        "strike" where somebody lost its bond now, or None.
    """
    federation = party.federation
    if state.phase not in (Phase.CHALLENGE, Phase.VOIDED) or not federation.is_masked(task) or not state.revealed:
        return None
    if state.phase is Phase.CHALLENGE and federation.proposal(task, state.round).included >= state.revealed:
        return None
    spec = listen(party, task, state.round)
    slot = spec.slot("struck", party.account)
    if party.vault.recall(slot) is not None:
        return None
    if (struck := _struck(party, spec)) is None:
        return None
    if not struck.missed:
        party.vault.keep(slot, str(len(struck.sent)).encode())
    return "strike" if struck.sent else None


def _struck(party: Party, spec: RoundSpec) -> Strikes | None:
    """Who lost their bonds; None where it failed, for whatever reason: the round goes on without."""
    try:
        return strike(party, spec)
    except FederatedError as error:
        _log.warning("nobody is struck yet, the next run tries again: %s", error)
        return None


def judge_once(party: Party, task: int, state: RoundState, mailbox: Mailbox | None = None) -> str | None:
    """Judge the proposal that stands, unless this party has, and missed nothing: "judge", or None for nothing to do.

    What the committee says of updates that are left out is taken from the mailbox first, where there is one; a member
    says it again, for whoever shares the mailbox may have taken letters out of it. Where the committee opens updates,
    keys that this party has not joined are joined before; where key holders open sums, their true openings are kept.

    Raises:
        ConfigurationError: the committee opens updates, and this party has no mailbox: all would seem withheld.
    """
    spec = listen(party, task, state.round)
    slot = spec.slot(f"judged/{state.proposal_hash.hex()}", party.account)
    if party.vault.recall(slot) is not None:
        return None
    if spec.threshold:
        join_shares(party, require_mailbox(mailbox, party, spec), spec)
    if mailbox is not None:
        vouch(party, mailbox, spec)
        keep_vouched(party, mailbox, spec)
    verification = judge(party, spec, mailbox if isinstance(spec.spec.masking, Encrypted) else None)
    if verification.findings and spec.spec.enforced.masked:
        _struck(party, spec)
    if not verification.unreached:
        party.vault.keep(slot, "; ".join(finding.detail for finding in verification.findings).encode())
    return "judge"
