"""What prefect.yaml promises: flows that exist, parameters they take, a pool a party, the schedules of a round."""

import inspect
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.cli.deploy._config import _load_deploy_configs_and_actions, _pick_deploy_configs
from prefect.cli.deploy._models import PrefectYamlModel
from prefect.cli.deploy._schedules import _construct_schedules
from prefect.flows import load_flow_from_entrypoint
from rich.console import Console

FILE = Path(__file__).parents[2] / "deployments" / "prefect.yaml"
QUIET = Console(quiet=True)
CONFIGS, ACTIONS = _load_deploy_configs_and_actions(FILE, console=QUIET)
ONE = pytest.mark.parametrize("config", CONFIGS, ids=lambda config: f"{flow_of(config).name}/{config['name']}")


def flow_of(config: dict[str, Any]) -> Flow[..., Any]:
    return load_flow_from_entrypoint(config["entrypoint"], use_placeholder_flow=False)


def of_flow(name: str) -> list[dict[str, Any]]:
    return [config for config in CONFIGS if flow_of(config).name == name]


def test_prefect_reads_the_whole_file() -> None:
    raw = yaml.safe_load(FILE.read_text())
    assert len(PrefectYamlModel.model_validate(raw).deployments) == len(CONFIGS) == len(raw["deployments"])


def test_every_key_is_one_that_prefect_knows() -> None:
    """Prefect ignores unknown keys, so that a misspelt one would silently do nothing."""
    known = PrefectYamlModel.model_fields["deployments"].annotation.__args__[0].model_fields  # type: ignore[union-attr]
    assert not {key for config in yaml.safe_load(FILE.read_text())["deployments"] for key in config if key not in known}


def test_nothing_is_pulled_so_that_a_worker_needs_no_folder_of_the_operator() -> None:
    assert ACTIONS["pull"] == []


@ONE
def test_entrypoint_is_a_module_of_the_package_with_a_flow(config: dict[str, Any]) -> None:
    assert config["entrypoint"].startswith("prefect_federated.flows.")
    assert isinstance(flow_of(config), Flow)


@ONE
def test_flow_takes_the_parameters_it_is_given_and_misses_none(config: dict[str, Any]) -> None:
    bound = inspect.signature(flow_of(config).fn).bind(**config["parameters"])
    validated = flow_of(config).validate_parameters(dict(bound.arguments))
    assert {name: validated[name] for name in config["parameters"]} == config["parameters"]


@ONE
def test_party_has_a_pool_of_its_own_name_and_is_named_in_its_parameters(config: dict[str, Any]) -> None:
    assert config["work_pool"]["name"] == config["name"]
    assert config["name"] in config["parameters"].values()


@ONE
def test_parameters_are_block_names_and_numbers_and_no_addresses_or_secrets(config: dict[str, Any]) -> None:
    assert all(isinstance(value, int) or value.replace("-", "").isalpha() for value in config["parameters"].values())


def test_rounds_open_once_a_day_and_everybody_who_acts_sweeps_or_relays_every_minute() -> None:
    crons = {(flow_of(c).name, c["name"]): [s.get("cron") for s in c.get("schedules", [])] for c in CONFIGS}
    acting = {config["name"] for flow in ("participate", "conclude", "attest") for config in of_flow(flow)}
    assert crons == {
        ("open-rounds", "sponsor"): ["0 2 * * *"],
        ("relay", "relayer"): ["* * * * *"],
        ("subtotal", "region-north"): ["* * * * *"],
        ("unlock", "notary"): ["* * * * *"],
        **{("sweep", party): ["* * * * *"] for party in acting},
        **{("participate", config["name"]): [] for config in of_flow("participate")},
        **{("conclude", config["name"]): [] for config in of_flow("conclude")},
        **{("attest", config["name"]): [] for config in of_flow("attest")},
    }


@ONE
def test_prefect_makes_schedules_of_what_is_written(config: dict[str, Any]) -> None:
    made = _construct_schedules(config, {}, console=QUIET, is_interactive=lambda: False)
    assert len(made) == len(config.get("schedules", []))


def test_no_deployment_limits_its_concurrency_which_stalls_a_server_on_sqlite() -> None:
    assert not [config["name"] for config in CONFIGS if "concurrency_limit" in config]


def test_one_name_deploys_all_that_a_party_runs() -> None:
    picked = _pick_deploy_configs(CONFIGS, ["hospital-a"], console=QUIET, is_interactive=lambda: False)
    assert sorted(flow_of(config).name for config in picked) == ["participate", "sweep"]
