"""Rules over updates that lie in a stream: the bits of those in memory, in the memory of the result and one block."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from prefect_federated.core.aggregation import distances
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.combine import Update, combine
from prefect_federated.core.detection.geometry import geometry
from prefect_federated.core.rule_spec import RuleSpec
from prefect_federated.core.scoring.cosine import cosine
from prefect_federated.core.stream import StreamWords

ROOT = "0x" + "11" * 20
RULES = [
    RuleSpec(),
    RuleSpec(name="median"),
    RuleSpec(name="trimmed_mean", trim=2),
    RuleSpec(name="multi_krum", byzantine=2),
    RuleSpec(name="bulyan", byzantine=2),
    RuleSpec(name="geometric_median", byzantine=2),
    RuleSpec(name="centred_clip", radius=2**22, byzantine=1),
    RuleSpec(name="root_of_trust", root=ROOT),
    RuleSpec(norm_bound=2**23),
]
PLACES = 12


class Made:
    """A stream whose bytes are made when they are asked for, so that nobody holds them all."""

    def __init__(self, seed: int, size: int) -> None:
        self.seed, self.size = seed, size

    def __len__(self) -> int:
        return 8 + 4 * self.size

    def __getitem__(self, at: slice, /) -> bytes:
        start, stop = (at.start - 8) // 4, (at.stop - 8) // 4
        words = (np.arange(start, stop, dtype=np.int64) * (7919 + self.seed) + self.seed * 977) % 65_537 - 32_768
        return words.astype("<i4").tobytes()


def streamed(count: int, size: int) -> list[Update]:
    names = [ROOT, *(str(place) for place in range(1, count))]
    return [Update(name, 3 + i, StreamWords(Made(i, size), 8, size)) for i, name in enumerate(names)]


def in_memory(updates: list[Update]) -> list[Update]:
    return [Update(one.participant, one.weight, one.words[:]) for one in updates]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.name} {rule.norm_bound or ''}")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_rule_gives_the_bits_that_it_gives_in_memory(rule: RuleSpec, threads: int) -> None:
    updates = streamed(PLACES, 70_003)
    found, expected = (combine(rule, some, threads=threads) for some in (updates, in_memory(updates)))
    assert found.aggregate.tobytes() == expected.aggregate.tobytes()
    assert found.left_out == expected.left_out
    assert [(u.participant, u.weight) for u in found.kept] == [(u.participant, u.weight) for u in expected.kept]


def test_detection_and_cosine_scores_measure_what_they_measure_in_memory() -> None:
    updates = streamed(PLACES, 20_001)
    step = Made(99, 20_001)[8 : 8 + 4 * 20_001]
    last = np.frombuffer(step, np.int32)
    there, here = [u.words for u in updates], [u.words for u in in_memory(updates)]
    assert geometry(there, last) == geometry(here, last)
    assert cosine(last, dict(enumerate(there)), PLACES) == cosine(last, dict(enumerate(here)), PLACES)


def _peak(call: Callable[[], object]) -> int:
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("limit", [2**16, 2**31], ids=["int32", "int64"])
@pytest.mark.parametrize("count", [8, 40])
def test_memory_of_a_mean_does_not_grow_with_the_updates(limit: int, count: int) -> None:
    updates, model = streamed(count, 2_000_000), 4 * 2_000_000
    assert _peak(lambda: combine(RuleSpec(), updates, limit=limit)) < 1.5 * model


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.name} {rule.norm_bound or ''}")
def test_no_rule_holds_more_than_its_result_and_some_blocks(rule: RuleSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "_COLUMNS", 4096)
    updates, model = streamed(PLACES, 1_000_000), 4 * 1_000_000
    assert _peak(lambda: combine(rule, updates)) < 2.2 * model


def test_words_of_a_stream_are_sliced_as_an_array_is() -> None:
    whole = np.frombuffer(Made(5, 100)[8:408], np.int32)
    some: Vector = StreamWords(Made(5, 100), 8, 100)
    for at in (slice(0, 7), slice(90, 200), slice(-5, None), slice(60, 50), slice(None)):
        assert some[at].tolist() == whole[at].tolist()
    with pytest.raises(ValueError, match="not in steps of 2"):
        some[::2]
