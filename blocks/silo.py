"""Silo: an organisation's data boundary, with its data source, its consent records and its own policy."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict, Field, SecretStr, model_validator

from prefect_federated.blocks.party import PartyBlock

if TYPE_CHECKING:
    from prefect_federated.adapters.data.sources import DataSource
    from prefect_federated.adapters.silo import Silo as OpenSilo
    from prefect_federated.adapters.vault import Vault
    from prefect_federated.core.policy import Policy

_RULES = (
    *("approved_plans", "readers", "min_cohort", "masked_only", "min_noise", "whole_silo", "most_split"),
    *("min_cell", "min_rows", "forbidden_columns", "disclosure", "purposes", "suite_hash"),
)


class Silo(PartyBlock):
    """A participant: data that stay here, and what may be done with them.

    Example:
        Load the block and read the consent record:
        ```python
        from prefect_federated.blocks import Silo

        block = Silo.load("BLOCK_NAME")
        print(block.open().consent_record().grant_id.hex())
        ```
    """

    model_config = ConfigDict(hide_input_in_errors=True)  # data_url holds a password

    _block_type_name = "Federated Silo"
    _block_type_slug = "federated-silo"
    _description = "A participant of a federation: data source, consent records, policy, keys."

    data: Path | None = Field(
        default=None,
        title="Data",
        description="CSV or Parquet file with one row a subject, sealed if at_rest is named; or data_url and query.",
    )
    stream: bool = Field(
        default=False,
        title="Stream",
        description="Check a Parquet file batch by batch: for files larger than memory, sorted by subject.",
    )
    data_url: SecretStr | None = Field(
        default=None,
        title="Data URL",
        description="Database instead of a file, as postgresql://USER:PASSWORD@HOST/DATABASE; any SQLAlchemy URL.",
    )
    query: str | None = Field(
        default=None, title="Query", description="SELECT that gives one row a subject; goes with data_url."
    )
    subject_column: str = Field(
        default="subject", title="Subject column", description="Column that names the subject of a row."
    )
    consent_record: Path = Field(
        title="Consent record", description="Encrypted file with the silo's part of the grant; see `federated consent`."
    )
    approved_plans: list[str] = Field(
        default_factory=list,
        title="Approved plans",
        description="Code hashes (0x...) of training plans that may run here.",
    )
    readers: list[str] = Field(
        default_factory=list,
        title="Readers",
        description="Accounts that may be given its content keys: aggregator, standby, validators, key holders.",
    )
    suite: Path | None = Field(
        default=None,
        title="Own suite",
        description="JSON file of Great Expectations expectations that this silo adds; goes with suite_hash.",
    )
    suite_hash: str | None = Field(
        default=None,
        title="Approved suite",
        description="Hash (0x...) of the own suite as it was reviewed: `federated dataset suite FILE` prints it.",
    )
    min_cohort: int = Field(
        default=1,
        ge=1,
        title="Minimum cohort",
        description="Fewest participants admitted to a round, or to a group whose sum shows, to join it.",
    )
    masked_only: bool = Field(
        default=False, title="Masked only", description="Refuse tasks in which somebody sees this silo's update alone."
    )
    min_noise: float = Field(
        default=0,
        ge=0,
        allow_inf_nan=False,
        title="Minimum noise",
        description="Least noise, as a multiple of what it hides; above 0, tasks without such noise are refused.",
    )
    whole_silo: bool = Field(
        default=False, title="Whole silo", description="Refuse tasks whose noise does not hide all that this silo has."
    )
    most_split: int = Field(
        default=1,
        ge=1,
        title="Most to split noise",
        description="Silos among whom a masked sum's noise may be split: so many must keep their parts to themselves.",
    )
    min_cell: int = Field(
        default=5,
        ge=1,
        title="Minimum cell",
        description="Fewest rows of a cell that statistics may tell of this silo, but for missing values where a query"
        " has them told; smaller ones stay here, and under noise min_noise decides.",
    )
    min_rows: int = Field(default=1, ge=1, title="Minimum rows", description="Fewest consented rows to train on.")
    forbidden_columns: list[str] = Field(
        default_factory=list, title="Forbidden columns", description="Columns that no task may read."
    )
    disclosure: bool = Field(
        default=False,
        title="Disclosure in disputes",
        description="Whether a dispute about a result may show single chunks of this silo's updates to everybody.",
    )
    purposes: list[str] | None = Field(
        default=None,
        title="Purposes",
        description="DUO codes this silo serves; empty leaves it to the grants.",
    )
    policy_file: Path | None = Field(
        default=None,
        title="Signed policy",
        description="Instead of all rules above, a file that somebody signed: see `federated policy sign`.",
    )
    policy_signer: str | None = Field(
        default=None,
        title="Signer of the policy",
        description="The only account whose signature under policy_file counts, such as the data protection officer's.",
    )
    commit_by: Literal["direct", "relayed", "rolled"] = Field(
        default="direct",
        title="Commit by",
        description="direct: send commits and openings; relayed, rolled: leave them to a relayer, or to a poster, for"
        " half of each window.",
    )
    mailbox: Path | None = Field(
        default=None,
        title="Mailbox",
        description="Folder shared with relayers and aggregators: commits to be relayed, receipts for payloads.",
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        default="auto",
        title="Device",
        description="Where plans of torch train; auto is CUDA where there is one, then MPS, then the CPU.",
    )
    processes: int = Field(
        default=1,
        ge=1,
        title="Processes",
        description="Processes that share one training of a torch plan, started by torchrun; each has a GPU of its"
        " own, where the device is one.",
    )
    flower_python: Path | None = Field(
        default=None,
        title="Flower's Python",
        description="Interpreter that runs the ClientApps of Flower plans, such as /opt/flower/bin/python.",
    )
    training_limit_s: float = Field(
        default=0,
        ge=0,
        title="Training limit",
        description="Seconds after which a training by torchrun or Flower is ended; 0 is no limit.",
    )
    data_docs: Path | None = Field(
        default=None,
        title="Data Docs",
        description="Folder for Great Expectations pages; none are written if empty.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> "Silo":
        if (self.data is None) == (self.data_url is None):
            raise ValueError("a silo reads either data (a file) or data_url with query (a database); name one of them")
        if (self.data_url is None) != (self.query is None):
            raise ValueError("data_url and query go together; give both, or neither and a file as data")
        return self

    @model_validator(mode="after")
    def _streamable(self) -> "Silo":
        if self.stream and (self.data is None or not self.data.name.removesuffix(".sealed").endswith(".parquet")):
            raise ValueError(
                f"stream needs a Parquet file, data is {self.data}; write one sorted by subject, or leave it"
            )
        if self.stream and self.data_docs is not None:
            raise ValueError("a streamed file has no page in Data Docs; leave data_docs empty, or stream false")
        return self

    @model_validator(mode="after")
    def _reviewed_suite(self) -> "Silo":
        approved = self.suite_hash is not None or self.policy_file is not None
        if (self.suite is not None and not approved) or (self.suite is None and self.suite_hash is not None):
            raise ValueError("suite and suite_hash go together: a silo's own suite runs as it was approved, or not")
        return self

    @model_validator(mode="after")
    def _one_policy(self) -> "Silo":
        if (self.policy_file is None) != (self.policy_signer is None):
            raise ValueError("policy_file and policy_signer go together: a policy counts under one signature alone")
        fields = type(self).model_fields
        defaults = {name: fields[name].get_default(call_default_factory=True) for name in _RULES}
        said = [name for name, default in defaults.items() if getattr(self, name) != default]
        if self.policy_file is not None and said:
            raise ValueError(
                f"{', '.join(said)} beside a policy_file: what was signed is the whole policy; leave them out"
            )
        return self

    @model_validator(mode="after")
    def _somewhere_to_leave(self) -> "Silo":
        if self.commit_by != "direct" and self.mailbox is None:
            raise ValueError(f"commit_by {self.commit_by} needs a mailbox; name the folder that relayers read")
        return self

    def open(self) -> "OpenSilo":
        """Connect the silo: keys, chain, store, data source, policy."""
        from prefect_federated.adapters.data.gx_suite import DataChecks
        from prefect_federated.adapters.data.report_cache import ReportCache, cache_key
        from prefect_federated.adapters.former_keys import require_former_keys
        from prefect_federated.adapters.mailbox import FolderMailbox
        from prefect_federated.adapters.silo import Silo as OpenSilo
        from prefect_federated.learning.machine import Machine

        party = self.open_party()
        if self.policy_file is not None:
            require_former_keys(party, "the policies that were in force")
        return OpenSilo(
            party=party,
            source=self.source(),
            subject_column=self.subject_column,
            records=self.consent_record,
            policy=self.policy(party.account, party.vault),
            checks=DataChecks(self.data_docs, ReportCache(self.signer.home / "checks", cache_key(party))),
            commit_by=self.commit_by,
            mailbox=FolderMailbox(self.mailbox) if self.mailbox else None,
            suite=self.suite,
            machine=Machine(self.device, self.processes, self.flower_python, self.training_limit_s, bool(self.at_rest)),
        )

    def policy(self, account: str, vault: "Vault") -> "Policy":
        """The silo's rules: those of the signed file, or those that stand here.

        Raises:
            ConfigurationError: the file is not for this account, not signed by the signer, or older than one before.
        """
        from prefect_federated.adapters.policy_file import read_policy
        from prefect_federated.core.policy import Policy

        if self.policy_file is not None and self.policy_signer is not None:
            return read_policy(self.policy_file, account, self.policy_signer, vault)
        return Policy.model_validate({name: getattr(self, name) for name in Policy.model_fields})

    def source(self) -> "DataSource":
        """Where the silo's table comes from; reads nothing yet."""
        from prefect_federated.adapters.data.sql import SqlSource

        if self.data is not None:
            return self.file_source(self.data, self.stream)
        assert self.data_url is not None and self.query is not None  # as validated
        return SqlSource(self.data_url.get_secret_value(), self.query)
