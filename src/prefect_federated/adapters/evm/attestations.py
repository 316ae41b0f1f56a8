"""Signed votes: signing one, checking whose it is, bringing it, and showing two that contradict each other.

vote's digest --EIP-712, the Committee's domain--> SignedVote --attest--> chain      two of one member --> its bond
"""

from prefect_federated.adapters.evm.compact_signatures import COMMITTEE, digest_of, sign_compactly, signer_of
from prefect_federated.adapters.evm.records import Sent
from prefect_federated.adapters.evm.voting import Voting
from prefect_federated.core.signed_votes import OpenVote, SignedVote
from prefect_federated.core.vote import BallotContext


class Attestations(Voting):
    """Attestations as the Committee contract takes them, from accounts with a key."""

    def sign_vote(self, context: BallotContext, commitment: bytes) -> SignedVote:
        """A promise for anybody to bring, signed by the member or the delegate that acts for it; nothing is sent."""
        nothing, where = bytes(32), {name: getattr(context, name) for name in BallotContext.__dataclass_fields__}
        unsigned = SignedVote(**where, commitment=commitment, r=nothing, vs=nothing)
        r, vs = sign_compactly(self._signing().account, attestation_digest(unsigned))
        return unsigned.model_copy(update={"r": r, "vs": vs})

    def is_signed_vote(self, vote: SignedVote) -> bool:
        """Whether a promise was signed by its member, or by the member's delegate of now."""
        signer = signer_of(attestation_digest(vote), vote.r, vote.vs)
        return self.signs_for(signer, vote.member)

    def attest(self, vote: SignedVote, seat: int) -> Sent:
        """Promise the vote of a member who signed it; anyone may. The same one is sent once."""
        return self._send("Committee", "attest", vote.task, vote.round, seat, vote.commitment, vote.signature)

    def show_open_vote(self, file: OpenVote, seat: int) -> Sent:
        """Show the vote of a member who wrote it down; anyone may."""
        return self.reveal_vote(file.task, file.round, seat, file.vote, file.scores)

    def challenge_conflict(self, first: SignedVote, second: SignedVote | bytes) -> Sent:
        """Show two promises of one member in one round: it loses the whole bond, half of it to the signer.

        Args:
            first: one that was signed.
            second: another that was signed, or the one that the chain holds in the current ballot.
        """
        other = (second, b"") if isinstance(second, bytes) else (second.commitment, second.signature)
        values = ((first.commitment, first.signature), other)
        return self._send("Committee", "challengeConflict", first.task, first.round, first.member, *values)


def attestation_digest(vote: SignedVote) -> bytes:
    """What is signed, 32 bytes."""
    return digest_of(vote.chain_id, vote.committee, vote.struct_hash, COMMITTEE)
