"""Figures of gas that pages tell beside docs/gas.md are those that were measured, which contracts/snapshots holds."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIGURE = re.compile(r"\{([a-z]+): ([^}~/]+)(?:/(\d+))?(?:~(\d))?\}")

# {file: key} is the figure itself, {file: key/1000} a thousandth of it, {file: key~3} the figure to three digits.
TOLD = {
    "README.md": (
        "of any size takes {rolled: whole round in three transactions, 1000~3} gas",
        "A direct reveal takes {round: reveal, no uri~2} (",
        "a commit takes {relay: commit, batch of 100, each~3} and a reveal"
        " {relay: reveal, batch of 100, no uri, each~3}",
        "a round of 1,000 with claims costs {rounds: direct, 1000, steady, whole round/1000~4} gas a participant",
    ),
    "docs/gas.md": (
        "settle + openRound + postCommits ({rolled: first transaction of a round, 4~3} gas), postOpenings"
        " ({rolled: second transaction of a round, 4~2}), propose ({rolled: third transaction of a round, 4~3})."
        " Of these {rolled: whole round in three transactions, 4~3} some",
        "A single leaf costs {rolled: lift, 4~3} to {rolled: land, 1000~3} to lift or to land",
    ),
    "docs/masking.md": (
        "dealing takes {calls: participant: deal shares, uri of 79 bytes~2} gas, the commit"
        " {calls: participant: commit of a masked update~2}, showing"
        " {calls: participant: show shares, uri of 79 bytes~2}",
        "{calls: relayed: deal shares, batch of 100, uri of 79 bytes, each~2},"
        " {calls: relayed: commit of a masked update, batch of 100, each~2} and"
        " {calls: relayed: show shares, batch of 100, uri of 79 bytes, each~2}",
    ),
    "docs/privacy.md": (
        "costs {calls: participant: commit with a privacy cost, later ones~3} gas where a plain one costs"
        " {round: commit~3} (",
    ),
    "docs/relaying.md": (
        "| {round: commit~3} and {round: reveal, no uri~3} | {relay: commit, batch of 100, each~3} and"
        " {relay: reveal, batch of 100, no uri, each~3} a participant at N = 100",
        "| deal shares | {calls: participant: deal shares, uri of 79 bytes} |"
        " {calls: relayed: deal shares, batch of 20, uri of 79 bytes, each} |"
        " {calls: relayed: deal shares, batch of 100, uri of 79 bytes, each} |",
        "| commit | {calls: participant: commit of a masked update} |"
        " {calls: relayed: commit of a masked update, batch of 20, each} |"
        " {calls: relayed: commit of a masked update, batch of 100, each} |",
        "| show shares | {calls: participant: show shares, uri of 79 bytes} |"
        " {calls: relayed: show shares, batch of 20, uri of 79 bytes, each} |"
        " {calls: relayed: show shares, batch of 100, uri of 79 bytes, each} |",
    ),
    "docs/committee.md": (
        "| {committee: openRound, 7 of 20} / {committee: openRound, 31 of 64} |",
        "| {committee: draw, 7 of 20} / {committee: draw, 31 of 64} |",
        "| {committee: castVote} / {committee: attest} |",
        "| {committee: revealVote, before the quorum} / {committee: revealVote, the last} |",
        "follows for the proposer | {committee: refuteExclusion, by 7 of 7} |",
        "| settle, with the median of 7 | {committee: settle, with the median of 7} |",
        "| {challenge: reward by scores, 100 participants x 7 members} /"
        " {challenge: reward by scores, 500 participants x 7 members} |",
    ),
}


def measured(match: re.Match[str]) -> str:
    snapshot, key, parts, digits = match.groups()
    gas = int(json.loads((ROOT / "contracts" / "snapshots" / f"{snapshot}.json").read_text())[key]) // int(parts or 1)
    return f"{round(gas, int(digits) - len(str(gas))) if digits else gas:,}"


@pytest.mark.parametrize("page", TOLD)
def test_what_a_page_tells_of_gas_was_measured(page: str) -> None:
    text = " ".join((ROOT / page).read_text().split())
    sentences = [FIGURE.sub(measured, sentence) for sentence in TOLD[page]]
    assert not [sentence for sentence in sentences if sentence not in text]
