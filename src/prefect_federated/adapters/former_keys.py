"""Whether a party names every sealing key that it had: what it must never forget may lie under any of them.

keys of the account on chain --minus those that it names--> none, or a sentence that says which file is missing
"""

from prefect_federated.adapters.party import Party
from prefect_federated.core.errors import KeyUnavailable


def require_former_keys(party: Party, what: str, since: tuple[int, int] | None = None) -> None:
    """Refuse to go on where a sealing key was replaced, and is neither named as a former key nor as lost.

    Args:
        what: lies under it, if it was written before.
        since: task and round whose opening the key was still registered at; None for any key that there ever was.

    Raises:
        KeyUnavailable: naming the key, and where to name its file.
    """
    if party.federation.participant(party.account).key_version < 2:
        return
    named = {one.public_bytes for one in party.sealing_key.every} | set(party.sealing_key.lost)
    replaced = party.federation.sealing_keys(party.account)[:-1]
    for version, (public, _) in enumerate(replaced, start=1):
        if public not in named and (since is None or party.federation.held_key(party.account, public, *since)):
            raise KeyUnavailable(
                f"{party.name}: the sealing key 0x{public.hex()} of {party.account}, version {version}, was replaced"
                f" with `federated participant rotate`, and {what} may lie under it: add its file to former_keys of the"
                " Signer block, or to FEDERATED_FORMER_KEYS; if it is lost for good, add its public half to the block's"
                " lost_keys, and that is forgotten"
            )
