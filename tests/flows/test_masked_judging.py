"""An aggregator lies about a masked sum: whoever reads the round takes the masks off one word before the contract."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from prefect_federated.adapters import mask_faults, masked_payload, masked_proof
from prefect_federated.adapters.challenging import challenge, prove_any
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.masking import own_seeds, session_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import store_words
from prefect_federated.adapters.unmasking import gather_masked
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.aggregation.two_tiers import mean_of_sums
from prefect_federated.core.errors import ContractRefused, ProtocolError, SpecError, StoreUnreachable
from prefect_federated.core.findings import PAYLOAD, UNASKED, Finding, Wrong
from prefect_federated.core.masking.faults import FalseSeed
from prefect_federated.core.masking.note import MasksNote
from prefect_federated.core.masking.own_secrets import OwnSecrets, pair_seeds, secrets_of
from prefect_federated.core.masking.recovery import Opened, open_masks
from prefect_federated.core.masking.session import Session
from prefect_federated.core.masking.transcript import Sharing
from prefect_federated.core.masking.turnout import Turnout
from prefect_federated.core.proofs import coordinate_of
from prefect_federated.core.proposal import pack_exclusions
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round import Phase, Reason, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.conclude import bring_on
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.task_spec import Terms
from tests.cli.commands import Cli
from tests.flows import local_scene as scene
from tests.flows.choosy import Choosy
from tests.flows.conftest import Found
from tests.flows.lies import Truth, propose, word_of_the_aggregate, word_of_the_model
from tests.flows.test_masked import HOSPITALS, LAST, STEPS, bonds, do, due
from tests.flows.test_masked_notes import GONE, LIAR, other_seed, unmasked

FRIEND = 0  # index of who is left with the liar
BOND = Terms().aggregator_bond_wei
OVERTURNED_GAS = 250_000  # a transaction, the aggregate's chunk, what becomes of proposal and bond


@pytest.fixture
def consortium(found: Found, prefect_api: str, tmp_path: Path) -> Consortium:
    """Four hospitals whose updates are masked."""
    return scene.found_with("masked", found, tmp_path, rounds=6, hospitals=HOSPITALS)


def with_one_gone(consortium: Consortium) -> RoundSpec:
    """A round up to Aggregate whose third hospital has left after its commit."""
    return unmasked(consortium)


def proposer(consortium: Consortium) -> str:
    return consortium.ground.accounts["aggregator"].address


def is_refuted(consortium: Consortium, spec: RoundSpec, stake: int, accuser: str) -> None:
    federation = consortium.federation()
    assert federation.round_state(spec.task).phase is Phase.AGGREGATE
    assert federation.fallen(spec.task, spec.round) == [proposer(consortium)]
    assert stake - federation.participant(proposer(consortium)).stake == BOND
    assert federation.pending_bounty_of(accuser) == BOND // 2


def test_standby_refutes_a_false_masked_sum_by_itself_and_settles_the_true_one(consortium: Consortium) -> None:
    spec = with_one_gone(consortium)
    expected = due(consortium, spec, *HOSPITALS[:2], HOSPITALS[3])
    propose(consortium, spec, word_of_the_aggregate)
    standby, federation = consortium.standby.open(), consortium.federation()
    stake = federation.participant(proposer(consortium)).stake
    verified = verify_proposal(standby.party, spec)
    assert verified.read_updates and verified.provable
    assert verified.provable[0].wrong is Wrong.SUM and "included masked updates is" in verified.provable[0].detail
    assert bring_on(standby, spec.task) == "judge"
    is_refuted(consortium, spec, stake, standby.party.account)
    assert bring_on(standby, spec.task) == "aggregate"
    federation.wait_until(federation.round_state(spec.task).deadline + 1)
    assert bring_on(standby, spec.task) == "settle"
    assert federation.round_state(spec.task).status in (Status.SUCCESS, Status.DEGRADED)
    assert (scene.head_words(consortium, spec) == expected).all()


def test_many_updates_are_shown_in_several_transactions(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = scene.opened(consortium)
    for step in STEPS:
        do(consortium, spec, step)
    propose(consortium, spec, word_of_the_aggregate)
    standby, federation = consortium.standby.open(), consortium.federation()
    stake = federation.participant(proposer(consortium)).stake
    found, enforced = verify_proposal(standby.party, spec).provable[0], spec.spec.enforced
    assert found is not None
    size = masked_proof.shown_bytes(enforced.chunk_bytes, enforced.chunks, seeds=1)
    monkeypatch.setattr(masked_proof, "MOST_BYTES", 3 * size)
    sent = challenge(standby.party, spec, found)
    assert sent.gas_used < 2 * masked_proof.update_gas(size, seeds=1) + OVERTURNED_GAS
    is_refuted(consortium, spec, stake, standby.party.account)
    counted = [event.args for event in federation.events(spec.task, spec.round, ("SumTallied",))]
    assert len(counted) == 1 and counted[0]["accuser"] == standby.party.account


def test_reader_refutes_a_false_masked_sum_from_the_command_line(consortium: Consortium) -> None:
    spec = with_one_gone(consortium)
    propose(consortium, spec, word_of_the_aggregate)
    block, federation = consortium.standby, consortium.federation()
    signer, stake = block.signer, federation.participant(proposer(consortium)).stake
    cli = Cli(CliRunner())
    chain = ["--chain", consortium.chain.rpc_url, "--coordinator", consortium.chain.coordinator]
    store = ["--store", f"local:{consortium.ground.out / 'store'}"]
    keys = ["--keystore", str(signer.keystore), "--home", str(signer.home), "--sealing-key", str(signer.sealing_key)]
    env = {"FEDERATED_PASSWORD": signer.password.get_secret_value()}
    seen = cli("verify", spec.task, spec.round, *store, *chain, *keys, env=env)
    assert seen.exit_code == 6 and "wrong (provable): the aggregate is not the rule's result" in said(seen.output)
    assert f"`federated challenge {spec.task} {spec.round}` proves it" in said(seen.output)
    done = cli("challenge", spec.task, spec.round, *store, *chain, *keys, env=env)
    assert done.exit_code == 0 and f"{BOND} wei of bond were taken" in said(done.output), done.output
    is_refuted(consortium, spec, stake, block.open().party.account)


def said(output: str) -> str:
    return " ".join(output.split())


def test_true_masked_sum_is_refuted_by_nobody(consortium: Consortium) -> None:
    spec = with_one_gone(consortium)
    propose(consortium, spec, lambda truth: (truth.document, {}))
    party = consortium.standby.open().party
    assert not verify_proposal(party, spec).findings
    last = spec.spec.model.size - 1
    for word in (0, 16, last):
        made_up = Finding(Wrong.SUM, "made up", at=coordinate_of(word, spec.spec.enforced.chunk_bytes))
        with pytest.raises(ContractRefused, match="nothing is wrong there"):
            challenge(party, spec, made_up)
    with pytest.raises(ProtocolError, match="is bound to no false seed that can be shown now"):
        challenge(party, spec, Finding(Wrong.SEED, "made up", position=2))
    none = [Finding(Wrong.SEED, "a seed", position=2), Finding(Wrong.REWARD, "an award")]
    named = r"none of 2 findings could be proven; .*\(a seed\): .*no false seed.*\(an award\): .*nothing is wrong there"
    with pytest.raises(ContractRefused, match=named):
        prove_any(party, spec, none)
    one_of_them = {party.federation.reveals(spec.task, spec.round)[0].uri}
    found = verify_proposal(replace(party, store=Choosy(party.store, one_of_them, StoreUnreachable("down"))), spec)
    assert not found.findings and [(one.tree, one.position) for one in found.unreached] == [(PAYLOAD, 0)]
    hidden = {one.uri for one in party.federation.dealt(spec.task, spec.round)}
    blind = replace(party, store=Choosy(party.store, hidden, StoreUnreachable("down")))
    with pytest.raises(StoreUnreachable, match=r"none of 2 findings .*\(a seed\): down; .*\(an award\)"):
        prove_any(blind, spec, none)
    missed = verify_proposal(blind, spec)
    assert not missed.findings and [one.tree for one in missed.unreached] == [UNASKED], (
        "no contract can be asked for it"
    )


def test_who_leaves_an_honest_survivor_out_is_held_to_the_masks_that_stay(consortium: Consortium) -> None:
    """Its pair masks with the others are in their payloads, and it has revealed: nobody may take them off."""
    spec = scene.opened(consortium)
    for step in STEPS:
        do(consortium, spec, step)

    def without_the_last(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
        included = truth.document.included[:3]
        reader, reveals = consortium.aggregator.open().party, truth.federation.reveals(spec.task, spec.round)
        total = gather_masked(reader, spec, reveals).total
        assert total is not None
        sum_of_four = mean_of_sums([total], sum(one.weight for one in included))
        uri, root = store_words(truth.store, spec, "aggregate", sum_of_four)
        document = truth.document.model_copy(update={"included": included, "aggregate_uri": uri})
        changes = {"included": 3, "exclusions": pack_exclusions({LIAR: Reason.MALFORMED}), "aggregate_root": root}
        return document, changes

    propose(consortium, spec, without_the_last)
    standby, federation = consortium.standby.open(), consortium.federation()
    stake = federation.participant(proposer(consortium)).stake
    found = verify_proposal(standby.party, spec).provable[0]
    assert found is not None and found.wrong is Wrong.SUM
    assert bring_on(standby, spec.task) == "judge"
    is_refuted(consortium, spec, stake, standby.party.account)


def too_few(party: Party, spec: RoundSpec) -> tuple[Session, ...]:
    raise SpecError("2 members cannot mask")


@pytest.mark.parametrize("other", [LIAR, GONE])
def test_standby_refutes_a_sum_over_a_falsely_bound_seed_by_that_seed(
    consortium: Consortium, other: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An aggregator that includes whom it should have named: no mask comes off with such a seed, so that is shown."""
    spec = unmasked(consortium, other_seed(other))
    with monkeypatch.context() as patch:
        patch.setattr("prefect_federated.adapters.unmasking.check_seeds", lambda opened, notes: None)
        propose(consortium, spec, word_of_the_aggregate)
    standby, federation = consortium.standby.open(), consortium.federation()
    stake = federation.participant(proposer(consortium)).stake
    found = verify_proposal(standby.party, spec)
    assert found.provable and found.provable[0].wrong is Wrong.SEED and found.provable[0].position == 2
    assert f"{scene.members(consortium)[LAST].account}: its payload is bound to a seed" in found.provable[0].detail
    assert any("participant 3 bound a seed" in finding.detail for finding in found.findings)
    with monkeypatch.context() as patch:
        patch.setattr(mask_faults, "sessions_of", too_few)
        assert verify_proposal(standby.party, spec).findings == found.findings[1:]
    assert bring_on(standby, spec.task) == "judge"
    assert federation.round_state(spec.task).phase is Phase.AGGREGATE
    assert federation.fallen(spec.task, spec.round) == [proposer(consortium)]
    assert stake - federation.participant(proposer(consortium)).stake == BOND
    assert bonds(consortium)[LAST] is False, "and its bond is gone with the proposer's"
    assert federation.pending_bounty_of(standby.party.account) == BOND // 2 + spec.spec.enforced.bond // 2
    assert bring_on(standby, spec.task) == "aggregate"
    assert not federation.proposal(spec.task, spec.round).included


def with_a_twin(session: Session, index: int, key: bytes, version: int) -> OwnSecrets:
    """Secrets of a silo; of who will leave, with a masking key beside which another has its public half."""
    own = secrets_of(session, index, key, version)
    return replace(own, masking_key=b"\x08" + bytes(30) + b"\x40") if index == GONE else own


def test_a_false_seed_that_no_contract_can_be_shown_shields_no_other_lie(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Two silos: who leaves dealt a key that has a twin, who stays binds a false seed with it and is included."""
    with monkeypatch.context() as patch:
        patch.setattr("prefect_federated.adapters.masking.secrets_of", with_a_twin)
        patch.setattr("prefect_federated.adapters.unmasking.check_seeds", lambda opened, notes: None)
        spec = unmasked(consortium, other_seed(GONE))
        propose(consortium, spec, word_of_the_model)
    standby, federation = consortium.standby.open(), consortium.federation()
    stake = federation.participant(proposer(consortium)).stake
    found = verify_proposal(standby.party, spec)
    assert [finding.wrong for finding in found.provable] == [Wrong.STEP]
    monkeypatch.setattr(FalseSeed, "overturns", True)  # what a contract refuses is not the end
    assert [finding.wrong for finding in verify_proposal(standby.party, spec).provable] == [Wrong.SEED, Wrong.STEP]
    assert bring_on(standby, spec.task) == "judge"
    assert "another has the same public half" in caplog.text
    assert federation.fallen(spec.task, spec.round) == [proposer(consortium)]
    assert stake - federation.participant(proposer(consortium)).stake == BOND
    assert bonds(consortium)[LAST] is False, "the seed costs its owner's bond all the same"


def test_two_who_are_left_cannot_turn_their_seed_against_an_honest_aggregator(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They bind another seed than they mask with: the masks are gone from the sum, and nobody else has the seed."""
    spec = unmasked(consortium, other_seed(FRIEND))
    propose(consortium, spec, lambda truth: (truth.document, {}))
    party, friend = consortium.standby.open().party, scene.members(consortium)[HOSPITALS[FRIEND]].silo.party
    assert not verify_proposal(party, spec).findings
    session = session_of(friend, spec)
    secret = secrets_of(session, FRIEND, friend.sealing_key.private_bytes, friend.sealing_key.version).masking_key

    def leaked(turnout: Turnout, shared: dict[int, Sharing], messages: dict[int, bytes]) -> Opened:
        opened = open_masks(turnout, shared, messages)
        seed = pair_seeds(session, FRIEND, secret, {LIAR: shared[LIAR].masking_public})[LIAR]
        return replace(opened, pair_seeds={(LIAR, FRIEND): seed}, masking_keys={FRIEND: secret})

    monkeypatch.setattr(mask_faults, "open_masks", leaked)
    with pytest.raises(ContractRefused, match="revealed, so nobody who proposes has opened its masking key"):
        challenge(party, spec, Finding(Wrong.SEED, "kept back until now", position=2))
    assert consortium.federation().round_state(spec.task).phase is Phase.CHALLENGE


def test_sum_over_a_payload_whose_note_nobody_else_is_given_is_named_and_no_challenge_is_tried(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A silo shows its note to a friendly aggregator alone, so that no reader can take its masks off."""
    spec = unmasked(consortium, published=lambda note: b"")
    friend, fetch = scene.members(consortium)[LAST].silo.party, masked_payload.fetch_note

    def told(party: Party, session: Session, reveal: Reveal, digest: bytes) -> MasksNote:
        return own_seeds(friend, spec).note if reveal.index == LIAR else fetch(party, session, reveal, digest)

    with monkeypatch.context() as patch:
        patch.setattr(masked_payload, "fetch_note", told)
        propose(consortium, spec, word_of_the_aggregate)
    standby = consortium.standby.open()
    found = verify_proposal(standby.party, spec)
    assert found.provable == ()
    assert any("the masks note of participant 3 has 0 bytes" in finding.detail for finding in found.findings)
    assert bring_on(standby, spec.task) == "judge"
    assert consortium.federation().round_state(spec.task).phase is Phase.CHALLENGE
