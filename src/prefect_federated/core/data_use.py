"""What a mask cannot say of a use: which disease, which place, until when; DUO's codes with their values.

terms of a grant + use of a task --mask--> missing permission? --values--> the first code that refuses, or nothing
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from prefect_federated.core.duo import lacking, purpose_bits, use_bits
from prefect_federated.core.moments import months_later
from prefect_federated.core.spec_parts import Strict


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) != len(values):
        raise ValueError(f"{', '.join(values)} name one twice")
    return values


Diseases = Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Za-z]+:[A-Za-z0-9_]+$")], ...], AfterValidator(_distinct)]
Countries = Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...], AfterValidator(_distinct)]
Names = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], AfterValidator(_distinct)]


class UseSpec(Strict):
    """How a task uses data, as its sponsor declares it. What is not declared counts as not promised."""

    for_profit: bool = Field(default=True, description="whether a for-profit organisation uses the data (NPU)")
    commercial: bool = Field(default=True, description="whether the use is commercial (NCU)")
    ethics_approval: bool = Field(default=False, description="whether an ethics board's approval is documented (IRB)")
    genetic: bool = Field(default=False, description="whether it is a genetic study (GSO)")
    publishes: bool = Field(default=False, description="whether results are promised to be published (PUB)")
    collaborates: bool = Field(default=False, description="whether the data's investigators take part (COL)")
    returns: bool = Field(default=False, description="whether derived data go back to the holder (RTN)")
    publishes_from: int = Field(
        default=0, ge=0, lt=2**40, description="unix seconds before which no result is published (MOR); 0: any time"
    )
    diseases: Diseases = Field(default=(), description="what it studies, as CURIEs such as MONDO:0007254 (DS)")
    countries: Countries = Field(default=(), description="where the data are used, ISO 3166-1 alpha-2 (GS)")
    users: Names = Field(default=(), description="everybody who uses them (US)")
    projects: Names = Field(default=(), description="the projects it belongs to (PS)")
    institutions: Names = Field(default=(), description="the institutions it happens within (IS)")
    research: Names = Field(default=(), description="its types of research, such as paediatric (RS)")

    @property
    def met(self) -> tuple[str, ...]:
        """DUO modifiers whose condition the task declares to meet; whose values fit is asked later.

        >>> UseSpec().met, UseSpec(for_profit=False, countries=("CH",)).met
        ((), ('NPU', 'GS'))
        """
        declared = {
            "NPU": not self.for_profit,
            "NCU": not self.commercial,
            "IRB": self.ethics_approval,
            "GSO": self.genetic,
            "PUB": self.publishes,
            "COL": self.collaborates,
            "RTN": self.returns,
            "MOR": self.publishes_from > 0,
        }
        lists = {code: bool(getattr(self, name)) for code, name in _LISTS.items()}
        return tuple(code for code, true in (declared | lists).items() if true)


class Terms(Strict):
    """What a grant allows: DUO codes, and the values of those that need one."""

    codes: Annotated[tuple[str, ...], AfterValidator(_distinct)] = Field(description="DUO codes of the grant")
    diseases: Diseases = Field(default=(), description="of DS: CURIEs such as MONDO:0007254")
    countries: Countries = Field(default=(), description="of GS: ISO 3166-1 alpha-2")
    users: Names = Field(default=(), description="of US: approved users")
    projects: Names = Field(default=(), description="of PS: approved projects")
    institutions: Names = Field(default=(), description="of IS: approved institutions")
    research: Names = Field(default=(), description="of RS: types of research")
    months: int = Field(default=0, ge=0, le=1200, description="of TS: months of use from the start of the grant")
    moratorium_until: int = Field(default=0, ge=0, lt=2**40, description="of MOR: unix seconds")

    @model_validator(mode="after")
    def _complete(self) -> "Terms":
        _ = self.bits  # says which code is unknown, or that nothing is allowed
        for code, name in (*_LISTS.items(), ("DS", "diseases"), ("TS", "months"), ("MOR", "moratorium_until")):
            if (code in self.codes) != bool(getattr(self, name)):
                raise ValueError(f"code {code} and {name} go together: give both or neither")
        return self

    @property
    def bits(self) -> int:
        """The mask of the grant on chain."""
        return purpose_bits(self.codes)


_LISTS = {"GS": "countries", "US": "users", "PS": "projects", "IS": "institutions", "RS": "research"}
_WIDE = {"NRES", "GRU", "HMB"}


@dataclass(frozen=True, slots=True)
class Use:
    """A task's use of data, and when: purposes, declaration, until when it reads."""

    purposes: tuple[str, ...]
    declared: UseSpec
    until_s: int = 0

    @property
    def bits(self) -> int:
        """The mask that the task's contract asks for."""
        return use_bits(self.purposes, self.declared.met)


class Refusal(NamedTuple):
    """Why a grant does not cover a use: the DUO code that says so, and a sentence."""

    code: str
    why: str


NOBODY_BROADER: Mapping[str, Collection[str]] = {}


def covers(
    terms: Terms, use: Use, valid_from_s: int = 0, broader: Mapping[str, Collection[str]] = NOBODY_BROADER
) -> Refusal | None:
    """Whether a grant covers a use, value by value; None if it does.

    Args:
        valid_from_s: from when the months of TS count.
        broader: for a disease, the wider ones it belongs to, from the ontology that the silo trusts; without it a
            disease is covered by itself alone. A grant over cancer covers research on melanoma, never the reverse.

    >>> cancer = Terms(codes=("DS", "NPU"), diseases=("MONDO:0004992",))
    >>> melanoma = Use(("DS",), UseSpec(for_profit=False, diseases=("MONDO:0005105",)))
    >>> covers(cancer, melanoma).code, covers(cancer, melanoma, broader={"MONDO:0005105": ["MONDO:0004992"]})
    ('DS', None)
    """
    if missing := lacking(terms.bits, use.bits):
        code = missing.split(", ")[0]
        return Refusal(code, f"it lacks {missing}")
    return _disease(terms, use, broader) or _lists(terms, use.declared) or _times(terms, use, valid_from_s)


def _disease(terms: Terms, use: Use, broader: Mapping[str, Collection[str]]) -> Refusal | None:
    """A grant for a disease alone covers what is about that disease, methods included; ancestry is another matter."""
    if _WIDE & set(terms.codes) or not {"DS", "MDS"} & set(use.purposes):
        return None
    named = use.declared.diseases
    if not named:
        return Refusal("DS", f"it is for {', '.join(terms.diseases)}, the task names no disease")
    strange = [one for one in named if not {one, *broader.get(one, ())} & set(terms.diseases)]
    return _outside("DS", strange, terms.diseases)


def _lists(terms: Terms, declared: UseSpec) -> Refusal | None:
    for code, name in _LISTS.items():
        allowed = getattr(terms, name)
        if code in terms.codes and (refused := _outside(code, set(getattr(declared, name)) - set(allowed), allowed)):
            return refused
    return None


def _times(terms: Terms, use: Use, valid_from_s: int) -> Refusal | None:
    ends, publishes = months_later(valid_from_s, terms.months), use.declared.publishes_from
    if terms.months and use.until_s >= ends:
        return Refusal("TS", f"it is for {terms.months} months, until {ends}; the task reads until {use.until_s}")
    if terms.moratorium_until and publishes < terms.moratorium_until:
        return Refusal(
            "MOR", f"nothing may be published before {terms.moratorium_until}, the task does from {publishes}"
        )
    return None


def _outside(code: str, strange: Collection[str], allowed: Collection[str]) -> Refusal | None:
    if not strange:
        return None
    return Refusal(code, f"it is for {', '.join(sorted(allowed))}, the task names {', '.join(sorted(strange))}")
