"""Reading what a pause needs to know: the coordinator's limits, and who may call for one.

pausedUntil, pauseLimits, the last Paused --> PauseStanding        AccessManager --> may this account?
"""

from typing import Any

from prefect_federated.adapters.evm import abi
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.governance import ADMIN, GUARDIAN
from prefect_federated.core.errors import ContractRefused
from prefect_federated.core.pausing import PauseStanding, check_pause

_ROLES = {ADMIN: "the administrator", GUARDIAN: "a guardian"}


def pause_standing(federation: Federation) -> PauseStanding:
    """Whether a pause is on, and what one may be like that is called for now."""
    earliest, longest_s = federation.call("Coordinator", "pauseLimits")
    until = federation.paused_until()
    began = federation.events(names=("Paused",)) if until else []
    since = int(began[-1].args["at"]) if began else 0
    return PauseStanding(federation.chain_time(), since, until, earliest, longest_s)


def pauser(federation: Federation) -> str:
    """Who may pause, in words: the holders of the role that the access manager asks for."""
    role = _ask(federation, "getTargetFunctionRole", federation.coordinator, _selector())
    return _ROLES.get(int(role), f"a holder of role {role}")


def may_pause(federation: Federation, account: str) -> bool:
    """Whether an account may pause, at once or scheduled ahead."""
    at_once, delay_s = _ask(federation, "canCall", account, federation.coordinator, _selector())
    return bool(at_once or delay_s)


def pause(federation: Federation, until_s: int) -> int:
    """Pause, or make the pause that is on longer; the last second of it.

    Raises:
        ContractRefused: not the signer's to call for, or not now, or not that long.
    """
    if not may_pause(federation, federation.signer):
        raise ContractRefused(
            f"{federation.signer} may not pause the coordinator {federation.coordinator}, only {pauser(federation)} may"
            " (roles of its access manager); sign with such an account's key, or have its Safe or council call pause"
        )
    check_pause(pause_standing(federation), until_s)
    return int(federation.pause(until_s).event("Paused").args["until"])


def _ask(federation: Federation, name: str, *values: Any) -> Any:
    function = abi.function("AccessManager", name)
    manager = str(federation.call("Coordinator", "authority"))
    return function.decode(federation.output(manager, function.encode(*values)))


def _selector() -> bytes:
    return abi.function("Coordinator", "pause").selector
