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
        "costs {calls: participant: commit with a privacy cost, later ones} gas where a plain one costs"
        " {round: commit} (",
    ),
    "docs/relaying.md": (
        "| {round: commit} and {round: reveal, no uri} | {relay: commit, batch of 100, each} and"
        " {relay: reveal, batch of 100, no uri, each} a participant at N = 100",
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
    "docs/figures.md": (
        "| {round: commit} / {round: commit, last of the cohort} (",
        "| {round: reveal, no uri} / {round: reveal, uri of 79 bytes} (",
        "| {round: openRound} / {round: propose} / {round: settle} |",
        "| claim among 4 accounts | {round: claim, 4 accounts} |",
        "| 10 | {relay: commit, batch of 10, each} | {relay: reveal, batch of 10, no uri, each} |"
        " {relay: reveal, batch of 10, uri of 79 bytes, each} |",
        "| 40 | {relay: commit, batch of 40, each} | {relay: reveal, batch of 40, no uri, each} |"
        " {relay: reveal, batch of 40, uri of 79 bytes, each} |",
        "| 100 | {relay: commit, batch of 100, each} (",
        ") | {relay: reveal, batch of 100, no uri, each} (",
        ") | {relay: reveal, batch of 100, uri of 79 bytes, each} |",
        "| {rolled: openRound, 4} / {rolled: postCommits, 4} / {rolled: postOpenings, 4} / {rolled: propose, 4} /"
        " {rolled: settle, 4} |",
        "| {rolled: first transaction of a round, 4} |",
        "| {rolled: second transaction of a round, 4} |",
        "| {rolled: third transaction of a round, 4} |",
        "| **{rolled: whole round in three transactions, 4}** (",
        "| {rolled: lift, 1000} / {rolled: land, 1000} |",
        "| 10, 1 KiB | {challenge: sum, 10 updates, 1 KiB chunks} |"
        " {challenge: sum, 10 updates, 1 KiB chunks, an update} |"
        " {challenge: sum, 10 updates, 1 KiB chunks, an update, execution alone} |",
        "| 100, 1 KiB | {challenge: sum, 100 updates, 1 KiB chunks} |"
        " **{challenge: sum, 100 updates, 1 KiB chunks, an update}** (goal 62,000) |"
        " {challenge: sum, 100 updates, 1 KiB chunks, an update, execution alone} |",
        "| {challenge: sum, 250 updates, 1 KiB chunks}, in one transaction |"
        " {challenge: sum, 250 updates, 1 KiB chunks, an update} |"
        " {challenge: sum, 250 updates, 1 KiB chunks, an update, execution alone} |",
        "| {challenge: sum, 100 updates, 256 B chunks} | {challenge: sum, 100 updates, 256 B chunks, an update} |"
        " {challenge: sum, 100 updates, 256 B chunks, an update, execution alone} |",
        "| {challenge: sum, 50 updates, 4 KiB chunks} | {challenge: sum, 50 updates, 4 KiB chunks, an update} |"
        " {challenge: sum, 50 updates, 4 KiB chunks, an update, execution alone} |",
        "| 10 | {challenge: reward, 10 accounts} | {challenge: reward, 10 accounts, an account} |",
        "| 100 | {challenge: reward, 100 accounts} | {challenge: reward, 100 accounts, an account} |",
        "| 1,000 | {challenge: reward, 1000 accounts}, in one transaction |"
        " {challenge: reward, 1000 accounts, an account} |",
        "| {challenge: reward by scores, 100 participants x 7 members} |"
        " {challenge: reward by scores, 100 participants x 7 members, a participant} |",
        "| {challenge: reward by scores, 500 participants x 7 members}, in one transaction |"
        " {challenge: reward by scores, 500 participants x 7 members, a participant} |",
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
