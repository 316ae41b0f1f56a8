"""From a finding to its proof on chain: fetch what is needed, cut the chunks, send the challenge.

Finding --chunks and paths from store and result document--> one transaction (a sum over many updates: several)
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prefect_federated.adapters.evm.disputing import Case
from prefect_federated.adapters.evm.records import Sent
from prefect_federated.adapters.landing import land
from prefect_federated.adapters.mask_faults import included_faults
from prefect_federated.adapters.masked_proof import masked_batches, masked_shown, shown_bytes
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_kept, fetch_payload
from prefect_federated.adapters.reading import made_over, rewards_before, version_with_hash
from prefect_federated.adapters.receipts import kept_receipt
from prefect_federated.adapters.spool import in_memory
from prefect_federated.adapters.unmasking import opened_for
from prefect_federated.adapters.verification import Claimed, read_claimed
from prefect_federated.core.chain_table import EIP_7825_GAS
from prefect_federated.core.errors import (
    ContractRefused,
    FederatedError,
    ProtocolError,
    StoreUnreachable,
    TransportError,
)
from prefect_federated.core.findings import Finding, Wrong
from prefect_federated.core.masking.recovery import Opened
from prefect_federated.core.masking.turnout import bitmap_words
from prefect_federated.core.pay import medians_of
from prefect_federated.core.proofs import Piece, Shown, batch_siblings, leaf_piece, piece_of
from prefect_federated.core.proposal import unpack_exclusions
from prefect_federated.core.rewards import ledger
from prefect_federated.core.round_spec import RoundSpec

UPDATE_GAS = 20_000  # on top of its calldata
BYTE_GAS = 42  # a calldata byte under the floor price of EIP-7623, with its share of paths and padding


@dataclass(frozen=True, slots=True)
class Proven:
    """What was proven by which transaction, and why what was tried before could not be, a sentence each."""

    finding: Finding
    sent: Sent
    refused: tuple[str, ...]


def prove_any(party: Party, spec: RoundSpec, findings: Sequence[Finding]) -> Proven:
    """Prove the first of these findings that can be: what cannot be shown of one must not keep the others unproven.

    Args:
        findings: at least one, in the order in which to try them.

    Raises:
        StoreUnreachable: none could be proven, and what one takes could not be asked for; try again.
        ContractRefused: none could be proven; of a single one the error is its own.
        ChainUnreachable: the chain could not be asked; try again.
    """
    errors, refused = list[FederatedError](), list[str]()
    for finding in findings:
        try:
            return Proven(finding, challenge(party, spec, finding), tuple(refused))
        except FederatedError as error:
            if isinstance(error, TransportError) and not isinstance(error, StoreUnreachable):
                raise
            errors.append(error)
            refused.append(f"{finding.wrong.value} ({finding.detail}): {error}")
    if len(errors) == 1:
        raise errors[0]
    why = f"round {spec.task}/{spec.round}: none of {len(refused)} findings could be proven; {'; '.join(refused)}"
    outage = next((error for error in errors if isinstance(error, StoreUnreachable)), None)
    raise (ContractRefused if outage is None else StoreUnreachable)(why) from (outage or errors[-1])


def challenge(party: Party, spec: RoundSpec, finding: Finding) -> Sent:
    """Prove a finding on chain; returns the transaction that decided it.

    Raises:
        ProtocolError: the finding is of a kind that no challenge can show.
        ContractRefused: the contract finds nothing wrong there.
    """
    claimed = read_claimed(party, spec)
    case = Case(spec.task, spec.round, claimed.proposal)
    if finding.wrong is Wrong.SUM:
        prove = _masked_sum if spec.spec.enforced.masked else _sum
        return prove(party, spec, claimed, case, finding)
    if finding.wrong is Wrong.SEED:
        return _seed(party, spec, claimed, case, finding)
    if finding.wrong is Wrong.STEP:
        return _step(party, spec, claimed, case, finding)
    if finding.wrong is Wrong.HEADER:
        return party.federation.challenge_header(case, _aggregate(party, spec, claimed, 0))
    if finding.wrong is Wrong.REWARD:
        return _reward(party, spec, claimed, case)
    if finding.wrong is Wrong.OMISSION:
        return _omission(party, spec, claimed, case, finding)
    if finding.wrong is Wrong.RIGHTS:
        return _rights(party, claimed, case, finding)
    if finding.wrong in (Wrong.LEAF, Wrong.ORDER, Wrong.EXCLUSION):
        return _record(party, spec, claimed, case, finding)
    raise ProtocolError(
        f"round {spec.task}/{spec.round}: {finding.wrong.value} ({finding.detail}); no challenge can show that on"
        " chain, bring it before the task's committee"
    )


def _sum(party: Party, spec: RoundSpec, claimed: Claimed, case: Case, finding: Finding) -> Sent:
    contents = [record.content for record in claimed.document.included]
    aggregate = _aggregate(party, spec, claimed, finding.at.chunk)
    sent = None
    for first, end in batches(len(contents), spec.spec.enforced.chunk_bytes, _cap(party)):
        shown = list(_shown(party, spec, claimed, finding.at.chunk, range(first, end)))
        siblings = batch_siblings(contents, first, end - first)
        sent = party.federation.challenge_sum(case, finding.at, shown, siblings, aggregate)
    if sent is None:
        raise ProtocolError(f"round {spec.task}/{spec.round} includes no update; there is no sum to refute")
    return sent


def _masked_sum(party: Party, spec: RoundSpec, claimed: Claimed, case: Case, finding: Finding) -> Sent:
    contents = [record.content for record in claimed.document.included]
    opened = opened_for(party, spec, claimed.reveals, {one.participant for one in claimed.document.included})
    at, aggregate = finding.at, _aggregate(party, spec, claimed, finding.at.chunk)
    seeds, size, sent = *_most_shown(spec, opened), None
    for first, end in masked_batches(len(contents), size, seeds, _cap(party)):
        shown = list(masked_shown(party, spec, claimed, opened, at.chunk, range(first, end)))
        siblings = batch_siblings(contents, first, end - first)
        sent = party.federation.challenge_masked(case, at, shown, siblings, aggregate)
        if any(event.name == "ProposalOverturned" for event in sent.events):
            break  # a sum beyond its range needs no more than its group
    if sent is None:
        raise ProtocolError(f"round {spec.task}/{spec.round} includes no update; there is no sum to refute")
    return sent


def _seed(party: Party, spec: RoundSpec, claimed: Claimed, case: Case, finding: Finding) -> Sent:
    included = claimed.document.included
    accused = included[finding.position].participant
    faults = included_faults(party, spec, included, {accused})
    for position, fault in faults.seeds:
        if position == finding.position:
            leaf = leaf_piece([record.content for record in included], position)
            return party.federation.challenge_included_seed(case, position, leaf, fault)
    if faults.outage is not None:
        raise faults.outage
    raise ProtocolError(
        f"round {spec.task}/{spec.round}: included {finding.position}, {accused}, is bound to no false seed that can be"
        " shown now; verify the round again"
    )


def _most_shown(spec: RoundSpec, opened: Mapping[str, Opened]) -> tuple[int, int]:
    """Of one update the most seeds and bytes that a batch is planned with."""
    every = opened.values()
    seeds = 1 + max((n for one in every for n in Counter(owner for owner, _ in one.pair_seeds).values()), default=0)
    sessions, enforced = [one.turnout.session for one in every], spec.spec.enforced
    leaves, words = (max(map(of, sessions), default=1) for of in (lambda s: 1 + s.degree, bitmap_words))
    return seeds, shown_bytes(enforced.chunk_bytes, enforced.chunks, seeds, leaves, words)


def _cap(party: Party) -> int:
    """Gas that the chain lets one transaction use."""
    profile = party.federation.profile
    return profile.tx_gas_cap if profile is not None else EIP_7825_GAS


def batches(included: int, chunk_bytes: int, cap_gas: int = EIP_7825_GAS) -> Iterator[tuple[int, int]]:
    """Spans of included updates that one transaction can show: all at once, or powers of two in order.

    Five sixths of what the chain lets a transaction use are planned with.

    >>> list(batches(250, 1024)), list(batches(600, 1024))[:2], list(batches(600, 1024, 32_000_000))[:2]
    ([(0, 250)], [(0, 128), (128, 256)], [(0, 256), (256, 512)])
    """
    most = cap_gas * 5 // 6 // (chunk_bytes * BYTE_GAS + UPDATE_GAS - 8_000)
    size = included if included <= most else 1 << (most.bit_length() - 1)
    return ((first, min(first + size, included)) for first in range(0, included, max(size, 1)))


def _shown(party: Party, spec: RoundSpec, claimed: Claimed, chunk: int, positions: Sequence[int]) -> Iterator[Shown]:
    reveals = {reveal.participant: reveal for reveal in claimed.reveals}
    for position in positions:
        record = claimed.document.included[position]
        reveal = reveals[record.participant]
        over = made_over(party, spec, reveal.behind)
        plain = fetch_payload(
            party.store,
            over,
            record.participant,
            reveal.opening,
            reveal.uri,
            party.account,
            party.sealing_key,
            in_memory,
        )
        piece = piece_of(plain, chunk, spec.spec.enforced.chunk_bytes)
        yield Shown(record.participant, record.payload_root, record.weight, piece)


def _step(party: Party, spec: RoundSpec, claimed: Claimed, case: Case, finding: Finding) -> Sent:
    chunk, chunk_bytes = finding.at.chunk, spec.spec.enforced.chunk_bytes
    base = fetch_kept(party.store, spec, "model", spec.base_uri, spec.base_root, in_memory)
    model = fetch_kept(party.store, spec, "model", claimed.document.model_uri, claimed.proposal.model_root, in_memory)
    version = version_with_hash(party.federation.versions(spec.task), spec.base_version)
    pieces = [
        piece_of(base, chunk, chunk_bytes),
        _aggregate(party, spec, claimed, chunk),
        piece_of(model, chunk, chunk_bytes),
    ]
    return party.federation.challenge_step(case, version, finding.at, pieces)


def _record(party: Party, spec: RoundSpec, claimed: Claimed, case: Case, finding: Finding) -> Sent:
    federation = party.federation
    contents = [record.content for record in claimed.document.included]
    by_account = {reveal.participant: reveal for reveal in claimed.reveals}
    if finding.wrong is Wrong.ORDER:
        first, second = leaf_piece(contents, finding.position), leaf_piece(contents, finding.position + 1)
        return federation.challenge_order(case, finding.position, first, second)
    if finding.wrong is Wrong.LEAF:
        record = claimed.document.included[finding.position]
        reveal = by_account.get(record.participant, claimed.reveals[0])  # whose is not read if it revealed nothing
        leaf = leaf_piece(contents, finding.position)
        return federation.challenge_leaf(case, finding.position, leaf, reveal.opening)
    index = list(unpack_exclusions(claimed.proposal.exclusions))[finding.position]
    found = next((reveal for reveal in claimed.reveals if reveal.index == index), claimed.reveals[0])
    land(party, spec.task, spec.round, found.participant)
    if finding.signatures:
        return federation.refute_exclusion(case, finding.position, found.opening, finding.signatures)
    receipt = kept_receipt(party, spec, claimed.proposer)
    signature = receipt.signature if receipt else b""
    return federation.challenge_exclusion(case, finding.position, found.opening, signature)


def _rights(party: Party, claimed: Claimed, case: Case, finding: Finding) -> Sent:
    """Show under which grant an included update was committed."""
    contents = [record.content for record in claimed.document.included]
    account = claimed.document.included[finding.position].participant
    committed = party.federation.events(case.task, case.round, ("UpdateCommitted",))
    args = next(event.args for event in committed if event.args["participant"] == account)
    record = (args["commitment"], args["evidenceHash"], args["grantId"])
    return party.federation.challenge_rights(case, finding.position, leaf_piece(contents, finding.position), record)


def _omission(party: Party, spec: RoundSpec, claimed: Claimed, case: Case, finding: Finding) -> Sent:
    """Show the neighbours among the included, between which the passed-over index would stand."""
    reveal = next(reveal for reveal in claimed.reveals if reveal.index == finding.position)
    contents = [record.content for record in claimed.document.included]
    after = sum(part.index < reveal.index for part in claimed.parts())  # position of the first one behind it
    first, end = max(after - 1, 0), min(after + 1, len(contents))
    land(party, spec.task, spec.round, reveal.participant)
    near = [leaf_piece(contents, position) for position in range(first, end)]
    receipt = kept_receipt(party, spec, claimed.proposer) if reveal.participant == party.account else None
    signature = receipt.signature if receipt else b""
    return party.federation.challenge_omission(case, reveal.participant, reveal.opening, (first, near), signature)


def _reward(party: Party, spec: RoundSpec, claimed: Claimed, case: Case) -> Sent:
    """The whole ledger at once: up to some 1,300 accounts fit one transaction, scores not counted."""
    included, votes, parts = claimed.document.included, claimed.votes, claimed.parts()
    owed = rewards_before(party, spec.task, spec.round)
    others = [claimed.proposer, *(vote.member for vote in votes)]
    entries = ledger(owed, [record.participant for record in included], others)
    by_scores = spec.spec.enforced.pays_by_scores
    vectors = [vote.scores for vote in votes] if by_scores else []
    medians = medians_of(parts, votes) if by_scores else []
    return party.federation.challenge_reward(case, entries, included, vectors, medians)


def _aggregate(party: Party, spec: RoundSpec, claimed: Claimed, chunk: int) -> Piece:
    document, root = claimed.document, claimed.proposal.aggregate_root
    stream = fetch_kept(party.store, spec, "aggregate", document.aggregate_uri, root, in_memory)
    return piece_of(stream, chunk, spec.spec.enforced.chunk_bytes)
