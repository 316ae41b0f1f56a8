"""The task of a simulation: a classifier on the table that was asked for, relayed in each of its phases.

With a committee it pays by the committee's scores; else by examples, or equally where the rule reweights.
"""

from prefect_federated.adapters.payloads import store_model
from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.core.agreement import in_numbers
from prefect_federated.core.data_use import UseSpec
from prefect_federated.core.enforced import DIRECT, RELAYED, Enforced
from prefect_federated.core.fixed_point import encode
from prefect_federated.core.mask_spec import Clear, Masked
from prefect_federated.core.merkle import CHUNK_BYTES
from prefect_federated.core.payload import INT32_MAX, plain_header
from prefect_federated.core.spec import DetectionSpec, ModelSpec, PlanSpec, RewardSpec, RuleSpec, TaskSpec, UpdateSpec
from prefect_federated.learning.algorithms.chosen import shared_manifest
from prefect_federated.learning.clip import norm_bound_words
from prefect_federated.learning.local import initial_vector
from prefect_federated.learning.plan import code_hash, load_plan
from prefect_federated.scenario.simulation.committee import BOND_WEI, PAY_BPS, SharedSet, committee_spec
from prefect_federated.scenario.simulation.options import Options, algorithm, rule_spec
from prefect_federated.scenario.simulation.tables import Dealt, hyperparameters
from prefect_federated.scenario.task_spec import ETHER, PLAN

PURPOSES = ("HMB",)
USE = UseSpec(for_profit=False, commercial=False, ethics_approval=True)
FRAC_BITS, LIMIT = 16, 2**24
WINDOW_S, CHALLENGE_S = 3600, 86_400


def build_spec(
    store: ContentStore, options: Options, dealt: Dealt, shared: SharedSet, aggregator: str, first: str
) -> TaskSpec:
    """Build the task, and store its first model.

    Args:
        shared: the held-out rows that a committee measures on.
        first: account of the first honest participant, whom the rule root_of_trust trusts.

    Raises:
        SpecError: algorithm, rule and the rest do not go together.
    """
    ref, settings = (options.plan, {}) if options.plan else (PLAN, hyperparameters(options, dealt))
    plan, (local, server) = load_plan(ref, settings), algorithm(options.algorithm)
    tensors = shared_manifest(plan, local)
    header = plain_header("model", sum(tensor.size for tensor in tensors), FRAC_BITS)
    vector = initial_vector(plan, tensors, options.seed, local)
    words, _ = encode(vector, header.parts[0].encoding)
    uri, root = store_model(store, header, words)
    model = ModelSpec(tensors=tensors, frac_bits=FRAC_BITS, genesis_uri=uri)
    masked, most = options.mode == "masked", _most_weight(options, dealt)
    together = min(options.participants, 2 * options.group - 1) if options.group else options.participants
    limit = min(LIMIT, INT32_MAX // (together * most)) if masked else LIMIT
    update = UpdateSpec(clip_norm=options.clip_norm, limit=limit)
    bound = norm_bound_words(options.clip_norm, len(words), FRAC_BITS)
    rule = rule_spec(options.rule, options.most_attackers, bound if options.norm_rule else None, bound, first)
    rewards = _rewards(options, rule)
    threshold = options.group // 2 + 1 if options.group else options.threshold
    masking = Masked(threshold=threshold, group=options.group) if masked else Clear()
    numbers = in_numbers(PURPOSES, rule, update, model, CHUNK_BYTES, rewards, USE, server, masking=masking)
    return TaskSpec(
        name="simulation",
        description=f"{options.participants} simulated participants learn {options.data.partition(':')[0]}.",
        purposes=PURPOSES,
        use=USE,
        data=dealt.spec,
        model=model,
        plan=PlanSpec(ref=ref, code_hash=code_hash(ref), hyperparameters=settings, seed=options.seed),
        local=local,
        update=update,
        rule=rule,
        server=server,
        detection=None if masked else DetectionSpec(),
        masking=masking,
        rewards=rewards,
        committee=committee_spec(options, dealt, shared, plan, tensors, vector),
        enforced=Enforced(
            genesis_root=root,
            aggregator=aggregator,
            commit_window=WINDOW_S,
            reveal_window=WINDOW_S,
            aggregate_window=WINDOW_S,
            challenge_window=CHALLENGE_S,
            reveal_grace=600,
            quorum=options.threshold if masked else max(1, rule.fewest),
            max_participants=options.participants,
            max_misses=0,
            max_weight=most,
            modes=DIRECT | RELAYED,
            share_window=WINDOW_S if masked else 0,
            unmask_window=WINDOW_S if masked else 0,
            max_rounds=max(1000, options.rounds),
            bond=ETHER,
            aggregator_bond=2 * ETHER,
            round_reward=ETHER,
            disclosure=0 if masked else 1,
            floor_bps=5_000,
            **_seats(options),
            **numbers,
        ),
    )


def _most_weight(options: Options, dealt: Dealt) -> int:
    """Masked, no more than anybody has: the smaller the weights, the finer the words of a sum may be."""
    return max(map(len, dealt.tables.values())) if options.mode == "masked" else 10_000


def _rewards(options: Options, rule: RuleSpec) -> RewardSpec:
    if options.committee:
        return RewardSpec(policy="scores", aggregator_fee_bps=500, committee_bps=PAY_BPS)
    return RewardSpec(policy="equal" if rule.reweights else "examples", aggregator_fee_bps=500)


def _seats(options: Options) -> dict[str, int]:
    if not options.committee:
        return {}
    windows = {"vote_window": WINDOW_S, "vote_reveal_window": WINDOW_S}
    return {"committee": options.committee, "validator_bond": BOND_WEI, **windows}
