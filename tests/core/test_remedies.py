"""Who descends from withdrawn consent, and until when that stays open."""

from prefect_federated.core.remedies import Answer, Change, Remedy, State, Used, gravest, remedies
from prefect_federated.core.version import NO_PARENT, VersionFields

CHAIN, REGISTRY = 31337, "0x" + "a1" * 20
A, B, C = (bytes([letter]) * 32 for letter in b"ABC")


class Log:
    """Versions one after the other, each round in a block of its own: round r begins in block 10 r."""

    def __init__(self) -> None:
        self.versions: list[tuple[VersionFields, bytes]] = []
        self.used: dict[int, Used] = {}
        self._append(0, 0)

    def _append(self, kind: int, round: int, target: bytes = bytes(32)) -> None:
        parent = self.versions[-1][1] if self.versions else NO_PARENT
        root = bytes([len(self.versions)]) * 32
        fields = VersionFields(1, len(self.versions), round, kind, parent, root, target, root, root, 7, 9)
        self.versions.append((fields, fields.digest(CHAIN, REGISTRY)))

    def round(self, *grants: bytes) -> "Log":
        number = len(self.used) + 1
        self.used[number] = Used((10 * number, 0), frozenset(grants))
        self._append(1, number)
        return self

    def back_to(self, number: int) -> "Log":
        self._append(2, len(self.used), self.hash(number))
        return self

    def hash(self, number: int) -> bytes:
        return self.versions[number][1]

    def found(self, *changes: Change, answers: tuple[Answer, ...] = ()) -> list[Remedy]:
        return remedies(self.versions, self.used, changes, answers)

    def answer(self, number: int, grant: bytes, action: State, block: int) -> Answer:
        return Answer(self.hash(number), grant, action, b"r" * 32, "0xsteward", (block, 0), block)


def withdrawn(grant: bytes, block: int) -> Change:
    return Change(grant, (block, 0), block, whole=True)


def replaced(grant: bytes, block: int) -> Change:
    return Change(grant, (block, 0), block, whole=False)


def numbers(found: list[Remedy]) -> list[int]:
    return [one.number for one in found]


def test_the_version_and_all_its_descendants_are_open_and_no_other() -> None:
    log = Log().round(A).round(A, B).round(C)
    assert numbers(log.found(withdrawn(B, 99))) == [2, 3]
    assert [one.rounds for one in log.found(withdrawn(A, 99))] == [(1,), (1, 2), (1, 2)]
    assert not log.found()
    assert not log.found(withdrawn(b"?" * 32, 99))


def test_a_rollback_descends_from_the_version_to_which_it_goes_back_and_not_from_its_parent() -> None:
    log = Log().round(A).round(B).back_to(1).round(C)
    assert numbers(log.found(withdrawn(B, 99))) == [2]
    assert numbers(log.found(withdrawn(A, 99))) == [1, 2, 3, 4]


def test_subjects_replaced_before_the_first_use_were_not_in_it() -> None:
    log = Log().round(A).round(B)
    assert not log.found(replaced(A, 9))
    assert numbers(log.found(replaced(A, 11))) == [1, 2]
    assert numbers(log.found(replaced(B, 11))) == []


def test_subjects_replaced_between_two_uses_count_for_the_first() -> None:
    log = Log().round(A).round(A)
    assert [(one.number, one.state) for one in log.found(replaced(A, 15))] == [(1, State.OPEN), (2, State.OPEN)]


def test_an_answer_is_for_one_version_and_one_grant() -> None:
    log = Log().round(A, B).round(C)
    answers = (log.answer(1, A, State.ACCEPT, 100),)
    found = {
        (one.number, one.grant_id): one.state for one in log.found(withdrawn(A, 99), withdrawn(B, 99), answers=answers)
    }
    assert found == {
        (1, A): State.ACCEPT,
        (1, B): State.OPEN,
        (2, A): State.OPEN,
        (2, B): State.OPEN,
    }


def test_the_last_answer_counts() -> None:
    log = Log().round(A)
    first, second = log.answer(1, A, State.ACCEPT, 100), log.answer(1, A, State.RETRAIN, 101)
    assert [one.state for one in log.found(withdrawn(A, 99), answers=(second, first))] == [State.RETRAIN]


def test_an_answer_given_before_the_withdrawal_closes_nothing() -> None:
    log = Log().round(A)
    early = log.answer(1, A, State.ACCEPT, 98)
    assert [one.state for one in log.found(withdrawn(A, 99), answers=(early,))] == [State.OPEN]


def test_a_later_change_opens_again_what_was_answered() -> None:
    log = Log().round(A)
    answered = log.answer(1, A, State.ACCEPT, 60)
    assert [one.state for one in log.found(replaced(A, 50), answers=(answered,))] == [State.ACCEPT]
    (found,) = log.found(replaced(A, 50), withdrawn(A, 70), answers=(answered,))
    assert found.state is State.OPEN and found.change.whole


def test_of_several_remedies_of_a_version_the_gravest_is_its_state() -> None:
    log = Log().round(A, B, C)
    gone = [withdrawn(grant, 99) for grant in (A, B, C)]
    answers = [log.answer(1, A, State.ACCEPT, 100), log.answer(1, B, State.RETRAIN, 100)]
    assert gravest(log.found(*gone, answers=tuple(answers))) == {log.hash(1): State.OPEN}
    answers.append(log.answer(1, C, State.RETIRE, 100))
    assert gravest(log.found(*gone, answers=tuple(answers))) == {log.hash(1): State.RETIRE}
    assert gravest([]) == {}
