"""Reading a round from chain and store, trusting neither the sponsor's spec nor the store's bytes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from prefect_federated.adapters.evm.records import TaskOnChain, Version
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.core.enforced import NOBODY, task_id
from prefect_federated.core.errors import ProtocolError, SpecMismatch, WrongPhase
from prefect_federated.core.result import ResultDocument, parse_result
from prefect_federated.core.round_spec import Reader, RoundSpec
from prefect_federated.core.spec import TaskSpec, check_spec, parse_spec

SPEC_BYTES = 1 << 20
RESULT_BYTES = 1 << 24
ROUND = 1  # kind of a version that a round made


def read_round_spec(party: Party, task: int, round: int) -> RoundSpec:
    """Everything a party must know before it acts in a round, each part checked against the chain.

    Raises:
        WrongPhase: another round is the task's current one.
        SpecMismatch: the spec is not the one on chain.
        ContentMismatch: the base model is not the registry's head.
    """
    federation = party.federation
    state, on_chain = federation.round_state(task), federation.task_of(task)
    if state.round != round:
        raise WrongPhase(f"round {task}/{round} is not the current one, {task}/{state.round} is; read the chain again")
    reads_until = federation.reads_until(state, on_chain)
    return _round_spec(party, on_chain, round, state.base_version, state.cohort, reads_until)


def read_past_spec(party: Party, task: int, round: int) -> RoundSpec:
    """The same of any round there was, for who looks back; its readers are those on duty now.

    Raises:
        ProtocolError: the task has no such round.
    """
    started = party.federation.events(task, round, ("RoundStarted",))
    if not started:
        raise ProtocolError(f"task {task} has no round {round}; `federated round status {task}` lists those it has")
    args = started[0].args
    return _round_spec(party, party.federation.task_of(task), round, args["baseVersion"], args["cohort"], 0)


def _round_spec(
    party: Party, on_chain: TaskOnChain, round: int, base_version: bytes, cohort: int, reads_until: int
) -> RoundSpec:
    federation, task = party.federation, on_chain.task
    agreed = read_task_spec(party, on_chain)
    base = version_with_hash(federation.versions(task), base_version)
    spec = RoundSpec(
        chain_id=federation.chain_id,
        coordinator=federation.coordinator,
        task=task,
        round=round,
        task_id=on_chain.task_id,
        spec=agreed,
        base_number=base.number,
        base_version=base_version,
        base_root=base.model_root,
        base_uri=model_uri(party, task, base, agreed),
        readers=_readers(party, on_chain, round, agreed),
        regional=_keys_of(party, [region.aggregator for region in agreed.regions]),
        cohort=cohort,
        reads_until=reads_until,
        holders=federation.panel(task, round) if agreed.opening.threshold else (),
    )
    fetch_words(party.store, spec, "model", spec.base_uri, spec.base_root)
    return spec


def made_over(party: Party, spec: RoundSpec, behind: int) -> RoundSpec:
    """A round as it is for an update whose base lies `behind` versions before the round's own."""
    if not behind:
        return spec
    number = spec.base_number - behind
    base = next(version for version in party.federation.versions(spec.task) if version.number == number)
    uri = model_uri(party, spec.task, base, spec.spec)
    return replace(spec, base_number=number, base_version=base.version_hash, base_root=base.model_root, base_uri=uri)


def read_task_spec(party: Party, on_chain: TaskOnChain) -> TaskSpec:
    """Fetch a task's spec and check it against the hash, the parameters and the task id on chain."""
    content = b"".join(party.store.get(party.federation.spec_uri(on_chain.task), SPEC_BYTES))
    spec = _parsed(content, on_chain.spec_hash)
    check_spec(spec, on_chain.enforced)
    federation = party.federation
    ours = task_id(on_chain.spec_hash, spec.enforced, federation.chain_id, federation.coordinator, on_chain.sponsor)
    if ours != on_chain.task_id:
        raise SpecMismatch(
            f"task {spec.name} has id 0x{ours.hex()}, the chain says 0x{on_chain.task_id.hex()}; refuse it"
        )
    return spec


def model_uri(party: Party, task: int, version: Version, spec: TaskSpec) -> str:
    """Where the bytes of a version lie: named by the spec for version 0, by a round's result after that."""
    if version.model_root == spec.enforced.genesis_root:
        return spec.model.genesis_uri
    made = next(v for v in party.federation.versions(task) if v.model_root == version.model_root and v.round)
    return read_result(party, task, made.round).model_uri


def read_result(party: Party, task: int, round: int) -> ResultDocument:
    """The result document that a round's proposal names, checked against the proposal's hashes."""
    proposal = party.federation.proposal(task, round)
    content = b"".join(party.store.get(proposal.uri, RESULT_BYTES))
    return parse_result(content, proposal.included_root, proposal.metrics_hash, proposal.reward_root)


def rewards_so_far(party: Party, task: int) -> dict[str, int]:
    """Cumulative rewards by account as of the last settled round, wei; empty before the first."""
    return rewards_before(party, task, 1 << 32)


def rewards_before(party: Party, task: int, round: int) -> dict[str, int]:
    """Cumulative rewards by account before a round, wei; empty before the first that was settled."""
    settled = [v.round for v in party.federation.versions(task) if v.kind == ROUND and v.round < round]
    return dict(read_result(party, task, settled[-1]).rewards) if settled else {}


def version_with_hash(versions: list[Version], version_hash: bytes) -> Version:
    """The version of that hash in the registry's log."""
    for version in reversed(versions):
        if version.version_hash == version_hash:
            return version
    raise SpecMismatch(f"version 0x{version_hash.hex()} is not in the registry's log; read it from another node")


@lru_cache(maxsize=64)
def _parsed(content: bytes, spec_hash: bytes) -> TaskSpec:
    return parse_spec(content, spec_hash)


def _readers(party: Party, on_chain: TaskOnChain, round: int, agreed: TaskSpec) -> tuple[Reader, ...]:
    """Who is on duty, who judges the round, who opens its sum.

    Where the committee opens updates, with the keys that it may be dealt to.
    """
    federation = party.federation
    accounts = [account for account in (on_chain.aggregator, on_chain.standby) if account != NOBODY]
    if on_chain.enforced.committee:
        accounts += federation.panel(on_chain.task, round)
    accounts += agreed.masking.accounts
    return _keys_of(party, accounts, federation.dealing_keys(on_chain.task, round) if agreed.opening.threshold else {})


def _keys_of(
    party: Party, accounts: Iterable[str], dealing: Mapping[str, tuple[bytes, ...]] = MappingProxyType({})
) -> tuple[Reader, ...]:
    federation = party.federation
    return tuple(
        Reader(account, federation.participant(account).sealing_key, dealing.get(account, ()))
        for account in dict.fromkeys(accounts)
    )
