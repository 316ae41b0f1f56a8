"""Masked rounds in groups: who cheats in one is struck, alone or with whoever proposes, and the others go on."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from prefect_federated.adapters.masking import masked, own_seeds
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.combine import Words
from prefect_federated.core.errors import StoreUnreachable
from prefect_federated.core.findings import Wrong
from prefect_federated.core.masking.masked import Seeds
from prefect_federated.core.round import Phase, Reason
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.conclude import bring_on
from prefect_federated.learning.update import EncodedUpdate
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.consortium import Consortium
from tests.flows import local_scene as scene
from tests.flows.choosy import Choosy
from tests.flows.conftest import Found
from tests.flows.lies import propose
from tests.flows.test_masked import STEPS, do
from tests.flows.test_masked_groups import NINE, act, bonded, due, teams
from tests.flows.test_masked_strikes import falsely

pytestmark = pytest.mark.slow


@pytest.fixture
def consortium(found: Found, prefect_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Consortium:
    """Nine hospitals that mask in three groups of three; the median looks across the groups' means."""
    monkeypatch.setattr(breast_cancer, "HOSPITALS", NINE)
    monkeypatch.setattr(breast_cancer, "SHARES", {breast_cancer.HELD_OUT: (0.1, 0.1)} | dict.fromkeys(NINE, (0.1, 0.1)))
    return scene.found_with("masked in groups", found, tmp_path, rounds=2, hospitals=NINE)


def test_a_false_sharer_is_struck_though_the_others_go_on_and_another_groups_messages_are_withheld(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, task = scene.opened(consortium), consortium.task
    withheld, lost, _ = teams(consortium, spec)
    cheat, accounts = lost[1], {name: one.account for name, one in scene.members(consortium).items()}
    do(consortium, spec, "share", *(name for name in NINE if name != cheat), last=True)
    with monkeypatch.context() as patch:
        patch.setattr(import_module("prefect_federated.tasks.share"), "own_sharing", falsely)
        act(consortium, spec, "share", [cheat])
    for step in STEPS[1:]:
        act(consortium, spec, step, NINE)
    expected = due(consortium, spec, [one for one in teams(consortium, spec) if one != lost])
    aggregator, standby, federation = consortium.aggregator.open(), consortium.standby.open(), consortium.federation()
    assert bring_on(aggregator, task) == "aggregate"
    hidden = {one.uri for one in federation.dealt(task, spec.round) if one.participant in map(accounts.get, withheld)}
    blind = replace(standby.party, store=Choosy(standby.party.store, hidden, StoreUnreachable("down")))
    before = federation.pending_bounty_of(standby.party.account)
    assert bring_on(replace(standby, party=blind), task) == "strike"
    (struck,) = federation.events(task, spec.round, ("SharingRefuted",))
    assert struck.args["participant"] == accounts[cheat] and struck.args["accuser"] == standby.party.account
    assert federation.pending_bounty_of(standby.party.account) == before + spec.spec.enforced.bond // 2
    assert bonded(consortium, spec, NINE) == [name != cheat for name in NINE]
    slot = spec.slot("struck", standby.party.account)
    assert standby.party.vault.recall(slot) is None, "that group is looked at again"
    for party in (standby, aggregator):
        assert bring_on(party, task) != "strike", "one offence costs one bond"
    assert standby.party.vault.recall(slot) is not None
    scene.pass_deadline(consortium)
    assert bring_on(aggregator, task) == "settle"
    assert (scene.head_words(consortium, spec) == expected).all()
    log = read_round_log(federation, task, spec.round)
    assert log.left_out == {accounts[name]: Reason.UNDECRYPTABLE for name in lost}


def lying(party: Party, spec: RoundSpec) -> Seeds:
    """Seeds of which its own is not the one that it dealt; what it masks with is true."""
    seeds = own_seeds(party, spec)
    return replace(seeds, by_index={**seeds.by_index, seeds.owner: bytes(32)})


def lie(party: Party, spec: RoundSpec, update: EncodedUpdate) -> tuple[Words, bytes]:
    return masked(party, spec, update)[0], lying(party, spec).note.digest


def lying_note(party: Party, spec: RoundSpec) -> bytes:
    return lying(party, spec).note.encoded()


def test_a_proposer_that_includes_a_group_with_a_false_seed_falls_and_the_others_are_aggregated(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, task = scene.opened(consortium), consortium.task
    lost, *others = teams(consortium, spec)
    cheat, rest = lost[0], [name for name in NINE if name != lost[0]]
    act(consortium, spec, "share", NINE)
    for step in ("commit", "reveal"):
        do(consortium, spec, step, *rest, last=True)
        with monkeypatch.context() as patch:
            patch.setattr(import_module("prefect_federated.tasks.train"), "masked", lie)
            patch.setattr(import_module("prefect_federated.tasks.reveal"), "own_note", lying_note)
            act(consortium, spec, step, [cheat])
    act(consortium, spec, "unmask", NINE)
    expected = due(consortium, spec, others)
    with monkeypatch.context() as patch:
        patch.setattr("prefect_federated.adapters.unmasking.check_seeds", lambda opened, notes: None)
        propose(consortium, spec, lambda truth: (truth.document, {}))
    standby, federation = consortium.standby.open(), consortium.federation()
    assert federation.proposal(task, spec.round).included == 9
    found = verify_proposal(standby.party, spec).provable[0]
    assert found is not None and found.wrong is Wrong.SEED
    assert f"{scene.members(consortium)[cheat].account}: its payload is bound to a seed, its own," in found.detail
    assert bring_on(standby, task) == "judge" and federation.round_state(task).phase is Phase.AGGREGATE
    assert federation.fallen(task, spec.round) == [consortium.ground.accounts["aggregator"].address]
    assert bonded(consortium, spec, NINE) == [name != cheat for name in NINE]
    assert bring_on(standby, task) == "aggregate"
    federation.wait_until(federation.round_state(task).deadline + 1)
    assert bring_on(standby, task) == "settle"
    assert (scene.head_words(consortium, spec) == expected).all()
