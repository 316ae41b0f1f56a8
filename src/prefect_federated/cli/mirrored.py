"""The options that name the MLflow store which mirrors a federation."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from prefect_federated.core.errors import ConfigurationError

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

    files: Annotated[
        str,
        typer.Option(rich_help_panel=PANEL, help="Where a version's files lie: mlflow, or store (chain and store)."),
    ] = "mlflow"

    def open(self) -> "Mirror | None":
        """The mirror, if one is named."""
        from prefect_federated.adapters.mlflow.mirror import Mirror

        if self.mlflow is None:
            return None
        if self.files not in ("mlflow", "store"):
            raise ConfigurationError(f"--files is mlflow or store, not {self.files!r}")
        files: Literal["mlflow", "store"] = "store" if self.files == "store" else "mlflow"
        return Mirror(self.mlflow, self.experiment, None, self.model_prefix, self.confirmations, files)
