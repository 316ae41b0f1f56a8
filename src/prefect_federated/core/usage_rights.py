"""What a model version may be used for, and until when: what all that went into it allows.

base version's rights, grants of the included --AND of the purposes, earliest end--> rights of the new version
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from prefect_federated.core.consent import purpose_codes
from prefect_federated.core.remedies import State

ALL_PURPOSES, FOREVER = (1 << 64) - 1, (1 << 40) - 1  # what a genesis has: nobody's data went into it


@dataclass(frozen=True, slots=True)
class UsageRights:
    """Bits of purposes as in a grant, and the first second of chain time after use (2^40 - 1: it never ends)."""

    purposes: int
    usable_until: int

    def within(self, other: "UsageRights") -> bool:
        """Whether they give nothing that others do not give.

        >>> UsageRights(1, 90).within(UsageRights(3, 90)), UsageRights(4, 90).within(UsageRights(3, 90))
        (True, False)
        """
        return not self.purposes & ~other.purposes and self.usable_until <= other.usable_until

    def __str__(self) -> str:
        """In words, for people.

        >>> print(UsageRights(5, 1_900_000_000), "|", EVERYTHING)
        GRU, DS until chain time 1900000000 | every purpose without end
        """
        what = "every purpose" if self.purposes == ALL_PURPOSES else purpose_codes(self.purposes)
        return f"{what} {'without end' if self.usable_until == FOREVER else f'until chain time {self.usable_until}'}"


_FORBIDDEN = {
    State.OPEN: "consent for data that went into it was taken back, and no steward has answered that yet",
    State.RETRAIN: "a steward decided that it is to be trained anew, without data whose consent was taken back",
    State.RETIRE: "a steward retired it",
}
EVERYTHING = UsageRights(ALL_PURPOSES, FOREVER)


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a use is allowed, and the reason in a sentence."""

    allowed: bool
    reason: str


def intersection(base: UsageRights, grants: Iterable[UsageRights]) -> UsageRights:
    """Rights of a version: purposes = base AND all grants, end = the earliest of all.

    Args:
        base: rights of the version that it was trained on.
        grants: one for each update in it; nothing included leaves the base's.

    >>> intersection(EVERYTHING, [UsageRights(7, 300), UsageRights(5, 200), UsageRights(13, 400)])
    UsageRights(purposes=5, usable_until=200)
    """

    def both(a: UsageRights, b: UsageRights) -> UsageRights:
        return UsageRights(a.purposes & b.purposes, min(a.usable_until, b.usable_until))

    return reduce(both, grants, base)


def permission(rights: UsageRights, purposes: int, at_s: int, state: State | None = None) -> Permission:
    """Whether a version may be used for all of some purposes at a second of chain time.

    Args:
        rights: the version's.
        purposes: bits of the use.
        at_s: second of chain time of the use.
        state: of its gravest remedy, where it has one. Nothing but `accept` lets it be used.

    >>> permission(UsageRights(5, 200), 1, 199).allowed, permission(UsageRights(5, 200), 1, 200).allowed
    (True, False)
    >>> permission(UsageRights(5, 200), 2, 100).reason
    'the data that went into it may be used for GRU, DS, HMB was asked for'
    >>> permission(UsageRights(5, 200), 1, 100, State.RETIRE).reason
    'a steward retired it'
    """
    if state in _FORBIDDEN:
        return Permission(False, _FORBIDDEN[state])
    if missing := purposes & ~rights.purposes:
        given = UsageRights(rights.purposes, FOREVER)
        words = str(given).removesuffix(" without end")
        return Permission(
            False, f"the data that went into it may be used for {words}, {purpose_codes(missing)} was asked for"
        )
    if at_s >= rights.usable_until:
        return Permission(
            False, f"it could be used until chain time {rights.usable_until}, chain time {at_s} was asked for"
        )
    return Permission(True, f"the data that went into it may be used for {rights}")
