"""Whether a proposed model and state are what the server's step makes of base, aggregate and the base's state.

base + aggregate (step 0) --provable word by word;   a server optimiser --recomputed, for people to judge
"""

from collections.abc import Iterator

from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_state, fetch_words
from prefect_federated.adapters.server_stepping import root_of_state, step_from_base
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.combine import Words
from prefect_federated.core.errors import ConfigurationError, PayloadError
from prefect_federated.core.findings import Finding, Wrong
from prefect_federated.core.payload import payload_root
from prefect_federated.core.proofs import coordinate_of, first_difference
from prefect_federated.core.proposal import Proposal
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.server_spec import PLAIN


def wrong_step(spec: RoundSpec) -> Wrong:
    """The finding that a false model calls for in this task."""
    return Wrong.STEP if spec.spec.server.step == PLAIN else Wrong.OPTIMIZER


def told_by_root(
    spec: RoundSpec, kind: str, ours: Words | None, root: bytes, lacks: Finding | None
) -> Iterator[Finding]:
    """Of an aggregate or model that is not to be had: why not, and that it is false where it should have another root.

    Nothing where it was not reached and has the right root: its bytes are here.

    Args:
        ours: what it should be, int32 `[d]`; None where that is not known.
        lacks: why it is not to be had; None where it is.
    """
    if lacks is None:
        return
    found = None if ours is None else payload_root(spec.header(kind), {"model": ours})
    if found != root or lacks.wrong is not Wrong.UNREACHED:
        yield lacks
    if found is not None and found != root and lacks.wrong in (Wrong.UNREACHED, Wrong.WITHHELD):
        yield Finding(
            Wrong.RULE if kind == "aggregate" else Wrong.OPTIMIZER,
            f"the {kind} that is not to be had has root 0x{root.hex()}, recomputed it has 0x{found.hex()}",
        )


def step_findings(
    party: Party,
    spec: RoundSpec,
    proposal: Proposal,
    document: ResultDocument,
    aggregate: Words,
    model: Vector | None,
    lacks: Finding | None = None,
) -> Iterator[Finding]:
    """What is wrong with model and state; the model is None where its bytes are not to be had, `lacks` says why."""
    base = fetch_words(party.store, spec, "model", spec.base_uri, spec.base_root)
    try:
        ours = step_from_base(party, spec, base, aggregate)
    except PayloadError as error:
        yield Finding(Wrong.OPTIMIZER, f"the step cannot be taken again: {error}")
        yield from [lacks] if lacks else []
        return
    yield from told_by_root(spec, "model", ours.model, proposal.model_root, lacks)
    wrong = None if model is None else first_difference(ours.model, model)
    if model is not None and wrong is not None:
        right = "base + aggregate" if spec.spec.server.step == PLAIN else f"by {spec.spec.server.name} it"
        detail = f"model word {wrong} is {int(model[wrong : wrong + 1][0])}, {right} is {int(ours.model[wrong])}"
        yield Finding(wrong_step(spec), detail, at=coordinate_of(wrong, spec.spec.enforced.chunk_bytes))
    root = root_of_state(spec, ours.state)
    if root != proposal.state_root:
        yield Finding(
            Wrong.OPTIMIZER,
            f"the state of {spec.spec.server.name} has root 0x{proposal.state_root.hex()}, recomputed 0x{root.hex()}",
        )
    elif spec.spec.server.moments:
        try:
            fetch_state(party.store, spec, document.state_uri or "", root)
        except (ConfigurationError, PayloadError) as error:
            yield Finding(Wrong.OPTIMIZER, f"the state of {spec.spec.server.name} cannot be fetched: {error}")
