"""MLflow compared with chain and store, for `federated registry verify`, and written again where that is asked for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from prefect_federated.core.errors import ContentMismatch

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.adapters.mlflow.drift import Drift
    from prefect_federated.adapters.mlflow.mirror import Mirror


def compare(federation: "Federation", store: str, mirror: "Mirror", task: int, repair: bool) -> "list[Drift]":
    """What differs; with `repair`, what did, once it differs no more.

    Raises:
        ContentMismatch: something still differs after the repair.
    """
    from prefect_federated.adapters.reconciling import drifts, wanted
    from prefect_federated.adapters.reconciling import repair as write_again
    from prefect_federated.cli.auditor import auditor

    should = wanted(auditor(federation, store), mirror, task)
    found = drifts(mirror, should)
    if repair and found:
        write_again(mirror, should, found)
        if left := drifts(mirror, should):
            raise ContentMismatch(f"MLflow still differs after the repair: {left[0].sentence}; mend that by hand")
    return found


def require_same(found: "Sequence[Drift]", repaired: bool) -> None:
    """End with an error where something differs and was not mended.

    Raises:
        ContentMismatch: naming the first difference.
    """
    if found and not repaired:
        raise ContentMismatch(
            f"MLflow differs in {len(found)} places, first: {found[0].sentence}; --repair writes it again"
        )
