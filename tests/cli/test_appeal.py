"""`federated appeal`: see a slash, appeal, answer, close what is over."""

import pytest

from prefect_federated.adapters.evm import rpc


@pytest.fixture
def slashed(fresh):
    """A federation in which the last silo stayed silent and lost its bond: (federation, the silo)."""
    round = fresh.open_round()
    for silo in fresh.silos:
        fresh.commit(silo, round)
    for silo in fresh.silos[:-1]:
        fresh.reveal(silo, round)
    rpc.wait_until(fresh.w3, fresh.reader.round_state(fresh.task).deadline + 31)
    fresh.parties["sponsor"].federation.slash_silent(fresh.task, round)
    return fresh, fresh.silos[-1]


def test_an_appeal_is_opened_listed_and_accepted(cli, slashed) -> None:
    federation, silo = slashed
    bond = federation.spec.enforced.bond
    (row,) = cli.json("appeal", "list", silo.address, *federation.options)
    assert (row["slash"], row["taken_wei"], row["state"], row["appealed"]) == (1, str(bond), "held", False)
    assert cli.json("appeal", "list", federation.silos[0].address, *federation.options) == []
    result = cli("appeal", "open", 1, "--why", "cas://why", *silo.options, *federation.options)
    assert result.exit_code == 0 and "0.01 eth" in result.stdout, result.output
    assert "appealed" in cli("appeal", "list", *federation.options).stdout
    sponsor = federation.parties["sponsor"].options
    result = cli("appeal", "answer", 1, "accept", *sponsor, *federation.options)
    assert result.exit_code == 0 and "given back" in result.stdout, result.output
    (row,) = cli.json("appeal", "list", *federation.options)
    assert (row["state"], row["ruling"], row["why"]) == ("restored", "accept", "cas://why")
    result = cli("appeal", "close", *silo.options, *federation.options)
    assert result.exit_code == 0 and "fetched deposits of 0.01 eth" in result.stdout, result.output


def test_close_closes_what_is_over_and_says_when_nothing_is(cli, slashed) -> None:
    federation, _ = slashed
    close = ["appeal", "close", *federation.silos[0].options, *federation.options]
    assert "nothing is over" in cli(*close).stdout
    rpc.wait_until(federation.w3, federation.reader.slashes()[0].until + 1)
    assert "over: close it" in cli("appeal", "list", *federation.options).stdout
    assert "closed 1 slashes" in cli(*close).stdout
    assert cli.json("appeal", "list", *federation.options)[0]["state"] == "upheld"


def test_somebody_elses_slash_cannot_be_appealed(cli, slashed) -> None:
    federation, silo = slashed
    result = cli("appeal", "open", 1, "--why", "cas://why", *federation.silos[0].options, *federation.options)
    assert result.exit_code == 7 and silo.address in result.stderr and "alone can appeal" in result.stderr
