"""How long each stage of each round takes: whoever is told of a stage's beginning knows the end of the one before."""

import time
from collections import defaultdict

from prefect_federated.flows.cast import Watcher


class Stopwatch:
    """Listens to a driver, and passes on what it hears."""

    def __init__(self, watch: Watcher) -> None:
        """Start with nothing."""
        self._watch, self._spent = watch, defaultdict[int, dict[str, float]](dict)
        self._round, self._stage, self._since = 0, "", 0.0

    def __call__(self, round: int, stage: str, who: str) -> None:
        """A stage begins, or goes on with somebody else."""
        self.stop()
        self._round += stage == "open"
        self._stage, self._since = stage, time.perf_counter()
        self._watch(round, stage, who)

    def stop(self) -> None:
        """The running stage is over."""
        if self._stage:
            spent = self._spent[self._round]
            spent[self._stage] = spent.get(self._stage, 0.0) + time.perf_counter() - self._since
        self._stage = ""

    def of(self, number: int) -> dict[str, float]:
        """Seconds by stage of the first, second ... round."""
        return {stage: round(seconds, 3) for stage, seconds in self._spent.get(number, {}).items()}
