"""One subject is shown to an auditor; neither the others nor a lie come with it."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.consent import ConsentRecord, changed_subjects, subject_salt, subject_tag, subjects_root
from prefect_federated.core.errors import ConsentError
from prefect_federated.core.merkle import leaf_hash
from prefect_federated.core.subject_proof import SubjectProof, check_subject, prove_subject

SECRET = b"\x05" * 32
SUBJECTS = tuple(f"subject-{number:06d}" for number in range(11))
RECORD = ConsentRecord(b"\x01" * 32, SECRET, ("age",), SUBJECTS)
ROOT = subjects_root(SECRET, SUBJECTS)


@given(st.sets(st.text(max_size=8), min_size=1, max_size=40), st.data())
def test_whoever_is_covered_can_be_shown(subjects: set[str], data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(sorted(subjects)))
    shown = prove_subject(replace(RECORD, subjects=tuple(subjects)), one)
    assert check_subject(subjects_root(SECRET, subjects), shown)
    assert SubjectProof.from_json(json.loads(json.dumps(shown.to_json()))) == shown


def test_another_subject_cannot_be_put_into_a_proof() -> None:
    shown = prove_subject(RECORD, SUBJECTS[3])
    assert not check_subject(ROOT, replace(shown, subject=SUBJECTS[4]))
    assert not check_subject(ROOT, replace(shown, salt=subject_salt(SECRET, SUBJECTS[4])))
    assert not check_subject(ROOT, replace(shown, index=shown.index ^ 1))
    assert not check_subject(ROOT, replace(shown, siblings=shown.siblings[:-1]))


def test_who_is_not_covered_cannot_be_shown_and_is_not_named() -> None:
    with pytest.raises(ConsentError, match="covers 11 subjects, and not this one") as caught:
        prove_subject(RECORD, "subject-000099")
    assert "000099" not in str(caught.value)


def test_auditor_with_a_proof_and_a_list_of_guesses_learns_nobody_else() -> None:
    """A tag keyed by the record's secret alone would have shown everybody to whoever was shown one."""
    shown = prove_subject(RECORD, SUBJECTS[3])
    seen = {*shown.siblings, shown.salt, leaf_hash(subject_tag(SECRET, SUBJECTS[3]))}
    keys = [shown.salt, *shown.siblings, ROOT, shown.grant_id]
    guesses = {leaf_hash(subject_tag(key, subject)) for key in keys for subject in SUBJECTS}
    assert not guesses & seen
    assert SECRET.hex() not in json.dumps(shown.to_json())


def test_proof_of_before_a_withdrawal_fails_against_the_root_after_it() -> None:
    shown = prove_subject(RECORD, SUBJECTS[3])
    after = changed_subjects(RECORD, [], [SUBJECTS[3]], 77)
    assert not check_subject(subjects_root(SECRET, after.subjects), shown)
    assert check_subject(after.history[-1].root, shown)  # what earlier rounds were made under still verifies
    with pytest.raises(ConsentError):
        prove_subject(after, SUBJECTS[3])


@pytest.mark.parametrize(
    ("add", "remove", "words"),
    [
        ([], ["nobody"], "1 of 1 subjects to remove are not"),
        ([SUBJECTS[0]], [], "1 of 1 to add are"),
        ([], [], "nothing was changed"),
    ],
)
def test_change_that_does_not_fit_is_refused_without_naming_anybody(
    add: list[str], remove: list[str], words: str
) -> None:
    with pytest.raises(ConsentError, match=words) as caught:
        changed_subjects(RECORD, add, remove, 1)
    assert not any(name in str(caught.value) for name in (*SUBJECTS, "nobody"))


def test_history_keeps_roots_and_counts_and_nobody() -> None:
    after = changed_subjects(RECORD, ["new-one"], list(SUBJECTS[:2]), 77)
    assert (after.history[0].root, after.history[0].until_s, after.history[0].count) == (ROOT, 77, 11)
    assert len(after.subjects) == 10 and "new-one" in after.subjects


@pytest.mark.parametrize("raw", [{}, [], None, {"format": "federated-subject/1"}, {"format": "x"}, "text"])
def test_file_that_is_no_proof_is_refused(raw: object) -> None:
    with pytest.raises(ConsentError, match="no proof of a subject"):
        SubjectProof.from_json(raw)
