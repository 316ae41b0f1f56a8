"""The silos of the bad round: three in order, and one for each way to be broken, to lie, or to be late.

consortium --> {name: Observed}; the name says what is wrong
"""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pandas import concat

from prefect_federated.adapters.evm.consent import grant_id, sign_grant
from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.silo import Silo as OpenSilo
from prefect_federated.blocks import Silo
from prefect_federated.core.consent import Grant, changed_subjects, subjects_root
from prefect_federated.core.data_use import Terms
from prefect_federated.core.duo import purpose_bits
from prefect_federated.core.errors import ConsentError
from prefect_federated.core.own_suite import suite_document_hash
from prefect_federated.flows.members import Participant
from tests.bad_input.cast import (
    CutOff,
    Hider,
    Interrupted,
    Mute,
    Observed,
    PlanEditor,
    Sealed,
    Sender,
    WrongClock,
    body_of,
)
from tests.bad_input.consortium import COLUMNS, LIMIT, MIN_ROWS, SIZE, WINDOW_S, Consortium, table
from tests.bad_input.flaky import FlakyEndpoint, flaky_endpoint

HONEST = ("east", "north", "south")
SKEW_S = 10**6
CROWD = 99  # participants that one silo asks for
RULED = HONEST[2]  # by a file that was signed, which allows the round
SEEKERS = ("crowd-seeker", "noise-seeker", "mask-seeker")  # by such a file as well, which does not


def silos_of_the_bad_round(town: Consortium, stack: ExitStack) -> dict[str, Observed]:
    """Everybody who is enrolled."""
    return {**honest(town), **broken(town, stack), **lying(town), **slow(town)}


def honest(town: Consortium) -> dict[str, Observed]:
    """Three silos, the last under rules that are signed."""
    blocks = {name: town.ruled(name) if name == RULED else town.silo(name) for name in HONEST}
    return {name: Observed(Participant(block.open())) for name, block in blocks.items()}


def broken(town: Consortium, stack: ExitStack) -> dict[str, Observed]:
    """Silos whose consent, data, policy or connection is not in order."""
    found = {name: Observed(Participant(block.open())) for name, block in _unfit(town).items()}
    found["edited"] = PlanEditor(Participant(town.silo("edited").open()), plan=town.plan)
    found |= _with_wrong_clocks(town)
    found["withdrawn-late"] = Observed(_withdrawing(town))
    found |= _losing_subjects(town)
    for name, drops in (("cut-off", 10**9), ("shaky", 2)):
        endpoint = stack.enter_context(flaky_endpoint(town.url))
        found[name] = Observed(Participant(_behind(town, name, endpoint)), endpoint, drops)
    endpoint = stack.enter_context(flaky_endpoint(town.url))
    found["cut-later"] = Observed(CutOff(_behind(town, "cut-later", endpoint), endpoint))
    return found


def _unfit(town: Consortium) -> dict[str, Silo]:
    now_s = town.reader.chain_time()
    children, text = table().assign(age=9.0), table().astype({"dose": object})
    text.loc[3, "dose"] = "confidential"
    silos = {
        "fit-for-nothing": town.silo("fit-for-nothing", approved_plans=[]),
        "reader-shy": town.silo("reader-shy", readers=town.readers[:1]),
        "no-column": town.silo("no-column", table().drop(columns="dose")),
        "no-file": town.silo("no-file", data=town.folder / "nowhere" / "data.csv"),
        "text": town.silo("text", text),
        "constant": town.silo("constant", table().assign(dose=7.0)),
        "one-label": town.silo("one-label", table().assign(ill=1)),
        "children": town.silo("children", children.assign(age=[float(n % 17) for n in range(len(children))])),
        "no-store": town.silo("no-store", store={"root": town.plan}),  # a file, not a folder
        **{name: town.silo(name) for name in ("expired", "recordless", "forger", "withdrawn", "misused", "empty")},
        **{
            name: town.silo(name) for name in ("made-up", "numbers", "damaged", "narrow", "plain", "abroad", "reworded")
        },
        **{name: town.silo(name) for name in ("borrower", "unsigned", "few", "extra-column")},
        "twins": town.silo("twins", concat([table(), table()[:1]])),
        "suite-edited": town.silo("suite-edited", **_edited_suite(town)),
        "crowd-seeker": town.ruled("crowd-seeker", min_cohort=CROWD),
        "noise-seeker": town.ruled("noise-seeker", min_noise=0.5),
        "mask-seeker": town.ruled("mask-seeker", masked_only=True),
    }
    town.keep("borrower", replace(town.kept("borrower"), grant_id=town.grants[HONEST[0]]))
    town.keep("unsigned", replace(town.kept("unsigned"), grant_id=_signed_by_another(town, "unsigned")))
    town.consent("few", subjects=tuple(table().subject[: MIN_ROWS - 1]))
    table().assign(diagnosis="flu").to_csv(town.folder / "silos" / "extra-column" / "data.csv", index=False)
    town.consent("expired", expiry=now_s + WINDOW_S)
    town.consent("misused", purposes=purpose_bits(("POA", "NPU")))
    town.consent("abroad", terms=Terms(codes=("HMB", "GS"), countries=("CH",)))
    town.consent("reworded", terms=Terms(codes=("HMB",)))
    town.keep("reworded", replace(town.kept("reworded"), document=None))
    town.consent("empty", subjects=("subject-of-another",))
    town.consent("narrow", columns=("age", "ill"))
    town.as_("withdrawn").withdraw_grant(town.consent("withdrawn", nonce=77))
    town.record("recordless").unlink()
    town.keep("forger", replace(town.kept("forger"), columns=(*COLUMNS, "diagnosis")))
    town.keep("made-up", replace(town.kept("made-up"), grant_id=b"\xba\xd0" + bytes(30)))
    town.keep("numbers", replace(town.kept("numbers"), subjects=(17,)))
    town.record("damaged").write_bytes(town.record("damaged").read_bytes()[:-1])
    town.record("plain").write_text('{"grant_id": "0x", "subjects": ["subject-000001"]}')
    return silos


def _with_wrong_clocks(town: Consortium) -> dict[str, Observed]:
    """Clocks that say that a grant has begun, or has not ended, when by chain time it has not, or ends too early."""
    now_s, ahead, behind = town.reader.chain_time(), town.silo("ahead"), town.silo("behind")
    town.consent("ahead", valid_from=now_s + SKEW_S // 2)
    town.consent("behind", expiry=now_s + WINDOW_S)
    return {
        "ahead": WrongClock(Participant(ahead.open()), skew_s=SKEW_S),
        "behind": WrongClock(Participant(behind.open()), skew_s=-SKEW_S),
    }


def _signed_by_another(town: Consortium, name: str) -> bytes:
    """Id of a grant of a silo's data that another account signed; the ledger does not take it."""
    federation, stands = town.as_(name), town.reader.grant_state(town.grants[name])
    terms = (stands.purposes, stands.valid_from, stands.expiry, stands.columns, stands.subjects, stands.record, 0)
    grant = Grant(stands.dataset, stands.silo, *terms, nonce=4711, deadline=stands.expiry)
    ledger, thief = federation.addresses.consent, town.account(HONEST[0]).signer.account()
    with pytest.raises(ConsentError, match=f"not by the data holder {stands.holder}"):
        federation.grant(grant, sign_grant(thief, ledger, federation.chain_id, grant))
    return grant_id(ledger, federation.chain_id, grant)


def _edited_suite(town: Consortium) -> dict[str, Any]:
    """A silo's own suite, one limit of which was raised after it was approved."""
    path = town.folder / "own-suite.json"
    between = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "max_value": 90}}
    path.write_text(json.dumps({"name": "own", "expectations": [between]}))
    approved = suite_document_hash(path.read_bytes(), path.name)
    path.write_text(path.read_text().replace("90", "900"))
    return {"suite": path, "suite_hash": "0x" + approved.hex()}


def _withdrawing(town: Consortium) -> Participant:
    silo = town.silo("withdrawn-late").open()
    grant = silo.consent_record().grant_id
    return Interrupted(silo, lambda: town.as_("withdrawn-late").withdraw_grant(grant))


def _losing_subjects(town: Consortium) -> dict[str, Observed]:
    """Silos of which a subject leaves while they train, before they commit, and before they leave it to a relayer."""
    mailbox = FolderMailbox(town.folder / "mailbox")
    kinds: dict[str, Callable[..., Participant]] = {
        "left-late": Interrupted,
        "left-sealed": Sealed,
        "left-relayed": partial(Sealed, mailbox=mailbox),
    }
    return {name: Observed(kind(town.silo(name).open(), _leaving(town, name))) for name, kind in kinds.items()}


def _leaving(town: Consortium, name: str) -> Callable[[], object]:
    def leave() -> None:
        record = town.kept(name)
        after = changed_subjects(record, [], record.subjects[:1], 0)
        town.as_(name).set_subjects(record.grant_id, subjects_root(after.secret, after.subjects))

    return leave


def _behind(town: Consortium, name: str, endpoint: FlakyEndpoint) -> OpenSilo:
    chain = town.chain.model_copy(update={"rpc_url": endpoint.url})
    return town.silo(name, chain=chain).open()


def lying(town: Consortium) -> dict[str, Observed]:
    """Silos whose payload is not what it should be, or is not left as it was."""
    fine = np.array([1, 2, 3], np.int32)
    payloads: dict[str, dict[str, Any]] = {
        "oversized": {"words": np.ones(5000, np.int32)},
        "nan": {"words": np.full(SIZE, np.nan, np.float32).view(np.int32)},
        "out-of-range": {"words": np.array([0, LIMIT + 1, 0], np.int32)},
        "boaster": {"words": fine, "claimed_weight": 900},
    }
    found = {name: Observed(Sender(town.silo(name).open(), **sent)) for name, sent in payloads.items()}
    found["hider"] = Observed(Hider(town.silo("hider").open()))
    found["altered"] = _tampered(town, "altered", lambda body: body.write_bytes(body.read_bytes()[:-1] + b"!"))
    found["removed"] = _tampered(town, "removed", lambda body: body.unlink())
    return found


def _tampered(town: Consortium, name: str, do: Callable[[Path], object]) -> Observed:
    """A silo whose sealed payload somebody touches after it was revealed."""
    silo = town.silo(name).open()

    def tamper(task: int, round: int) -> None:
        uri = next(r.uri for r in town.reader.reveals(task, round) if r.participant == silo.party.account)
        do(body_of(town.store.root, town.store.open(), uri))

    return Observed(Participant(silo), afterwards=tamper)


def slow(town: Consortium) -> dict[str, Observed]:
    """Silos that miss a phase: one never commits, one never reveals."""
    return {
        "sleeper": Observed(Participant(town.silo("sleeper").open())),
        "mute": Observed(Mute(town.silo("mute").open())),
    }
