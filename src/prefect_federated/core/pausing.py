"""Pauses as the chain tells of them: whether one is on, when the next may begin, how long it may last.

now, Standing --check_pause(until)--> sent, or a sentence that says what is allowed
"""

from dataclasses import dataclass

from prefect_federated.core.errors import ContractRefused


@dataclass(frozen=True, slots=True)
class PauseStanding:
    """What holds at `now_s` of chain time. Times in seconds; `since` and `until` are 0 while no pause is on.

    A new pause may begin at `earliest` and last `longest_s`, which counts from `since` once it is on.
    """

    now_s: int
    since: int
    until: int
    earliest: int
    longest_s: int

    @property
    def on(self) -> bool:
        """Whether a pause is on."""
        return self.until > 0

    @property
    def latest(self) -> int:
        """Until when a pause could last that is called for now; 0 while none can begin.

        >>> PauseStanding(now_s=100, since=40, until=120, earliest=500, longest_s=90).latest
        130
        """
        if self.on:
            return self.since + self.longest_s
        return self.now_s + self.longest_s if self.now_s >= self.earliest else 0


def check_pause(standing: PauseStanding, until_s: int) -> None:
    """Refuse a pause that the coordinator would refuse.

    Raises:
        ContractRefused: too soon after the last one, too long, or shorter than the one that is on.

    >>> check_pause(PauseStanding(100, 0, 0, earliest=0, longest_s=90), 191)
    Traceback (most recent call last):
    prefect_federated.core.errors.ContractRefused: a pause may last 90 s, this one lasts 91 s; call for a shorter one
    """
    now_s, begins = standing.now_s, standing.since or standing.now_s
    if not standing.on and now_s < standing.earliest:
        raise ContractRefused(
            f"the next pause may begin in {standing.earliest - now_s} s (chain time {standing.earliest}), half an"
            " unbonding period after the last, so that no round is paused twice; wait for it"
        )
    if until_s > begins + standing.longest_s:
        since = f" from its beginning at chain time {begins}" if standing.on else ""
        raise ContractRefused(
            f"a pause may last {standing.longest_s} s{since}, this one lasts {until_s - begins} s;"
            " call for a shorter one"
        )
    if until_s <= standing.until:
        raise ContractRefused(
            f"a pause is on until chain time {standing.until}, this one would end at {until_s}; a pause is never cut"
            " short, because somebody may rely on its end: call for a longer one, or wait"
        )
