"""A silo that says something false of its masks: the round is summed for nobody, and whoever reads it is told why."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from prefect_federated.adapters.masking import masked, own_seeds
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.adapters.unmasking import gather_masked
from prefect_federated.core.combine import Words
from prefect_federated.core.masking.masked import Seeds
from prefect_federated.core.round import Phase, Reason, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.learning.update import EncodedUpdate
from prefect_federated.scenario.consortium import Consortium
from tests.flows import local_scene as scene
from tests.flows.conftest import Found
from tests.flows.test_masked import HOSPITALS, LAST, bonds, do, phase

GONE, LIAR = 2, 3  # indices of who leaves after its commit, and of who lies
HONEST = HOSPITALS[:2]
Bound = Callable[[Seeds], Seeds]
Published = Callable[[bytes], bytes]


@pytest.fixture
def consortium(found: Found, prefect_api: str, tmp_path: Path) -> Consortium:
    """Four hospitals whose updates are masked; the third leaves after its commit, the last is not honest."""
    return scene.found_with("masked", found, tmp_path, rounds=6, hospitals=HOSPITALS)


def other_seed(other: int) -> Bound:
    """In place of the seed with that index, another."""
    return lambda seeds: replace(seeds, by_index={**seeds.by_index, other: bytes(32)})


def without(other: int) -> Bound:
    return lambda seeds: replace(seeds, by_index={i: seed for i, seed in seeds.by_index.items() if i != other})


def as_it_is(content: bytes) -> bytes:
    return content


def unmasked(consortium: Consortium, bound: Bound = lambda seeds: seeds, published: Published = as_it_is) -> RoundSpec:
    """A round up to Aggregate, in which the last hospital binds or publishes something else of its masks."""
    spec = scene.opened(consortium)
    do(consortium, spec, "share")
    do(consortium, spec, "commit", *HOSPITALS[:3], last=True)

    def lie(party: Party, spec: RoundSpec, update: EncodedUpdate) -> tuple[Words, bytes]:
        return masked(party, spec, update)[0], bound(own_seeds(party, spec)).note.digest

    def note(party: Party, spec: RoundSpec) -> bytes:
        return published(bound(own_seeds(party, spec)).note.encoded())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("prefect_federated.tasks.train"), "masked", lie)
        do(consortium, spec, "commit", LAST, last=True)
    do(consortium, spec, "reveal", *HONEST, last=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("prefect_federated.tasks.reveal"), "own_note", note)
        do(consortium, spec, "reveal", LAST)
    do(consortium, spec, "unmask", *HONEST, LAST, last=True)
    assert phase(consortium) is Phase.AGGREGATE
    return spec


def names_the_liar_and_voids(consortium: Consortium, spec: RoundSpec, why: str) -> None:
    """Every reader is told the same, the round voids, and its aggregator and the honest keep their bonds."""
    liar = scene.members(consortium)[LAST].account
    reveals = consortium.federation().reveals(spec.task, spec.round)
    for reader in (consortium.aggregator.open().party, consortium.standby.open().party):
        gathered = gather_masked(reader, spec, reveals)
        assert gathered.total is None and len(gathered.details) == 3
        assert why in gathered.details[liar] and "participant 3" in gathered.details[liar]
        assert all(why in detail for detail in gathered.details.values()), "everybody is told whose fault it is"
    scene.conclude(consortium, spec)
    log = read_round_log(consortium.federation(), spec.task, spec.round)
    assert log.status is Status.VOIDED and not log.aggregated and not log.overturned
    assert consortium.federation().task_of(spec.task).aggregator_bonded
    assert [bonds(consortium)[name] for name in HONEST] == [True] * 2


@pytest.mark.parametrize(("other", "whose"), [(LIAR, "its own"), (GONE, f"that with {GONE}")])
def test_who_binds_another_seed_than_it_masks_with_is_named(consortium: Consortium, other: int, whose: str) -> None:
    spec = unmasked(consortium, other_seed(other))
    names_the_liar_and_voids(consortium, spec, f"bound a seed, {whose}, that hashes to 0x")


def test_who_leaves_a_neighbour_out_of_its_note_is_named(consortium: Consortium) -> None:
    spec = unmasked(consortium, without(GONE))
    why = "says that it masks with [0, 1, 3], those near it that shared are [0, 1, 2, 3]"
    names_the_liar_and_voids(consortium, spec, why)


@pytest.mark.parametrize(
    ("published", "why"),
    [
        (lambda note: b"", "has 0 bytes"),
        (lambda note: note[:-32], "has 132 bytes, with 3 neighbours it takes 164"),
        (lambda note: note[:-1] + bytes([note[-1] ^ 1]), "the header of its payload binds 0x"),
    ],
    ids=["missing", "cut", "another"],
)
def test_whose_note_is_not_the_one_that_its_header_binds_is_named(
    consortium: Consortium, published: Published, why: str
) -> None:
    spec = unmasked(consortium, published=published)
    liar = scene.members(consortium)[LAST].account
    party, reveals = consortium.standby.open().party, consortium.federation().reveals(spec.task, spec.round)
    assert gather_masked(party, spec, reveals).reasons == {liar: Reason.MALFORMED}
    names_the_liar_and_voids(consortium, spec, why)
