"""What a spec says twice: in words for a silo to read, and in the numbers that the contracts hold everybody to.

purposes, use, rule, update, model, rewards, server, schedule, masking --in_numbers--> enforced parameters
enforced parameters of the spec --require_agreement--> the same
"""

from collections.abc import Sequence
from typing import Any

from prefect_federated.core.data_use import Use, UseSpec
from prefect_federated.core.duo import purpose_codes
from prefect_federated.core.enforced import REWARDS, RULES, Enforced
from prefect_federated.core.errors import SpecError
from prefect_federated.core.mask_spec import Clear, MaskSpec
from prefect_federated.core.merkle import leaf_hash
from prefect_federated.core.payload import header_chunk, payload_bytes, plain_header
from prefect_federated.core.rule_spec import RuleSpec
from prefect_federated.core.schedule_spec import ScheduleSpec, Synchronous
from prefect_federated.core.server_spec import PLAIN, FedAvg, ServerSpec
from prefect_federated.core.spec_parts import ModelSpec, RewardSpec, UpdateSpec

_BY_EXAMPLES, _UNDECLARED, _FEDAVG, _SYNCHRONOUS = RewardSpec(), UseSpec(), FedAvg(), Synchronous()
_CLEAR = Clear()


def in_numbers(
    purposes: Sequence[str],
    rule: RuleSpec,
    update: UpdateSpec,
    model: ModelSpec,
    chunk_bytes: int,
    rewards: RewardSpec = _BY_EXAMPLES,
    use: UseSpec = _UNDECLARED,
    server: ServerSpec = _FEDAVG,
    schedule: ScheduleSpec = _SYNCHRONOUS,
    masking: MaskSpec = _CLEAR,
) -> dict[str, Any]:
    """Enforced parameters that follow from the words: what a fraud proof needs to know of payloads, rule and pay.

    Returns:
        Values by field name of `Enforced`: purposes, rule, trim, norm_bound, limit, chunks,
        aggregate_header, reward_by, fee_bps, validator_bps, share_cap_bps, step, buffer, max_staleness, mode,
        threshold, group.
    """
    header = plain_header("aggregate", model.size, model.frac_bits, chunk_bytes)
    return {
        "purposes": Use(tuple(purposes), use).bits,
        "rule": RULES.index(rule.name),
        "trim": rule.trimmed,
        "norm_bound": rule.norm_bound or 0,
        "limit": update.limit,
        "chunks": payload_bytes(header) // chunk_bytes,
        "aggregate_header": leaf_hash(header_chunk(header)),
        "reward_by": REWARDS.index(rewards.policy),
        "fee_bps": rewards.aggregator_fee_bps,
        "validator_bps": rewards.committee_bps,
        "share_cap_bps": rewards.share_cap_bps,
        "step": server.step,
        **schedule.numbers,
        **masking.numbers,
    }


def require_agreement(numbers: dict[str, Any], enforced: Enforced) -> None:
    """Refuse a task whose words and numbers say different things.

    Args:
        numbers: what `in_numbers` makes of the words.

    Raises:
        SpecError: naming the first field that differs, with both values.
    """
    for field, value in numbers.items():
        theirs = getattr(enforced, field)
        if value != theirs:
            raise SpecError(
                f"{field} is {_shown(field, value)} by the spec's words, {_shown(field, theirs)} in the enforced"
                " parameters; make them agree"
            )


def _shown(field: str, value: Any) -> str:
    if field == "rule":
        return repr(RULES[value])
    if field == "purposes":
        return f"{value} ({purpose_codes(value)})"
    if field == "reward_by":
        return repr(REWARDS[value])
    if field == "step":
        return f"{value} ({'base + aggregate' if value == PLAIN else 'a server optimiser, re-executed'})"
    return "0x" + value.hex() if isinstance(value, bytes) else repr(value)
