"""Whether the scores that a committee voted are those of the held-out set that the task fixed.

reveals, held-out set --measure--> scores --hash--> each vote's scoresHash
"""

from collections.abc import Iterator

from prefect_federated.adapters.attesting import measure
from prefect_federated.adapters.holdout import HeldOut
from prefect_federated.adapters.party import Party
from prefect_federated.core.findings import Finding, Wrong
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.scoring.score_vector import pack_scores, scores_hash


def score_findings(party: Party, spec: RoundSpec, holdout: HeldOut) -> Iterator[Finding]:
    """Members whose vote names other scores than a reader with the same set comes to.

    Raises:
        DataRefused: this is not the set that the task fixed.
    """
    ours = measure(party, spec, holdout).scores
    due = scores_hash(pack_scores(ours))
    shown = {vote.member: vote.scores for vote in party.federation.shown_votes(spec.task, spec.round)}
    for event in party.federation.events(spec.task, spec.round, ("VoteRevealed",)):
        member, theirs = event.args["member"], bytes(event.args["vote"]["scoresHash"])
        if theirs != due:
            named = f"scores {_told(shown[member])}" if shown.get(member) else f"scores with hash 0x{theirs.hex()}"
            yield Finding(Wrong.SCORES, f"{member} voted {named}, the held-out set gives {_told(pack_scores(ours))}")


def _told(packed: bytes) -> str:
    return "[" + ", ".join(str(int.from_bytes(packed[at : at + 4], "big")) for at in range(0, len(packed), 4)) + "]"
