"""A masked payload says nothing: its bytes are uniform, no distinguisher wins, and no mask serves twice."""

import random
from dataclasses import replace

import numpy as np

from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.masking.keystream import mask_words
from prefect_federated.core.masking.masked import Seeds, mask
from prefect_federated.core.masking.own_secrets import pair_seeds, secrets_of
from prefect_federated.core.masking.recovery import Opened, recover
from prefect_federated.core.masking.session import Session
from prefect_federated.core.masking.shamir import join
from prefect_federated.core.masking.sharing import open_entry, share
from prefect_federated.core.sealing import derive
from tests.core.masking.masked_cohort import KEY_VERSION, Cohort, Words, sealing_key, session_of

COHORT = Cohort(session_of(range(5), 3))
BYTES_AT_1_IN_10000 = 341.6  # chi-square with 255 degrees of freedom: the value that 1 in 10,000 exceeds


def chi_square(octets: bytes) -> float:
    counts = np.bincount(np.frombuffer(octets, np.uint8), minlength=256)
    expected = len(octets) / 256
    return float(((counts - expected) ** 2 / expected).sum())


def test_bytes_of_a_masked_payload_are_uniform_and_those_of_the_update_are_not() -> None:
    update = np.random.default_rng(3).integers(-500, 500, 100_000, dtype=np.int32)
    assert chi_square(update.tobytes()) > 1e6
    assert chi_square(COHORT.payload(0, update).tobytes()) < BYTES_AT_1_IN_10000


def test_masked_payload_of_zeros_is_uniform_place_by_place() -> None:
    masked = COHORT.payload(2, np.zeros(100_000, np.int32)).view(np.uint8).reshape(-1, 4)
    for place in range(4):
        assert chi_square(masked[:, place].tobytes()) < BYTES_AT_1_IN_10000


def test_payload_of_who_dropped_out_stays_uniform_after_its_masking_key_is_opened() -> None:
    """It comes late, when its pairwise masks are known already: its self mask is never opened."""
    update = np.full(50_000, 7, np.int32)
    late = COHORT.payload(4, update)
    opened = COHORT.opened(COHORT.turnout([0, 1, 2, 3]))
    known = {survivor: opened.pair_seeds[survivor, 4] for survivor in range(4)}
    pairs_off = Seeds(COHORT.session, 4, known)
    left = late.view(np.uint32) - mask(pairs_off, np.zeros(50_000, np.int32), 1).view(np.uint32)
    assert (left - mask_words(COHORT.secrets[4].self_seed, 50_000) == 7).all(), "the pairwise masks are not all off"
    assert chi_square(left.tobytes()) < BYTES_AT_1_IN_10000


def guesses(masked: Words) -> list[bool]:
    """Ways to guess whether the update was all large (True) or all zero."""
    small = np.abs(masked.astype(np.int64))
    return [bool(masked.mean() > 0), bool(np.median(small) > 2**30), bool(masked[0] & 1), bool(masked[0] > masked[1])]


def test_no_distinguisher_of_two_updates_beats_chance_over_a_thousand_secrets() -> None:
    """By chance 500 of 1,000 guesses are right, with a deviation of 16; 70 off happens once in 100,000 runs."""
    trio, coin, tried = session_of(range(3), 2), random.Random(12), 1_000
    right, unmasked = [0] * 4, [0] * 4
    for number in range(tried):
        session = replace(trio, round=number)
        one, two, three = (secrets_of(session, i, sealing_key(i), KEY_VERSION) for i in range(3))
        pairs = pair_seeds(session, 1, two.masking_key, {o.index: o.masking_public for o in (one, three)})
        large = coin.random() < 0.5
        update = np.full(64, 2**30 + 1 if large else 0, np.int32)
        update[0] += 2 * large
        masked = mask(Seeds(session, 1, pairs | {1: two.self_seed}), update, 1)
        for at, (blind, seeing) in enumerate(zip(guesses(masked), guesses(update), strict=True)):
            right[at] += blind == large
            unmasked[at] += seeing == large
    assert unmasked == [tried] * 4, "a distinguisher that does not win without a mask would show nothing"
    assert all(abs(count - tried / 2) < 70 for count in right), right


def test_one_missing_mask_hides_as_much_as_all_of_them() -> None:
    """Whoever knows every seed but one, as colluding neighbours do, sees uniform words still."""
    update, seeds = np.full(50_000, -3, np.int32), COHORT.seeds(1)
    for kept in seeds.by_index:
        known = Seeds(COHORT.session, 1, {i: s for i, s in seeds.by_index.items() if i != kept})
        zeros = np.zeros(50_000, np.int32)
        left = mask(seeds, update, 1).view(np.uint32) - mask(known, zeros, 1).view(np.uint32)
        assert chi_square(left.tobytes()) < BYTES_AT_1_IN_10000


def test_fewer_shares_than_the_threshold_fit_every_secret() -> None:
    """Two shares of three: for any secret there is a third share with which they give it."""
    shares = {h: open_entry(COHORT.session, COHORT.shared[1], h, sealing_key(h))[1][0] for h in (0, 2)}
    wanted = bytes(31) + b"\x2a"
    prime = 2**256 - 189
    points = {
        0: int.from_bytes(wanted, "big"),
        1: int.from_bytes(shares[0], "big"),
        3: int.from_bytes(shares[2], "big"),
    }
    value = 0  # the polynomial through secret and both shares, at participant 4's point
    for x, y in points.items():
        term = y
        for other in points:
            if other != x:
                term = term * (5 - other) * pow(x - other, -1, prime) % prime
        value = (value + term) % prime
    assert join(shares | {4: value.to_bytes(32, "big")}) == wanted


def test_masks_off_one_survivor_do_not_come_off_another() -> None:
    """A sum with one self seed swapped is no sum: every mask is some one participant's."""
    opened = COHORT.opened(COHORT.turnout([0, 1, 2]))
    payloads = {i: COHORT.payload(i, np.full(64, 5, np.int32)) for i in range(3)}
    swapped = Opened(opened.turnout, opened.self_seeds | {0: COHORT.secrets[3].self_seed}, opened.pair_seeds, {})
    assert recover(opened, payloads).tolist() == [15] * 64
    assert not (recover(swapped, payloads) == 15).any()


# --- derivation: no secret serves twice, and none is lost


def test_another_round_cohort_graph_or_place_has_other_secrets_and_no_common_mask() -> None:
    base = COHORT.session
    others: list[Session] = [
        base,
        replace(base, round=4),
        replace(base, task=9),
        replace(base, chain_id=1),
        replace(base, coordinator="0x" + "11" * 20),
        replace(base, threshold=4),
        replace(base, seed=b"\x06" * 32),
        replace(base, degree=2, threshold=2),
        session_of(range(6), 4),
    ]
    made = [secrets_of(session, 1, sealing_key(1), KEY_VERSION) for session in others]
    made += [secrets_of(base, 1, sealing_key(1), KEY_VERSION + 1), secrets_of(base, 2, sealing_key(2), KEY_VERSION)]
    secrets = [secret for own in made for secret in (own.masking_key, own.self_seed, own.coins)]
    assert len(set(secrets)) == 3 * len(made)
    polynomials = {own.polynomial(role, 3) for own in made for role in ("masking key", "self seed")}
    assert len(polynomials) == 2 * len(made)
    pairs = [seed for session in others for seed in Cohort(session).seeds(1).by_index.values()]
    assert len(set(pairs)) == len(pairs)


def test_same_masking_keys_in_another_session_give_another_pair_seed() -> None:
    """Even if the derivation of keys were to repeat, the session enters the seed itself."""
    a, b = COHORT.secrets[0], COHORT.secrets[1]
    here = pair_seeds(COHORT.session, 0, a.masking_key, {1: b.masking_public})[1]
    assert here == pair_seeds(COHORT.session, 1, b.masking_key, {0: a.masking_public})[0]
    assert here != pair_seeds(replace(COHORT.session, round=4), 0, a.masking_key, {1: b.masking_public})[1]
    assert here != pair_seeds(COHORT.session, 0, a.masking_key, {2: b.masking_public})[2]


def test_process_that_was_killed_makes_the_same_bytes_again() -> None:
    """From the sealing key and what is public alone: nothing that a crash could lose goes in."""
    fresh = Cohort(session_of(range(5), 3))
    update = np.arange(-50, 50, dtype=np.int32)
    own = secrets_of(fresh.session, 3, sealing_key(3), KEY_VERSION)
    assert share(fresh.session, own).encoded() == COHORT.shared[3].encoded()
    assert fresh.seeds(3).note == COHORT.seeds(3).note
    assert fresh.payload(3, update, 9).tobytes() == COHORT.payload(3, update, 9).tobytes()
    survivors = [0, 1, 3]
    assert fresh.message(fresh.turnout(survivors), 3) == COHORT.message(COHORT.turnout(survivors), 3)


def test_secrets_are_derived_as_salts_are() -> None:
    session, own = COHORT.session, COHORT.secrets[1]
    where = RoundContext(session.chain_id, session.coordinator, session.task, session.round, bytes(32), "")
    context = replace(where, participant=session.member(1).account)
    assert own.self_seed == derive(sealing_key(1), "mask self seed", context, KEY_VERSION, session.digest)
    assert own.masking_key == derive(sealing_key(1), "masking key", context, KEY_VERSION, session.digest)


def test_secrets_do_not_show_in_logs() -> None:
    own, seeds = COHORT.secrets[1], COHORT.seeds(1)
    opened = COHORT.opened(COHORT.turnout(range(4)))
    for shown in (repr(own), repr(seeds), repr(opened)):
        for secret in (own.masking_key, own.self_seed, own.coins, *seeds.by_index.values()):
            assert repr(secret)[2:-1] not in shown and secret.hex() not in shown
