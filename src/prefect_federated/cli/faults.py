"""What is wrong with a file that a user wrote: the field and a sentence, from the first thing that pydantic found."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


def fault_of(error: "ValidationError", whole: str, *above: str) -> str:
    """The field with its path and what is wrong with it.

    Args:
        whole: what it is called where no field is wrong, but how they go together.
        above: fields that the checked part lies in.
    """
    first = error.errors()[0]
    place = ".".join(str(part) for part in (*above, *first["loc"])) or whole
    return f"{place}: {first['msg'].removeprefix('Value error, ')}"
