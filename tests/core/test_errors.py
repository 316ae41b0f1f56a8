"""One tree of errors, each with a sentence, each ending the command line with the code of its branch."""

import inspect

from prefect_federated.core import errors
from prefect_federated.core.errors import FederatedError, TransportError

CLASSES = [found for _, found in inspect.getmembers(errors, inspect.isclass)]


def branch(kind: type[FederatedError]) -> type[FederatedError]:
    return kind if kind.__base__ in (FederatedError, Exception) else branch(kind.__base__)  # type: ignore[arg-type]


def test_every_error_stands_in_the_tree_and_says_when_it_is_raised() -> None:
    for kind in CLASSES:
        assert issubclass(kind, FederatedError)
        if kind is not FederatedError:
            assert (kind.__doc__ or "").startswith("Raised when"), kind.__name__


def test_exit_code_tells_the_branch_and_is_never_zero() -> None:
    codes = {branch(kind): kind.exit_code for kind in CLASSES}
    assert len(set(codes.values())) == len(codes)
    assert 0 not in codes.values()
    for kind in CLASSES:
        assert kind.exit_code == branch(kind).exit_code


def test_only_transport_errors_are_worth_a_retry() -> None:
    retried = {kind.__name__ for kind in CLASSES if issubclass(kind, TransportError)}
    unreachable = {"ChainUnreachable", "StoreUnreachable", "KeyServiceUnreachable"}
    assert retried == {"TransportError", "TransactionPending", "SpoolFailed", *unreachable}


def test_picture_of_the_tree_names_every_branch() -> None:
    for kind in {branch(kind) for kind in CLASSES}:
        assert kind.__name__ in (errors.__doc__ or "")
