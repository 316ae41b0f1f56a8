"""An update that came too late for a round's buffer: it goes into a later round, over the base that it was made from.

round q: trained, sealed, never committed --own key--> words --same rows? base not too old?--> sealed anew for round r
"""

import logging
from dataclasses import dataclass

from prefect_federated.adapters.data.consented import kept_evidence
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import open_own, seal_update
from prefect_federated.adapters.reading import made_over, read_past_spec, version_with_hash
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.errors import DataError, PayloadError
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.remedies import ROUND
from prefect_federated.core.round_spec import RoundSpec, slot_of
from prefect_federated.core.sealed import SealedOpening, SealedUpdate

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Carried:
    """An update sealed anew for a round, and the earlier round from whose base it was trained."""

    update: SealedUpdate
    made_in: int


@dataclass(frozen=True, slots=True)
class _Waiting:
    opening: SealedOpening
    kept_in: int
    made_in: int


def over_base(party: Party, spec: RoundSpec, made_in: int | None) -> RoundSpec:
    """A round as it is for an update that was trained in an earlier round, or in this one (None)."""
    if made_in is None:
        return spec
    return made_over(party, spec, spec.base_number - _base_number(party, spec.task, made_in))


def carry(silo: Silo, spec: RoundSpec, evidence: Evidence) -> Carried | None:
    """The silo's update that still waits, sealed anew for this round; None where it has to train.

    It goes along only if it was made from the very rows that were validated now, at most `max_staleness` versions ago,
    and no rollback took its base back.

    Args:
        evidence: of this round.
    """
    party = silo.party
    waiting = _waiting(party, spec)
    if waiting is None:
        return None
    past = over_base(party, read_past_spec(party, spec.task, waiting.kept_in), waiting.opening.made_in)
    try:
        before = kept_evidence(silo, past, waiting.opening.grounds.evidence_hash)
        words = open_own(party.store, past, party.account, party.sealing_key, waiting.opening)
    except (DataError, PayloadError) as error:
        _say_lost(spec, party, waiting, str(error))
        return None
    if before.view_digest != evidence.view_digest:
        _say_lost(spec, party, waiting, "rows, columns or consents have changed since")
        return None
    over, opening = over_base(party, spec, waiting.made_in), waiting.opening
    weight = opening.opening.weight
    update = seal_update(party.store, over, party.account, party.sealing_key, words, weight, opening.metrics)
    return Carried(update, waiting.made_in)


def _waiting(party: Party, spec: RoundSpec) -> _Waiting | None:
    """The newest opening of an earlier round, if it was never committed and its base is young enough."""
    federation, most = party.federation, spec.spec.enforced.max_staleness
    earlier = range(spec.round - 1, 0, -1) if most else ()
    for round in earlier:
        if spec.base_number - _base_number(party, spec.task, round) > most:
            return None
        kept = party.vault.recall(_slot(party, spec, round))
        if kept is None:
            continue
        if party.account in federation.grants_of(spec.task, round):
            return None
        opening = SealedOpening.from_bytes(kept)
        made_in = opening.made_in or round
        base = _base_number(party, spec.task, made_in)
        young = spec.base_number - base <= most
        steps = (version for version in federation.versions(spec.task) if base < version.number <= spec.base_number)
        return _Waiting(opening, round, made_in) if young and all(step.kind == ROUND for step in steps) else None
    return None


def _base_number(party: Party, task: int, round: int) -> int:
    started = party.federation.started(task, round)
    return version_with_hash(party.federation.versions(task), bytes(started.args["baseVersion"])).number


def _slot(party: Party, spec: RoundSpec, round: int) -> str:
    return slot_of(spec.chain_id, spec.coordinator, spec.task, round, "opening", party.account)


def _say_lost(spec: RoundSpec, party: Party, waiting: _Waiting, why: str) -> None:
    _log.warning(
        "round %d/%d: the update that %s trained in round %d and could not commit is left behind (%s); it trains anew",
        *(spec.task, spec.round, party.name, waiting.made_in, why),
    )
