"""The options that name the MLflow store which mirrors a federation."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from prefect_federated.adapters.mlflow.mirror import Mirror

PANEL = "Which MLflow"


@dataclass(frozen=True, slots=True)
class Mirrored:
    """An MLflow store; without one nothing is looked up there."""

    mlflow: Annotated[
        str | None,
        typer.Option(envvar="FEDERATED_MLFLOW", rich_help_panel=PANEL, help="Tracking URI, e.g. sqlite:///mlflow.db."),
    ] = None
    experiment: Annotated[
        str, typer.Option(envvar="FEDERATED_EXPERIMENT", rich_help_panel=PANEL, help="Experiment of the rounds' runs.")
    ] = "federated"
    model_prefix: Annotated[
        str, typer.Option(rich_help_panel=PANEL, help="What stands before a task's name in its model's name.")
    ] = ""
    confirmations: Annotated[
        int, typer.Option(min=0, rich_help_panel=PANEL, help="Blocks on a version before the alias moves to it.")
    ] = 0

    def open(self) -> "Mirror | None":
        """The mirror, if one is named."""
        from prefect_federated.adapters.mlflow.mirror import Mirror

        if self.mlflow is None:
            return None
        return Mirror(self.mlflow, self.experiment, None, self.model_prefix, self.confirmations)
