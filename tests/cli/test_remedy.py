"""`federated remedy`: withdrawn consent opens every descendant, and only a steward's answer closes one."""

import hashlib

import pytest

from prefect_federated.adapters.evm import rpc


def play(federation, *silos) -> int:
    """A round in which some silos take part."""
    round = federation.open_round()
    for silo in silos:
        federation.commit(silo, round)
    if len(silos) < len(federation.silos):
        rpc.wait_until(federation.w3, federation.reader.round_state(federation.task).deadline + 1)
    for silo in silos:
        federation.reveal(silo, round)
    federation.propose(round)
    federation.settle(round)
    return round


@pytest.fixture
def withdrawn(fresh):
    """Two versions; the second silo was in the first alone, and then its consent was withdrawn: (federation, grant)."""
    first, second, third = fresh.silos
    play(fresh, first, second, third)
    play(fresh, first, third)
    second.federation.withdraw_grant(second.grant)
    return fresh, "0x" + second.grant.hex()


def rows(cli, federation, *more: str):
    found = cli.json("remedy", "list", federation.task, "--store", federation.store_address, *more, *federation.options)
    return [(row["version"], row["grant"], row["rounds"], row["state"]) for row in found]


def answer(cli, federation, version: int, grant: str, action: str, *, who: str = "sponsor", reason: str = "asked for"):
    said = ["--grant", grant, "--action", action, "--reason", reason, "--store", federation.store_address]
    signer = federation.parties[who].options
    return cli("remedy", "answer", federation.task, version, *said, *signer, *federation.options)


def test_nothing_is_open_while_consent_stands(cli, fresh) -> None:
    play(fresh, *fresh.silos)
    assert cli.json("remedy", "list", fresh.task, *fresh.options) == []
    assert "nothing to answer" in cli("remedy", "list", fresh.task, *fresh.options).stdout


def test_a_withdrawal_opens_its_version_and_what_descends_from_it(cli, withdrawn) -> None:
    federation, grant = withdrawn
    assert rows(cli, federation) == [(1, grant, [1], "open"), (2, grant, [1], "open")]
    shown = cli("remedy", "list", federation.task, *federation.options).stdout
    assert "grant withdrawn" in shown and grant in shown


def test_an_answer_closes_one_version_with_its_reason(cli, withdrawn) -> None:
    federation, grant = withdrawn
    result = answer(cli, federation, 2, grant, "accept", reason="no row of it is left in this one")
    assert result.exit_code == 0 and "accept" in result.stdout, result.output
    assert rows(cli, federation) == [(1, grant, [1], "open"), (2, grant, [1], "accept")]
    assert rows(cli, federation, "--open") == [(1, grant, [1], "open")]
    shown = cli("remedy", "list", federation.task, "--store", federation.store_address, *federation.options).stdout
    assert "no row of it is left in this one" in shown
    assert federation.parties["sponsor"].address in shown


def test_a_later_answer_takes_the_place_of_an_earlier_one(cli, withdrawn) -> None:
    federation, grant = withdrawn
    for action in ("accept", "retrain"):
        assert answer(cli, federation, 1, grant, action).exit_code == 0
    assert rows(cli, federation)[0] == (1, grant, [1], "retrain")


def test_replaced_subjects_open_what_was_accepted_again(cli, withdrawn) -> None:
    federation, _ = withdrawn
    first = federation.silos[0]
    grant = "0x" + first.grant.hex()
    first.federation.set_subjects(first.grant, b"\1" * 32)
    assert [row for row in rows(cli, federation) if row[1] == grant] == [
        (1, grant, [1], "open"),
        (2, grant, [1, 2], "open"),
    ]
    assert answer(cli, federation, 2, grant, "accept", reason="somebody joined, nobody left").exit_code == 0
    assert (2, grant, [1, 2], "accept") in rows(cli, federation)
    first.federation.set_subjects(first.grant, b"\2" * 32)
    assert (2, grant, [1, 2], "open") in rows(cli, federation)


def test_neither_reason_nor_its_bare_hash_goes_on_chain(cli, withdrawn) -> None:
    federation, grant = withdrawn
    reason = "the patient asked for it"
    assert answer(cli, federation, 1, grant, "retire", reason=reason).exit_code == 0
    (event,) = federation.reader.events(federation.task, names=("RemedyAnswered",))
    sent = rpc.request(federation.w3, "eth_getTransactionByHash", ["0x" + event.tx_hash.hex()])["input"]
    assert reason.encode().hex() not in sent
    assert hashlib.sha256(reason.encode()).hexdigest() not in sent


def test_who_is_no_steward_is_refused(cli, withdrawn) -> None:
    federation, grant = withdrawn
    result = answer(cli, federation, 1, grant, "accept", who="silo-1")
    assert result.exit_code == 7 and "lacks the role" in result.stderr
    assert rows(cli, federation)[0] == (1, grant, [1], "open")


def test_what_does_not_descend_from_the_grant_needs_no_answer(cli, withdrawn) -> None:
    federation, grant = withdrawn
    result = answer(cli, federation, 0, grant, "accept")
    assert result.exit_code == 7 and "version 0 of task" in result.stderr and "remedy list" in result.stderr
    other = "0x" + federation.silos[0].grant.hex()
    assert answer(cli, federation, 1, other, "accept").exit_code == 7


@pytest.mark.parametrize(
    ("grant", "reason", "words"), [("0x12", "why", "is no grant id"), (None, " ", "has no reason")]
)
def test_bad_input_is_refused_before_anything_is_sent(cli, withdrawn, grant, reason, words) -> None:
    federation, used = withdrawn
    result = answer(cli, federation, 1, grant or used, "accept", reason=reason)
    assert result.exit_code == 2 and words in result.stderr
    assert not federation.reader.events(federation.task, names=("RemedyAnswered",))
