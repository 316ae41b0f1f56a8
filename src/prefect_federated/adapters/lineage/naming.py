"""Which version somebody means: `1`, `1@3`, `1@champion`, `readmission@champion`.

TASK@number, TASK@head --> chain;   TASK@alias, MODEL@alias --MLflow's tags--> a version hash that the chain must know
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prefect_federated.adapters.evm.records import Version
from prefect_federated.core.errors import ConfigurationError, ContentMismatch

if TYPE_CHECKING:
    from prefect_federated.adapters.mlflow.mirror import Mirror

HEAD = "head"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, taken apart; `name` is the task's number or the name of MLflow's registered model."""

    name: str
    at: str = HEAD

    @classmethod
    def parse(cls, text: str) -> "Asked":
        """Split at the last @.

        >>> Asked.parse("1@3"), Asked.parse("readmission")
        (Asked(name='1', at='3'), Asked(name='readmission', at='head'))
        """
        name, found, at = text.rpartition("@")
        return cls(name, at) if found else cls(text)

    def task(self, mirror: "Mirror | None", federation: str) -> int:
        """Number of the task; a name is looked up in MLflow, whose model must mirror this very federation.

        Raises:
            ConfigurationError: it is no number, and MLflow does not know it or was not named.
        """
        if self.name.isascii() and self.name.isdigit():
            return int(self.name)
        owner = _need(mirror, self.name).owner(self.name)
        ours, _, task = owner.rpartition("/")
        if ours != federation:
            raise ConfigurationError(
                f"MLflow model {self.name!r} mirrors {owner or 'nothing of ours'}, asked for is {federation};"
                " name the other federation"
            )
        return int(task)

    def version(self, versions: Sequence[Version], mirror: "Mirror | None", model: str | None) -> int:
        """Number of the version.

        Args:
            versions: the registry's, checked.
            mirror: of the alias.
            model: name of MLflow's registered model, where the alias is to be looked up.

        Raises:
            ConfigurationError: there is no such alias, or no MLflow was named.
            ContentMismatch: the alias stands on a version that the chain does not know.
        """
        if self.at == HEAD:
            return len(versions) - 1
        if self.at.isascii() and self.at.isdigit():
            return int(self.at)
        found = _need(mirror, self.at).aliased(model or self.name, self.at)
        number = next((v.number for v in versions if "0x" + v.version_hash.hex() == found), None)
        if number is None:
            raise ContentMismatch(
                f"alias {self.at!r} of {model or self.name} stands on {found}, which is no version of this task on"
                " chain; `federated registry verify` names what differs"
            )
        return number


def _need(mirror: "Mirror | None", what: str) -> "Mirror":
    if mirror is None:
        raise ConfigurationError(
            f"{what!r} is no number: names and aliases are looked up in MLflow, so name its store with --mlflow"
        )
    return mirror
