"""Signing a member's releases, checking whose signature it is, and the sealing keys that shares may be wrapped to."""

from prefect_federated.adapters.evm.compact_signatures import COMMITTEE, digest_of, sign_compactly, signer_of
from prefect_federated.adapters.evm.records import Event
from prefect_federated.adapters.evm.regional import Regional
from prefect_federated.core.releases import ReleaseLetter
from prefect_federated.core.round import Phase


class Releasing(Regional):
    """Letters about released shares; no contract reads them, members' delegates may sign."""

    def sign_release(self, task: int, round: int, member: str, uri: str, document_hash: bytes) -> ReleaseLetter:
        """The signer's letter about releases of a member that it is or acts for; nothing is sent."""
        nothing = bytes(32)
        unsigned = ReleaseLetter(
            participant=member, document_uri=uri, document_hash=document_hash, r=nothing, vs=nothing
        )
        r, vs = sign_compactly(self._signing().account, self._release_digest(task, round, unsigned))
        return unsigned.model_copy(update={"r": r, "vs": vs})

    def is_release_letter(self, task: int, round: int, letter: ReleaseLetter) -> bool:
        """Whether a letter was signed by the member that it names, or by its delegate of now."""
        digest = self._release_digest(task, round, letter)
        return self.signs_for(signer_of(digest, letter.r, letter.vs), letter.participant)

    def dealing_keys(self, task: int, round: int) -> dict[str, tuple[bytes, ...]]:
        """Sealing keys by account that a share of a round may be wrapped to.

        That is the key registered when the round opened, and any since until its reveals had ended: whoever rotates
        while others reveal must not make their envelopes wrong. They are the same for whoever asks later.
        """
        opened = _place(self.started(task, round))
        ended = next((_place(e) for e in self.events(task, round, ("PhaseChanged",)) if _is_past_reveal(e)), None)
        keys: dict[str, tuple[bytes, ...]] = {}
        for event in self.events(names=("Registered", "SealingKeyRotated")):
            account, key, place = event.args["participant"], bytes(event.args["sealingKey"]), _place(event)
            if place < opened:
                keys[account] = (key,)
            elif ended is None or place < ended:
                keys[account] = (*keys.get(account, ()), key)
        return keys

    def _release_digest(self, task: int, round: int, letter: ReleaseLetter) -> bytes:
        return digest_of(self.chain_id, self.addresses.committee, letter.struct_hash(task, round), COMMITTEE)


def _is_past_reveal(event: Event) -> bool:
    return bool(event.args["phase"] > Phase.REVEAL)


def _place(event: Event) -> tuple[int, int]:
    """Where an event lies in the chain."""
    return event.block, event.log_index
