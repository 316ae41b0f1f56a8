"""Encrypted rounds on a chain: the exact mean, opened by all key holders together and checked by everybody."""

from collections.abc import Iterator

import pytest

from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.round import Phase, Status
from prefect_federated.flows.conclude import WAITS, bring_on
from prefect_federated.flows.participate import take_part
from prefect_federated.flows.unlock import unlock_due
from prefect_federated.scenario.consortium import Consortium
from tests.flows import local_scene as scene
from tests.flows.conftest import HOSPITALS, Found
from tests.flows.encrypted_scene import HOLDERS, due, encrypting, holder, looks_random


@pytest.fixture(scope="module")
def consortium(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """Three hospitals whose updates are encrypted for a notary and an association."""
    yield encrypting(found, tmp_path_factory.mktemp("encrypted"))


def test_an_encrypted_round_ends_with_the_exact_mean_and_shows_nobodys_update(consortium: Consortium) -> None:
    spec, federation = scene.opened(consortium), consortium.federation()
    for name in (*HOSPITALS, *HOSPITALS):
        take_part(consortium.members[name].open(), spec.task)
    state = federation.round_state(spec.task)
    assert (state.phase, state.revealed) == (Phase.AGGREGATE, 3)
    expected = due(consortium, spec, *HOSPITALS)
    aggregator = consortium.aggregator.open()
    assert bring_on(aggregator, spec.task) == WAITS, "no key holder has opened anything"
    done = [unlock_due(holder(consortium, name).open(), spec.task) for name in (*HOLDERS, HOLDERS[0])]
    assert done == ["unlock", "unlock", "nothing"]
    reveals = federation.reveals(spec.task, spec.round)
    assert all(looks_random(one.words[:]) for one in gather(aggregator.party, spec, reveals).updates)
    assert bring_on(aggregator, spec.task) == "aggregate"
    standby = consortium.standby.open()
    assert bring_on(standby, spec.task) == "judge"
    verified = verify_proposal(standby.party, spec)
    assert verified.read_updates and not verified.findings, "from the openings that it kept, without a mailbox"
    scene.pass_deadline(consortium)
    assert bring_on(aggregator, spec.task) == "settle"
    assert (scene.head_words(consortium, spec) == expected).all()
    log = read_round_log(federation, spec.task, spec.round)
    assert log.status is Status.SUCCESS and len(log.aggregated) == 3
    silo = scene.members(consortium)[HOSPITALS[0]].silo
    found = audit_with_data(silo, spec.task, spec.round, retrain=True)
    assert [finding.what for finding in found if not finding.holds] == [] and found[-1].what == "update"
