"""An encrypted update as it leaves a silo: its words in parts, a ciphertext for every key holder.

update --weighted, split, encrypted--> words of the payload      the same update gives the same words, in one round
"""

import hashlib

import numpy as np

from prefect_federated.adapters.party import Party
from prefect_federated.core.combine import Words
from prefect_federated.core.encrypted_spec import Encrypted
from prefect_federated.core.errors import SpecError
from prefect_federated.core.paillier.payload import encrypt
from prefect_federated.core.paillier.session import Session
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealing import derive
from prefect_federated.learning.update import EncodedUpdate


def sum_session(spec: RoundSpec) -> Session:
    """What everybody's ciphertexts of a round are bound to.

    Raises:
        SpecError: nothing is encrypted in this task.
    """
    masking = spec.spec.masking
    if not isinstance(masking, Encrypted):
        raise SpecError(
            f"task {spec.spec.name} has no key holders, its updates are {masking.name}; nothing is encrypted"
        )
    place = spec.chain_id, spec.coordinator, spec.task, spec.round
    return Session(*place, words=spec.spec.model.size, holders=masking.parties)


def encrypted(party: Party, spec: RoundSpec, update: EncodedUpdate) -> Words:
    """An update's words, encrypted, int32; made again from the sealing key and the words.

    Raises:
        PayloadError: a weighted word is 2^31 or more.
    """
    noise = b"" if update.noise is None else update.noise.astype("<i8").tobytes()
    words = hashlib.sha256(update.weight.to_bytes(8, "big") + update.words.astype("<i4").tobytes() + noise).digest()
    key = party.sealing_key  # other words, another seed: under one seed their difference would be in the open
    seed = derive(key.private_bytes, "encrypted sum", spec.context(party.account), key.version, words)
    found = encrypt(sum_session(spec), party.account, update.words, update.weight, seed, update.noise)
    return np.ascontiguousarray(found)
