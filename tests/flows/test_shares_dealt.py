"""Participants that deal badly, and members that release badly: all readers come to one end, nobody innocent pays."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from prefect_federated.adapters import payloads, releasing
from prefect_federated.adapters.envelope import made_envelope
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.receipts import issue_missing
from prefect_federated.adapters.releasing import given_to, join_released
from prefect_federated.adapters.vouching import leave_sound
from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.dealing import deal, release, shares_of
from prefect_federated.core.opening_spec import ByEach
from prefect_federated.core.round import Reason
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.plot import VALIDATORS
from tests.flows.conftest import HOSPITALS
from tests.flows.opening_scene import (
    account,
    box,
    box_of,
    member,
    release_all,
    revealed_round,
    reveals_of,
    together,
)
from tests.flows.vouched import letters as sound

pytestmark = pytest.mark.slow
FIRST, SECOND, THIRD = VALIDATORS


@pytest.fixture(scope="module")
def consortium(devnet: Devnet, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return together(devnet.url, tmp_path_factory.mktemp("dealt"))


@pytest.fixture
def spec(consortium: Consortium) -> RoundSpec:
    """A round in Vote, of which no share is released."""
    return revealed_round(consortium)


def test_who_deals_badly_is_unreadable_for_all_alike_whoever_released(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lies = dict(zip(HOSPITALS, (of_another_key, wrapped_to_nobody, to_each_reader), strict=True))
    spec = lied_to(consortium, monkeypatch, lies)
    release_all(consortium, spec, *VALIDATORS)
    whose = {account(consortium, name): name for name in HOSPITALS}
    readers = [consortium.aggregator.open().party, consortium.standby.open().party, member(consortium, FIRST)]
    for number, (party, absent) in enumerate(zip(readers, (THIRD, SECOND, FIRST), strict=True)):
        there = box_of(consortium, spec, tmp_path / str(number), *(name for name in VALIDATORS if name != absent))
        reading = join_released(party, there, spec)
        assert reading.joined == 0 and account(consortium, HOSPITALS[0]) in " ".join(reading.wrong)
        seen = gather(party, spec, reveals_of(consortium, spec))
        assert not seen.updates
        reasons = {whose[participant]: reason for participant, reason in seen.reasons.items()}
        assert reasons == dict(
            zip(HOSPITALS, (Reason.UNDECRYPTABLE, Reason.UNDECRYPTABLE, Reason.MALFORMED), strict=True)
        )
    told = gather(readers[0], spec, reveals_of(consortium, spec)).details
    for name in HOSPITALS[:2]:
        assert f"did not deal {account(consortium, THIRD)}, who has a seat" in told[account(consortium, name)]
    assert "'federated-envelope/2'" in told[account(consortium, HOSPITALS[2])]


Lie = Callable[[dict[str, Any], RoundSpec, str, bytes, Consortium], dict[str, Any]]


def lied_to(consortium: Consortium, monkeypatch: pytest.MonkeyPatch, lies: dict[str, Lie]) -> RoundSpec:
    """A round in Vote in which participants publish other envelopes than they should."""
    by_account = {account(consortium, name): lie for name, lie in lies.items()}

    def bent(spec: RoundSpec, participant: str, content_key: bytes, body: str) -> dict[str, Any]:
        honest = made_envelope(spec, participant, content_key, body)
        lie = by_account.get(participant)
        return honest if lie is None else lie(honest, spec, participant, content_key, consortium)

    monkeypatch.setattr(payloads, "made_envelope", bent)
    spec = revealed_round(consortium)
    monkeypatch.undo()
    return spec


def of_another_key(
    honest: dict[str, Any], spec: RoundSpec, participant: str, key: bytes, consortium: Consortium
) -> dict[str, Any]:
    """The third member is dealt a share of another key, hash and all: with it members join another key."""
    third, context = account(consortium, THIRD), spec.context(participant)
    share = shares_of(b"\x66" * 32, spec.threshold, spec.holders, context)[third]
    public = next(one.public_key for one in spec.readers if one.account == third)
    dealt = deal(share, public, third, context)
    assert dealt.wrapped is not None
    entry = {"hash": dealt.share_hash.hex(), "wrapped": dealt.wrapped.hex()}
    return honest | {"shares": honest["shares"] | {third.lower(): entry}}


def wrapped_to_nobody(
    honest: dict[str, Any], spec: RoundSpec, participant: str, key: bytes, consortium: Consortium
) -> dict[str, Any]:
    """The third member's share has the right hash, and does not open."""
    first, third = (account(consortium, name).lower() for name in (FIRST, THIRD))
    entry = honest["shares"][third] | {"wrapped": honest["shares"][first]["wrapped"]}
    return honest | {"shares": honest["shares"] | {third: entry}}


def to_each_reader(
    honest: dict[str, Any], spec: RoundSpec, participant: str, key: bytes, consortium: Consortium
) -> dict[str, Any]:
    """Every reader is given the key, as in other tasks: aggregator and standby need no committee."""
    each = replace(spec, spec=spec.spec.model_copy(update={"opening": ByEach()}))
    return made_envelope(each, participant, key, honest["body"])


def copied_from_first(
    honest: dict[str, Any], spec: RoundSpec, participant: str, key: bytes, consortium: Consortium
) -> dict[str, Any]:
    """Shares and body of somebody else's update, for the committee to release as this one's."""
    federation = consortium.federation()
    victim = account(consortium, HOSPITALS[0])
    uri = next(one.uri for one in federation.reveals(spec.task, spec.round) if one.participant == victim)
    copied = json.loads(b"".join(consortium.ground.store.open().get(uri, 1 << 16)))
    assert isinstance(copied, dict)
    return copied


def test_false_share_is_named_and_who_reads_by_one_vouches_for_nothing_that_others_cannot_read(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = lied_to(consortium, monkeypatch, {HOSPITALS[2]: copied_from_first})
    victim, copier = account(consortium, HOSPITALS[0]), account(consortium, HOSPITALS[2])
    liar, second, aggregator = member(consortium, FIRST), member(consortium, SECOND), consortium.aggregator.open().party
    assert issue_missing(aggregator, FolderMailbox(tmp_path), spec) == 2  # and none for the copier's, another body
    with monkeypatch.context() as patch:  # right ones to members, false ones to who proposes
        patch.setattr(releasing, "release", partial(lying_to, aggregator.account))
        release_all(consortium, spec, FIRST)
    release_all(consortium, spec, SECOND)
    reading = join_released(aggregator, box(consortium), spec)
    assert reading.joined == 0 and set(reading.awaited) == {one.participant for one in reveals_of(consortium, spec)} - {
        copier
    }
    assert len(reading.wrong) == 2 and all(f"from {liar.account} hashes to 0x" in one for one in reading.wrong)
    assert join_released(second, box(consortium), spec).joined == 2
    on_duty = [account(consortium, name) for name in ("aggregator", "standby")]
    assert given_to(second, box(consortium), spec, on_duty[1:]) >= {victim}
    assert given_to(second, box(consortium), spec, on_duty) == set()
    assert leave_sound(second, box(consortium), spec) == 0 and not sound(consortium, spec)
    release_all(consortium, spec, THIRD)
    assert join_released(aggregator, box(consortium), spec).joined == 2
    assert given_to(second, box(consortium), spec, on_duty) == {victim, account(consortium, HOSPITALS[1])}
    assert leave_sound(second, box(consortium), spec) == 2 and len(sound(consortium, spec)) == 2
    (kept,) = {path.parent.name for path in sound(consortium, spec)} - {victim.lower()}
    assert kept == account(consortium, HOSPITALS[1]).lower()
    seen = gather(aggregator, spec, reveals_of(consortium, spec))
    assert seen.reasons == {copier: Reason.UNDECRYPTABLE} and len(seen.updates) == 2


def lying_to(
    reader: str, share: bytes, public_key: bytes, holder: str, whom: str, context: RoundContext
) -> bytes | None:
    said = bytes(31) + b"\x05" if whom == reader else share
    return release(said, public_key, holder, whom, context)
