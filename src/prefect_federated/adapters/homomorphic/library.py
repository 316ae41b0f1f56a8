"""Microsoft SEAL through TenSEAL: residues in, residues out.

generate() -> public, secret residues;   Encryptor(public).encrypt(words) -> c1, c0;   Decryptor(secret).decrypt(c1, c0)

SEAL reads keys and ciphertexts from files. What it reads is laid out here, field by field, from residues that were
checked before: no bytes of another party reach its parser. The files lie in memory, where the system can do that.
"""

import os
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.homomorphic.parts import Plain
from prefect_federated.core.homomorphic.ring import DEGREE, FINE_BITS, MODULUS, PLAIN, Residues


def generate() -> tuple[Residues, Residues]:
    """A new key, drawn by SEAL from the system's randomness: public residues `[2 DEGREE]`, secret ones `[DEGREE]`.

    Raises:
        ConfigurationError: TenSEAL is not installed.
    """
    seal = library()
    generator, public = seal.KeyGenerator(_context(PLAIN)), seal.PublicKey()
    generator.create_public_key(public)
    secret = generator.secret_key()  # its numbers are only there while it has a name
    return _read(public.data().dyn_array()), _read(secret.data().dyn_array())


class Encryptor:
    """Encrypts words, a block at a time, under one public key."""

    def __init__(self, public: Residues) -> None:
        """Take a key.

        Args:
            public: residues `[2 DEGREE]`.
        """
        key = _load(library().PublicKey(), _context(PLAIN), _ciphertext(_key_id(PLAIN), public, ntt=True))
        self._seal = library().Encryptor(_context(PLAIN), key)

    def encrypt(self, words: Plain) -> tuple[Residues, Residues]:
        """c1 and c0, uint64 `[DEGREE]` each, of up to DEGREE words; c0 from the last word on is not needed."""
        seal, made = library(), library().Ciphertext()
        plain = _load(seal.Plaintext(), _context(PLAIN), _polynomial((0, 0, 0, 0), words.astype(np.uint64)))
        self._seal.encrypt(plain, made)
        residues = _read(made.dyn_array())
        return residues[DEGREE:], residues[:DEGREE]


class Decryptor:
    """Decrypts blocks under one secret key, with `FINE_BITS` digits after the point, so that the noise is seen."""

    def __init__(self, secret: Residues) -> None:
        """Take a key.

        Args:
            secret: residues `[DEGREE]`.
        """
        fine = PLAIN << FINE_BITS  # a ciphertext does not say by what its words were scaled: read it more finely
        self._context = _context(fine)
        key = _load(library().SecretKey(), self._context, _polynomial(_key_id(fine), secret))
        self._seal, self._id = library().Decryptor(self._context, key), _key_id(fine)

    def decrypt(self, c1: Residues, c0: Residues) -> Residues:
        """For each residue of c0 a fine word, uint64: `word * 2^FINE_BITS` and what noise there is."""
        body = np.concatenate([c0, np.zeros(DEGREE - c0.size, np.uint64), c1])
        sealed = _load(library().Ciphertext(), self._context, _ciphertext(self._id, body, ntt=False))
        plain = library().Plaintext()
        self._seal.decrypt(sealed, plain)
        count = min(c0.size, plain.coeff_count())  # SEAL leaves zeros at the end out
        fine = np.zeros(c0.size, np.uint64)
        fine[:count] = [plain[at] for at in range(count)]
        return fine


@cache
def library() -> Any:
    """SEAL's own interface.

    Raises:
        ConfigurationError: TenSEAL is not installed.
    """
    try:
        import tenseal.sealapi as seal
    except ImportError as error:
        raise ConfigurationError(
            "TenSEAL is not installed, and encrypted sums need it: pip install 'prefect-federated[he]'"
        ) from error
    found: ModuleType = seal
    return found


@cache
def _context(plain: int) -> Any:
    """SEAL's check of the parameters; it refuses what is below 128 bits of security."""
    seal = library()
    parameters = seal.EncryptionParameters(seal.SCHEME_TYPE.BFV)
    parameters.set_poly_modulus_degree(DEGREE)
    parameters.set_coeff_modulus([seal.Modulus(MODULUS)])
    parameters.set_plain_modulus(plain)
    context = seal.SEALContext(parameters, True, seal.SEC_LEVEL_TYPE.TC128)
    if not context.parameters_set():
        raise ConfigurationError(
            f"this build of SEAL does not take degree {DEGREE}, modulus {MODULUS}, plain modulus {plain}:"
            f" {context.parameters_error_message()}; install the version that constraints.txt names"
        )
    return context


def _key_id(plain: int) -> tuple[int, ...]:
    """SEAL's hash of the parameters: four words."""
    return tuple(_context(plain).key_parms_id())


def _read(array: Any) -> Residues:
    return np.fromiter((array[at] for at in range(array.size())), np.uint64, array.size())


def _ciphertext(parameters: tuple[int, ...], residues: Residues, ntt: bool) -> bytes:
    """A ciphertext of two polynomials, as SEAL 4 saves it: no scale, no correction."""
    return _framed(struct.pack("<4QB3QdQ", *parameters, ntt, 2, DEGREE, 1, 1.0, 1) + _array(residues))


def _polynomial(parameters: tuple[int, ...], coefficients: Residues) -> bytes:
    """A plaintext or secret key, as SEAL 4 saves it."""
    return _framed(struct.pack("<4QQd", *parameters, coefficients.size, 1.0) + _array(coefficients))


def _array(numbers: Residues) -> bytes:
    return _framed(struct.pack("<Q", numbers.size) + numbers.astype("<u8").tobytes())


def _framed(body: bytes) -> bytes:
    """SEAL's header: of this build's version, nothing compressed."""
    made = library().Serialization.SEALHeader()
    numbers = made.magic, made.header_size, made.version_major, made.version_minor, 0, 0
    return struct.pack("<HBBBBHQ", *numbers, made.header_size + len(body)) + body


def _load(target: Any, context: Any, content: bytes) -> Any:
    load: Callable[[Any, str], None] = target.load
    with _file(content) as path:
        load(context, path)
    return target


@contextmanager
def _file(content: bytes) -> Iterator[str]:
    """A path that gives the content while it is needed: in memory on Linux, else in a folder of its owner's alone."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("seal"), "wb", buffering=0) as held:
            held.write(content)
            yield f"/proc/self/fd/{held.fileno()}"
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seal"
        path.write_bytes(content)
        yield str(path)
