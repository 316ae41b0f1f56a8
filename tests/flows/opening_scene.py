"""A federation whose committee opens updates together: three seats, of which two are enough, and a shared mailbox."""

from dataclasses import replace
from pathlib import Path

from prefect_federated.adapters.content_keys import kept_key
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.releasing import release_shares
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.core.letters import read_letter
from prefect_federated.core.opening_spec import ByCommittee
from prefect_federated.core.releases import DOCUMENT_BYTES, ReleaseDocument, ReleaseLetter, read_release
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.participate import take_part
from prefect_federated.scenario.consortium import Consortium, set_up
from prefect_federated.scenario.plot import VALIDATORS, Plot
from prefect_federated.scenario.task_spec import Terms
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import HOSPITALS
from tests.flows.vouched import on_duty

THRESHOLD = 2


def together(url: str, folder: Path, rounds: int = 20) -> Consortium:
    """Three hospitals, three validators, aggregator and standby, who share a mailbox."""
    terms = Terms(epochs=1, quorum=2, norm_rule=False, opening=ByCommittee(threshold=THRESHOLD))
    plot = Plot(rounds, 0, hospitals=HOSPITALS, cheats=(), data_docs=False, terms=terms, validators=VALIDATORS)
    return sharing_mailbox(set_up(url, folder, LocalStore(root=folder / "store"), plot), folder / "mailbox")


def sharing_mailbox(made: Consortium, folder: Path) -> Consortium:
    box = {"mailbox": folder}
    made.members.update({name: block.model_copy(update=box) for name, block in made.members.items()})
    made.validators.update({name: block.model_copy(update=box) for name, block in made.validators.items()})
    return replace(made, **{name: getattr(made, name).model_copy(update=box) for name in ("aggregator", "standby")})


def open_and_commit(consortium: Consortium, early: bool = True) -> int:
    """A fresh round to which everybody has committed, and whose committee is drawn if it is to be early."""
    ended(consortium)
    federation, task = consortium.federation("sponsor"), consortium.task
    round = open_round(consortium.sponsor.open(), task)
    federation.wait_for_block(federation.ballot(task).draw_block + 1)
    if early:
        federation.draw(task)
    first, *others = HOSPITALS
    for name in others:
        take_part(consortium.members[name].open(), task)
    take_part(consortium.members[first].open(), task)  # commits last, and so reveals at once
    return round


def ended(consortium: Consortium) -> None:
    """See the last round to its end, whoever did not act in it, and everybody back in place."""
    federation, task = consortium.federation(), consortium.task
    while federation.round_state(task).phase in (Phase.REVEAL, Phase.VOTE, Phase.VOTE_REVEAL):
        federation.wait_until(federation.round_state(task).deadline + 1)
    on_duty(consortium)


def revealed_round(consortium: Consortium) -> RoundSpec:
    """A round that everybody has revealed in, before any member has released a share."""
    open_and_commit(consortium)
    for name in HOSPITALS:
        take_part(consortium.members[name].open(), consortium.task)
    assert consortium.federation().round_state(consortium.task).phase is Phase.VOTE
    return read_by(consortium.aggregator.open().party, consortium)


def read_by(party: Party, consortium: Consortium) -> RoundSpec:
    return listen(party, consortium.task, consortium.federation().round_state(consortium.task).round)


def keys_of(party: Party, spec: RoundSpec) -> int:
    """How many content keys of the round a reader has joined."""
    reveals = party.federation.reveals(spec.task, spec.round)
    kept = [kept_key(party.vault, spec, reveal.participant, party.account) for reveal in reveals]
    return sum(one is not None and one.key is not None for one in kept)


def letters(consortium: Consortium, spec: RoundSpec) -> list[Path]:
    return sorted((consortium.ground.out / "mailbox").glob(f"*/{spec.task}/{spec.round}/release/*.json"))


def member(consortium: Consortium, name: str) -> Party:
    return consortium.validators[name].open().party


def account(consortium: Consortium, name: str) -> str:
    return consortium.ground.accounts[name].address


def box(consortium: Consortium) -> FolderMailbox:
    return FolderMailbox(consortium.ground.out / "mailbox")


def reveals_of(consortium: Consortium, spec: RoundSpec) -> list[Reveal]:
    return consortium.federation().reveals(spec.task, spec.round)


def documents(consortium: Consortium, spec: RoundSpec) -> dict[str, ReleaseDocument]:
    """What lies released of a round, by member."""
    store, found = consortium.ground.store.open(), {}
    for path in letters(consortium, spec):
        letter = read_letter(ReleaseLetter, path.read_bytes())
        content = b"".join(store.get(letter.document_uri, DOCUMENT_BYTES))
        found[letter.participant] = read_release(content, letter.document_hash)
    return found


def box_of(consortium: Consortium, spec: RoundSpec, folder: Path, *names: str) -> FolderMailbox:
    """A mailbox in which only these members' letters have arrived."""
    there, wanted = consortium.ground.out / "mailbox", [account(consortium, name) for name in names]
    for path in letters(consortium, spec):
        if read_letter(ReleaseLetter, path.read_bytes()).participant in wanted:
            FolderMailbox(folder).leave(str(path.parent.relative_to(there)), path.read_bytes())
    return FolderMailbox(folder)


def release_all(consortium: Consortium, spec: RoundSpec, *names: str) -> None:
    for name in names:
        party = member(consortium, name)
        assert release_shares(party, box(consortium), read_by(party, consortium)) == len(HOSPITALS)
