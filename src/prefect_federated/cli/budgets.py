"""Privacy budgets as people type and read them: epsilon and delta, not vectors."""

from typing import Annotated, Any

import typer

from prefect_federated.core.epsilon import epsilon_json
from prefect_federated.core.privacy import epsilon_of, limit_of

EpsilonOption = Annotated[
    float | None, typer.Option(help="Most epsilon that all commits together may spend; no limit if not given.")
]
DeltaOption = Annotated[float, typer.Option(help="Delta that epsilon is meant at; below one over the rows.")]


def limit_from(epsilon: float | None, delta: float) -> int:
    """The limit as a vector of `core.privacy`; 0, no limit, without an epsilon.

    Raises:
        ConfigurationError: epsilon or delta cannot be.
    """
    return 0 if epsilon is None else limit_of(epsilon, delta)


def budget_record(limit: int, spent: int, delta: float) -> dict[str, Any]:
    """A limit and what was spent of it, with stable names; a limit of None is none, either may be "unbounded"."""
    return {
        "epsilon_limit": epsilon_json(round(epsilon_of(limit, delta), 6)) if limit else None,
        "epsilon_spent": epsilon_json(round(epsilon_of(spent, delta), 6)) if spent else 0.0,
        "delta": delta,
    }
