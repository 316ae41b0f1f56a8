"""Signing a region's sum as its aggregator, and checking whose signature it is; no contract reads either."""

from prefect_federated.adapters.evm.compact_signatures import digest_of, sign_compactly, signer_of
from prefect_federated.adapters.evm.vouching import Vouching
from prefect_federated.core.regional import RegionLetter


class Regional(Vouching):
    """Letters about regional sums."""

    def sign_region(self, task: int, round: int, region: str, uri: str, document_hash: bytes) -> RegionLetter:
        """The letter of the account that signs, or is signed for, about its region's sum; nothing is sent."""
        nothing = bytes(32)
        unsigned = RegionLetter(
            participant=self.account,
            region=region,
            document_uri=uri,
            document_hash=document_hash,
            r=nothing,
            vs=nothing,
        )
        digest = digest_of(self.chain_id, self.coordinator, unsigned.struct_hash(task, round))
        r, vs = sign_compactly(self._signing().account, digest)
        return unsigned.model_copy(update={"r": r, "vs": vs})

    def is_region_letter(self, task: int, round: int, letter: RegionLetter) -> bool:
        """Whether a letter was signed by the aggregator that it names, or by its delegate of now."""
        digest = digest_of(self.chain_id, self.coordinator, letter.struct_hash(task, round))
        return self.signs_for(signer_of(digest, letter.r, letter.vs), letter.participant)
