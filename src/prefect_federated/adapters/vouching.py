"""Members' letters about sound updates: left in the mailbox by who read them, kept in its vault by who may need them.

reveals --fetch, open, check--> letters --mailbox--> participant, other members, standby --> vault --> two thirds?
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.gathering import Gathered, fetch_in_range
from prefect_federated.adapters.mailbox import Mailbox, place_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import gives_key_to
from prefect_federated.adapters.reading import made_over
from prefect_federated.adapters.releasing import given_to
from prefect_federated.core.committee import Seat, seat_of, two_thirds
from prefect_federated.core.errors import ConfigurationError, PayloadError, StoreUnreachable
from prefect_federated.core.letters import read_letter
from prefect_federated.core.proposal import unpack_exclusions
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.soundness import SoundLetter, is_of_reading


def leave_sound(party: Party, mailbox: Mailbox, spec: RoundSpec) -> int:
    """Leave a letter about each update that this member finds sound and left none about; how many it left.

    Where the committee opens updates, nothing new is said once the votes are over: who proposes can only read what was
    released to it by then. What this member said before is said again.
    """
    federation, seat = party.federation, seat_of(_seats(party, spec), party.account)
    if seat is None:
        return 0
    reveals = federation.reveals(spec.task, spec.round)
    missing = [one for one in reveals if not _letters(party, mailbox, spec, one, (seat,))]
    letters = _said_together(party, mailbox, spec, missing) if spec.threshold else _said(party, spec, missing)
    for reveal, letter in letters:
        mailbox.leave(_place(spec, reveal.participant), letter.to_bytes())
    return len(letters)


def keep_sound(party: Party, mailbox: Mailbox, spec: RoundSpec) -> list[str]:
    """Copy members' letters into this party's vault, where nobody can take them away; whose they are.

    A participant keeps those about itself, others those about whom the standing proposal leaves out as unreadable.
    """
    kept, seats = [], _seats(party, spec)
    if not seats:
        return []
    left_out = _left_out(party, spec)
    for reveal in party.federation.reveals(spec.task, spec.round):
        if reveal.participant != party.account and reveal.index not in left_out:
            continue
        for letter in _letters(party, mailbox, spec, reveal, seats):
            party.vault.keep(_slot(spec, reveal, letter.member), letter.to_bytes())
            kept.append(letter.member)
    return kept


def _said(party: Party, spec: RoundSpec, reveals: Iterable[Reveal]) -> list[tuple[Reveal, SoundLetter]]:
    """A fresh letter about each of these that is sound."""
    sound = [reveal for reveal in reveals if is_sound(party, spec, reveal)]
    return [(one, party.federation.sign_sound(spec.task, spec.round, one, party.account)) for one in sound]


def _said_together(
    party: Party, mailbox: Mailbox, spec: RoundSpec, reveals: Sequence[Reveal]
) -> list[tuple[Reveal, SoundLetter]]:
    """Letters that this member has kept; while votes can come also fresh ones, about what who proposes can open too."""
    if reveals and party.federation.round_state(spec.task).phase in (Phase.VOTE, Phase.VOTE_REVEAL):
        on_duty = party.federation.task_of(spec.task)
        given = given_to(party, mailbox, spec, (on_duty.aggregator, on_duty.standby))
        for reveal, fresh in _said(party, spec, (one for one in reveals if one.participant in given)):
            party.vault.keep(_slot(spec, reveal, party.account), fresh.to_bytes())
    return [(one, letter) for one in reveals if (letter := _kept(party, spec, one, party.account)) is not None]


def is_sound(party: Party, spec: RoundSpec, reveal: Reveal) -> bool:
    """Whether this member can read the update, and whoever proposes is given the same key.

    Without the second a participant could show its update to the committee alone, and have an aggregator that cannot
    open it lose its bond.
    """
    on_duty = party.federation.task_of(spec.task)
    try:
        fetch_in_range(party, spec, reveal)
        if spec.threshold:  # what they were given is told from the releases, see `given_to`
            return True
        over = made_over(party, spec, reveal.behind)
        update = reveal.participant, reveal.uri, party.account, party.sealing_key
        accounts = on_duty.aggregator, on_duty.standby
        if gives_key_to(party.store, over, *update, accounts):
            return True
        return gives_key_to(party.store, _with_dealing_keys(party, over), *update, accounts)
    except (PayloadError, ConfigurationError, StoreUnreachable):
        return False


def _with_dealing_keys(party: Party, spec: RoundSpec) -> RoundSpec:
    """The round with every key that its readers had since it opened: who rotates makes no envelope wrong."""
    keys = party.federation.dealing_keys(spec.task, spec.round)
    return replace(spec, readers=tuple(replace(one, keys=keys.get(one.account, ())) for one in spec.readers))


def refutation(
    party: Party, spec: RoundSpec, reveal: Reveal, mailbox: Mailbox | None = None
) -> tuple[tuple[int, bytes], ...]:
    """Seats and signatures by which two thirds of the committee call an update sound; nothing where fewer do.

    Out of this party's vault, and out of a mailbox where one is given.
    """
    seats = _seats(party, spec)
    bonded = {one.account for one in party.federation.validators(spec.task) if one.bonded} if seats else set()
    letters = {one.member: one for one in _letters(party, mailbox, spec, reveal, seats)} if mailbox else {}
    found = []
    for seat in seats:
        letter = letters.get(seat.member) or _kept(party, spec, reveal, seat.member)
        if letter is not None and seat.member in bonded:
            found.append((seat.number, letter.signature))
    return tuple(found) if two_thirds(len(found), len(seats)) else ()


def require_uncontradicted(party: Party, mailbox: Mailbox, spec: RoundSpec, gathered: Gathered) -> None:
    """Refuse to leave somebody out as unreadable whom two thirds of the committee could read: it would cost the bond.

    Raises:
        StoreUnreachable: naming the first; the fault is on this side, so try again.
    """
    for reveal in party.federation.reveals(spec.task, spec.round):
        reason = gathered.reasons.get(reveal.participant)
        if reason is None or not is_of_reading(reason):
            continue
        found = refutation(party, spec, reveal, mailbox)
        if found:
            raise StoreUnreachable(
                f"round {spec.task}/{spec.round}: {party.name} would leave {reveal.participant} out for {reason.name}"
                f" ({gathered.details[reveal.participant]}), but {len(found)} members of the committee found its update"
                " sound; check store and sealing key, or leave the round to the standby"
            )


def is_left_out_unjustly(party: Party, spec: RoundSpec) -> bool:
    """Whether the standing proposal calls this participant's update unreadable, against two thirds of the committee."""
    reveals = party.federation.reveals(spec.task, spec.round)
    mine = next((one for one in reveals if one.participant == party.account), None)
    return mine is not None and mine.index in _left_out(party, spec) and bool(refutation(party, spec, mine))


def _seats(party: Party, spec: RoundSpec) -> tuple[Seat, ...]:
    """The committee of this round; nobody where it has none, or it is another round's by now."""
    ballot = party.federation.ballot(spec.task)
    current = ballot.drawn and ballot.round == spec.round
    return party.federation.seats(spec.task) if current else ()


def _left_out(party: Party, spec: RoundSpec) -> set[int]:
    """Indices that the standing proposal leaves out as unreadable; none before there is one."""
    if not party.federation.round_state(spec.task).proposal_hash.strip(b"\0"):
        return set()
    excluded = unpack_exclusions(party.federation.proposal(spec.task, spec.round).exclusions)
    return {index for index, reason in excluded.items() if is_of_reading(reason)}


def _letters(
    party: Party, mailbox: Mailbox, spec: RoundSpec, reveal: Reveal, seats: tuple[Seat, ...]
) -> list[SoundLetter]:
    """Letters in the mailbox about a reveal that members in these seats signed; anything else is left lying."""
    found = []
    for content in mailbox.read(_place(spec, reveal.participant)).letters:
        try:
            letter = read_letter(SoundLetter, content)
        except PayloadError:
            continue
        theirs = seat_of(seats, letter.member) is not None
        if theirs and party.federation.is_sound_letter(spec.task, spec.round, reveal, letter):
            found.append(letter)
    return found


def _kept(party: Party, spec: RoundSpec, reveal: Reveal, member: str) -> SoundLetter | None:
    """The letter that was kept, unless whoever signed it for the member is its delegate no longer."""
    document = party.vault.recall(_slot(spec, reveal, member))
    letter = None if document is None else read_letter(SoundLetter, document)
    good = letter is not None and party.federation.is_sound_letter(spec.task, spec.round, reveal, letter)
    return letter if good else None


def _place(spec: RoundSpec, participant: str) -> str:
    return place_of(spec.chain_id, spec.coordinator, spec.task, spec.round, f"sound/{participant.lower()}")


def _slot(spec: RoundSpec, reveal: Reveal, member: str) -> str:
    return spec.slot(f"sound/{reveal.participant}", member)
