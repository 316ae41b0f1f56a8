"""Putting the contracts on a chain, and finding them there.

manager -> implementations -> registry, consent, models, treasury
        -> Coordinator, Disputes, Committee, Appeals and Reputation where they were told
        -> who governs them
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.evm import abi, rpc
from prefect_federated.adapters.evm.calls import ContractCalls
from prefect_federated.adapters.evm.governance import DEV, Governance, govern
from prefect_federated.adapters.evm.logs import read_logs
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.adapters.evm.records import Deployment
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.errors import ConfigurationError, FederatedError
from prefect_federated.core.words import keccak256

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

UNBONDING_S = 21 * 24 * 3600
DEPOSIT_WEI = 10**15
APPEAL_DEPOSIT_WEI = 10**16
DRAW_DELAY = 4
_INITIALIZED = "0x" + keccak256(b"Initialized(uint64)").hex()
_PROXIED = (
    "ParticipantRegistry", "ConsentLedger", "ModelRegistry", "Treasury", "Coordinator", "Disputes", "Committee",
    "Appeals", "Reputation",
)  # fmt: skip


def deploy(
    w3: "Web3",
    account: "LocalAccount",
    outbox: Outbox | None = None,
    stake_token: str | None = None,
    unbonding_s: int = UNBONDING_S,
    label: str = "contracts",
    deposit_wei: int = DEPOSIT_WEI,
    governance: Governance = DEV,
    draw_delay: int = DRAW_DELAY,
    hash_draws: bool = False,
    appeal_deposit_wei: int = APPEAL_DEPOSIT_WEI,
) -> Deployment:
    """Deploy one set of contracts, administered by `account` or by whom `governance` names.

    With an outbox a deployment that was interrupted goes on where it stopped, and a finished one is found again.
    The account must send nothing else meanwhile: the contracts are told the Coordinator's address, which follows
    from the account's transaction count, before it exists.

    Args:
        w3: connection.
        account: deployer, and administrator of the contracts.
        outbox: the account's outbox; None uses a temporary one.
        stake_token: ERC-20 for stakes; None is the native token.
        unbonding_s: how long stake stays slashable after it was asked back, seconds. A task is refused unless this
            is at least twice its longest round.
        label: name of this set; another label deploys another.
        deposit_wei: what asking for withheld bytes costs until they are shown, native.
        governance: who administers the contracts once they are there.
        draw_delay: blocks between the opening of a round and the block that its committee is drawn from.
        hash_draws: prevrandao is constant on this chain, as on many rollups: draw from the block's hash instead.
        appeal_deposit_wei: what an appeal against a slash costs until it is decided, native. It may come in the first
            third of an unbonding period after the slash, and be answered in two thirds of one after that.

    Raises:
        ConfigurationError: something else was sent from the account meanwhile, or nobody would govern.
    """
    governance.check(w3)
    if outbox is None:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            outbox = Outbox(Path(folder), w3, account)
            return deploy(
                w3, account, outbox, stake_token, unbonding_s, label, deposit_wei, governance, draw_delay, hash_draws,
                appeal_deposit_wei,
            )  # fmt: skip
    creating = _Creating(outbox, label)
    manager = creating("AccessManager", abi.constructor_data("AccessManager", outbox.address))
    first = _nonce_that_made(manager, outbox.address)
    roll_desk = creating("RollDesk", abi.constructor_data("RollDesk"))
    court = creating("Court", abi.constructor_data("Court", roll_desk))
    mask_desk = creating("MaskDesk", abi.constructor_data("MaskDesk"))
    given = {"Coordinator": (court,), "Disputes": (mask_desk,)}
    implementations = {name: creating(name, abi.constructor_data(name, *given.get(name, ()))) for name in _PROXIED}
    nonces = range(first + 4 + len(_PROXIED), first + 4 + 2 * len(_PROXIED))
    made = {name: abi.contract_address(outbox.address, nonce) for name, nonce in zip(_PROXIED, nonces, strict=True)}
    token, coordinator = stake_token or NOBODY, made["Coordinator"]
    arguments: dict[str, tuple[Any, ...]] = {
        "ParticipantRegistry": (
            manager, coordinator, made["Treasury"], made["Appeals"], made["Reputation"], token, unbonding_s,
        ),
        "ConsentLedger": (manager, made["ParticipantRegistry"]),
        "ModelRegistry": (manager, coordinator, made["ParticipantRegistry"]),
        "Treasury": (manager, coordinator, made["ParticipantRegistry"], made["Appeals"]),
        "Coordinator": (
            manager, made["ParticipantRegistry"], made["ConsentLedger"], made["ModelRegistry"], made["Treasury"],
            made["Disputes"], made["Committee"],
        ),
        "Disputes": (manager, coordinator, made["ModelRegistry"], made["ParticipantRegistry"], deposit_wei),
        "Committee": (manager, coordinator, made["ParticipantRegistry"], draw_delay, hash_draws),
        "Appeals": (
            manager, made["ParticipantRegistry"], made["Treasury"], appeal_deposit_wei, *_appeal_terms(unbonding_s),
        ),
        "Reputation": (manager, coordinator, made["ParticipantRegistry"]),
    }  # fmt: skip
    for name in _PROXIED:
        start = abi.function(name, "initialize").encode(*arguments[name])
        proxy = creating(f"{name} proxy", abi.constructor_data("ERC1967Proxy", implementations[name], start))
        if proxy != made[name]:
            raise ConfigurationError(
                f"{name} came to lie at {proxy} instead of {made[name]}: account {outbox.address} sent something else"
                " during the deployment; deploy again under another label, from an account of its own"
            )
    deployed = Deployment(
        coordinator=coordinator,
        registry=made["ParticipantRegistry"],
        consent=made["ConsentLedger"],
        models=made["ModelRegistry"],
        treasury=made["Treasury"],
        disputes=made["Disputes"],
        committee=made["Committee"],
        appeals=made["Appeals"],
        reputation=made["Reputation"],
        manager=manager,
        chain_id=rpc.chain_id_of(w3),
        block=creating.blocks["Coordinator proxy"],
    )
    return govern(creating, outbox, deployed, governance, nonces.stop)


def deploy_token(outbox: Outbox, name: str = "Test Token", symbol: str = "TEST") -> str:
    """Deploy the ERC-20 that anyone can mint, for demos and tests; returns its address."""
    return _Creating(outbox, symbol)("TestToken", abi.constructor_data("TestToken", name, symbol))


def mint(outbox: Outbox, token: str, to: str, amount: int) -> None:
    """Mint test tokens."""
    outbox.send(f"mint:{token}:{to}:{amount}", token, abi.function("TestToken", "mint").encode(to, amount), once=False)


def deployment_of(w3: "Web3", coordinator: str) -> Deployment:
    """The deployment that a Coordinator belongs to.

    Raises:
        ConfigurationError: there is no Coordinator at the address.
    """
    return _deployment(w3, abi.checksum(coordinator), 0)


def find_deployments(w3: "Web3", from_block: int = 0) -> list[Deployment]:
    """Deployments on a chain, oldest first, found by their initialisation events; meant for development chains."""
    return list(_found(w3, from_block))


class _Creating:
    """Creates contracts by name, each once."""

    def __init__(self, outbox: Outbox, label: str) -> None:
        self._outbox, self._label = outbox, label
        self.blocks: dict[str, int] = {}

    def __call__(self, name: str, code: bytes) -> str:
        receipt = self._outbox.send(f"deploy:{self._label}:{name}", None, code)
        self.blocks[name] = receipt.block
        return abi.checksum(str(receipt.contract))


def _appeal_terms(unbonding_s: int) -> tuple[int, int]:
    """Seconds to appeal, and to answer: one unbonding period together."""
    window = max(1, unbonding_s // 3)
    return window, unbonding_s - window


def _nonce_that_made(contract: str, creator: str) -> int:
    nonce = 0
    while abi.contract_address(creator, nonce) != contract:
        nonce += 1
    return nonce


def _found(w3: "Web3", from_block: int) -> Iterator[Deployment]:
    seen: set[str] = set()
    for log in read_logs(w3, (), [_INITIALIZED], from_block):
        address = abi.checksum(log["address"])
        if address not in seen:
            seen.add(address)
            try:
                yield _deployment(w3, address, int(log["blockNumber"], 16))
            except FederatedError:
                continue  # one of the other contracts


def _deployment(w3: "Web3", coordinator: str, block: int) -> Deployment:
    reads = ContractCalls(w3, coordinator)
    where = reads.addresses
    return Deployment(
        coordinator=coordinator,
        registry=where.registry,
        consent=where.consent,
        models=where.models,
        treasury=where.treasury,
        disputes=where.disputes,
        committee=where.committee,
        appeals=where.appeals,
        reputation=where.reputation,
        manager=str(reads.call("Coordinator", "authority")),
        chain_id=reads.chain_id,
        block=block,
    )
