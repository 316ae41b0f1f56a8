"""Who dealt or masked falsely, and what shows it: rows, shares and hashes from which anybody finds the same."""

from dataclasses import replace

import pytest
from eth_abi.abi import encode

from prefect_federated.core.mask_spec import Masked
from prefect_federated.core.masking.cohort import sessions
from prefect_federated.core.masking.degree import choose
from prefect_federated.core.masking.faults import NO_SECRET, FalseSharing, false_seeds, false_sharings
from prefect_federated.core.masking.own_secrets import has_twin, pair_seeds, public_of, seed_hash
from prefect_federated.core.masking.session import Session, u32
from prefect_federated.core.masking.shamir import join
from prefect_federated.core.masking.sharing import MASKING_KEY, SELF_SEED, share, share_hash
from prefect_federated.core.masking.transcript import Sharing
from prefect_federated.core.masking.turnout import Turnout
from prefect_federated.core.merkle import leaf_hash, verify
from tests.core.masking.masked_cohort import CHAIN, COORDINATOR, Cohort, members, roots_of, session_of

INDICES = [1, 4, 5, 300, 301, 302]
TRANSACTION_BYTES = 128 * 1024  # the most that go-ethereum's pool takes
LIAR, GONE = 4, 301
COHORT = Cohort(session_of(INDICES, 4))
SESSION = COHORT.session
FIELDS = ("masking_key", "self_seed")


def dealt_falsely(role: int) -> Sharing:
    """Shares of another secret under the true promises."""
    true = COHORT.secrets[LIAR]
    lie = share(SESSION, replace(true, **{FIELDS[role]: bytes(31) + b"\x07"}))
    return replace(lie, masking_public=true.masking_public, seed_hash=COHORT.shared[LIAR].seed_hash)


def played(role: int) -> tuple[Turnout, dict[int, Sharing], dict[int, bytes]]:
    """A round in which the liar survives, or drops out, so that the secret of that role is due."""
    shared = COHORT.shared | {LIAR: dealt_falsely(role)}
    survivors = [i for i in INDICES if i != GONE and (i != LIAR or role == SELF_SEED)]
    turnout = Turnout(SESSION, roots_of(shared), frozenset(survivors))
    return turnout, shared, {i: COHORT.message(turnout, i, shared) for i in survivors}


def secret_of(false: FalseSharing, sharing: Sharing, session: Session = SESSION) -> bytes:
    """Join what is shown, as the written definition says: every path and every hash must hold."""
    rows, shares = 1 + len(sharing.holders), dict[int, bytes]()
    for one in false.held:
        row = one.row.content
        assert verify(sharing.root, leaf_hash(row), one.position, rows, list(one.row.path))
        holder, at = int.from_bytes(row[:4], "big"), 36 if false.role == SELF_SEED else 4
        assert row[at : at + 32] == share_hash(session, false.sharer, holder, false.role, one.share, one.salt)
        shares[holder] = one.share
    return join(shares)


@pytest.mark.parametrize("role", [MASKING_KEY, SELF_SEED])
def test_false_shares_are_shown_with_rows_that_give_another_secret_than_the_head_promises(role: int) -> None:
    turnout, shared, messages = played(role)
    (false,) = false_sharings(turnout, shared, messages)
    assert (false.sharer, false.role, len(false.held)) == (LIAR, role, 4)
    head, sharing = false.head.content, shared[LIAR]
    assert verify(sharing.root, leaf_hash(head), 0, 1 + len(sharing.holders), list(false.head.path))
    secret = secret_of(false, sharing)
    made = public_of(secret) if role == MASKING_KEY else seed_hash(SESSION, LIAR, LIAR, secret)
    assert made != (head[48:80] if role == MASKING_KEY else head[80:112])
    assert int.from_bytes(head[44:48], "big") == SESSION.threshold


@pytest.mark.parametrize("role", [MASKING_KEY, SELF_SEED])
def test_nobody_is_accused_of_sharing_falsely_with_too_few_shares_or_where_all_are_true(role: int) -> None:
    turnout, shared, messages = played(role)
    assert not false_sharings(turnout, shared, dict(list(messages.items())[:3]))
    honest = COHORT.turnout(sorted(turnout.survivors))
    assert not false_sharings(honest, COHORT.shared, {i: COHORT.message(honest, i) for i in honest.survivors})


@pytest.mark.parametrize("other", [LIAR, GONE])
def test_falsely_bound_seed_is_shown_with_the_key_that_it_should_come_from(other: int) -> None:
    survivors = [i for i in INDICES if i != GONE]
    opened = COHORT.opened(COHORT.turnout(survivors))
    notes = {i: COHORT.seeds(i).note for i in survivors}
    assert not false_seeds(opened, COHORT.shared, notes)
    seeds = COHORT.seeds(LIAR)
    lie = replace(seeds, by_index={**seeds.by_index, other: bytes(32)}).note
    (false,) = false_seeds(opened, COHORT.shared, notes | {LIAR: lie})
    assert (false.owner, false.other, false.note) == (LIAR, other, lie)
    assert false.head.content == COHORT.shared[LIAR].encoded()[:256]
    if other == GONE:
        assert public_of(false.secret) == COHORT.shared[GONE].masking_public
    else:
        assert false.secret == NO_SECRET
    assert not false_seeds(opened, COHORT.shared, {i: note for i, note in notes.items() if i != LIAR})


def test_keys_that_have_a_twin_are_told_as_the_contract_tells_them() -> None:
    """The scalars of `MaskSecrets.t.sol`: k and 8L - k give one public key, and with 2 other secrets."""
    order = 2**252 + 27742317777372353535851937790883648493
    for scalar in (2**254, 2**254 + 8 * 777, 2**254 + 8 * (order - 2**252) // 16 * 8):
        key, other = (one.to_bytes(32, "little") for one in (scalar, 8 * order - scalar))
        assert public_of(key) == public_of(other) and has_twin(key) and has_twin(other)
        off = {1: b"\x02" + bytes(31)}
        assert pair_seeds(SESSION, 4, key, off) != pair_seeds(SESSION, 4, other, off)
        assert has_twin(key[:31] + bytes([key[31] | 0xC0])), "bits that are not read"
    assert not has_twin((2**254 + 2**128).to_bytes(32, "little"))
    assert not has_twin((2**254 + 2**253).to_bytes(32, "little"))


def test_a_seed_with_a_key_that_has_a_twin_hides_none_by_which_a_proposal_falls() -> None:
    twin, gone = 300, 301
    survivors = [i for i in INDICES if i not in (twin, gone)]
    opened = COHORT.opened(COHORT.turnout(survivors))
    opened = replace(opened, masking_keys={**opened.masking_keys, twin: b"\x08" + bytes(30) + b"\x40"})
    seeds, notes = COHORT.seeds(LIAR), {i: COHORT.seeds(i).note for i in survivors}
    for bound, (other, overturns) in (
        ([twin], (twin, False)),
        ([twin, gone], (gone, True)),
        ([LIAR, twin], (LIAR, True)),
        ([gone], (gone, True)),
    ):
        lie = replace(seeds, by_index={**seeds.by_index, **dict.fromkeys(bound, bytes(32))}).note
        (false,) = false_seeds(opened, COHORT.shared, notes | {LIAR: lie})
        assert (false.other, false.overturns) == (other, overturns)


def test_on_the_sparse_graph_as_many_shares_accuse_as_open_a_secret_there() -> None:
    (session,) = sessions(CHAIN, COORDINATOR, 1, 1, members(range(150)), Masked(threshold=2), b"\x07" * 32)
    cohort = Cohort(session)
    true = cohort.secrets[LIAR]
    lie = replace(share(session, replace(true, self_seed=bytes(31) + b"\x07")), seed_hash=cohort.shared[LIAR].seed_hash)
    shared = cohort.shared | {LIAR: lie}
    turnout = Turnout(session, roots_of(shared), frozenset(range(150)))
    near = session.holders(LIAR)
    messages = {i: cohort.message(turnout, i, shared) for i in near}
    (false,) = false_sharings(turnout, shared, messages)
    assert (false.sharer, len(near), len(false.held)) == (LIAR, 43, 27), "half of the cohort would be 76"
    assert seed_hash(session, LIAR, LIAR, secret_of(false, lie, session)) != false.head.content[80:112]
    assert false.head.content[40:48] == u32(43, 27)
    assert not false_sharings(turnout, shared, {i: messages[i] for i in near[:26]})


def test_what_strikes_on_the_largest_graph_that_the_docs_name_fits_one_transaction() -> None:
    found = choose(10_000, 0.2, 0.3)
    assert (found.degree, found.threshold) == (306, 154)
    piece = (bytes(256), [bytes(32)] * (1 + found.degree).bit_length())  # up to the root over head and 307 rows
    held = [(piece, 307, bytes(32), bytes(32))] * found.threshold
    types = ["uint32", "uint32", "(address,bytes32,bytes32,bytes32)", "(bytes,bytes32[])"]
    values = (1, 1, ("0x" + "11" * 20, bytes(32), bytes(32), bytes(32)), piece, held, True)
    sent = encode([*types, "((bytes,bytes32[]),uint32,bytes32,bytes32)[]", "bool"], values)
    assert 125_000 < len(sent) + 300 < TRANSACTION_BYTES
