"""A holder's key is written and read again, or refused; without TenSEAL one is told what to install."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from prefect_federated.adapters.homomorphic.keys import HolderKey
from prefect_federated.adapters.homomorphic.sums import open_total
from prefect_federated.core.errors import KeyUnavailable
from prefect_federated.core.homomorphic.ring import DEGREE, KEY_BYTES, MODULUS, RESIDUE_BYTES
from prefect_federated.core.homomorphic.total import add
from tests.adapters.homomorphic.encrypted_cohort import key, payloads_of, roots_of, session_of, summed, updates

WITHOUT = """
import sys
sys.modules["tenseal"] = None
from prefect_federated.adapters.homomorphic.keys import HolderKey
from prefect_federated.core.errors import ConfigurationError
try:
    HolderKey.generate()
except ConfigurationError as error:
    print(error)
"""

HOLDER = """
import json, pathlib, sys
from prefect_federated.adapters.homomorphic.keys import HolderKey
from prefect_federated.adapters.homomorphic.sums import open_total
from prefect_federated.core.homomorphic.session import Session
folder, roots = pathlib.Path(sys.argv[1]), {int(i): bytes.fromhex(one) for i, one in json.loads(sys.argv[2]).items()}
key = HolderKey.parse((folder / "key").read_bytes())
session = Session(31337, "0x" + "c0" * 20, 1, 1, (0, 1, 2), (key.public,), 650)
(folder / "opening").write_bytes(open_total(session, key, roots, (folder / "total").read_bytes(), {}))
"""


def test_key_that_was_kept_opens_what_was_encrypted_before() -> None:
    session = session_of(650)
    payloads = payloads_of(session, updates(session, 1000))
    roots = roots_of(payloads)
    message = add(session, roots, payloads).message(0)
    kept = HolderKey.parse(key(0).encoded())
    assert open_total(session, kept, roots, message, {}) == open_total(session, key(0), roots, message, {})


def test_holder_opens_in_a_process_of_its_own_from_bytes_alone(tmp_path: Path) -> None:
    """Nothing but the key, the public session and the message of the aggregator goes over."""
    session = session_of(650, participants=3)
    payloads = payloads_of(session, updates(session, 1000))
    roots = roots_of(payloads)
    message = add(session, roots, payloads).message(0)
    (tmp_path / "key").write_bytes(key(0).encoded())
    (tmp_path / "total").write_bytes(message)
    told = json.dumps({str(index): one.hex() for index, one in roots.items()})
    subprocess.run([sys.executable, "-c", HOLDER, str(tmp_path), told], check=True)
    opening = (tmp_path / "opening").read_bytes()
    assert opening == open_total(session, key(0), roots, message, {})


def test_halves_of_two_keys_are_no_key() -> None:
    with pytest.raises(KeyUnavailable, match="halves of a holder's key do not fit together"):
        HolderKey.parse(HolderKey(key(0).public, key(1).secret).encoded())


@pytest.mark.parametrize("content", [b"", b"PFK1", b"PFK2" + bytes(KEY_BYTES + DEGREE * RESIDUE_BYTES)])
def test_bytes_that_are_no_key_are_refused(content: bytes) -> None:
    with pytest.raises(KeyUnavailable, match=f"{len(content)} bytes are no holder's key, which has 36868"):
        HolderKey.parse(content)


def test_damaged_key_is_refused() -> None:
    damaged = HolderKey(key(0).public, MODULUS.to_bytes(RESIDUE_BYTES, "little") + key(0).secret[RESIDUE_BYTES:])
    with pytest.raises(KeyUnavailable, match=f"residue {MODULUS} at place 0"):
        HolderKey.parse(damaged.encoded())


def test_key_does_not_show_itself() -> None:
    assert "b'" not in repr(key(0)) and key(0).secret.hex()[:32] not in repr(key(0))


def test_keys_are_not_drawn_twice() -> None:
    assert key(0).public != key(1).public and key(0).secret != key(1).secret


def test_without_tenseal_the_error_says_what_to_install() -> None:
    run = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert "TenSEAL is not installed" in run.stdout and "pip install 'prefect-federated[he]'" in run.stdout


def test_where_the_system_has_no_files_in_memory_a_private_folder_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    session = session_of(5, participants=3)
    given = {index: np.array([1, -2, 3, -4, index], np.int32) for index in range(3)}
    assert summed(session, payloads_of(session, given, weight=2)).tolist() == [6, -12, 18, -24, 6]
