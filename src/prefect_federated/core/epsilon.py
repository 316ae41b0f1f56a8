"""An epsilon as people and programs read it: a number, or "unbounded" where no number bounds what was spent.

epsilon --epsilon_json--> 0.547838 | "unbounded"        JSON knows no infinity, and null says that nothing counts
"""

import math
from typing import Final

UNBOUNDED: Final = "unbounded"


def epsilon_json(epsilon: float) -> float | str:
    """An epsilon as a JSON value.

    >>> epsilon_json(1.5), epsilon_json(math.inf)
    (1.5, 'unbounded')
    """
    return UNBOUNDED if epsilon == math.inf else epsilon


def epsilon_text(epsilon: float | str, digits: int = 6) -> str:
    """An epsilon as text, or what `epsilon_json` made of it.

    Args:
        digits: significant ones of a number.

    >>> epsilon_text(0.54783812), epsilon_text(12.34567, digits=4), epsilon_text(math.inf)
    ('0.547838', '12.35', 'unbounded')
    """
    told = epsilon if isinstance(epsilon, str) else epsilon_json(epsilon)
    return told if isinstance(told, str) else f"{told:.{digits}g}"
