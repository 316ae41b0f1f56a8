"""Who makes a masked round fail by what it dealt or bound loses its bond for it, and nobody else does."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from prefect_federated.adapters.masking import session_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.striking import Strikes, strike_false
from prefect_federated.core.errors import StoreUnreachable
from prefect_federated.core.masking import faults
from prefect_federated.core.masking.own_secrets import secrets_of
from prefect_federated.core.masking.session import Session
from prefect_federated.core.masking.sharing import share
from prefect_federated.core.masking.transcript import Sharing
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.conclude import bring_on
from prefect_federated.scenario.consortium import Consortium
from tests.flows import local_scene as scene
from tests.flows.choosy import Choosy
from tests.flows.conftest import Found
from tests.flows.test_masked import HOSPITALS, LAST, bonds, do, phase
from tests.flows.test_masked_notes import GONE, LIAR, other_seed, unmasked

HONEST = HOSPITALS[:2]


@pytest.fixture
def consortium(found: Found, prefect_api: str, tmp_path: Path) -> Consortium:
    """Four hospitals whose updates are masked; the third leaves after its commit, the last is not honest."""
    return scene.found_with("masked", found, tmp_path, rounds=6, hospitals=HOSPITALS)


def loses_its_bond(consortium: Consortium, spec: RoundSpec, event: str) -> None:
    """The aggregator proposes nothing, then strikes once; the accuser has half of the bond coming to it."""
    aggregator, federation = consortium.aggregator.open(), consortium.federation()
    assert bring_on(aggregator, spec.task) == "aggregate" and phase(consortium) is Phase.CHALLENGE
    before = federation.pending_bounty_of(aggregator.party.account)
    assert bring_on(aggregator, spec.task) == "strike"
    (struck,) = federation.events(spec.task, spec.round, (event,))
    assert struck.args["participant"] == scene.members(consortium)[LAST].account
    assert bonds(consortium)[LAST] is False and [bonds(consortium)[name] for name in HONEST] == [True] * 2
    assert federation.pending_bounty_of(aggregator.party.account) > before
    assert bring_on(aggregator, spec.task) != "strike"
    assert bring_on(consortium.standby.open(), spec.task) != "strike", "there is nothing left to take"


@pytest.mark.parametrize("other", [LIAR, GONE])
def test_who_binds_another_seed_than_it_masks_with_loses_its_bond(consortium: Consortium, other: int) -> None:
    spec = unmasked(consortium, other_seed(other))
    party, liar = consortium.standby.open().party, scene.members(consortium)[LAST].account
    hidden = {one.uri for one in party.federation.reveals(spec.task, spec.round) if one.participant == liar}
    with pytest.raises(StoreUnreachable, match="down"):  # it is looked at again, and does not get away with it
        strike_false(replace(party, store=Choosy(party.store, hidden, StoreUnreachable("down"))), spec)
    loses_its_bond(consortium, spec, "SeedRefuted")


def falsely(party: Party, spec: RoundSpec) -> Sharing:
    """Shares of another self seed than the message promises."""
    session, key = session_of(party, spec), party.sealing_key
    index = next(member.index for member in session.members if member.account == party.account)
    own = secrets_of(session, index, key.private_bytes, key.version)
    true = share(session, own)
    return replace(share(session, replace(own, self_seed=bytes(31) + b"\x07")), seed_hash=true.seed_hash)


def accusing(index: int) -> Callable[..., tuple[bytes, bytes]]:
    """As if what that participant dealt were not what it promised."""
    true = faults.made_and_promised

    def compared(session: Session, sharing: Sharing, role: int, secret: bytes) -> tuple[bytes, bytes]:
        made, promised = true(session, sharing, role, secret)
        return (bytes(32), promised) if sharing.sharer == index else (made, promised)

    return compared


def test_who_deals_shares_of_another_secret_loses_one_bond_though_another_is_accused_wrongly(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = scene.opened(consortium)
    do(consortium, spec, "share", *HOSPITALS[:3], last=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("prefect_federated.tasks.share"), "own_sharing", falsely)
        do(consortium, spec, "share", LAST, last=True)
    do(consortium, spec, "commit")
    do(consortium, spec, "reveal", *HONEST, LAST)
    do(consortium, spec, "unmask", *HONEST, LAST, last=True)
    with monkeypatch.context() as patch:
        patch.setattr(faults, "made_and_promised", accusing(0))
        loses_its_bond(consortium, spec, "SharingRefuted")
    again = consortium.federation(LAST)
    again.deposit(spec.spec.enforced.bond)
    again.enrol(spec.task)
    assert strike_false(consortium.standby.open().party, spec) == Strikes((), missed=False) and bonds(consortium)[LAST]


def test_honest_round_strikes_nobody(consortium: Consortium) -> None:
    spec = unmasked(consortium)
    party = consortium.standby.open().party
    assert strike_false(party, spec) == Strikes((), missed=False)
    shown = {one.uri for one in party.federation.shown_shares(spec.task, spec.round)}
    with pytest.raises(StoreUnreachable, match="down"):  # nobody can tell then whom to strike
        strike_false(replace(party, store=Choosy(party.store, shown, StoreUnreachable("down"))), spec)
