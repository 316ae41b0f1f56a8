"""Consent: a use that the grant does not cover is refused, in words that say why."""

import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.consent import (
    ConsentRecord,
    GrantState,
    columns_digest,
    grant_of,
    require_covered,
    require_live,
    require_record,
    subject_tag,
    subjects_root,
)
from prefect_federated.core.consent_template import EXAMPLE, GrantDraft, draft_document
from prefect_federated.core.data_use import Terms, Use, UseSpec
from prefect_federated.core.duo import Permit, lacking
from prefect_federated.core.errors import ConsentError
from prefect_federated.core.merkle import leaf_hash, proof, verify

SILO, OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
SECRET = b"\x05" * 32
RECORD = ConsentRecord(b"\x01" * 32, SECRET, ("age", "bmi"), ("subject-000001", "subject-000002"))
GRANT = GrantState(
    grant_id=RECORD.grant_id,
    dataset=b"\x02" * 32,
    silo=SILO,
    holder=OTHER,
    purposes=int(Permit.GRU | Permit.DS),
    valid_from=100,
    expiry=1000,
    columns=columns_digest(SECRET, RECORD.columns),
    subjects=subjects_root(SECRET, RECORD.subjects),
    record=bytes(32),
    budget=0,
    spent=0,
    withdrawn_at=0,
)


def use(grant: GrantState = GRANT, silo: str = SILO, purposes: int = 1, now_s: int = 500, until_s: int = 900) -> None:
    require_live(grant, silo, purposes, now_s, until_s)


def test_covered_use_goes_through_to_the_last_second() -> None:
    use(now_s=100, until_s=999, purposes=5)
    use(silo=SILO.lower())


def test_grant_of_another_silo_is_refused() -> None:
    with pytest.raises(ConsentError, match=f"given to {SILO}, not to {OTHER}"):
        use(silo=OTHER)


def test_withdrawn_grant_is_refused_even_if_it_would_run_on() -> None:
    with pytest.raises(ConsentError, match="withdrawn at chain time 499"):
        use(replace(GRANT, withdrawn_at=499))


def test_grant_that_is_not_yet_valid_is_refused() -> None:
    with pytest.raises(ConsentError, match="valid from 100, chain time is 99"):
        use(now_s=99)


def test_grant_that_expires_before_the_last_reveal_is_refused() -> None:
    with pytest.raises(ConsentError, match="expires at 1000, the round may read data until 1000"):
        use(until_s=1000)


@given(st.integers(1, 2**53 - 1), st.integers(0, 2**53 - 1))
def test_every_purpose_of_the_task_must_be_granted(asked: int, granted: int) -> None:
    grant = replace(GRANT, purposes=granted)
    if asked & granted == asked:
        use(grant, purposes=asked)
    else:
        with pytest.raises(ConsentError, match=f"covers purposes .* it lacks {lacking(granted, asked)};"):
            use(grant, purposes=asked)


def test_silo_cannot_add_a_column_to_its_record() -> None:
    require_record(GRANT, RECORD)
    with pytest.raises(ConsentError, match="the columns in this silo's consent record"):
        require_record(GRANT, replace(RECORD, columns=("age", "bmi", "hiv")))


@pytest.mark.parametrize(
    "subjects",
    [(), ("subject-000001",), ("subject-000001", "subject-000003"), (*RECORD.subjects, "subject-000003")],
    ids=len,
)
def test_record_from_before_a_withdrawal_is_refused(subjects: tuple[str, ...]) -> None:
    with pytest.raises(ConsentError, match="fetch the current record"):
        require_record(GRANT, replace(RECORD, subjects=subjects))


def test_order_of_columns_and_subjects_says_nothing() -> None:
    require_record(GRANT, replace(RECORD, columns=RECORD.columns[::-1], subjects=RECORD.subjects[::-1]))


def test_digest_says_nothing_to_who_lacks_the_secret() -> None:
    other = b"\x06" * 32
    assert columns_digest(other, RECORD.columns) != GRANT.columns
    assert subjects_root(other, RECORD.subjects) != GRANT.subjects
    assert subject_tag(other, "subject-000001") != subject_tag(SECRET, "subject-000001")


def test_columns_that_join_to_the_same_text_have_different_digests() -> None:
    digests = {columns_digest(SECRET, names) for names in (["a", "b"], ["ab"], ["a,b"], ['a","b'], ["a", "b", ""])}
    assert len(digests) == 5


def test_one_subject_can_be_shown_without_the_others() -> None:
    tags = sorted(subject_tag(SECRET, subject) for subject in RECORD.subjects)
    leaves = [leaf_hash(tag) for tag in tags]
    index = tags.index(subject_tag(SECRET, "subject-000002"))
    assert verify(GRANT.subjects, leaves[index], index, 2, proof(leaves, index))


def test_secret_and_subjects_stay_out_of_logs() -> None:
    assert "subject-0" not in repr(RECORD)
    assert repr(SECRET) not in repr(RECORD)


def test_messages_name_no_subject() -> None:
    with pytest.raises(ConsentError) as caught:
        require_record(GRANT, replace(RECORD, subjects=("subject-000009",)))
    assert "subject-0" not in str(caught.value)


def with_words(codes: tuple[str, ...], **values: tuple[str, ...]) -> tuple[GrantState, ConsentRecord]:
    """A grant with a document, as the holder signed it."""
    terms = Terms(codes=codes, **values)
    draft = GrantDraft(GRANT.dataset, OTHER, SILO, RECORD.columns, terms, 100, 1000)
    record = replace(RECORD, document=draft_document(EXAMPLE, draft, 100, str(uuid.UUID(int=5))))
    return replace(GRANT, purposes=terms.bits, record=record.digest), record


def test_record_whose_words_were_changed_is_refused() -> None:
    grant, record = with_words(("HMB", "IRB"))
    require_record(grant, record)
    for other in (replace(record, document=None), with_words(("HMB",))[1]):
        with pytest.raises(ConsentError, match="the words in this silo's consent record"):
            require_record(grant, other)


def test_record_that_says_more_than_the_grant_on_chain_is_refused() -> None:
    grant, record = with_words(("HMB", "IRB"))
    with pytest.raises(ConsentError, match="says HMB, IRB, the grant on chain covers HMB"):
        require_record(replace(grant, purposes=int(Permit.HMB)), record)


def test_use_outside_the_values_is_refused_with_the_code_and_both_values() -> None:
    grant, record = with_words(("HMB", "GS"), countries=("CH",))
    require_covered(grant, record, Use(("HMB",), UseSpec(countries=("CH",))))
    with pytest.raises(ConsentError, match=r"does not cover this use \(GS\): it is for CH, the task names DE;"):
        require_covered(grant, record, Use(("HMB",), UseSpec(countries=("DE",))))


def test_grant_is_made_of_what_the_record_says() -> None:
    _, record = with_words(("HMB", "IRB"))
    grant = grant_of(record, 7, 99)
    assert (grant.valid_from, grant.expiry, grant.silo, grant.dataset) == (100, 1000, SILO, GRANT.dataset)
    assert (grant.record, grant.columns, grant.subjects) == (record.digest, GRANT.columns, GRANT.subjects)
    with pytest.raises(ConsentError, match="lacks a document"):
        grant_of(RECORD, 7, 99)
