"""Who governs a deployment, on a real chain: the council's vote, the guardian's pause, and nobody beside them."""

from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from prefect_federated.adapters.evm import abi, rpc
from prefect_federated.adapters.evm.deploy import deploy
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.governance import ADMIN, ARBITRATOR, GUARDIAN, REGISTRAR, STEWARD, Governance
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.adapters.evm.records import Deployment
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.errors import ConfigurationError, ContractRefused
from prefect_federated.core.words import keccak256
from tests.adapters.evm.conftest import funded

FOR, VOTE_S = 1, 60


class Scene:
    """A deployer, three members, a guardian, and what they send."""

    def __init__(self, devnet: Devnet, w3: Web3, folder: Path) -> None:
        self.w3, self.folder = w3, folder
        self.deployer, self.guardian, *self.members = (funded(devnet) for _ in range(5))

    def outbox(self, account: LocalAccount) -> Outbox:
        return Outbox(self.folder / account.address, self.w3, account)

    def governance(self, **changes: object) -> Governance:
        terms: dict[str, object] = {"voting_delay_s": 1, "voting_period_s": VOTE_S, "delay_s": 30}
        terms["members"] = tuple(one.address for one in self.members)
        return Governance("timelock", self.guardian.address, **(terms | changes))  # type: ignore[arg-type]

    def deploy(self, governance: Governance, label: str = "contracts") -> Deployment:
        return deploy(self.w3, self.deployer, self.outbox(self.deployer), label=label, governance=governance)

    def facade(self, made: Deployment, account: LocalAccount) -> Federation:
        return Federation(self.w3, made.coordinator, self.outbox(account))

    def has_role(self, made: Deployment, role: int, account: str) -> bool:
        call = abi.function("AccessManager", "hasRole")
        data = "0x" + call.encode(role, account).hex()
        output = rpc.request(self.w3, "eth_call", [{"to": made.manager, "data": data}, "latest"])
        return bool(call.decode(bytes.fromhex(output[2:]))[0])

    def pass_by_vote(self, made: Deployment, target: str, data: bytes) -> None:
        """Propose, vote two of three, queue, execute."""
        proposed = ([target], [0], [data])
        call, why = abi.function, keccak256(b"")
        first, second, _ = self.members
        propose = call("Council", "propose").encode(*proposed, "")
        rpc.wait_until(self.w3, rpc.chain_time(self.w3) + 2)  # a vote counts from the second after it was given
        receipt = self.outbox(first).send("propose", made.council, propose)
        proposal = int(receipt.logs[0]["data"][2:66], 16)
        rpc.wait_until(self.w3, rpc.chain_time(self.w3) + 3)
        for member in (first, second):
            self.outbox(member).send("vote", made.council, call("Council", "castVote").encode(proposal, FOR))
        rpc.wait_until(self.w3, rpc.chain_time(self.w3) + VOTE_S + 2)
        self.outbox(first).send("queue", made.council, call("Council", "queue").encode(*proposed, why))
        rpc.wait_until(self.w3, rpc.chain_time(self.w3) + 31)
        self.outbox(second).send("execute", made.council, call("Council", "execute").encode(*proposed, why))


@pytest.fixture
def scene(devnet: Devnet, w3: Web3, tmp_path: Path) -> Scene:
    return Scene(devnet, w3, tmp_path)


def test_council_admits_by_vote_and_neither_deployer_nor_guardian_can(scene: Scene) -> None:
    made = scene.deploy(scene.governance())
    assert made.governance == "timelock"
    who = scene.members[0].address
    for account in (scene.deployer, scene.guardian):
        with pytest.raises(ContractRefused, match="lacks the role"):
            scene.facade(made, account).set_admission(who, True)
    data = abi.function("ParticipantRegistry", "setAdmission").encode(who, True)
    scene.pass_by_vote(made, made.registry, data)
    assert scene.facade(made, scene.guardian).participant(who).admitted


def test_guardian_pauses_at_once_and_the_deployer_cannot(scene: Scene) -> None:
    made = scene.deploy(scene.governance())
    until = rpc.chain_time(scene.w3) + 3600
    with pytest.raises(ContractRefused, match="lacks the role"):
        scene.facade(made, scene.deployer).pause(until)
    guardian = scene.facade(made, scene.guardian)
    guardian.pause(until)
    assert guardian.paused_until() == until


def test_roles_are_what_the_profile_says(scene: Scene) -> None:
    registrar, arbitrator, steward = (str(Account.create().address) for _ in range(3))
    made = scene.deploy(scene.governance(registrar=registrar, arbitrator=arbitrator, steward=steward))
    for role in (ADMIN, GUARDIAN, REGISTRAR, ARBITRATOR, STEWARD):
        assert scene.has_role(made, role, made.admin)
        assert not scene.has_role(made, role, scene.deployer.address)
    assert scene.has_role(made, REGISTRAR, registrar) and not scene.has_role(made, GUARDIAN, registrar)
    assert scene.has_role(made, ARBITRATOR, arbitrator) and not scene.has_role(made, ADMIN, arbitrator)
    assert scene.has_role(made, STEWARD, steward) and not scene.has_role(made, ADMIN, steward)
    assert scene.has_role(made, GUARDIAN, scene.guardian.address)
    assert not scene.has_role(made, ADMIN, scene.guardian.address)


def test_existing_votes_serve_another_council(scene: Scene) -> None:
    first = scene.deploy(scene.governance())
    second = scene.deploy(scene.governance(members=(), votes=first.votes), label="second")
    assert second.votes == first.votes and second.council != first.council
    scene.pass_by_vote(second, second.registry, abi.function("ParticipantRegistry", "setOpenAdmission").encode(True))


def test_safe_profile_hands_over_to_a_contract_that_is_there(scene: Scene) -> None:
    """Any contract stands for the Safe: real Safes are driven in the contracts' own tests."""
    safe = scene.deploy(scene.governance()).admin
    made = scene.deploy(Governance("safe", scene.guardian.address, admin=safe), label="second")
    assert (made.governance, made.admin) == ("safe", safe)
    assert scene.has_role(made, ADMIN, safe) and not scene.has_role(made, ADMIN, scene.deployer.address)


@pytest.mark.parametrize(
    ("governance", "words"),
    [
        (Governance("anarchy"), "none of dev, timelock, safe"),
        (Governance("safe", NOBODY, admin="0x" + "11" * 20), "no guardian"),
        (Governance("safe", "0x" + "22" * 20, admin="0x" + "11" * 20), "Safe at 0x1111.* has no code"),
        (Governance("timelock", "0x" + "22" * 20), "needs members"),
        (Governance("timelock", "0x" + "22" * 20, members=("0x" + "33" * 20,) * 2), "each once"),
        (Governance("timelock", "0x" + "22" * 20, votes="0x" + "11" * 20), "token that votes at 0x1111"),
    ],
)
def test_nothing_is_deployed_that_nobody_could_govern(scene: Scene, governance: Governance, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        scene.deploy(governance)
    assert rpc.request_int(scene.w3, "eth_getTransactionCount", [scene.deployer.address, "latest"]) == 0


def test_an_interrupted_hand_over_goes_on_where_it_stopped(scene: Scene) -> None:
    class Killed(BaseException):
        pass

    def die(step: str, intent: str) -> None:
        if step == "broadcast" and intent.startswith("hand over"):
            raise Killed

    folder = scene.folder / scene.deployer.address
    with pytest.raises(Killed):
        deploy(
            scene.w3,
            scene.deployer,
            Outbox(folder, scene.w3, scene.deployer, on_step=die),
            governance=scene.governance(),
        )
    made = scene.deploy(scene.governance())
    assert scene.has_role(made, ADMIN, made.admin)
    assert rpc.request_int(scene.w3, "eth_getTransactionCount", [scene.deployer.address, "latest"]) == 26
    assert scene.deploy(scene.governance()) == made
