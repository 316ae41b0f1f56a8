"""What a reader brings before the contract of an aggregate of masked groups, and what no contract can be shown."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from eth_utils.address import to_checksum_address
from numpy.typing import NDArray

from prefect_federated.adapters.gathering import Gathered, Unmasked
from prefect_federated.adapters.masked_check import masked_findings
from prefect_federated.core.combine import Update
from prefect_federated.core.enforced import RULES
from prefect_federated.core.errors import StoreUnreachable
from prefect_federated.core.findings import Finding, Wrong
from prefect_federated.core.mask_spec import Masked
from prefect_federated.core.masking.cohort import sessions
from prefect_federated.core.masking.session import Session
from prefect_federated.core.proofs import Coordinate
from prefect_federated.core.result import IncludedUpdate
from prefect_federated.core.rule_spec import RuleSpec
from tests.core.masking.masked_cohort import CHAIN, COORDINATOR, TASK, Cohort, members

LIMIT, GROUP = 100, 4
MEDIAN, TRIMMED = RuleSpec(name="median"), RuleSpec(name="trimmed_mean", trim=1)
WORDS = {index: np.array([index - 5, 7 * index, -1], np.int32) for index in range(12)}  # [3]


def weight(index: int) -> int:
    return 1 + index % 3


def groups(size: int = GROUP) -> tuple[Session, ...]:
    masking = Masked(threshold=2, group=size)
    return sessions(CHAIN, COORDINATOR, TASK, 1, members(range(12)), masking, b"\x07" * 32)


def part(session: Session, words: dict[int, NDArray[np.int32]], name: str) -> Gathered:
    """A group whose last member dropped out, as a reader has it before it looks at its sum."""
    cohort = Cohort(session)
    left = cohort.indices[:-1]
    accounts = {member.index: to_checksum_address(member.account) for member in session.members}
    updates = tuple(Update(accounts[i], weight(i), cohort.payload(i, words[i], weight(i))) for i in left)
    notes = {i: cohort.seeds(i).note for i in left}
    opened = Unmasked(cohort.opened(cohort.turnout(left)), notes, {accounts[i]: i for i in left})
    return Gathered(updates, {}, {}, unmasked=opened, name=name)


def parts(words: dict[int, NDArray[np.int32]] = WORDS, size: int = GROUP) -> tuple[Gathered, ...]:
    return tuple(part(one, words, f"group {number}") for number, one in enumerate(groups(size), 1))


def means(words: dict[int, NDArray[np.int32]] = WORDS, size: int = GROUP) -> list[list[int]]:
    """Of each group floor(sum of weight * word / sum of weights), in Python's own integers."""
    left = [[member.index for member in one.members][:-1] for one in groups(size)]
    return [
        [sum(weight(i) * int(words[i][k]) for i in some) // sum(map(weight, some)) for k in range(3)] for some in left
    ]


def findings(
    rule: RuleSpec,
    some: Sequence[Gathered],
    aggregate: Sequence[int],
    without: Collection[str] = (),
    group: int = GROUP,
    private: bool = False,
) -> list[Finding]:
    """Of a proposal that includes all of these but for some accounts."""
    enforced = SimpleNamespace(
        chunk_bytes=1024, rule=RULES.index(rule.name), trim=rule.trim, group=group, private=private
    )
    agreed = SimpleNamespace(
        rule=rule, enforced=enforced, update=SimpleNamespace(limit=LIMIT), model=SimpleNamespace(size=3)
    )
    spec: Any = SimpleNamespace(spec=agreed)
    updates = [one for each in some for one in each.updates if one.participant not in without]
    included = [
        IncludedUpdate(participant=one.participant, payload_root=bytes(32), weight=one.weight) for one in updates
    ]
    claimed: Any = SimpleNamespace(document=SimpleNamespace(included=included))
    gathered = Gathered((), {}, {}, parts=tuple(some)) if group else replace(some[0], name="")
    return list(masked_findings(spec, claimed, gathered, np.array(aggregate, np.int32)))


def median_of(rows: Sequence[Sequence[int]]) -> list[int]:
    return [sorted(row[k] for row in rows)[len(rows) // 2] for k in range(3)]


def test_the_word_of_an_aggregate_of_groups_is_held_to_their_means_with_its_ranks() -> None:
    true, lie = median_of(means()), median_of(means())
    assert not findings(MEDIAN, parts(), true)
    lie[1] += 1
    (found,) = findings(MEDIAN, parts(), lie)
    assert (found.wrong, found.at) == (Wrong.SUM, Coordinate(1, 1, true[1], true[1]))
    assert found.detail == f"aggregate word 1 is {lie[1]}, the median of the 9 masked updates in 3 groups is {true[1]}"


def test_a_group_of_which_a_part_is_left_out_is_named_with_who_is_missing() -> None:
    some = parts()
    out = some[1].updates[0].participant
    (found,) = findings(MEDIAN, some, median_of(means()), without=[out])
    index = next(i for one in some if one.unmasked for name, i in one.unmasked.indices.items() if name == out)
    assert found.wrong is Wrong.SUM
    assert found.detail.startswith(f"group 2: 2 of it are included, and participants {index}, who revealed too")


@pytest.mark.parametrize(("longer", "beyond"), [(LIMIT, False), (LIMIT + 1, True), (-LIMIT - 1, True)])
def test_a_sum_beyond_what_updates_within_the_limit_come_to_is_named_though_the_word_is_true(
    longer: int, beyond: bool
) -> None:
    cheats = [member.index for member in groups()[2].members]
    words = WORDS | {i: np.array([0, 0, longer], np.int32) for i in cheats}
    some, true = parts(words), median_of(means(words))
    found = findings(MEDIAN, some, true)
    assert [(one.wrong, one.at) for one in found] == [(Wrong.SUM, Coordinate(1, 2))] * beyond
    assert all("group 3 is included, and has a word of" in one.detail for one in found)
    assert not findings(MEDIAN, some, true, private=True), "a sum may hold noise"


def test_fewer_groups_than_a_trimmed_mean_leaves_out_are_no_aggregate() -> None:
    some = parts()
    out = [update.participant for update in some[0].updates]
    (found,) = findings(TRIMMED, some, [0, 0, 0], without=out)
    assert found.wrong is Wrong.SUM and found.detail.startswith("2 groups are included, and trimmed_mean needs 3")


def test_of_larger_groups_than_a_contract_looks_at_nothing_is_brought_before_it() -> None:
    (found,) = findings(MEDIAN, parts(), [99, 99, 99], group=65)
    assert found.wrong is Wrong.RULE and "no contract looks at groups of more than 64, these are of 65" in found.detail


def test_one_sum_of_all_is_held_to_its_range_too_and_to_the_masks_that_stay_in_it() -> None:
    (true,) = means(size=12)
    assert not findings(RuleSpec(), parts(size=12), true, group=0)
    words = dict.fromkeys(WORDS, np.array([LIMIT + 1, 0, 0], np.int32))
    (found,) = findings(RuleSpec(), parts(words, size=12), [LIMIT + 1, 0, 0], group=0)
    assert found.wrong is Wrong.SUM and found.detail.startswith("the sum of all is included, and has a word of")
    some = parts(size=12)
    (found,) = findings(RuleSpec(), some, true, without=[some[0].updates[0].participant], group=0)
    assert found.wrong is Wrong.SUM and "the sum of all is included, and has" in found.detail, "masks of the other stay"


def test_of_what_nobody_opened_or_somebody_bound_falsely_nothing_is_brought_before_a_contract() -> None:
    first, second, third = parts()
    assert first.unmasked is not None
    notes = dict(first.unmasked.notes)
    liar = min(notes)
    notes[liar] = replace(notes[liar], hashes=(bytes(32),) * len(notes[liar].hashes))
    false = replace(first, unmasked=replace(first.unmasked, notes=notes))
    apart = replace(notes[liar], neighbours=notes[liar].neighbours[1:], hashes=notes[liar].hashes[1:])
    alone = replace(first, unmasked=replace(first.unmasked, notes={**notes, liar: apart}))
    for one, told in (
        (false, f"participant {liar} bound a seed"),
        (alone, f"participant {liar} says that it masks with"),
        (replace(first, unmasked=None, details={"x": "2 shares are there"}), "2 shares are there"),
    ):
        (found,) = findings(MEDIAN, (one, second, third), [99, 99, 99])
        assert found.wrong is Wrong.RULE and told in found.detail


def test_a_group_that_could_not_be_asked_for_is_accused_of_nothing_and_shields_no_other() -> None:
    first, second, third = parts()
    down = replace(first, unmasked=None, details={"x": "down"}, outage=StoreUnreachable("down"))
    some = (down, second, third)
    assert not findings(MEDIAN, some, [99, 99, 99]), "without it nobody knows the rule's word"
    (found,) = findings(MEDIAN, some, [99, 99, 99], without=[one.participant for one in down.updates])
    assert found.wrong is Wrong.SUM and "masked updates in 2 groups is" in found.detail
    (found,) = findings(MEDIAN, some, [99, 99, 99], without=[third.updates[0].participant])
    assert found.wrong is Wrong.SUM and found.detail.startswith("group 3: 2 of it are included")
    (found,) = findings(MEDIAN, (down, replace(second, unmasked=None), third), [99, 99, 99])
    assert found.wrong is Wrong.RULE and "nobody revealed" in found.detail, "what is not an outage is named"
