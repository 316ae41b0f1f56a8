"""`federated doctor`: what works is ok, what does not comes with what to do."""

import json

import pytest

from prefect_federated.cli.checkup import _package, packages, python_version


@pytest.mark.slow
def test_this_environment_is_healthy(cli) -> None:
    result = cli("doctor", "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0 and report["ok"], report
    assert [check["check"] for check in report["checks"]] == [
        "Python",
        "packages",
        "imports",
        "Prefect server",
        "chain",
        "store",
    ]
    assert "up after" in report["checks"][3]["found"]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the two checks that take ten seconds each; the healthy run has them."""
    from prefect_federated.cli.doctor import Finding

    monkeypatch.setattr("prefect_federated.cli.checkup.imports", lambda: Finding("imports", True, ""))
    monkeypatch.setattr("prefect_federated.cli.checkup.prefect_server", lambda: Finding("Prefect server", True, ""))


def test_dead_chain_and_unknown_store_are_found_and_the_rest_is_checked(cli, quick) -> None:
    result = cli("doctor", "--chain", "http://127.0.0.1:1", "--store", "ftp://x", "--json")
    checks = {check["check"]: check for check in json.loads(result.stdout)["checks"]}
    assert result.exit_code == 2
    assert not checks["chain"]["ok"] and "127.0.0.1:1" in checks["chain"]["found"] and checks["chain"]["advice"]
    assert not checks["store"]["ok"] and "ftp" in checks["store"]["found"] and "local:DIR" in checks["store"]["advice"]
    assert checks["Python"]["ok"] and checks["packages"]["ok"]


def test_table_says_how_many_failed(cli, quick) -> None:
    result = cli("doctor", "--store", "ftp://x")
    assert result.exit_code == 2 and "FAILED" in result.stdout and "1 check" in result.stdout


def test_named_chain_and_store_are_used(cli, quick, devnet, tmp_path) -> None:
    result = cli("doctor", "--chain", devnet.url, "--store", f"local:{tmp_path / 'kept'}", "--json")
    assert result.exit_code == 0, result.stdout
    assert devnet.url in result.stdout and any((tmp_path / "kept").rglob("*"))


def test_package_in_a_version_that_does_not_work_is_named_with_the_one_that_does() -> None:
    finding = _package("fastapi<0.1")
    assert finding is not None and not finding.ok
    assert "<0.1" in finding.found and "pip install 'fastapi<0.1'" in finding.advice and "Prefect 3.8" in finding.advice


def test_missing_package_is_named_and_those_of_extras_are_not_asked_for() -> None:
    finding = _package("no-such-package-at-all>=1")
    assert finding is not None and "not installed" in finding.found
    assert _package('no-such-package-at-all>=1; extra == "demo"') is None


def test_installed_packages_are_in_order() -> None:
    assert python_version().ok and [finding.ok for finding in packages()] == [True]
