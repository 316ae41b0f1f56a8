"""`federated governance`: a pause by who may call for it, within its limits, and what it looks like."""

import pytest
from eth_account import Account

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.deploy import UNBONDING_S
from prefect_federated.cli.spans import parse_span
from prefect_federated.core.errors import ConfigurationError, ContractRefused, WrongPhase
from prefect_federated.core.pausing import PauseStanding, check_pause

HOUR, DAY = 3600, 86_400
LONGEST = UNBONDING_S // 4


def pause(cli, federation, span: str):
    return cli("governance", "pause", span, *federation.parties["sponsor"].options, *federation.options)


def test_the_dev_key_pauses_and_everybody_sees_until_when(cli, fresh) -> None:
    before = cli.json("governance", "show", *fresh.options)
    assert (before["paused_until"], before["paused_since"], before["longest_pause_s"]) == (None, None, LONGEST)
    assert before["may_be_called_by"] == "the administrator"
    result = pause(cli, fresh, "2h")
    until = fresh.reader.paused_until()
    assert result.exit_code == 0 and f"chain time {until}" in result.stdout and "UTC" in result.stdout, result.output
    row = cli.json("governance", "show", *fresh.options)
    assert row["paused_until"] == until and 2 * HOUR - 60 <= until - row["paused_since"] <= 2 * HOUR
    assert row["latest_end"] == row["paused_since"] + LONGEST
    shown = cli("governance", "show", *fresh.options)
    assert "in 1 h 59 min" in shown.stdout or "in 2 h" in shown.stdout, shown.output
    with pytest.raises(WrongPhase, match="paused"):
        fresh.open_round()


def test_a_pause_that_is_on_is_made_longer_and_never_shorter(cli, fresh) -> None:
    assert pause(cli, fresh, "1h").exit_code == 0
    first = fresh.reader.paused_until()
    assert pause(cli, fresh, "3h").exit_code == 0
    assert fresh.reader.paused_until() > first
    refused = pause(cli, fresh, "10min")
    assert refused.exit_code == 7 and "somebody may rely on its end" in refused.stderr, refused.output


def test_a_pause_beyond_the_cap_is_refused_with_both_lengths(cli, fresh) -> None:
    refused = pause(cli, fresh, "6d")
    assert refused.exit_code == 7 and f"may last {LONGEST} s, this one lasts {6 * DAY} s" in refused.stderr
    assert pause(cli, fresh, f"{LONGEST}s").exit_code == 0
    refused = pause(cli, fresh, "6d")
    assert refused.exit_code == 7 and "from its beginning at chain time" in refused.stderr


def test_the_next_pause_waits_for_its_cooldown(cli, fresh) -> None:
    pause(cli, fresh, "1h")
    rpc.wait_until(fresh.w3, fresh.reader.paused_until() + 1)
    row = cli.json("governance", "show", *fresh.options)
    assert row["paused_until"] is None and row["latest_end"] is None
    wait = row["next_pause_from"] - row["chain_time"]
    assert UNBONDING_S // 2 - 60 < wait <= UNBONDING_S // 2
    refused = pause(cli, fresh, "1h")
    assert refused.exit_code == 7 and "so that no round is paused twice" in refused.stderr, refused.output
    rpc.wait_until(fresh.w3, row["next_pause_from"])
    assert pause(cli, fresh, "1h").exit_code == 0


def test_who_lacks_the_role_is_told_who_has_it(cli, fresh) -> None:
    stranger = fresh.silos[0]
    refused = cli("governance", "pause", "1h", *stranger.options, *fresh.options)
    assert refused.exit_code == 7 and f"{stranger.address} may not pause" in refused.stderr
    assert "only the administrator may" in refused.stderr
    assert cli.json("governance", "show", "--account", stranger.address, *fresh.options)["may_pause"] is False
    sponsor = fresh.parties["sponsor"].address
    assert cli.json("governance", "show", "--account", sponsor, *fresh.options)["may_pause"] is True


@pytest.mark.parametrize("profile", ["timelock", "safe"])
def test_the_guardian_pauses_at_once_and_the_deployer_cannot(cli, devnet, tmp_path, monkeypatch, profile) -> None:
    deployer, guardian = Account.create(), Account.create()
    signs = {}
    for name, account in (("DEPLOYER", deployer), ("GUARDIAN", guardian)):
        devnet.fund(account.address, 100 * 10**18)
        monkeypatch.setenv(f"{name}_KEY", account.key.hex())
        signs[name] = ["--key-env", f"{name}_KEY", "--home", str(tmp_path / name), "--chain", devnet.url]
    first = cli.json("deploy", *signs["DEPLOYER"], "--out", "first.json")
    people = ["--member", guardian.address] if profile == "timelock" else ["--admin", first["treasury"]]
    cli.json(
        *("deploy", *signs["DEPLOYER"], "--governance", profile, "--guardian", guardian.address, *people),
        *("--label", "second"),
    )
    refused = cli("governance", "pause", "1h", *signs["DEPLOYER"])
    assert refused.exit_code == 7 and "only a guardian may" in refused.stderr, refused.output
    result = cli("governance", "pause", "1h", *signs["GUARDIAN"])
    assert result.exit_code == 0 and "paused until" in result.stdout, result.output
    row = cli.json("governance", "show", "--account", guardian.address, "--chain", devnet.url)
    assert row["paused_until"] and row["may_pause"] is True


@pytest.mark.parametrize("text", ["", "2", "h", "0h", "-1h", "1.5h", "2 weeks", "1h30min", "\u0661h", "9" * 12 + "h"])
def test_text_that_is_no_span_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigurationError, match="90min"):
        parse_span(text)


@pytest.mark.parametrize(
    ("standing", "until", "words"),
    [
        (PauseStanding(100, 0, 0, earliest=101, longest_s=50), 120, "may begin in 1 s"),
        (PauseStanding(100, 0, 0, earliest=100, longest_s=50), 151, "this one lasts 51 s"),
        (PauseStanding(100, 90, 110, earliest=500, longest_s=50), 141, "this one lasts 51 s"),
        (PauseStanding(100, 90, 110, earliest=500, longest_s=50), 110, "never cut short"),
        (PauseStanding(100, 0, 0, earliest=100, longest_s=50), 150, ""),
        (PauseStanding(100, 90, 110, earliest=500, longest_s=50), 140, ""),
        (PauseStanding(100, 90, 110, earliest=500, longest_s=50), 111, ""),
    ],
)
def test_limits_hold_to_the_second(standing: PauseStanding, until: int, words: str) -> None:
    if not words:
        check_pause(standing, until)
        return
    with pytest.raises(ContractRefused, match=words):
        check_pause(standing, until)
