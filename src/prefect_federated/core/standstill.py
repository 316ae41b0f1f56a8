"""A task that one withdrawal brings to a stand: a quorum of everybody, and rounds to sit out.

quorum = max_participants, wait_rounds > 0 --consent withdrawn--> too few for a round, and nobody to wait for
"""

from prefect_federated.core.enforced import Enforced


def standstill(enforced: Enforced) -> str | None:
    """A sentence for who is about to create such a task; None where a withdrawal leaves enough participants.

    Whoever's consent is withdrawn in a round leaves the task and may enrol again once `wait_rounds` more rounds have
    begun; no round begins with fewer than `quorum` enrolled.
    """
    quorum, most, wait = enforced.quorum, enforced.max_participants, enforced.wait_rounds
    if quorum < most or not wait:
        return None
    return (
        f"quorum {quorum} is all of max_participants {most}, and wait_rounds is {wait}: after one withdrawn consent no"
        " round can open until somebody else has enrolled in that place, for whoever withdrew must sit rounds out;"
        " lower quorum, raise max_participants, or set wait_rounds to 0"
    )
