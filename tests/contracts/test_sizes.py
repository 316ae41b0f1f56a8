"""A contract that no chain would take never gets into abi/."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def build() -> ModuleType:
    place = Path(__file__).parents[2] / "contracts" / "build.py"
    spec = importlib.util.spec_from_file_location("contracts_build", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sized(runtime: int, creation: int) -> dict[str, dict[str, str]]:
    return {"deployedBytecode": {"object": "0x" + "00" * runtime}, "bytecode": {"object": "0x" + "00" * creation}}


def test_what_fits_is_taken(build: ModuleType) -> None:
    build._require_size("Fits", sized(24_576, 49_152))


@pytest.mark.parametrize(("runtime", "creation"), [(24_577, 49_152), (24_576, 49_153)])
def test_a_byte_too_many_is_refused_with_both_numbers(build: ModuleType, runtime: int, creation: int) -> None:
    with pytest.raises(SystemExit, match=r"of Desk has (24577|49153) bytes, a chain takes (24576|49152)"):
        build._require_size("Desk", sized(runtime, creation))
