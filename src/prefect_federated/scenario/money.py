"""Where the money is, to the wei: accounts, stakes, contracts, and the fees that the chain burned.

snapshot before --rounds--> snapshot after;  sum before = sum after + fees, or something is wrong
"""

from collections.abc import Mapping
from dataclasses import dataclass

from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.rpc import balance_of, block, request
from prefect_federated.core.report import BalanceRow, Balances


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Balances at one block, wei."""

    block: int
    purses: Mapping[str, int]
    stakes: Mapping[str, int]
    contracts: int

    @property
    def total(self) -> int:
        """Everything in purses and contracts; stakes lie in the contracts."""
        return sum(self.purses.values()) + self.contracts


def snapshot(federation: Federation, accounts: Mapping[str, str]) -> Snapshot:
    """Read all balances now.

    Args:
        accounts: addresses by name.
    """
    w3, where = federation.w3, federation.addresses
    return Snapshot(
        block=federation.block_number(),
        purses={name: balance_of(w3, address) for name, address in accounts.items()},
        stakes={name: federation.participant(address).stake for name, address in accounts.items()},
        contracts=sum(
            balance_of(w3, place) for place in (where.registry, where.treasury, where.disputes, where.appeals)
        ),
    )


def fees_between(federation: Federation, first: int, last: int) -> dict[str, int]:
    """Gas fees by sender address in the blocks after `first` up to `last`, wei."""
    fees: dict[str, int] = {}
    for number in range(first + 1, last + 1):
        for tx_hash in block(federation.w3, number)["transactions"]:
            receipt = request(federation.w3, "eth_getTransactionReceipt", [_hex(tx_hash)])
            paid = int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
            sender = str(receipt["from"]).lower()
            fees[sender] = fees.get(sender, 0) + paid
    return fees


def balance_sheet(
    federation: Federation,
    accounts: Mapping[str, str],
    before: Snapshot,
    after: Snapshot,
    slashed: Mapping[str, int],
) -> Balances:
    """Who won and lost what between two snapshots.

    Args:
        slashed: bonds forfeited by address, wei.
    """
    fees = fees_between(federation, before.block, after.block)
    rows = {name: _row(name, address, before, after, fees, slashed) for name, address in accounts.items()}
    burned = sum(fees.values())
    return Balances(
        accounts=rows,
        contracts_before_wei=str(before.contracts),
        contracts_after_wei=str(after.contracts),
        fees_wei=str(burned),
        difference_wei=str(before.total - after.total - burned),
    )


def _row(
    name: str,
    address: str,
    before: Snapshot,
    after: Snapshot,
    fees: Mapping[str, int],
    slashed: Mapping[str, int],
) -> BalanceRow:
    paid = fees.get(address.lower(), 0)
    lost = slashed.get(address, 0)
    stake_change = after.stakes[name] - before.stakes[name] + lost
    return BalanceRow(
        account=address,
        before_wei=str(before.purses[name]),
        after_wei=str(after.purses[name]),
        stake_before_wei=str(before.stakes[name]),
        stake_after_wei=str(after.stakes[name]),
        earned_wei=str(after.purses[name] - before.purses[name] + paid + stake_change),
        slashed_wei=str(lost),
        fees_wei=str(paid),
    )


def _hex(tx_hash: object) -> str:
    return tx_hash if isinstance(tx_hash, str) else "0x" + bytes(tx_hash).hex()  # type: ignore[call-overload]
