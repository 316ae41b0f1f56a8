"""When Reveal opened, told from the log alone: a pause in the gap before it moved that second.

PhaseChanged(opensAt), Paused(at, until) ... --> the first second of Reveal, as `Pauses.firstSecond` has it
"""

from collections.abc import Iterable

from prefect_federated.adapters.evm.records import Event


def opened_at(turn: Event, pauses: Iterable[Event]) -> int:
    """The second in which a phase opened, chain time.

    Args:
        turn: the `PhaseChanged` that told of it, with what was paused by then in its `opensAt`.
        pauses: every `Paused` until it is asked, in order; one that is prolonged comes again, with the same `at`.
    """
    opens_at, known = int(turn.args["opensAt"]), dict[int, int]()
    for pause in pauses:
        at, until = int(pause.args["at"]), int(pause.args["until"])
        longer, known[at] = until - known.get(at, at), until
        if (pause.block, pause.log_index) > (turn.block, turn.log_index) and at < opens_at:
            opens_at += longer
    return opens_at
