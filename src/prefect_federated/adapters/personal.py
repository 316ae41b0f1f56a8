"""What a silo keeps of its own from round to round (SCAFFOLD's control variate, FedBN's layers), sealed to itself.

round q: trained --keep_personal--> sealed body in the store, named in the vault by round and attempt
round r: base version --back to the last version with this silo's update, made in q--> opening of q --attempt--> body

It lies beside the update that it belongs to, so a restart, a voided or rolled back round, another machine, and an
audit of an old round all find the state that goes with the base version. The store sees ciphertext under a key that
the silo's sealing key alone gives.
"""

import json
import logging
from dataclasses import replace

from prefect_federated.adapters.evm.records import Version
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.reading import read_result, version_with_hash
from prefect_federated.adapters.server_stepping import origin_of
from prefect_federated.core.canonical import canonical
from prefect_federated.core.errors import PayloadError
from prefect_federated.core.remedies import ROUND
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedOpening
from prefect_federated.core.sealing import derive, open_stream, seal_stream
from prefect_federated.learning.algorithms.plain import NOTHING, Personal

_log = logging.getLogger(__name__)


def keep_personal(party: Party, spec: RoundSpec, attempt: bytes, personal: Personal) -> None:
    """Keep what goes with a sealed update; nothing is kept of nothing.

    Args:
        attempt: of the sealed update, 16 bytes.
    """
    if not personal:
        return
    from safetensors.numpy import save

    body = list(seal_stream([save(dict(personal))], _key(party, party.sealing_key, spec, attempt), attempt))
    place = {"body": party.store.put(body), "bytes": sum(map(len, body))}
    party.vault.keep(_slot(party, spec, attempt), canonical(place))


def recall_personal(party: Party, spec: RoundSpec) -> Personal:
    """What this silo kept when its update last went into the round's base version; nothing before its first.

    Where it is lost, the silo starts from the initial state, and a line in the log says so.
    """
    if not spec.spec.local.personal:
        return NOTHING
    made = _last_with(party, spec)
    if made is None:
        return NOTHING
    past = replace(spec, round=made.round, base_version=made.parent)
    try:
        return _kept(party, past)
    except PayloadError as error:
        _log.warning(
            "round %d/%d: what %s kept of round %d cannot be had (%s); it starts from the initial state of %s, as if"
            " it was new",
            *(spec.task, spec.round, party.name, past.round, error, spec.spec.local.name),
        )
        return NOTHING


def _last_with(party: Party, spec: RoundSpec) -> Version | None:
    """The newest version, from the base backwards, whose round has this silo's update in it."""
    versions, account = party.federation.versions(spec.task), party.account
    version = origin_of(party, version_with_hash(versions, spec.base_version))
    while version.kind == ROUND:
        if account in party.federation.grants_of(spec.task, version.round):  # from the log: no fetch for others' rounds
            included = read_result(party, spec.task, version.round).included
            if account in (update.participant for update in included):
                return version
        version = origin_of(party, version_with_hash(versions, version.parent))
    return None


def _kept(party: Party, past: RoundSpec) -> Personal:
    from safetensors.numpy import load

    opening = party.vault.recall(past.slot("opening", party.account))
    attempt = SealedOpening.from_bytes(opening).attempt if opening else b""
    place = party.vault.find(_slot(party, past, attempt)) if attempt else None
    if place is None:
        raise PayloadError(f"its store has nothing under this silo's sealing key{party.sealing_key.hint}")
    document, key = place
    named = json.loads(document)
    body = b"".join(party.store.get(named["body"], named["bytes"]))
    return load(b"".join(open_stream([body], _key(party, key, past, attempt))))


def _slot(party: Party, spec: RoundSpec, attempt: bytes) -> str:
    return f"{spec.slot('personal', party.account)}/{attempt.hex()}"


def _key(party: Party, key: SealingKey, spec: RoundSpec, attempt: bytes) -> bytes:
    return derive(key.private_bytes, "personal", spec.context(party.account), key.version, attempt)
