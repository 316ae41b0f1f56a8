"""A consortium on a chain with a profile: the same keys on every chain, a finality gap, time that blocks take."""

from dataclasses import dataclass
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.core.chain_profile import ChainProfile
from prefect_federated.core.enforced import Enforced
from prefect_federated.core.words import keccak256
from tests.adapters.evm.consortium import ETHER, Consortium
from tests.chains.hardhat_node import HardhatNode

MOST_BLOCKS = 96  # anvil mines about 150 a second; the lag of slower chains is played in fewer, longer blocks
IMPLEMENTATION = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"  # EIP-1967


@dataclass
class Place:
    """A running chain and what is known of it."""

    devnet: Devnet | HardhatNode
    profile: ChainProfile

    @property
    def lag_blocks(self) -> int:
        return lag_blocks(self.profile)


def lag_blocks(profile: ChainProfile) -> int:
    """Blocks in which a rehearsal plays the chain's finality."""
    return min(profile.finality_blocks, MOST_BLOCKS)


class Rehearsed(Consortium):
    """Deployed by the same key wherever it is, so that the same artifacts give the same addresses and code."""

    def __init__(self, place: Place, folder: Path, silos: int = 2) -> None:
        self.place, self._made = place, 0
        super().__init__(place.devnet, folder, silos)

    def account(self) -> LocalAccount:
        self._made += 1
        made: LocalAccount = Account.from_key(keccak256(b"rehearsal %d" % self._made))
        self.devnet.fund(made.address, 100 * ETHER)
        return made

    def facade(self, account: LocalAccount, outbox: Outbox | None = None) -> Federation:
        profile, deployment = self.place.profile, self.deployment
        outbox = outbox or Outbox(self.folder, self.w3, account, profile=profile)
        return Federation(self.w3, deployment.coordinator, outbox, from_block=deployment.block, profile=profile)

    def enforced(self) -> Enforced:
        gap = self.place.profile.finality_s
        return super().enforced().model_copy(update={"finality_gap": gap})

    def let_finality_pass(self) -> None:
        """Mine what the chain would mine until a block of now is final."""
        blocks = self.place.lag_blocks + 1
        seconds = -(-self.place.profile.finality_s // blocks)
        rpc.request(self.w3, "anvil_mine", [hex(blocks), hex(seconds)])

    def code(self) -> dict[str, bytes]:
        """Runtime code of proxies and implementations."""
        found = {}
        for name in ("coordinator", "registry", "consent", "models", "treasury", "disputes"):
            proxy = getattr(self.deployment, name)
            slot = rpc.request(self.w3, "eth_getStorageAt", [proxy, IMPLEMENTATION, "latest"])
            for part, where in (("proxy", proxy), ("implementation", "0x" + slot[-40:])):
                found[f"{name} {part}"] = bytes.fromhex(rpc.request(self.w3, "eth_getCode", [where, "latest"])[2:])
        return found
