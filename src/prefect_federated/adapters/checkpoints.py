"""Named points at which a test may kill the process, to show that any of them can be survived.

masked: shared -> dealShares-signed -> dealShares-sent -> dealt before it, answered -> ... -> shown after it
relayed: left-dealing, left-commit, left-opening, left-shown; dealMany-signed -> dealMany-sent -> dealt, and so on
listened -> validated -> trained -> sealed -> commit-signed -> commit-sent -> committed -> published -> ... -> revealed
fetched -> aggregated -> propose-signed -> propose-sent -> proposed -> settle-signed -> ... -> settled -> mirrored
released -> joined before measured or fetched, where the committee opens updates
kept -> left by each key holder before fetched, where updates are encrypted
drawn -> measured -> sealed -> castVote-signed -> castVote-sent -> cast -> revealVote-signed -> ... -> shown
kept-commits -> postCommits-signed -> postCommits-sent -> posted-commits -> receipt -> receipts -> kept-openings -> ...
"""

import os
import signal

CHECKPOINTS = (
    "participant:listened",
    "participant:validated",
    "participant:shared",
    "participant:dealShares-signed",
    "participant:dealShares-sent",
    "participant:dealt",
    "participant:trained",
    "participant:carried",
    "regional:left",
    "holder:kept",
    "holder:left",
    "participant:sealed",
    "participant:commit-signed",
    "participant:commit-sent",
    "participant:committed",
    "participant:published",
    "participant:reveal-signed",
    "participant:reveal-sent",
    "participant:revealed",
    "participant:answered",
    "participant:showShares-signed",
    "participant:showShares-sent",
    "participant:shown",
    "participant:left-dealing",
    "participant:left-commit",
    "participant:left-opening",
    "participant:left-shown",
    "relayer:dealMany-signed",
    "relayer:dealMany-sent",
    "relayer:dealt",
    "relayer:commitMany-signed",
    "relayer:commitMany-sent",
    "relayer:committed",
    "relayer:revealMany-signed",
    "relayer:revealMany-sent",
    "relayer:revealed",
    "relayer:showMany-signed",
    "relayer:showMany-sent",
    "relayer:shown",
    "aggregator:fetched",
    "aggregator:aggregated",
    "aggregator:propose-signed",
    "aggregator:propose-sent",
    "aggregator:proposed",
    "aggregator:settle-signed",
    "aggregator:settle-sent",
    "aggregator:settled",
    "aggregator:mirrored",
    "validator:drawn",
    "validator:measured",
    "validator:sealed",
    "validator:castVote-signed",
    "validator:castVote-sent",
    "validator:cast",
    "validator:revealVote-signed",
    "validator:revealVote-sent",
    "validator:shown",
    "shares:released",
    "shares:joined",
    "poster:kept-commits",
    "poster:postCommits-signed",
    "poster:postCommits-sent",
    "poster:posted-commits",
    "poster:receipt",
    "poster:receipts",
    "poster:kept-openings",
    "poster:postOpenings-signed",
    "poster:postOpenings-sent",
    "poster:posted-openings",
)
STEPS = {"signed": "signed", "broadcast": "sent"}
CALLS = {
    **dict.fromkeys(("dealShares", "commit", "reveal", "showShares"), "participant"),
    **dict.fromkeys(("propose", "settle"), "aggregator"),
    **dict.fromkeys(("dealMany", "commitMany", "revealMany", "showMany"), "relayer"),
    **dict.fromkeys(("castVote", "revealVote"), "validator"),
    **dict.fromkeys(("postCommits", "postOpenings"), "poster"),
}


def checkpoint(name: str) -> None:
    """Die by SIGKILL here if the environment variable FEDERATED_KILL_AT names this point; else do nothing."""
    if os.environ.get("FEDERATED_KILL_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)


def transaction_checkpoint(step: str, intent: str) -> None:
    """The points within a round's transactions: signed and stored but not sent, sent but without a receipt.

    Args:
        step: how far the outbox is: "signed", "broadcast" or "mined".
        intent: "<coordinator>:<call>:<effect>", as the federation names its effects.
    """
    call = intent.split(":")[1] if intent.count(":") > 1 else ""
    if step in STEPS and call in CALLS:
        checkpoint(f"{CALLS[call]}:{call}-{STEPS[step]}")
