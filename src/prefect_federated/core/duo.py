"""GA4GH Data Use Ontology as a bit mask in which every bit is a permission, so that a contract compares by one AND.

grant's codes --closure, minus what modifiers take--> permissions      task's codes --> what it needs
needed & ~permitted == 0 --> covered;  which disease, place or person is decided in `data_use.py`

Codes and their meaning: DUO's term list, https://raw.githubusercontent.com/EBISPOT/DUO/master/duo.csv.
Which permission includes which: the query table of https://github.com/EBISPOT/DUO#readme.
"""

from collections.abc import Collection, Iterable
from enum import IntFlag
from functools import reduce
from operator import or_

from prefect_federated.core.errors import ConsentError


class Permit(IntFlag):
    """One thing that a grant may allow. A modifier that restricts has no bit: it takes one away.

    MDS is no code of DUO: it is the use that DUO's NMDS forbids, methods development.
    """

    GRU = 1 << 0  # research of any kind
    HMB = 1 << 1  # health, medical, biomedical research
    DS = 1 << 2  # research on a disease
    POA = 1 << 3  # population origins or ancestry
    MDS = 1 << 4  # development of methods, software, algorithms
    CC = 1 << 5  # clinical use and care
    NRES = 1 << 6  # any use, research or not
    FOR_PROFIT = 1 << 16  # a for-profit organisation uses it
    COMMERCIAL = 1 << 17  # for a commercial use
    NO_ETHICS = 1 << 18  # without documented approval of an ethics board
    NOT_GENETIC = 1 << 19  # for studies of phenotypes alone
    UNPUBLISHED = 1 << 20  # without a promise to publish
    ALONE = 1 << 21  # without the primary investigators
    UNRETURNED = 1 << 22  # without returning derived data
    ANY_DATE = 1 << 23  # publishing when one likes
    ANYWHERE = 1 << 24  # in places that the task does not name
    ANY_USER = 1 << 25  # by users that it does not name
    ANY_PROJECT = 1 << 26  # in projects that it does not name
    ANY_INSTITUTION = 1 << 27  # within institutions that it does not name
    ANY_RESEARCH = 1 << 28  # for types of research that it does not name


# What each code allows. GRU is asked for by ancestry, HMB by disease, and both by methods unless NMDS is set.
ALLOWS = {
    "NRES": Permit.NRES | Permit.GRU | Permit.HMB | Permit.DS | Permit.POA | Permit.MDS | Permit.CC,
    "GRU": Permit.GRU | Permit.HMB | Permit.DS | Permit.POA | Permit.MDS,
    "HMB": Permit.HMB | Permit.DS | Permit.MDS,
    "DS": Permit.DS | Permit.MDS,
    "POA": Permit.POA,
}
# What each modifier takes away; CC is the one that adds.
TAKES = {
    "NMDS": Permit.MDS,
    "NPOA": Permit.POA,
    "NPU": Permit.FOR_PROFIT,
    "NCU": Permit.COMMERCIAL,
    "NPUNCU": Permit.FOR_PROFIT | Permit.COMMERCIAL,
    "IRB": Permit.NO_ETHICS,
    "GSO": Permit.NOT_GENETIC,
    "PUB": Permit.UNPUBLISHED,
    "COL": Permit.ALONE,
    "RTN": Permit.UNRETURNED,
    "MOR": Permit.ANY_DATE,
    "GS": Permit.ANYWHERE,
    "US": Permit.ANY_USER,
    "PS": Permit.ANY_PROJECT,
    "IS": Permit.ANY_INSTITUTION,
    "RS": Permit.ANY_RESEARCH,
}
# The terms' numbers, as in http://purl.obolibrary.org/obo/DUO_0000042
DUO_NUMBERS = {
    "NRES": 4, "HMB": 6, "DS": 7, "POA": 11, "RS": 12, "NMDS": 15, "GSO": 16, "NPUNCU": 18, "PUB": 19, "COL": 20,
    "IRB": 21, "GS": 22, "MOR": 24, "TS": 25, "US": 26, "PS": 27, "IS": 28, "RTN": 29, "GRU": 42, "CC": 43,
    "NPOA": 44, "NPU": 45, "NCU": 46,
}  # fmt: skip
GRANTED = (*ALLOWS, "CC", *TAKES, "TS")  # codes of a grant
ASKED = ("GRU", "HMB", "DS", "POA", "MDS", "CC", "NRES")  # purposes of a task
CONDITIONS = {code: bit for code, bit in TAKES.items() if bit > Permit.NRES and code != "NPUNCU"}

_WORDS = {bit: code for code, bit in CONDITIONS.items()}
_NO_CONDITION = reduce(or_, CONDITIONS.values())


def purpose_bits(codes: Iterable[str]) -> int:
    """What a grant with these DUO codes allows, as the mask that goes on chain.

    Raises:
        ConsentError: a code is unknown, or no permission (NRES, GRU, HMB, DS, POA) is among them.

    >>> purpose_bits(["DS"]) & ~purpose_bits(["HMB"]), purpose_bits(["POA"]) & purpose_bits(["HMB"]) & 0xFFFF
    (0, 0)
    >>> purpose_codes(purpose_bits(["GRU"]) & ~purpose_bits(["GRU", "NPU"]))
    'FOR_PROFIT'
    """
    codes = tuple(codes)
    _require_known(codes, GRANTED)
    if not ALLOWS.keys() & set(codes):
        raise ConsentError(
            f"a grant over {', '.join(codes) or 'no code'} allows nothing; add one of {', '.join(ALLOWS)}"
        )
    bits = _NO_CONDITION | (Permit.CC if "CC" in codes else 0)
    for code in codes:
        bits |= ALLOWS.get(code, 0)
    for code in codes:
        bits &= ~TAKES.get(code, 0)
    return int(bits)


def use_bits(purposes: Iterable[str], met: Collection[str] = ()) -> int:
    """What a task needs: its purposes, and to be free of every condition that it does not meet.

    Args:
        purposes: codes among `ASKED`.
        met: modifiers of DUO whose condition the task declares to meet, such as NPU or IRB.

    Raises:
        ConsentError: a code is unknown.

    >>> use_bits(["HMB"]) & ~purpose_bits(["GRU"]), lacking(purpose_bits(["GRU", "IRB"]), use_bits(["HMB"]))
    (0, 'IRB')
    >>> use_bits(["HMB"], ["IRB"]) & ~purpose_bits(["GRU", "IRB"])
    0
    """
    purposes = tuple(purposes)
    _require_known(purposes, ASKED)
    _require_known(met, tuple(CONDITIONS))
    bits = reduce(or_, (Permit[code] for code in purposes), Permit(0))
    for code, bit in CONDITIONS.items():
        bits |= Permit(0) if code in met else bit
    return int(bits)


def purpose_codes(bits: int) -> str:
    """A mask for people: the names of its bits; where any condition is named, the modifiers of the others.

    >>> purpose_codes(use_bits(["GRU", "DS"])), purpose_codes(use_bits(["HMB"], ["NPU", "IRB"])), purpose_codes(0)
    ('GRU, DS', 'HMB, NPU, IRB', 'none')
    >>> purpose_codes(1 << 40 | 1)
    'GRU, 0x10000000000'
    """
    named = [permit for permit in Permit if permit & bits]
    purposes = [str(permit.name) for permit in named if permit not in _WORDS]
    free = [permit for permit in named if permit in _WORDS]
    shown = [str(permit.name) for permit in free] if not purposes else _modifiers(free)
    rest = bits & ~sum(named)
    return ", ".join([*purposes, *shown, *([hex(rest)] if rest else [])]) or "none"


def lacking(granted: int, asked: int) -> str:
    """What a grant lacks for a use, in codes: purposes by their name, conditions by the modifier that sets them.

    >>> lacking(purpose_bits(["DS", "NPU"]), use_bits(["HMB"])), lacking(7, 7)
    ('HMB, NPU', '')
    """
    return ", ".join(_WORDS.get(permit, str(permit.name)) for permit in Permit if permit & asked & ~granted)


def _modifiers(free: list[Permit]) -> list[str]:
    return [code for code, bit in CONDITIONS.items() if bit not in free] if free else []


def _require_known(codes: Iterable[str], known: tuple[str, ...]) -> None:
    for code in codes:
        if code not in known:
            raise ConsentError(f"unknown purpose {code!r}; known purposes are {', '.join(known)}")
