"""How commands speak: tables and sentences for people, JSON for programs, one line for an error."""

import functools
import json
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import typer
from rich.console import Console

from prefect_federated.core.errors import FederatedError

P = ParamSpec("P")
T = TypeVar("T")

out = Console()
err = Console(stderr=True)


def says_what_to_do(command: Callable[P, T]) -> Callable[P, T]:
    """End a command on one of our errors with its sentence and its exit code, without a traceback."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except FederatedError as error:
            err.print(f"[bold red]{type(error).__name__}[/]: ", end="")
            err.print(str(error), markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(error.exit_code) from error

    return wrapped


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout, and nothing else.

    Raises:
        ValueError: a number in it is infinite or NaN: JSON has neither, and what reads it would stop there.
    """
    print(json.dumps(value, indent=1, default=str, allow_nan=False))
