"""The block `ModelRegistryMirror`: which MLflow store mirrors the rounds and the on-chain model registry."""

from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import Field, HttpUrl, SecretStr, field_validator

from prefect_federated.blocks.schema import SchemaOnce

if TYPE_CHECKING:
    from prefect_federated.adapters.mlflow.mirror import Mirror


class ModelRegistryMirror(SchemaOnce):
    """MLflow store that mirrors rounds as runs and on-chain model versions as registered versions.

    Example:
        Load the block and mirror a settled round:
        ```python
        from prefect_federated.blocks.registry import ModelRegistryMirror

        registry = ModelRegistryMirror.load("BLOCK_NAME")
        mirror = registry.open()
        mirror.record_round(record)
        ```
    """

    _block_type_name = "Federated Model Registry Mirror"
    _block_type_slug = "federated-model-registry-mirror"
    _logo_url = HttpUrl("https://avatars.githubusercontent.com/u/39938107?s=200")
    _documentation_url = HttpUrl("https://mlflow.org/docs/latest/ml/model-registry/")

    tracking_uri: str = Field(
        title="Tracking URI",
        description="MLflow store of the runs: an http(s) server, a SQLite file or another database.",
        examples=["http://mlflow.example:5000", "sqlite:////data/mlflow.db"],
    )
    registry_uri: str | None = Field(
        default=None,
        title="Registry URI",
        description="MLflow store of the registered models, where it is not the tracking store.",
    )
    database_password: SecretStr | None = Field(
        default=None,
        title="Database password",
        description="Password put into database URIs; an http server reads MLFLOW_TRACKING_PASSWORD.",
    )
    experiment: str = Field(
        default="federated",
        min_length=1,
        title="Experiment",
        description="MLflow experiment that holds the runs of the rounds; created when it is not there.",
    )
    model_prefix: str = Field(
        default="",
        title="Registered model prefix",
        description="Put before a task's name to name its model, so that two federations can share a store.",
    )
    confirmations: int = Field(
        default=0,
        ge=0,
        title="Confirmations",
        description="Blocks that must lie on a version before the alias champion moves to it.",
    )

    files: Literal["mlflow", "store"] = Field(
        default="mlflow",
        title="Files",
        description="mlflow uploads each version's files; store lets them be made from chain and content store.",
    )

    participant_runs: bool = Field(
        default=True,
        title="Participant runs",
        description="Whether each participant of a round gets a run of its own, nested in the round's.",
    )

    @field_validator("tracking_uri", "registry_uri")
    @classmethod
    def _refuse_passwords(cls, uri: str | None) -> str | None:
        if uri and urlsplit(uri).password:
            raise ValueError("the URI holds a password, which the form would show; set database_password instead")
        return uri

    def open(self) -> "Mirror":
        """The adapter that talks to MLflow; it connects with the first call."""
        from prefect_federated.adapters.mlflow.mirror import Mirror

        return Mirror(
            self._with_password(self.tracking_uri),
            self.experiment,
            self._with_password(self.registry_uri) if self.registry_uri else None,
            self.model_prefix,
            self.confirmations,
            self.files,
            self.participant_runs,
        )

    def _with_password(self, uri: str) -> str:
        parts = urlsplit(uri)
        if self.database_password is None or not parts.username or parts.scheme in ("http", "https"):
            return uri
        user, _, host = parts.netloc.rpartition("@")
        secret = quote(self.database_password.get_secret_value(), safe="")
        return urlunsplit(parts._replace(netloc=f"{user}:{secret}@{host}"))
