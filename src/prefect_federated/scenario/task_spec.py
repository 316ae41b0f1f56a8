"""The task of the scenario: a benign-or-malignant classifier on twenty features, clear or masked."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from prefect_federated.adapters.payloads import store_model
from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.core.agreement import in_numbers
from prefect_federated.core.data_use import UseSpec
from prefect_federated.core.enforced import DIRECT, RELAYED, Enforced
from prefect_federated.core.fixed_point import encode
from prefect_federated.core.mask_spec import Clear, MaskSpec
from prefect_federated.core.merkle import CHUNK_BYTES
from prefect_federated.core.opening_spec import ByEach, OpeningSpec
from prefect_federated.core.payload import plain_header
from prefect_federated.core.server_spec import FedAvg, ServerSpec
from prefect_federated.core.silo_noise import SiloNoise
from prefect_federated.core.spec import (
    CommitteeSpec,
    DetectionSpec,
    ModelSpec,
    ParticipantPrivacy,
    PlanSpec,
    Privacy,
    RewardSpec,
    RuleSpec,
    TaskSpec,
    UpdateSpec,
)
from prefect_federated.learning.accountant import floor_of
from prefect_federated.learning.clip import norm_bound_words
from prefect_federated.learning.local import initial_vector
from prefect_federated.learning.plan import code_hash, load_plan, manifest
from prefect_federated.scenario import breast_cancer

if TYPE_CHECKING:
    from pandas import DataFrame

PLAN = "prefect_federated.learning.tabular:TabularClassifier"
PURPOSES = ("HMB",)
USE = UseSpec(for_profit=False, commercial=False, ethics_approval=True, diseases=("MONDO:0007254",))
ETHER = 10**18
MASKED_LIMIT = 2**17  # beyond the clipped norm; with the next two, no sum of masked updates wraps
MASKED_WEIGHT, MASKED_PARTICIPANTS = 500, 16


@dataclass(frozen=True, slots=True)
class Terms:
    """What may differ between scenarios; times in seconds of the chain, amounts in wei."""

    window_s: int = 3600
    challenge_s: int = 86_400
    grace_s: int = 600
    finality_gap_s: int = 0
    quorum: int = 3
    max_participants: int = 64
    max_rounds: int = 1000
    bond_wei: int = ETHER
    committee: int = 0
    validator_bond_wei: int = ETHER
    tolerance: float = 0.1  # of accuracy: three of a validator's 38 patients
    aggregator_bond_wei: int = 2 * ETHER
    round_reward_wei: int = ETHER
    aggregator_fee_bps: int = 500
    committee_bps: int = 0
    rule: str = "mean"
    norm_rule: bool = True
    server: ServerSpec = field(default_factory=FedAvg)
    detection: DetectionSpec | None = None
    pay_by: Literal["examples", "scores"] = "examples"
    scores: Literal["improvement", "loss", "cosine", "leave_one_out", "shapley"] = "improvement"
    holdout_root: bytes | None = None
    epochs: int = 4
    privacy: Privacy | None = None
    seed: int = 0
    modes: int = DIRECT | RELAYED
    masking: MaskSpec = field(default_factory=Clear)
    opening: OpeningSpec = field(default_factory=ByEach)

    @property
    def masked(self) -> bool:
        """Whether nobody sees a single update."""
        return self.masking.name == "masked"


def build_spec(
    store: ContentStore,
    terms: Terms,
    reference: "DataFrame",
    table: "DataFrame",
    aggregator: str,
    standby: str,
) -> TaskSpec:
    """Build the task, and store its first model.

    Args:
        reference: the sponsor's own table, whose means and scales every silo standardises by.
        table: a table with the whole range of every feature.
    """
    settings = breast_cancer.hyperparameters(reference, terms.epochs)
    plan = load_plan(PLAN, settings)
    tensors, frac_bits = manifest(plan), 16
    header = plain_header("model", sum(tensor.size for tensor in tensors), frac_bits)
    words, _ = encode(initial_vector(plan, tensors, terms.seed), header.parts[0].encoding)
    uri, root = store_model(store, header, words)
    model = ModelSpec(tensors=tensors, frac_bits=frac_bits, genesis_uri=uri)
    update, bound = _bounds(terms, len(words), frac_bits)
    rule = RuleSpec(name=terms.rule, norm_bound=bound if terms.norm_rule and not terms.masked else None)
    rewards = RewardSpec(
        policy=terms.pay_by, aggregator_fee_bps=terms.aggregator_fee_bps, committee_bps=terms.committee_bps
    )
    enforced = {
        "genesis_root": root,
        "aggregator": aggregator,
        "standby": standby,
        **_conditions(terms),
        **in_numbers(PURPOSES, rule, update, model, CHUNK_BYTES, rewards, USE, terms.server, masking=terms.masking),
    }
    if terms.privacy is not None:
        enforced["privacy_floor"] = floor_of(plan, terms.privacy, enforced["max_weight"])
        enforced["modes"] = DIRECT
    return TaskSpec(
        name="breast-cancer",
        description="Tell malignant from benign tumours by twenty features of a cell image.",
        purposes=PURPOSES,
        use=USE,
        data=breast_cancer.data_spec(table),
        model=model,
        plan=PlanSpec(ref=PLAN, code_hash=code_hash(PLAN), hyperparameters=settings, seed=terms.seed),
        privacy=terms.privacy,
        update=update,
        rule=rule,
        server=terms.server,
        detection=terms.detection,
        masking=terms.masking,
        opening=terms.opening,
        rewards=rewards,
        committee=CommitteeSpec(tolerance=terms.tolerance, scores=terms.scores, holdout_root=terms.holdout_root),
        enforced=Enforced(**enforced),
    )


def _bounds(terms: Terms, count: int, frac_bits: int) -> tuple[UpdateSpec, int]:
    """How updates are bounded, and what norm in words the rule leaves out: noise on whole updates makes them longer."""
    privacy = terms.privacy
    if isinstance(privacy, ParticipantPrivacy):
        noise = SiloNoise.of(privacy.noise_multiplier, privacy.max_norm, frac_bits)
        return UpdateSpec(clip_norm=privacy.max_norm, limit=2**24), noise.most_norm(count)
    bound = norm_bound_words(breast_cancer.CLIP_NORM, count, frac_bits)
    return UpdateSpec(clip_norm=breast_cancer.CLIP_NORM, limit=MASKED_LIMIT if terms.masked else 2**24), bound


def _conditions(terms: Terms) -> dict[str, int]:
    return {
        "commit_window": terms.window_s,
        "reveal_window": terms.window_s,
        "aggregate_window": terms.window_s,
        "challenge_window": terms.challenge_s,
        "reveal_grace": terms.grace_s,
        "finality_gap": terms.finality_gap_s,
        "quorum": terms.quorum,
        "max_participants": MASKED_PARTICIPANTS if terms.masked else terms.max_participants,
        "max_misses": 3,
        "max_weight": MASKED_WEIGHT if terms.masked else 10_000,
        "modes": DIRECT if terms.masked else terms.modes,
        "share_window": terms.window_s + terms.finality_gap_s if terms.masked else 0,
        "unmask_window": terms.window_s if terms.masked else 0,
        "max_rounds": terms.max_rounds,
        "bond": terms.bond_wei,
        "aggregator_bond": terms.aggregator_bond_wei,
        "round_reward": terms.round_reward_wei,
        "disclosure": 0 if terms.masked else 1,
        "floor_bps": 5_000,
        "committee": terms.committee,
        "vote_window": terms.window_s if terms.committee else 0,
        "vote_reveal_window": terms.window_s if terms.committee else 0,
        "validator_bond": terms.validator_bond_wei if terms.committee else 0,
    }
