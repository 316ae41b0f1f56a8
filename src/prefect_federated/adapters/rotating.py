"""Replacing a party's sealing key: the new one lies on two disks before the chain has it, and the old one is kept.

fresh key --backup, then its own file--> rotateSealingKey --> sealed to from now on        old key --> former_keys

Whatever stops it, the chain has the old key or the new one, and the files of both are there: it is run again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from prefect_federated.adapters.durable import sync_folder
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.core.errors import ConfigurationError, KeyUnavailable
from prefect_federated.core.round import Phase

_MASKING = (Phase.SHARE, Phase.COMMIT, Phase.REVEAL, Phase.UNMASK)


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """How sealing keys lie on this party's disks: under a password, or sealed at rest."""

    save: Callable[[SealingKey, Path], None]
    open: Callable[[Path], SealingKey]


def owing_rounds(federation: Federation, account: str) -> list[str]:
    """Masked rounds that run, in which an account has dealt shares and not yet shown those of others: "task/round"."""
    found = []
    for task in range(1, federation.tasks() + 1):
        state = federation.round_state(task) if federation.is_masked(task) else None
        if state is None or state.phase not in _MASKING:
            continue
        if federation.has_dealt(task, state.round, account) and not federation.has_shown(task, state.round, account):
            found.append(f"{task}/{state.round}")
    return found


def made_key(
    files: KeyFiles, path: Path, backup: Path | None, version: int, source: SealingKey | None = None
) -> SealingKey:
    """The key in a file; where there is none it is made, and lies in the backup before it lies there.

    Args:
        version: of the new key, as the registry will count it.
        source: the key to take in place of a fresh one, of whatever version.

    Raises:
        ConfigurationError: it would have to be made, and no backup is named.
        KeyUnavailable: file, backup and source are not one key, or a file cannot be read back.
    """
    if not path.exists():
        if backup is None or backup.absolute() == path.absolute():
            raise ConfigurationError(
                f"there is no key at {path}, and one is made only together with a copy: lost it costs the stake; name"
                " where the copy goes with --backup, on another disk"
            )
        fresh = replace(source or SealingKey.generate(), version=version)
        _put(files, files.open(backup) if backup.exists() else fresh, backup)
        _put(files, files.open(backup), path)
    key = files.open(path)
    if source is not None and source.private_bytes != key.private_bytes:
        raise KeyUnavailable(f"{path} holds another sealing key than the one to take; name a file that does not exist")
    if backup is not None:
        _put(files, key, backup)
    return key


def rotate(federation: Federation, key: SealingKey) -> None:
    """Have the registry replace the signer's sealing key.

    Raises:
        ConfigurationError: the key has another version than the registry will count, or was this account's before.
    """
    account = federation.signer
    now = federation.participant(account)
    if key.version != now.key_version + 1:
        raise ConfigurationError(
            f"the new sealing key says it is version {key.version}, that of {account} will be version"
            f" {now.key_version + 1}; have it made: name a file that does not exist, with --from to take this key"
        )
    require_fresh(federation, key)
    federation.rotate_sealing_key(key.public_bytes)


def require_fresh(federation: Federation, key: SealingKey) -> None:
    """Refuse a key that the signer has, or had.

    Raises:
        ConfigurationError: naming its version.
    """
    had = [public for public, _ in federation.sealing_keys(federation.signer)]
    if key.public_bytes in had:
        raise ConfigurationError(
            f"0x{key.public_bytes.hex()} was a sealing key of {federation.signer} before, version"
            f" {had.index(key.public_bytes) + 1}; nothing was sent: take a fresh one"
        )


def _put(files: KeyFiles, key: SealingKey, path: Path) -> None:
    """Write a key file that is whole or not there, unless the key lies there already."""
    if not path.exists():
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)  # half a file of a process that died
        files.save(key, fresh)
        fresh.replace(path)
        sync_folder(path.parent)
    found = files.open(path)
    if found != key:
        raise KeyUnavailable(
            f"{path} holds another sealing key, 0x{found.public_bytes.hex()}, than 0x{key.public_bytes.hex()}; nothing"
            " was sent: name another file"
        )
