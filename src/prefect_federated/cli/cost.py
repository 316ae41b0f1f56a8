"""A transaction's price for people and programs: gas, data on Ethereum, and what it may cost at most."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from prefect_federated.cli import console
from prefect_federated.cli.amounts import show_amount
from prefect_federated.cli.tables import show_pairs

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.costs import Cost


def show_cost(title: str, cost: "Cost", as_json: bool) -> None:
    """Print a cost on stdout; in JSON amounts are decimal text in wei."""
    if as_json:
        amounts = {name: str(value) if name.endswith("_wei") else value for name, value in asdict(cost).items()}
        console.print_json(amounts | {"total_wei": str(cost.total_wei)})
        return
    part = "part of the gas" if cost.data_in_gas else "on top of the gas"
    show_pairs(
        f"{title} would cost now",
        [
            ("gas", f"{cost.gas}, at most {cost.gas_limit}"),
            ("gas at today's price", show_amount(cost.gas_wei)),
            ("data on Ethereum", f"{show_amount(cost.data_wei)} ({part})" if cost.data_wei else None),
            ("together", show_amount(cost.total_wei)),
            ("held ready", show_amount(cost.most_wei)),
        ],
    )
