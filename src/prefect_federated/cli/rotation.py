"""`federated participant rotate`: replace a sealing key; the old one is kept, for old rounds open with it alone.

running masked rounds? --> new key file and its copy --> rotateSealingKey --> what to write into the Signer block
"""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prefect_federated.cli import console
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.rest_key import FORMER_KEYS, VARIABLE, rest_key
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ConfigurationError, ContractRefused, KeyUnavailable, UnknownParticipant

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.adapters.keys import SealingKey
    from prefect_federated.adapters.rotating import KeyFiles


@console.says_what_to_do
@takes(sender=Sender, where=Where)
def rotate(
    sealing_key: Annotated[Path, typer.Option(help="File of the new sealing key; made if it is missing.")],
    sender: Sender,
    where: Where,
    former_key: Annotated[
        Path | None, typer.Option(help="File of the key that is registered now; keep it, old rounds need it.")
    ] = None,
    lost: Annotated[bool, typer.Option("--lost", help="The key that is registered now is lost for good.")] = False,
    backup: Annotated[
        Path | None, typer.Option(help="Where a copy of the new key goes, on another disk; needed to make one.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="Sealing key to take in place of a fresh one, of any version.")
    ] = None,
    at_rest: Annotated[
        str,
        typer.Option("--at-rest", envvar=VARIABLE, help="Seal the new key under this key at rest, not a password."),
    ] = "",
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Do not wait for masked rounds in which the account owes a step.")
    ] = False,
) -> None:
    """Replace the sealing key: what is sealed from now on is sealed to the new one, what was sealed opens with the old.

    The new key lies in its file and in the backup before anything is sent, so it may be repeated at any time.
    """
    from prefect_federated.adapters.rotating import made_key, owing_rounds, require_fresh
    from prefect_federated.adapters.rotating import rotate as replace_key

    federation, files = where.open(sender), _files(sender, at_rest)
    now = federation.participant(federation.signer)
    if not now.registered:
        raise UnknownParticipant(
            f"{federation.signer} is not registered, it has no sealing key to replace; run `federated participant"
            f" register --sealing-key {sealing_key}`"
        )
    if sealing_key.exists() and files.open(sealing_key).public_bytes == now.sealing_key:
        _say(f"the key in {sealing_key} is registered already; nothing was sent")
        replaced = [public for public, _ in federation.sealing_keys(federation.signer)][:-1]
        if replaced and (former_key or lost):
            _require_old(files, replaced[-1], former_key, lost)
            _say_done(federation, files.open(sealing_key), sealing_key, replaced[-1], former_key)
        return
    _require_old(files, now.sealing_key, former_key, lost)
    owing = owing_rounds(federation, federation.signer)
    if owing and not at_once:
        raise ContractRefused(
            f"{federation.signer} has dealt shares in masked round {', '.join(owing)} and owes a step there: a process"
            " that does not name the old key can take none, and the bond is lost; rotate when the round is over, or"
            " with --at-once, and name the old key in former_keys of the Signer block before that step"
        )
    taken = files.open(source) if source else None
    if taken is not None:
        require_fresh(federation, taken)
    key = made_key(files, sealing_key, backup, now.key_version + 1, taken)
    replace_key(federation, key)
    _say_done(federation, key, sealing_key, now.sealing_key, former_key)


def _require_old(files: "KeyFiles", old: bytes, path: Path | None, lost: bool) -> None:
    """The key that is replaced is at hand, or said to be lost."""
    if (path is None) != lost:
        raise ConfigurationError(
            f"--former-key FILE names the key that is replaced, --lost says that it is gone, and"
            f" {'both were' if lost else 'neither was'} given; give exactly one: with the file old rounds, consent"
            " record, answered statistics and policies stay readable, without it they do not"
        )
    if path is not None and (found := files.open(path)).public_bytes != old:
        raise KeyUnavailable(
            f"{path} holds sealing key 0x{found.public_bytes.hex()}, the one to replace is 0x{old.hex()}; name the"
            " file of that one with --former-key"
        )


def _files(sender: Sender, at_rest: str) -> "KeyFiles":
    from prefect_federated.adapters.keys import SealingKey
    from prefect_federated.adapters.rotating import KeyFiles
    from prefect_federated.adapters.sealed_file import is_sealed

    sealed_under = rest_key(at_rest) if at_rest else None

    def save(key: SealingKey, path: Path) -> None:
        if sealed_under is None:
            key.save(path, sender.password)
        else:
            key.save_at_rest(path, sealed_under)

    def opened(path: Path) -> SealingKey:
        if sealed_under is not None and is_sealed(path):
            return SealingKey.load_at_rest(path, sealed_under)
        return SealingKey.load(path, sender.password)

    return KeyFiles(save, opened)


def _say_done(federation: "Federation", key: "SealingKey", path: Path, replaced: bytes, former: Path | None) -> None:
    """What is so now, and what is to be written where; without the old key's file it is said to be lost."""
    _say(f"{federation.signer} has sealing key version {key.version}, 0x{key.public_bytes.hex()}")
    if former is None:
        _say(f"in the Signer block: sealing_key {path}, and 0x{replaced.hex()} in lost_keys")
        _say("what was sealed to the lost key is gone: old rounds, consent record, answered statistics, policies")
        return
    _say(f"in the Signer block: sealing_key {path}, and {former} first in former_keys, before this party's next step")
    _say(f"for commands: --sealing-key {path}, and {FORMER_KEYS}={shlex.quote(str(former))} for what is older")
    _say(f"keep {former} and its backup: old rounds, consent record, answered statistics and policies need it")


def _say(line: str) -> None:
    console.out.print(line, soft_wrap=True, markup=False, highlight=False)
