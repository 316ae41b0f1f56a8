"""Who administers a deployment: one key, a council behind a timelock, or a Safe; and the handing over.

dev: nothing to do    timelock: seats -> timelock -> council -> hand over    safe: hand over to what is there
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prefect_federated.adapters.evm import abi, rpc
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.adapters.evm.records import Deployment
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.errors import ConfigurationError

if TYPE_CHECKING:
    from web3 import Web3

Create = Callable[[str, bytes], str]  # name and creation code -> address

PROFILES = ("dev", "timelock", "safe")
DAY_S = 24 * 3600
ADMIN, GUARDIAN, REGISTRAR, ARBITRATOR, STEWARD = 0, 1, 2, 3, 4  # roles of the access manager
_UPGRADED = (
    "registry", "consent", "models", "treasury", "coordinator", "disputes", "committee", "appeals", "reputation",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Governance:
    """A profile with its people. All spans in seconds of chain time.

    timelock: one vote per organisation by default, because a consortium's votes should be neither bought nor sold;
    `votes` names an existing ERC-5805 token instead. More than half of all votes must take part.
    """

    profile: str = "dev"
    guardian: str = NOBODY  # may pause and take an announced upgrade back, and nothing else
    registrar: str = NOBODY  # may admit participants, beside the administrator
    arbitrator: str = NOBODY  # may answer appeals, beside the administrator
    steward: str = NOBODY  # may answer remedies, beside the administrator
    admin: str = NOBODY  # safe: the Safe, or what executes behind its Delay
    members: tuple[str, ...] = ()  # timelock: who gets a seat
    votes: str = NOBODY  # timelock: an existing token instead of seats
    voting_delay_s: int = DAY_S
    voting_period_s: int = 3 * DAY_S
    delay_s: int = 2 * DAY_S  # timelock: between vote and effect

    def check(self, w3: "Web3") -> None:
        """Refuse what would leave a deployment without somebody to administer it.

        Raises:
            ConfigurationError: an unknown profile, or one whose people are not named or not contracts.
        """
        if self.profile not in PROFILES:
            raise ConfigurationError(f"governance {self.profile!r} is none of {', '.join(PROFILES)}; choose one")
        if self.profile == "dev":
            return
        if self.guardian == NOBODY:
            raise ConfigurationError(
                f"governance {self.profile!r} has no guardian, and a pause must not wait for its delay; name one"
            )
        if self.profile == "safe":
            _require_code(w3, "the administering Safe", self.admin)
        elif self.votes != NOBODY:
            _require_code(w3, "the token that votes", self.votes)
        elif not self.members or len(set(self.members)) < len(self.members):
            raise ConfigurationError("a council needs members, each once, or an existing token of votes; name them")


DEV = Governance()


def govern(create: Create, outbox: Outbox, made: Deployment, governance: Governance, next_nonce: int) -> Deployment:
    """Put a profile in charge of a new deployment; afterwards the deployer administers nothing (except under dev).

    Args:
        create: deploys a contract by name, once.
        outbox: the deployer's.
        made: what is to be governed.
        governance: the profile.
        next_nonce: transaction count of the deployer, from which the council's address follows.

    Raises:
        ConfigurationError: something else was sent from the deployer's account meanwhile.
    """
    if governance.profile == "dev":
        return replace(made, governance="dev")
    if governance.profile == "safe":
        governed = replace(made, governance="safe", admin=governance.admin)
    else:
        governed = _council(create, outbox.address, made, governance, next_nonce)
    name = f"hand over {made.manager} to {governed.admin}"
    calls = _hand_over(governed, governance, outbox.address)
    outbox.send(name, made.manager, abi.function("AccessManager", "multicall").encode(calls))
    return governed


def _council(create: Create, deployer: str, made: Deployment, governance: Governance, next_nonce: int) -> Deployment:
    votes = governance.votes
    if votes == NOBODY:
        votes = create("Seats", abi.constructor_data("Seats", made.manager, governance.members))
        next_nonce += 1
    expected = abi.contract_address(deployer, next_nonce + 1)
    limits = (governance.delay_s, [expected], [NOBODY], NOBODY)  # the council proposes, anyone executes
    timelock = create("TimelockController", abi.constructor_data("TimelockController", *limits))
    terms = (votes, timelock, governance.voting_delay_s, governance.voting_period_s)
    council = create("Council", abi.constructor_data("Council", *terms))
    if council != expected:
        raise ConfigurationError(
            f"the council came to lie at {council} instead of {expected}: account {deployer} sent something else"
            " during the deployment; deploy again under another label, from an account of its own"
        )
    return replace(made, governance="timelock", admin=timelock, council=council, votes=votes)


def _hand_over(made: Deployment, governance: Governance, deployer: str) -> list[bytes]:
    """Calls of the access manager, in one transaction: who may do what, then the deployer goes."""
    manager = abi.function
    role = manager("AccessManager", "setTargetFunctionRole")
    grant = manager("AccessManager", "grantRole")
    admission = [_selector("ParticipantRegistry", name) for name in ("setAdmission", "setOpenAdmission")]
    withdraw = _selector("Coordinator", "withdrawUpgrade")
    calls = [role.encode(getattr(made, name), [withdraw], GUARDIAN) for name in _UPGRADED]
    calls += [
        role.encode(made.coordinator, [_selector("Coordinator", "pause")], GUARDIAN),
        role.encode(made.registry, admission, REGISTRAR),
        role.encode(made.appeals, [_selector("Appeals", "answer")], ARBITRATOR),
        role.encode(made.models, [_selector("ModelRegistry", "answerRemedy")], STEWARD),
        *(
            grant.encode(part, account, 0)
            for part, named in _holders(governance).items()
            for account in (made.admin, named)
            if account != NOBODY
        ),
        grant.encode(ADMIN, made.admin, 0),
        manager("AccessManager", "renounceRole").encode(ADMIN, deployer),
    ]
    return calls


def _holders(governance: Governance) -> dict[int, str]:
    return {
        GUARDIAN: governance.guardian,
        REGISTRAR: governance.registrar,
        ARBITRATOR: governance.arbitrator,
        STEWARD: governance.steward,
    }


def _selector(contract: str, name: str) -> bytes:
    return abi.function(contract, name).selector


def _require_code(w3: "Web3", what: str, address: str) -> None:
    if address == NOBODY or rpc.request(w3, "eth_getCode", [address, "latest"]) in ("0x", "", None):
        raise ConfigurationError(f"{what} at {address} has no code on this chain; deploy it first, or name another")
