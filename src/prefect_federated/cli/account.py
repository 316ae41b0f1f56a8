"""An account as the chain knows it: stake, bonds, and its place in every task."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.cli.budgets import budget_record
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.privacy import DELTA

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation


def participant_record(federation: "Federation", account: str, delta: float = DELTA) -> dict[str, Any]:
    """An account with stable names; amounts are decimal text in wei, its privacy loss is told at `delta`."""
    found = federation.participant(account)
    own = federation.own_budget(account)
    roles = (_role(federation, task, account) for task in range(1, federation.tasks() + 1))
    return {
        "account": found.account,
        "registered": found.registered,
        "may_enrol": bool(federation.call("ParticipantRegistry", "mayEnrol", account)),
        "delegate": found.delegate if int(found.delegate, 16) else None,
        "key_version": found.key_version,
        "stake_wei": str(found.stake),
        "locked_wei": str(found.locked),
        "free_wei": str(found.stake - found.locked),
        "unbonding_wei": str(found.unbonding),
        "unbond_at": found.unbond_at,
        "reputation": federation.reputation_of(account),
        "privacy": budget_record(own.limit, own.spent, delta),
        "tasks": [role for role in roles if role],
    }


def _role(federation: "Federation", task: int, account: str) -> dict[str, Any] | None:
    on_chain, place = federation.task_of(task), federation.enrolment(task, account)
    if place.from_round:
        return {
            "task": task,
            "role": "participant" if place.enrolled else "left",
            "from_round": place.from_round,
            "until_round": place.until_round or None,
            "misses": place.misses,
            "bonded": place.bonded,
        }
    duties = {
        on_chain.aggregator: ("aggregator", on_chain.aggregator_bonded),
        on_chain.standby: ("standby", on_chain.standby_bonded),
    }
    if account not in duties:
        return None
    role, bonded = duties[account]
    return {"task": task, "role": role, "from_round": None, "until_round": None, "misses": 0, "bonded": bonded}


def account_of(text: str | None, keystore: Path | None) -> str:
    """The account that is named, or else the one that a keystore is for; the keystore stays locked.

    Raises:
        ConfigurationError: no account is named.
    """
    from eth_utils.address import is_address, to_checksum_address

    if text is None and keystore is not None:
        try:
            text = "0x" + str(json.loads(keystore.read_text())["address"]).removeprefix("0x")
        except (OSError, ValueError, KeyError, TypeError) as cause:
            raise ConfigurationError(f"{keystore} names no account; name one as the argument") from cause
    if text is None or not is_address(text):
        raise ConfigurationError(f"{text or 'nothing'} is no account; give 0x and 40 hex digits, or --keystore FILE")
    return str(to_checksum_address(text))
