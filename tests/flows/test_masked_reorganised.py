"""A chain that takes openings back under a masked round: no silo's two masks are ever opened, before or after the gap.

openings --gap: nothing is shown--> a reorganisation finds other survivors, and they are answered for
openings --gap, answers--> a deeper one finds other survivors, and nobody answers twice
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.devnet import find_anvil
from prefect_federated.adapters.masking import session_of
from prefect_federated.core.errors import UnmaskRefused, WrongPhase
from prefect_federated.core.masking.answer import CHUNK, MAGIC, OpenShare, _parsed
from prefect_federated.core.masking.sharing import MASKING_KEY, SELF_SEED
from prefect_federated.core.merkle import chunks_of
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.participate import take_part
from prefect_federated.scenario.consortium import Consortium
from tests.chains.hardhat_node import REQUIRED
from tests.flows import local_scene as scene
from tests.flows.conftest import ROOT, Found
from tests.flows.test_masked import HOSPITALS, LAST, due

pytestmark = pytest.mark.slow

STAYED = HOSPITALS[:3]


def act(consortium: Consortium, spec: RoundSpec, step: str, *names: str) -> None:
    """A step of these silos, and the wait for whatever comes next to be final."""
    for name in names:
        getattr(scene.members(consortium)[name], step)(spec.task, spec.round)
    federation = consortium.federation()
    federation.wait_until(federation.round_state(spec.task).opens_at)


def up_to_reveal(consortium: Consortium) -> tuple[RoundSpec, int]:
    """A round in which all but the last have opened; the height of the chain then."""
    spec, federation = scene.opened(consortium), consortium.federation()
    federation.wait_until(federation.deals_from(federation.round_state(spec.task)))
    act(consortium, spec, "share", *HOSPITALS)
    act(consortium, spec, "commit", *HOSPITALS)
    act(consortium, spec, "reveal", *STAYED)
    return spec, height(consortium)


def height(consortium: Consortium) -> int:
    return rpc.request_int(consortium.federation().w3, "eth_blockNumber", [])


def taken_back(consortium: Consortium, spec: RoundSpec, to: int) -> None:
    """The chain with other blocks from that height on, in which the last has not opened; its Reveal then ends."""
    federation = consortium.federation("sponsor")
    rpc.request(federation.w3, "anvil_reorg", [height(consortium) - to, []])
    state = federation.round_state(spec.task)
    assert (state.phase, state.revealed) == (Phase.REVEAL, len(STAYED))
    scene.pass_deadline(consortium)
    federation.tick(spec.task)
    federation.wait_until(federation.round_state(spec.task).opens_at)
    assert federation.round_state(spec.task).phase is Phase.UNMASK


def answers(consortium: Consortium) -> list[bytes]:
    """Every message of Unmask that lies in the store, on whatever chain it was shown."""
    stored = (path for path in (consortium.ground.out / "store").rglob("*") if path.is_file())
    return [content for content in (path.read_bytes() for path in stored) if content.startswith(MAGIC)]


def shares_of(consortium: Consortium, spec: RoundSpec, name: str, messages: list[bytes]) -> Counter[int]:
    """How many shares of a silo's secrets these messages hold, by role."""
    party = scene.members(consortium)[name].silo.party
    index = next(one.index for one in session_of(party, spec).members if one.account == party.account)
    rows = (_parsed(bytes(row), "a test") for message in messages for row in list(chunks_of(message, CHUNK))[1:])
    return Counter(row.role for row in rows if isinstance(row, OpenShare) and row.sharer == index)


def test_a_reorganisation_never_opens_both_masks_of_one_silo(found: Found, prefect_api: str, tmp_path: Path) -> None:
    if find_anvil(ROOT) is None:
        missing = "anvil comes with npm, and no other chain here reorganises"
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(missing)
    consortium = scene.found_with("masked, final late", found, tmp_path, rounds=2, hospitals=HOSPITALS)
    first = scene.members(consortium)[HOSPITALS[0]]

    spec, before = up_to_reveal(consortium)
    scene.members(consortium)[LAST].reveal(spec.task, spec.round)
    assert consortium.federation().round_state(spec.task).phase is Phase.UNMASK
    with pytest.raises(WrongPhase, match=r"who survives round .* is final from chain time"):
        first.unmask(spec.task, spec.round)
    assert take_part(first.silo, spec.task) == "nothing"
    assert not answers(consortium), "nothing has left a silo while an opening may be taken back"
    taken_back(consortium, spec, before)
    scene.members(consortium)[LAST].reveal(spec.task, spec.round)  # late, which saves its bond
    act(consortium, spec, "unmask", *STAYED)
    expected = due(consortium, spec, *STAYED)
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == expected).all()
    told = answers(consortium)
    assert shares_of(consortium, spec, LAST, told) == {MASKING_KEY: 3}, "its payload is out, and its own mask stays on"

    spec, before = up_to_reveal(consortium)
    act(consortium, spec, "reveal", LAST)
    first.unmask(spec.task, spec.round)  # what all took for final is taken back after this
    taken_back(consortium, spec, before)
    assert not consortium.federation().has_shown(spec.task, spec.round, first.account)
    with pytest.raises(UnmaskRefused, match="answer once"):
        first.unmask(spec.task, spec.round)
    act(consortium, spec, "unmask", *STAYED[1:])
    shares = shares_of(consortium, spec, LAST, [one for one in answers(consortium) if one not in told])
    assert shares == {SELF_SEED: 1, MASKING_KEY: 2}
    assert max(shares.values()) < session_of(first.silo.party, spec).threshold
    scene.pass_deadline(consortium)
    consortium.federation("sponsor").tick(spec.task)
    assert consortium.federation().round_state(spec.task).phase is Phase.VOIDED, "three shares open a secret"
