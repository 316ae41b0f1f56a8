"""Mutants of a Solidity file, all in one text: number k is alive where the block's coinbase is k.

    if (a > b) revert X();   ->   if (on(1) ? false : on(2) ? (a >= b) : (a > b)) revert X();
    x += y;                  ->   if (on(3)) { x -= y; } else if (on(4)) {} else { x += y; }

So one compile serves them all, and a mutant costs a test run (forge test --block-coinbase).

    guard removed, condition negated, boundary moved, and/or exchanged, arithmetic exchanged, smaller/larger exchanged,
    statement left out, modifier of access left out
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from prefect_federated.contracts.checks.solidity import (
    Function,
    Statement,
    closing,
    functions,
    statements,
    without_comments,
)

# How a file of src/ asks which mutant lives. `view` is cast to `pure`: the mutated functions stay what they were.
SWITCH = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

function on(uint256 id) pure returns (bool) {
    function(uint256) view returns (bool) reads = _isCoinbase;
    function(uint256) pure returns (bool) f;
    assembly {
        f := reads
    }
    return f(id);
}

function _isCoinbase(uint256 id) view returns (bool yes) {
    assembly {
        yes := eq(coinbase(), id)
    }
}
"""
EXCHANGED = {
    " <= ": " < ", " < ": " <= ", " >= ": " > ", " > ": " >= ", " == ": " != ", " != ": " == ",
    " && ": " || ", " || ": " && ", " + ": " - ", " - ": " + ", " * ": " / ", " / ": " * ", " % ": " / ",
    "Math.min(": "Math.max(", " & ": " | ", " << ": " >> ", " >> ": " << ",
}  # fmt: skip
ASSIGNED = {" += ": " -= ", " -= ": " += "}
STEPPED = {"++": "--", "--": "++"}
ACCESS = re.compile(r"\b(onlyAppeals|onlyCommittee|onlyCoordinator|onlyDisputes|onlyRegistered)\b")
CONTRACT = re.compile(r"^(abstract )?contract [^{]*\{", flags=re.MULTILINE)
DECLARED = re.compile(r"^[\w.]+(\[\d*\])*( storage| memory| calldata)? \w+( =|;)")
SKIPPED = ("emit ", "revert ", "try ", "for ", "while ", "unchecked", "else", "_;", "return;")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: its number, where it is, and what it says there."""

    number: int
    line: int
    function: str
    was: str
    now: str


@dataclass(slots=True)
class Mutation:
    """Collects the mutants of one file and rewrites its text. `inherited` has bodies of modifiers, by name."""

    text: str
    next_number: int
    inherited: Mapping[str, str] = field(default_factory=dict)
    plain: str = field(init=False)
    mutants: list[Mutant] = field(default_factory=list)
    edits: list[tuple[int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.plain = without_comments(self.text)

    def run(self) -> str:
        """Return the text with all mutants in it."""
        for function in functions(self.plain):
            self._head(function)
            for statement in statements(self.plain, function):
                self._statement(function, statement)
        for start, end, new in sorted(self.edits, reverse=True):
            self.text = self.text[:start] + new + self.text[end:]
        return self._with_switch(self.text)

    def _statement(self, function: Function, statement: Statement) -> None:
        text = statement.text
        if text.startswith("if ("):
            last = closing(self.plain, statement.start + 3)
            self._condition(function, statement.start + 4, last, "revert" in text[last - statement.start :])
            rest = statement.start + len(text) - len(text[last + 1 - statement.start :].lstrip())
            if text.endswith(";"):
                self._statement(function, Statement(rest, statement.end, self.plain[rest : statement.end]))
        elif text.endswith(";") and text.startswith("return ") and not text.startswith("return ("):
            self._expression(function, statement.start + len("return "), statement.end - 1)
        elif text.endswith(";") and not text.startswith(SKIPPED) and not text.startswith("return"):
            self._simple(function, statement)

    def _condition(self, function: Function, start: int, end: int, guards: bool) -> None:
        was = self.plain[start:end]
        exchanged = _exchanged(was)
        if guards:
            now = ["false", *([] if " == " in was or " != " in was else exchanged)]
        elif len(exchanged) == 1 and (" == " in was or " != " in was):
            now = exchanged  # which is its negation
        else:
            now = [f"!({was})", *exchanged]
        self._choose(function, start, end, now)

    def _expression(self, function: Function, start: int, end: int) -> None:
        self._choose(function, start, end, _exchanged(self.plain[start:end]))

    def _simple(self, function: Function, statement: Statement) -> None:
        text = statement.text
        equals = text.find(" = ")
        if DECLARED.match(text) or (equals != -1 and not text.startswith("(")):
            if equals != -1:
                self._expression(function, statement.start + equals + 3, statement.end - 1)
            if DECLARED.match(text):
                return
        now = [""]
        now += [text.replace(old, new, 1) for old, new in ASSIGNED.items() if old in text]
        now += [new + text[2:] for old, new in STEPPED.items() if text.startswith(old)]
        if text.startswith("(") or "storage " in self.plain[function.start : function.brace].partition("returns")[2]:
            return  # a tuple declares or assigns several; a storage pointer must be assigned
        branches = [f"if ({self._number(function, statement.start, text, new)}) {{ {new} }} else " for new in now]
        self.edits.append((statement.start, statement.start, "".join(branches) + "{ "))
        self.edits.append((statement.end, statement.end, " }"))

    def _choose(self, function: Function, start: int, end: int, now: list[str]) -> None:
        was = self.plain[start:end]
        if not now or not was.strip():
            return
        chosen = "".join(f"{self._number(function, start, was, new)} ? ({new}) : " for new in now)
        self.edits.append((start, start, f"({chosen}("))
        self.edits.append((end, end, "))"))

    def _head(self, function: Function) -> None:
        for found in ACCESS.finditer(self.plain, function.start, function.brace):
            self._number(function, found.start(), found.group(), "")
            self.edits.append((found.start(), found.end(), f"{found.group()}Unless{self.mutants[-1].number}"))

    def _number(self, function: Function, at: int, was: str, now: str) -> str:
        line = self.plain.count("\n", 0, at) + 1
        self.mutants.append(Mutant(self.next_number, line, function.name, _flat(was), _flat(now) or "(left out)"))
        self.next_number += 1
        return f"on({self.mutants[-1].number})"

    def _with_switch(self, text: str) -> str:
        """Import the switch, and give each use of an access modifier a twin of it that can be switched off."""
        bodies = {**self.inherited, **modifiers(self.plain)}
        for name, number in re.findall(r"\b(\w+)Unless(\d+)\b", text):
            twin = f"modifier {name}Unless{number}() {{ if (on({number})) {{ _; }} else {{ {bodies[name]} }} }}"
            text = CONTRACT.sub(partial(_opened_with, twin), text, count=1)
        pragma = "pragma solidity 0.8.37;\n"
        return text.replace(pragma, pragma + '\nimport {on} from "./Mutants.sol";\n', 1)


def _opened_with(definition: str, head: re.Match[str]) -> str:
    return f"{head.group()}\n    {definition}\n"


def modifiers(text: str) -> dict[str, str]:
    """Return the bodies of the modifiers without arguments that a file defines, by name.

    >>> modifiers("contract A { modifier m() { check(); _; } }")
    {'m': ' check(); _; '}
    """
    plain = without_comments(text)
    heads = re.finditer(r"modifier (\w+)\(\) \{", plain)
    return {head.group(1): plain[head.end() : closing(plain, head.end() - 1)] for head in heads}


def _exchanged(text: str) -> list[str]:
    """Return the text with one operator exchanged, once for each place.

    >>> _exchanged("a < b && c")
    ['a <= b && c', 'a < b || c']
    """
    places = sorted((found.start(), old) for old in EXCHANGED for found in re.finditer(re.escape(old), text))
    return [text[:at] + EXCHANGED[old] + text[at + len(old) :] for at, old in places]


def _flat(text: str) -> str:
    return " ".join(text.split())
