"""What must be the same after a round however it went: models, money, transactions, and MLflow's mirror."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from prefect_federated.adapters.evm.rpc import request_int
from prefect_federated.adapters.mlflow.records import RoundKey
from prefect_federated.adapters.mlflow.store import open_client
from prefect_federated.adapters.reading import rewards_so_far
from prefect_federated.scenario.consortium import Consortium, mlflow_uri
from prefect_federated.scenario.money import Snapshot, balance_sheet, snapshot


def addresses(consortium: Consortium) -> dict[str, str]:
    """Accounts by name."""
    return {name: account.address for name, account in consortium.ground.accounts.items()}


def model_roots(consortium: Consortium) -> list[str]:
    """Hash of every model version, from the first on."""
    return [version.model_root.hex() for version in consortium.federation().versions(consortium.task)]


def balances(consortium: Consortium, before: Snapshot) -> dict[str, Any]:
    """Everybody's stake, earnings since `before` (without fees), claims; what the contracts hold. Wei."""
    federation, task, who = consortium.federation(), consortium.task, addresses(consortium)
    sheet = balance_sheet(federation, who, before, snapshot(federation, who), slashed={})
    assert sheet.difference_wei == "0", "money came from nowhere or went there"
    account = federation.treasury_account(task)
    owed = rewards_so_far(consortium.sponsor.open(), task)
    names = {address: name for name, address in who.items()}
    return {
        "stake": {name: row.stake_after_wei for name, row in sheet.accounts.items()},
        "earned": {name: row.earned_wei for name, row in sheet.accounts.items()},
        "locked": {name: federation.participant(address).locked for name, address in who.items()},
        "claimed": {name: federation.claimed(task, address) for name, address in who.items()},
        "owed": {names[address]: wei for address, wei in owed.items()},
        "treasury": (account.escrow, account.reserved, account.total, account.claimed),
        "contracts": sheet.contracts_after_wei,
    }


def transactions(consortium: Consortium) -> dict[str, int]:
    """How many transactions each account has sent since it exists."""
    w3 = consortium.federation().w3
    return {
        name: request_int(w3, "eth_getTransactionCount", [address, "latest"])
        for name, address in addresses(consortium).items()
    }


def happened(consortium: Consortium, round: int) -> Mapping[str, int]:
    """How often each event was emitted in a round."""
    return Counter(event.name for event in consortium.federation().events(consortium.task, round))


def mirrored_runs(consortium: Consortium, round: int) -> list[str]:
    """MLflow's runs of a round: the account of a participant's run, "" for the parent."""
    client = open_client(mlflow_uri(consortium.ground.out))
    experiment = client.get_experiment_by_name(consortium.spec.name)
    assert experiment is not None
    federation = consortium.federation()
    key = RoundKey(federation.chain_id, federation.coordinator, consortium.task, round).text
    runs = client.search_runs([experiment.experiment_id], f"tags.`federated.key` = '{key}'")
    assert all(run.info.status == "FINISHED" for run in runs)
    return sorted(run.data.tags["federated.account"] for run in runs)


def mirrored_versions(consortium: Consortium) -> list[int]:
    """Chain numbers of the versions in MLflow's registry, in order of registration; the champion's comes last."""
    client = open_client(mlflow_uri(consortium.ground.out))
    found = client.search_model_versions(f"name = '{consortium.spec.name}'")
    champion = client.get_model_version_by_alias(consortium.spec.name, "champion")
    numbers = [int(one.tags["evm.version"]) for one in sorted(found, key=lambda one: int(one.version))]
    assert int(champion.tags["evm.version"]) == numbers[-1]
    return numbers
