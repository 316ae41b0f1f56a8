"""Who may use what for what: grants in DUO codes, uses of tasks, and whether the one covers the other.

A row is (grant's codes, their values, task's purposes, what it declares, answer of the mask, code that refuses).
The answers are read off DUO's definitions by hand, the masks made from the bit numbers below:
https://raw.githubusercontent.com/EBISPOT/DUO/master/duo.csv, https://github.com/EBISPOT/DUO#readme
"""

from typing import Any

GRU, HMB, DS, POA, MDS, CC, NRES = 0, 1, 2, 3, 4, 5, 6
INCLUDED = {
    "NRES": [GRU, HMB, DS, POA, MDS, CC, NRES],
    "GRU": [GRU, HMB, DS, POA, MDS],
    "HMB": [HMB, DS, MDS],
    "DS": [DS, MDS],
    "POA": [POA],
    "CC": [CC],
}
FREE_OF = {"NPU": 16, "NCU": 17, "IRB": 18, "GSO": 19, "PUB": 20, "COL": 21, "RTN": 22, "MOR": 23, "GS": 24, "US": 25,
           "PS": 26, "IS": 27, "RS": 28}  # fmt: skip
FORBIDDEN = {"NMDS": [MDS], "NPOA": [POA], "NPUNCU": [16, 17], **{code: [bit] for code, bit in FREE_OF.items()}}
ASKED = {"GRU": GRU, "HMB": HMB, "DS": DS, "POA": POA, "MDS": MDS, "CC": CC, "NRES": NRES}

CANCER, BREAST, ASTHMA = "MONDO:0004992", "MONDO:0007254", "MONDO:0004979"
BROADER = {BREAST: [CANCER]}
START, UNTIL = 1_704_067_200, 1_719_792_000  # 2024-01-01, 2024-07-01
JULY, AUGUST = UNTIL, 1_722_470_400

Row = tuple[list[str], dict[str, Any], list[str], dict[str, Any], bool, str | None]

ON_CANCER: dict[str, Any] = {"diseases": [CANCER]}
SWISS: dict[str, Any] = {"countries": ["CH"]}

PURPOSES: list[Row] = [
    (["NRES"], {}, ["NRES"], {}, True, None),
    (["NRES"], {}, ["GRU"], {}, True, None),
    (["NRES"], {}, ["HMB"], {}, True, None),
    (["NRES"], {}, ["DS"], ON_CANCER, True, None),
    (["NRES"], {}, ["POA"], {}, True, None),
    (["NRES"], {}, ["MDS"], {}, True, None),
    (["NRES"], {}, ["CC"], {}, True, None),
    (["GRU"], {}, ["NRES"], {}, False, "NRES"),
    (["GRU"], {}, ["GRU"], {}, True, None),
    (["GRU"], {}, ["HMB"], {}, True, None),
    (["GRU"], {}, ["DS"], ON_CANCER, True, None),
    (["GRU"], {}, ["POA"], {}, True, None),
    (["GRU"], {}, ["MDS"], {}, True, None),
    (["GRU"], {}, ["CC"], {}, False, "CC"),
    (["GRU", "CC"], {}, ["CC"], {}, True, None),
    (["HMB"], {}, ["GRU"], {}, False, "GRU"),
    (["HMB"], {}, ["HMB"], {}, True, None),
    (["HMB"], {}, ["DS"], ON_CANCER, True, None),
    (["HMB"], {}, ["DS"], {}, True, None),
    (["HMB"], {}, ["POA"], {}, False, "POA"),
    (["HMB"], {}, ["MDS"], {}, True, None),
    (["HMB"], {}, ["HMB", "POA"], {}, False, "POA"),
    (["HMB", "POA"], {}, ["HMB", "POA"], {}, True, None),
    (["DS"], ON_CANCER, ["GRU"], ON_CANCER, False, "GRU"),
    (["DS"], ON_CANCER, ["HMB"], ON_CANCER, False, "HMB"),
    (["DS"], ON_CANCER, ["DS"], ON_CANCER, True, None),
    (["DS"], ON_CANCER, ["DS"], {"diseases": [BREAST]}, True, None),
    (["DS"], {"diseases": [BREAST]}, ["DS"], ON_CANCER, True, "DS"),
    (["DS"], ON_CANCER, ["DS"], {"diseases": [ASTHMA]}, True, "DS"),
    (["DS"], ON_CANCER, ["DS"], {"diseases": [BREAST, ASTHMA]}, True, "DS"),
    (["DS"], {"diseases": [CANCER, ASTHMA]}, ["DS"], {"diseases": [BREAST, ASTHMA]}, True, None),
    (["DS"], ON_CANCER, ["DS"], {}, True, "DS"),
    (["DS"], ON_CANCER, ["MDS"], ON_CANCER, True, None),
    (["DS"], ON_CANCER, ["MDS"], {}, True, "DS"),
    (["DS"], ON_CANCER, ["POA"], ON_CANCER, False, "POA"),
    (["DS", "HMB"], ON_CANCER, ["DS"], {"diseases": [ASTHMA]}, True, None),
    (["POA"], {}, ["POA"], {}, True, None),
    (["POA"], {}, ["HMB"], {}, False, "HMB"),
    (["POA"], {}, ["GRU"], {}, False, "GRU"),
    (["POA"], {}, ["MDS"], {}, False, "MDS"),
    (["POA", "DS"], ON_CANCER, ["POA"], {}, True, None),
    (["POA", "DS"], ON_CANCER, ["POA", "DS"], {"diseases": [ASTHMA]}, True, "DS"),
]

MODIFIERS: list[Row] = [
    (["GRU", "NMDS"], {}, ["MDS"], {}, False, "MDS"),
    (["GRU", "NMDS"], {}, ["GRU"], {}, True, None),
    (["DS", "NMDS"], ON_CANCER, ["MDS"], ON_CANCER, False, "MDS"),
    (["GRU", "NPOA"], {}, ["POA"], {}, False, "POA"),
    (["GRU", "NPOA"], {}, ["HMB"], {}, True, None),
    (["HMB", "NPU"], {}, ["HMB"], {}, False, "NPU"),
    (["HMB", "NPU"], {}, ["HMB"], {"for_profit": False}, True, None),
    (["HMB", "NCU"], {}, ["HMB"], {"for_profit": False}, False, "NCU"),
    (["HMB", "NCU"], {}, ["HMB"], {"commercial": False}, True, None),
    (["HMB", "NPUNCU"], {}, ["HMB"], {"for_profit": False}, False, "NCU"),
    (["HMB", "NPUNCU"], {}, ["HMB"], {"commercial": False}, False, "NPU"),
    (["HMB", "NPUNCU"], {}, ["HMB"], {"for_profit": False, "commercial": False}, True, None),
    (["HMB"], {}, ["HMB"], {"for_profit": False, "commercial": False}, True, None),
    (["HMB", "IRB"], {}, ["HMB"], {}, False, "IRB"),
    (["HMB", "IRB"], {}, ["HMB"], {"ethics_approval": True}, True, None),
    (["NRES", "IRB"], {}, ["NRES"], {}, False, "IRB"),
    (["HMB", "GSO"], {}, ["HMB"], {}, False, "GSO"),
    (["HMB", "GSO"], {}, ["HMB"], {"genetic": True}, True, None),
    (["HMB", "PUB"], {}, ["HMB"], {}, False, "PUB"),
    (["HMB", "PUB"], {}, ["HMB"], {"publishes": True}, True, None),
    (["HMB", "COL"], {}, ["HMB"], {}, False, "COL"),
    (["HMB", "COL"], {}, ["HMB"], {"collaborates": True}, True, None),
    (["HMB", "RTN"], {}, ["HMB"], {}, False, "RTN"),
    (["HMB", "RTN"], {}, ["HMB"], {"returns": True}, True, None),
    (["HMB", "IRB", "NPU"], {}, ["HMB"], {"ethics_approval": True}, False, "NPU"),
    (["HMB", "IRB", "NPU"], {}, ["HMB"], {"ethics_approval": True, "for_profit": False}, True, None),
]

VALUES: list[Row] = [
    (["HMB", "MOR"], {"moratorium_until": AUGUST}, ["HMB"], {}, False, "MOR"),
    (["HMB", "MOR"], {"moratorium_until": AUGUST}, ["HMB"], {"publishes_from": AUGUST - 1}, True, "MOR"),
    (["HMB", "MOR"], {"moratorium_until": AUGUST}, ["HMB"], {"publishes_from": AUGUST}, True, None),
    (["HMB", "GS"], SWISS, ["HMB"], {}, False, "GS"),
    (["HMB", "GS"], SWISS, ["HMB"], SWISS, True, None),
    (["HMB", "GS"], SWISS, ["HMB"], {"countries": ["CH", "US"]}, True, "GS"),
    (["HMB", "GS"], {"countries": ["CH", "US"]}, ["HMB"], {"countries": ["US"]}, True, None),
    (["HMB"], {}, ["HMB"], {"countries": ["US"]}, True, None),
    (["HMB", "US"], {"users": ["ana"]}, ["HMB"], {}, False, "US"),
    (["HMB", "US"], {"users": ["ana"]}, ["HMB"], {"users": ["ana"]}, True, None),
    (["HMB", "US"], {"users": ["ana"]}, ["HMB"], {"users": ["ana", "ben"]}, True, "US"),
    (["HMB", "PS"], {"projects": ["p1"]}, ["HMB"], {}, False, "PS"),
    (["HMB", "PS"], {"projects": ["p1"]}, ["HMB"], {"projects": ["p1"]}, True, None),
    (["HMB", "PS"], {"projects": ["p1"]}, ["HMB"], {"projects": ["p2"]}, True, "PS"),
    (["HMB", "IS"], {"institutions": ["ward"]}, ["HMB"], {}, False, "IS"),
    (["HMB", "IS"], {"institutions": ["ward"]}, ["HMB"], {"institutions": ["ward"]}, True, None),
    (["HMB", "IS"], {"institutions": ["ward"]}, ["HMB"], {"institutions": ["lab"]}, True, "IS"),
    (["HMB", "RS"], {"research": ["paediatric"]}, ["HMB"], {}, False, "RS"),
    (["HMB", "RS"], {"research": ["paediatric"]}, ["HMB"], {"research": ["paediatric"]}, True, None),
    (["HMB", "RS"], {"research": ["paediatric"]}, ["HMB"], {"research": ["adult"]}, True, "RS"),
    (["HMB", "TS"], {"months": 7}, ["HMB"], {}, True, None),
    (["HMB", "TS"], {"months": 6}, ["HMB"], {}, True, "TS"),  # the last second of June is its last
    (["HMB", "TS"], {"months": 5}, ["HMB"], {}, True, "TS"),
]

ROWS = [*PURPOSES, *MODIFIERS, *VALUES]


def duo() -> dict[str, Any]:
    """Return the table; the masks and the mask's answers once more as arrays, one entry a row."""
    return {
        "valid_from": START,
        "until": UNTIL,
        "broader": BROADER,
        "granted": [_granted(codes) for codes, *_ in ROWS],
        "asked": [_asked(purposes, declared) for _, _, purposes, declared, _, _ in ROWS],
        "covered": [int(covered) for *_, covered, _ in ROWS],
        "rows": [
            {
                "codes": codes,
                "values": values,
                "purposes": purposes,
                "declared": declared,
                "mask": mask,
                "refuses": fine,
            }
            for codes, values, purposes, declared, mask, fine in ROWS
        ],
    }


def _granted(codes: list[str]) -> int:
    bits = set(FREE_OF.values()).union(*(INCLUDED.get(code, []) for code in codes))
    return sum(1 << bit for bit in bits.difference(*(FORBIDDEN.get(code, []) for code in codes)))


def _asked(purposes: list[str], declared: dict[str, Any]) -> int:
    said = {
        "NPU": declared.get("for_profit") is False, "NCU": declared.get("commercial") is False,
        "IRB": "ethics_approval" in declared, "GSO": "genetic" in declared, "PUB": "publishes" in declared,
        "COL": "collaborates" in declared, "RTN": "returns" in declared, "MOR": "publishes_from" in declared,
        "GS": "countries" in declared, "US": "users" in declared, "PS": "projects" in declared,
        "IS": "institutions" in declared, "RS": "research" in declared,
    }  # fmt: skip
    bits = {ASKED[code] for code in purposes} | {bit for code, bit in FREE_OF.items() if not said[code]}
    return sum(1 << bit for bit in bits)
