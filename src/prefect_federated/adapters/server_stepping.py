"""The server's step of a round, from what chain and store hold: the base version's state, the step, its check.

base version --what it restores--> round that made it --state root--> bytes in store --> state
base model, aggregate, state --server_step--> next model, next state
"""

from prefect_federated.adapters.evm.records import Version
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_state, fetch_words
from prefect_federated.adapters.reading import model_uri, read_result, version_with_hash
from prefect_federated.core.combine import Words
from prefect_federated.core.errors import (
    ConfigurationError,
    ContentMismatch,
    PayloadError,
    ProtocolError,
    StoreUnreachable,
)
from prefect_federated.core.optimizers.server_step import State, Stepped, initial_state, server_step
from prefect_federated.core.payload import payload_root
from prefect_federated.core.remedies import ROLLBACK, ROUND
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.server_spec import PLAIN
from prefect_federated.core.server_state import state_root


def step_from_base(party: Party, spec: RoundSpec, base: Words, aggregate: Words) -> Stepped:
    """Next model and state of a round.

    Args:
        base: model that the round started from, int32 `[d]`.
        aggregate: of this round, int32 `[d]`.

    Raises:
        ContentMismatch: the state of the base version cannot be had: see `state_of`.
    """
    version = version_with_hash(party.federation.versions(spec.task), spec.base_version)
    return _step(spec, base, aggregate, state_of(party, spec, version))


def state_of(party: Party, spec: RoundSpec, version: Version) -> State:
    """The optimiser's state that a version was left with; of a rollback, that of the version it restores.

    Whoever made a version could withhold its state, or name a place that never answers. Everything that it follows
    from is public: where the store does not give it, it is worked out again from the version before.

    Raises:
        ContentMismatch: the store does not give it, and the step that made the version gives another.
        StoreUnreachable: nor does the store answer for what it follows from; try again.
    """
    server, d = spec.spec.server, spec.spec.model.size
    made = origin_of(party, version)
    if not server.moments or made.kind != ROUND:
        return initial_state(server, d)
    try:
        return fetch_state(
            party.store, spec, read_result(party, spec.task, made.round).state_uri or "", made.state_root
        )
    except (ConfigurationError, PayloadError, StoreUnreachable) as error:
        state = _step_again(party, spec, made).state
        if (found := root_of_state(spec, state)) != made.state_root:
            raise ContentMismatch(
                f"the state of version {made.number} cannot be had ({error}), and {server.name} gives one with root"
                f" 0x{found.hex()}, the chain says 0x{made.state_root.hex()}; ask the sponsor to roll back"
            ) from error
        return state


def require_true_base(party: Party, spec: RoundSpec) -> None:
    """Refuse to build on a version that its server optimiser did not make.

    The contract can check base + aggregate alone; a version that another step made is as good as those who look at
    it. One step is checked here, that of the base: whoever took part before checked those before it.

    Raises:
        ProtocolError: model or state of the base version are not the optimiser's.
    """
    made = origin_of(party, version_with_hash(party.federation.versions(spec.task), spec.base_version))
    if spec.spec.server.step == PLAIN or made.kind != ROUND:
        return
    ours = _step_again(party, spec, made)
    roots = (
        ("model", payload_root(spec.header("model"), {"model": ours.model}), made.model_root),
        ("state", root_of_state(spec, ours.state), made.state_root),
    )
    for what, found, claimed in roots:
        if found != claimed:
            raise ProtocolError(
                f"the {what} of version {made.number} has root 0x{claimed.hex()}, {spec.spec.server.name} makes"
                f" 0x{found.hex()} of the version before and the aggregate; build nothing on it, ask the sponsor to"
                f" roll back to version {made.number - 1}"
            )


def root_of_state(spec: RoundSpec, state: State) -> bytes:
    """Merkle root of a state under the task's optimiser and chunks, 32 bytes."""
    return state_root(spec.spec.server, state, spec.spec.enforced.chunk_bytes)


def _step_again(party: Party, spec: RoundSpec, made: Version) -> Stepped:
    """The step that a round's version should have come from: its parent, and the aggregate that it names."""
    parent = version_with_hash(party.federation.versions(spec.task), made.parent)
    uri = read_result(party, spec.task, made.round).aggregate_uri
    aggregate = fetch_words(party.store, spec, "aggregate", uri, made.aggregate_root)
    base_uri = model_uri(party, spec.task, parent, spec.spec)
    base = fetch_words(party.store, spec, "model", base_uri, parent.model_root)
    return _step(spec, base, aggregate, state_of(party, spec, parent))


def _step(spec: RoundSpec, base: Words, aggregate: Words, state: State) -> Stepped:
    return server_step(spec.spec.server, base, aggregate, state, spec.spec.model.frac_bits)


def origin_of(party: Party, version: Version) -> Version:
    """The version whose model this is: itself, or what a rollback restores, which its aggregate root names."""
    while version.kind == ROLLBACK:
        version = version_with_hash(party.federation.versions(version.task), version.aggregate_root)
    return version
