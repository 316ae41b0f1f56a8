"""Purposes: the table that the ledger is asked too, and what only the values behind the codes decide."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from prefect_federated.core.data_use import Terms, Use, UseSpec, covers
from prefect_federated.core.duo import ALLOWS, ASKED, CONDITIONS, GRANTED, TAKES, Permit, purpose_bits, use_bits
from prefect_federated.core.errors import ConsentError
from prefect_federated.core.moments import months_later

TABLE = json.loads((Path(__file__).parents[2] / "contracts" / "test" / "vectors.json").read_text())["duo"]
ROWS = list(zip(TABLE["rows"], TABLE["granted"], TABLE["asked"], TABLE["covered"], strict=True))


def terms_of(row: dict[str, Any]) -> Terms:
    return Terms.model_validate_json(json.dumps({"codes": row["codes"], **row["values"]}))


def use_of(row: dict[str, Any]) -> Use:
    declared = UseSpec.model_validate_json(json.dumps(row["declared"]))
    return Use(tuple(row["purposes"]), declared, TABLE["until"])


def test_the_table_has_sixty_rows_or_more_and_every_code() -> None:
    assert len(ROWS) >= 60
    assert {code for row, *_ in ROWS for code in row["codes"]} == set(GRANTED)
    assert {code for row, *_ in ROWS for code in row["purposes"]} == set(ASKED)


@pytest.mark.parametrize(
    ("row", "granted", "asked", "covered"),
    ROWS,
    ids=[f"{number}-{'+'.join(row['codes'])}-for-{'+'.join(row['purposes'])}" for number, (row, *_) in enumerate(ROWS)],
)
def test_row_of_the_table(row: dict[str, Any], granted: int, asked: int, covered: int) -> None:
    terms, use = terms_of(row), use_of(row)
    assert (terms.bits, use.bits) == (granted, asked)
    assert (use.bits & ~terms.bits == 0) == bool(covered) == row["mask"]
    refusal = covers(terms, use, TABLE["valid_from"], TABLE["broader"])
    assert (refusal and refusal.code) == row["refuses"], refusal


@given(st.data())
def test_whatever_the_values_say_the_mask_is_never_overruled(data: st.DataObject) -> None:
    plain = [code for code in GRANTED if code not in ("DS", "TS", "MOR", "GS", "US", "PS", "IS", "RS")]
    codes = data.draw(st.lists(st.sampled_from(plain), unique=True).filter(lambda found: ALLOWS.keys() & set(found)))
    purposes = data.draw(st.lists(st.sampled_from(ASKED), min_size=1, unique=True))
    declared = UseSpec(
        **{
            name: data.draw(st.booleans())
            for name in (
                "for_profit",
                "commercial",
                "ethics_approval",
                "genetic",
                "publishes",
                "collaborates",
                "returns",
            )
        }
    )
    terms, use = Terms(codes=tuple(codes)), Use(tuple(purposes), declared)
    assert (covers(terms, use) is None) == (use.bits & ~terms.bits == 0)


@given(st.sampled_from(sorted(TAKES)), st.sampled_from(sorted(ALLOWS)))
def test_a_modifier_never_adds(modifier: str, code: str) -> None:
    with_it, without = purpose_bits([code, modifier]), purpose_bits([code])
    assert with_it & ~without == 0
    assert with_it != without or modifier in ("NMDS", "NPOA")  # which take what some grants never gave


@given(st.sampled_from(sorted(CONDITIONS)), st.sampled_from(ASKED))
def test_who_declares_more_never_needs_more(met: str, purpose: str) -> None:
    assert use_bits([purpose], [met]) == use_bits([purpose]) & ~CONDITIONS[met]


def test_masks_fit_the_ledger_and_canonical_json() -> None:
    assert use_bits(ASKED) | purpose_bits(["NRES"]) == sum(Permit) < 2**53
    assert purpose_bits(["NRES"]) & use_bits(ASKED) == use_bits(ASKED)


@pytest.mark.parametrize("codes", [["gru"], ["HMB", "ADS"], ["MDS"]])
def test_unknown_code_of_a_grant_is_refused_and_known_ones_are_named(codes: list[str]) -> None:
    with pytest.raises(ConsentError, match=f"unknown purpose '{codes[-1]}'; known purposes are NRES, GRU, HMB"):
        purpose_bits(codes)


@pytest.mark.parametrize(("purposes", "met"), [(["NPU"], []), (["hmb"], []), (["HMB"], ["NMDS"])])
def test_unknown_code_of_a_use_is_refused(purposes: list[str], met: list[str]) -> None:
    with pytest.raises(ConsentError, match="unknown purpose"):
        use_bits(purposes, met)


@pytest.mark.parametrize("codes", [[], ["NPU"], ["CC"], ["NMDS", "TS"]])
def test_grant_of_modifiers_alone_allows_nothing_and_is_refused(codes: list[str]) -> None:
    with pytest.raises(ConsentError, match="allows nothing; add one of NRES, GRU"):
        purpose_bits(codes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"codes": ("DS",)},
        {"codes": ("HMB",), "diseases": ("MONDO:0004992",)},
        {"codes": ("HMB", "GS")},
        {"codes": ("HMB", "TS")},
        {"codes": ("HMB",), "months": 3},
        {"codes": ("HMB", "MOR")},
        {"codes": ("HMB", "HMB")},
        {"codes": ("HMB", "GS"), "countries": ("Switzerland",)},
        {"codes": ("DS",), "diseases": ("breast cancer",)},
    ],
)
def test_terms_that_say_half_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Terms(**wrong)


def test_months_end_with_the_month_where_it_is_shorter() -> None:
    day = 86_400
    january_31 = 1_706_659_200  # 2024-01-31, a leap year
    assert months_later(january_31, 0) == january_31
    assert months_later(january_31, 1) == january_31 + 29 * day
    assert months_later(january_31, 13) == january_31 + (366 + 28) * day


def test_refusal_names_both_values() -> None:
    terms = Terms(codes=("HMB", "GS"), countries=("CH", "DE"))
    refusal = covers(terms, Use(("HMB",), UseSpec(countries=("CH", "US"))))
    assert refusal is not None and refusal.why == "it is for CH, DE, the task names US"
