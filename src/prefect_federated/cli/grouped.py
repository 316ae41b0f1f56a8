"""Options that belong together, written once as a dataclass and taken by many commands.

@takes(where=Where) def status(task: int, where: Where)  -->  federated ... status TASK --chain URL --coordinator ...
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

Command = Callable[..., None]


def takes(**groups: type[Any]) -> Callable[[Command], Command]:
    """Replace each named parameter of a command by the fields of its dataclass, as options.

    Args:
        groups: dataclass by parameter name; its fields are annotated as typer wants options.
    """

    def decorate(command: Command) -> Command:
        fields = {name: inspect.signature(kind).parameters for name, kind in groups.items()}

        @functools.wraps(command)
        def wrapped(**values: Any) -> None:
            made = {name: kind(**{field: values.pop(field) for field in fields[name]}) for name, kind in groups.items()}
            command(**values, **made)

        own = [p for p in inspect.signature(command).parameters.values() if p.name not in groups]
        gathered = [p.replace(kind=p.KEYWORD_ONLY) for group in fields.values() for p in group.values()]
        parameters = [*own, *gathered]
        wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        wrapped.__annotations__ = {p.name: p.annotation for p in parameters}
        del wrapped.__wrapped__  # typer must read this signature, not the command's own
        return wrapped

    return decorate
