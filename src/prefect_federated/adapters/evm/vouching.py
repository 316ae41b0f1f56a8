"""Signing for sound updates as a committee's member, checking whose signature it is, and refuting an exclusion."""

from collections.abc import Sequence

from prefect_federated.adapters.evm.compact_signatures import COMMITTEE, digest_of, sign_compactly, signer_of
from prefect_federated.adapters.evm.disputing import Case
from prefect_federated.adapters.evm.receipting import Receipting
from prefect_federated.adapters.evm.records import Reveal, Sent
from prefect_federated.adapters.evm.structs import opening_tuple
from prefect_federated.core.commitment import Opening
from prefect_federated.core.soundness import SoundLetter, sound_hash


class Vouching(Receipting):
    """What members of a committee say of single updates; the contract takes their delegates' word too."""

    def sign_sound(self, task: int, round: int, reveal: Reveal, member: str) -> SoundLetter:
        """The signer's letter that an update is sound, for a member that it is or acts for; nothing is sent."""
        digest = self._sound_digest(task, round, reveal)
        r, vs = sign_compactly(self._signing().account, digest)
        return SoundLetter.of(reveal.participant, reveal.opening, member, r, vs)

    def is_sound_letter(self, task: int, round: int, reveal: Reveal, letter: SoundLetter) -> bool:
        """Whether a letter is about this reveal, signed by the member that it names or by its delegate."""
        if not letter.is_about(reveal.participant, reveal.opening):
            return False
        signer = signer_of(self._sound_digest(task, round, reveal), letter.r, letter.vs)
        return self.signs_for(signer, letter.member)

    def refute_exclusion(
        self, case: Case, which: int, opening: Opening, signatures: Sequence[tuple[int, bytes]]
    ) -> Sent:
        """Show that two thirds of the committee found an update sound that was left out as unreadable.

        Args:
            which: place among the exclusions.
            signatures: seat and signature, ascending by seat.
        """
        return self._challenge("refuteExclusion", case, which, opening_tuple(opening), list(signatures))

    def _sound_digest(self, task: int, round: int, reveal: Reveal) -> bytes:
        said = sound_hash(task, round, reveal.participant, reveal.opening)
        return digest_of(self.chain_id, self.addresses.committee, said, COMMITTEE)
