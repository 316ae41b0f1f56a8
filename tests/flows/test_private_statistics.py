"""A statistics round that hides rows: its sums have every survivor's part of the noise, and budgets count it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prefect_federated.adapters.data.answers import require_answerable
from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.adapters.data.consented import consented_view
from prefect_federated.adapters.data.training import noise_secret
from prefect_federated.adapters.masking import fewest_of
from prefect_federated.adapters.sum_bounds import most_noise, most_norm
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.cli.stats_draft import PLAN
from prefect_federated.core.errors import BudgetSpent, ConfigurationError, DataRefused
from prefect_federated.core.privacy import UNIT, add, epsilon_of, unpack
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.silo_noise import row_cost
from prefect_federated.core.spec import PlanSpec
from prefect_federated.core.statistics.cell_noise import CellNoise
from prefect_federated.core.statistics.pooled import Summary
from prefect_federated.core.statistics.privacy import StatisticsPrivacy
from prefect_federated.learning.accountant import Sampling, cost_of
from prefect_federated.learning.plan import code_hash
from prefect_federated.learning.update import EncodedUpdate, train_update
from prefect_federated.scenario.consortium import Consortium
from tests.flows import local_scene as scene
from tests.flows.statistics_scene import WARDS, answered, member, tables, wards
from tests.flows.test_statistics import leaves

pytestmark = [pytest.mark.usefixtures("prefect_api"), pytest.mark.slow]
PRIVACY = StatisticsPrivacy(noise_multiplier=1.0, fewest=3, max_rows=1000)
COST = row_cost(1.0)


def noise_of(spec: RoundSpec) -> CellNoise:
    query, enforced = spec.spec.statistics, spec.spec.enforced
    assert query is not None and isinstance(spec.spec.privacy, StatisticsPrivacy)
    return CellNoise.of(query, spec.spec.privacy, enforced.max_participants, enforced.masked)


def own(consortium: Consortium, spec: RoundSpec, name: str) -> EncodedUpdate:
    """What a silo counted and its part of the noise, as the silo itself can make them again."""
    silo = member(consortium, name).silo
    view = consented_view(silo, spec, silo.consent_record())
    secret = noise_secret(silo.party.sealing_key, spec, silo.party.account, view.digest)
    return train_update(spec, silo.party.account, np.zeros(0, np.int32), view.training_data(), secret)


def assert_has_the_noise_of(summary: Summary, spec: RoundSpec, updates: list[EncodedUpdate]) -> None:
    """Every count is that of all rows and the survivors' noise together, but for what a floor takes."""
    words = sum(update.words.astype(np.int64) for update in updates)
    noise = sum(update.noise for update in updates if update.noise is not None)
    expected = ((words + noise) / noise_of(spec).grain).tolist()
    assert summary.rows == pytest.approx(expected[0], abs=0.01)
    assert list(summary.columns[0].cells) == pytest.approx(expected[1:7], abs=0.01)
    assert summary.columns[2].cells == pytest.approx(expected[-4:], abs=0.01)


def with_room_for(spec: RoundSpec, rows: int) -> RoundSpec:
    privacy = PRIVACY.model_copy(update={"max_rows": rows})
    return replace(spec, spec=spec.spec.model_copy(update={"privacy": privacy}))


def test_sums_have_the_survivors_noise_and_a_silo_stops_before_it_has_spent_too_much(tmp_path: Path) -> None:
    """Three rounds of one task: all stay, one drops out, one would spend more than it allows itself."""
    with wards(tmp_path, privacy=PRIVACY, cells={"fewest": 1, "at": "pool"}) as consortium:
        federation, enforced = consortium.federation(), consortium.spec.enforced
        assert enforced.privacy_floor == COST and enforced.private and enforced.masked
        charged = unpack(cost_of(1.0, Sampling(1.0, 1)))
        assert unpack(enforced.privacy_floor) == pytest.approx(charged, abs=2 * UNIT), "what the accountant says"
        consortium.federation("ward-a").set_own_limit(add(COST, COST))
        party = consortium.standby.open().party

        spec, summary = answered(consortium)
        updates = [own(consortium, spec, name) for name in WARDS]
        assert_has_the_noise_of(summary, spec, updates)
        assert [(one.metrics, one.weight) for one in updates] == [({}, 1)] * 4
        assert summary.noise is not None and summary.noise.epsilon == epsilon_of(COST, 1e-5)
        assert summary.noise.deviation == noise_of(spec).deviation(4) >= np.sqrt(8 * 4 / 3)
        age, everybody = summary.columns[0].numbers, pd.concat(tables().values())
        assert age is not None and age.errors is not None and age.mean is not None and age.errors.mean is not None
        assert abs(age.mean - everybody["age"].mean()) < 5 * age.errors.mean
        assert [one.args["cost"] for one in federation.events(spec.task, names=("PrivacySpent",))] == [COST] * 4
        assert not verify_proposal(party, spec).findings
        found = audit_with_data(member(consortium, "ward-b").silo, spec.task, spec.round, retrain=True)
        assert [finding.what for finding in found if not finding.holds] == []

        assert fewest_of(spec) == 3 and most_norm(spec) is None, "no sum of fewer is opened, and noise has no bound"
        assert most_noise(spec, 4) == noise_of(spec).most_noise(4), "no honest sum is taken for rubbish"
        silo = member(consortium, "ward-d").silo
        view = consented_view(silo, spec, silo.consent_record())
        require_answerable(silo, with_room_for(spec, 120), view)
        with pytest.raises(DataRefused, match="more rows than a silo may have in task survey, 119 "):
            require_answerable(silo, with_room_for(spec, 119), view)
        exact = PlanSpec(ref=PLAN, code_hash=code_hash(PLAN))
        with pytest.raises(ConfigurationError, match="lacks tally"):
            require_answerable(silo, replace(spec, spec=spec.spec.model_copy(update={"plan": exact})), view)

        leaves(consortium, "ward-c", ["ward-c-007"])  # an exact query would be refused: one subject less
        spec, summary = answered(consortium, *WARDS[:3])
        assert summary.silos == 3 and summary.noise is not None
        assert summary.noise.deviation == noise_of(spec).deviation(3) >= np.sqrt(8)
        assert_has_the_noise_of(summary, spec, [own(consortium, spec, name) for name in WARDS[:3]])
        assert party.vault.recall(f"statistics/{member(consortium, 'ward-c').account}/0".lower()) is None
        assert federation.own_budget(member(consortium, "ward-a").account).spent == add(COST, COST)

        with pytest.raises(BudgetSpent, match=r"1 of 3 participants have spent .* the quorum is 3"):
            scene.opened(consortium)
        consortium.federation("ward-a").set_own_limit(add(add(COST, COST), COST))
        spec = scene.opened(consortium)
        consortium.federation("ward-a").set_own_limit(add(COST, COST))
        with pytest.raises(BudgetSpent, match=r"costs epsilon 4\.753, this silo has spent 7\.088 of 7\.088"):
            member(consortium, "ward-a").share(spec.task, spec.round)
