"""Bytes that a proposal's roots promise: asking for them on chain, showing them, and what follows when nobody does.

WITHHELD finding --demand, deposit--> answer by whoever has the bytes | forfeit of the proposer's bond
"""

from prefect_federated.adapters.evm.disputing import Case, Demand
from prefect_federated.adapters.landing import rolled_proof
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_kept, fetch_payload
from prefect_federated.adapters.reading import made_over
from prefect_federated.adapters.spool import in_memory
from prefect_federated.adapters.verification import Claimed, read_claimed
from prefect_federated.core.findings import AGGREGATE, INCLUDED, MODEL, PAYLOAD, RECORD, UNASKED, Finding
from prefect_federated.core.proofs import Piece, leaf_piece, piece_of
from prefect_federated.core.round_spec import RoundSpec

NOTHING = Piece(b"", ())


def ask_for(party: Party, spec: RoundSpec, finding: Finding) -> None:
    """Ask for bytes behind a finding that says they are withheld; once they were asked for, nothing happens.

    What is asked for is the first chunk of words, or the record at the finding's position: its bytes, or where it
    was revealed. Where the task lets no chunk of an update be shown, the update cannot be asked for.
    """
    tree, proposal = finding.tree, party.federation.proposal(spec.task, spec.round)
    shown = spec.spec.enforced.disclosure if tree == PAYLOAD else proposal.included if tree == INCLUDED else 1
    if tree != UNASKED and shown and not was_asked(party, spec, finding):
        party.federation.demand(Case(spec.task, spec.round, proposal), *_target(finding))


def was_asked(party: Party, spec: RoundSpec, finding: Finding) -> bool:
    """Whether somebody has asked for the bytes behind a finding, of the proposal that stands."""
    return _target(finding) in {demand.target for demand in party.federation.demands(spec.task, spec.round)}


def answer_demands(party: Party, spec: RoundSpec, demands: list[Demand]) -> int:
    """Show what was asked for and is not overdue; returns how many demands were answered.

    Raises:
        ContentMissing: the bytes are not to be had here either; bring them, or the bond is lost.
    """
    claimed = read_claimed(party, spec)
    for demand in demands:
        if demand.target[0] == RECORD:
            _show_record(party, spec, claimed, demand.target[1])
            continue
        leaf, shown = _shown(party, spec, claimed, demand)
        party.federation.answer(Case(spec.task, spec.round, claimed.proposal), demand.target, leaf, shown)
    return len(demands)


def forfeit(party: Party, spec: RoundSpec, demand: Demand) -> None:
    """Take the proposer's bond for an answer that did not come in time."""
    proposal = party.federation.proposal(spec.task, spec.round)
    party.federation.forfeit(Case(spec.task, spec.round, proposal), demand.target)


def _target(finding: Finding) -> tuple[int, int, int]:
    """Tree, position and chunk."""
    tree = finding.tree
    position = finding.position if tree in (INCLUDED, PAYLOAD, RECORD) else 0
    return tree, position, 0 if tree in (INCLUDED, RECORD) else 1


def _show_record(party: Party, spec: RoundSpec, claimed: Claimed, position: int) -> None:
    account = claimed.document.included[position].participant
    leaf = claimed.rolled.get(account)
    included = leaf_piece([record.content for record in claimed.document.included], position)
    case = Case(spec.task, spec.round, claimed.proposal)
    party.federation.answer_record(case, position, included, rolled_proof(leaf) if leaf else None)


def _shown(party: Party, spec: RoundSpec, claimed: Claimed, demand: Demand) -> tuple[Piece, Piece]:
    tree, position, chunk = demand.target
    document, chunk_bytes = claimed.document, spec.spec.enforced.chunk_bytes
    if tree in (AGGREGATE, MODEL):
        kind, uri, root = (
            ("aggregate", document.aggregate_uri, claimed.proposal.aggregate_root)
            if tree == AGGREGATE
            else ("model", document.model_uri, claimed.proposal.model_root)
        )
        return NOTHING, piece_of(fetch_kept(party.store, spec, kind, uri, root, in_memory), chunk, chunk_bytes)
    leaf = leaf_piece([record.content for record in document.included], position)
    if tree == INCLUDED:
        return NOTHING, leaf
    reveal = next(r for r in claimed.reveals if r.participant == document.included[position].participant)
    where = (party.store, made_over(party, spec, reveal.behind), reveal.participant, reveal.opening, reveal.uri)
    plain = fetch_payload(*where, party.account, party.sealing_key, in_memory)
    return leaf, piece_of(plain, chunk, chunk_bytes)
