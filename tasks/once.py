"""Once: a refusal counts as success where the effect is there already, sent by a process that died meanwhile.

read: not done --> send --refused--> read again: done after all | refused for good
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prefect_federated.core.errors import FederatedError, TransportError


@contextmanager
def unless_done(done: Callable[[], bool]) -> Iterator[None]:
    """Pass over what the chain refuses in the block if `done` finds the effect there.

    A stage reads the chain before it sends; what an earlier process of the party sent may be mined between the two.

    Raises:
        FederatedError: the chain refused, and the effect is not there.
        TransportError: the chain could not be asked; try again.
    """
    try:
        yield
    except TransportError:
        raise
    except FederatedError:
        if not done():
            raise
