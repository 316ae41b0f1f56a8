"""Recomputing a proposal: what everybody revealed against what was proposed, step by step, in the order of proofs.

records, exclusions --> updates --rule--> aggregate --server step--> model, state --> rewards, rights --> findings
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prefect_federated.adapters.detecting import detection_findings
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.evm.unrolling import StandingLeaf
from prefect_federated.adapters.gathering import Gathered, gather
from prefect_federated.adapters.holdout import HeldOut
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.mask_faults import IncludedFaults, included_faults, seed_findings
from prefect_federated.adapters.outcome import shown_votes
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.reading import read_result, rewards_before
from prefect_federated.adapters.receipts import kept_receipt
from prefect_federated.adapters.releasing import join_released
from prefect_federated.adapters.rights_check import rights_findings
from prefect_federated.adapters.score_check import score_findings
from prefect_federated.adapters.sum_check import result_findings
from prefect_federated.adapters.sum_opening import gather_encrypted, holders_awaited
from prefect_federated.adapters.unmasking import combine_masked, gather_masked
from prefect_federated.adapters.vouching import refutation
from prefect_federated.core.combine import combine
from prefect_federated.core.encrypted_spec import Encrypted
from prefect_federated.core.enforced import RULES
from prefect_federated.core.errors import ConfigurationError, PayloadError, StoreUnreachable
from prefect_federated.core.findings import INCLUDED, RECORD, Finding, Verification, Wrong
from prefect_federated.core.pay import Part, ShownVote, round_pay
from prefect_federated.core.proposal import Proposal, unpack_exclusions
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.rewards import add_rewards, sum_root
from prefect_federated.core.round import Reason
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.soundness import is_of_reading

NO_INDEX = 1 << 16  # beyond every index: no member scored it


@dataclass(frozen=True, slots=True)
class Claimed:
    """A proposal with what stands behind it."""

    proposal: Proposal
    document: ResultDocument
    reveals: list[Reveal]
    proposer: str
    votes: list[ShownVote]
    rolls: bool = False  # some may have revealed in rolls
    unread: bool = False  # of which not all can be read here
    rolled: Mapping[str, StandingLeaf] = field(default_factory=dict)  # by account, who revealed in one

    def parts(self) -> list[Part]:
        """The included updates as pay sees them; who revealed nothing has no index."""
        indices = {reveal.participant: reveal.index for reveal in self.reveals}
        return [Part(r.participant, indices.get(r.participant, NO_INDEX), r.weight) for r in self.document.included]


def verify_proposal(
    party: Party, spec: RoundSpec, mailbox: Mailbox | None = None, holdout: HeldOut | None = None
) -> Verification:
    """Recompute a round's proposal and name everything that is wrong with it.

    Who is no reader of the round cannot read single updates: records, exclusions, step and rewards are checked.
    Where the committee opens updates, a reader joins what members released, out of a mailbox where one is given. Of
    encrypted updates there is no sum without the mailbox in which key holders left it. What
    members said of excluded updates is looked up in the party's vault, and in a mailbox where one is given; their
    scores are measured again where there is the held-out set that the task fixed.

    Raises:
        ProtocolError: the round has no proposal.
        TransportError: chain or store could not be asked; try again. Of what takes the masks off only where nothing
            else is wrong: what can be told without it is told.
    """
    try:
        claimed = read_claimed(party, spec)
    except (ConfigurationError, PayloadError) as error:
        return Verification((Finding(Wrong.WITHHELD, str(error), tree=INCLUDED),), read_updates=False)
    reads = party.account.lower() in {reader.account.lower() for reader in spec.readers}
    if isinstance(spec.spec.masking, Encrypted) and mailbox is None:
        reads = reads and not holders_awaited(party, None, spec)
    if reads and mailbox is not None and spec.threshold:
        join_released(party, mailbox, spec)
    gathered, outage = _gathered(party, spec, claimed, mailbox) if reads else (None, None)
    findings = [*_records(party, spec, claimed), *_exclusions(party, spec, claimed, mailbox)]
    sound = not findings and not claimed.unread
    faults = _faults(party, spec, claimed, gathered if sound else None)
    findings += seed_findings(faults)
    findings += result_findings(party, spec, claimed, gathered if sound else None)
    findings += _rewards(party, spec, claimed)
    findings += rights_findings(party, spec, claimed)
    if gathered:
        findings += _choices(spec, claimed, gathered)
        findings += detection_findings(party, spec, claimed.document.detection, gathered)
    findings += score_findings(party, spec, holdout) if gathered and holdout else []
    outage = outage or faults.outage
    if outage and not findings:
        raise outage
    return Verification(tuple(findings), read_updates=reads and outage is None, missed=outage is not None)


def _gathered(
    party: Party, spec: RoundSpec, claimed: Claimed, mailbox: Mailbox | None
) -> tuple[Gathered | None, StoreUnreachable | None]:
    """The round's updates. Of a masked one also why not: who withholds a message must not keep all else unjudged.

    With groups what is withheld of one keeps no other from being judged.
    """
    if not spec.spec.enforced.masked:
        if spec.spec.summed:
            return gather_encrypted(party, spec, claimed.reveals, mailbox), None
        return gather(party, spec, claimed.reveals), None
    try:
        gathered = gather_masked(party, spec, claimed.reveals, last_try=bool(spec.spec.enforced.group))
    except StoreUnreachable as error:
        return None, error
    return gathered, next(iter(gathered.outages.values()), None)


def _faults(party: Party, spec: RoundSpec, claimed: Claimed, gathered: Gathered | None) -> IncludedFaults:
    """False seeds of included updates in groups of which this reader could not open everything."""
    if gathered is None or not spec.spec.enforced.masked:
        return IncludedFaults()
    return included_faults(party, spec, claimed.document.included, set(gathered.details))


def read_claimed(party: Party, spec: RoundSpec) -> Claimed:
    """The standing proposal of a round, its result document and the reveals it is about."""
    federation = party.federation
    rolls = federation.posted_rolls(spec.task, spec.round) if spec.spec.enforced.rolled else []
    return Claimed(
        federation.proposal(spec.task, spec.round),
        read_result(party, spec.task, spec.round),
        federation.reveals(spec.task, spec.round),
        federation.proposer(spec.task, spec.round),
        shown_votes(party, spec),
        rolls=bool(rolls),
        unread=any(roll.withheld for roll in rolls),
        rolled=_rolled(party, spec) if rolls else {},
    )


def _rolled(party: Party, spec: RoundSpec) -> dict[str, StandingLeaf]:
    leaves = party.federation.standing_leaves(spec.task, spec.round)
    return {leaf.commit.participant: leaf for leaf in leaves if leaf.opening is not None}


def _records(party: Party, spec: RoundSpec, claimed: Claimed) -> Iterator[Finding]:
    """Every included record is a reveal of this round, once, in order, and excluded nowhere."""
    by_account = {reveal.participant: reveal for reveal in claimed.reveals}
    out = unpack_exclusions(claimed.proposal.exclusions)
    last = -1
    for position, record in enumerate(claimed.document.included):
        reveal = by_account.get(record.participant)
        if reveal is None and claimed.rolls:
            if not claimed.unread:
                detail = f"included {position} is {record.participant}, whose opening stands in no roll"
                yield Finding(Wrong.WITHHELD, detail, position, tree=RECORD)
            continue
        if reveal is None or reveal.index in out:
            why = "revealed nothing" if reveal is None else "is excluded too"
            yield Finding(Wrong.LEAF, f"included {position} is {record.participant}, who {why}", position)
            continue
        ours, theirs = (reveal.opening.payload_root, reveal.weight), (record.payload_root, record.weight)
        if spec.spec.rule.reweights:
            ours = (ours[0], record.weight)  # a coefficient, which `_choices` compares
        if ours != theirs:
            detail = (
                f"included {position}, {record.participant}: payload 0x{theirs[0].hex()} with weight {theirs[1]} is"
                f" proposed, 0x{ours[0].hex()} with weight {ours[1]} was revealed"
            )
            in_roll = record.participant in claimed.rolled  # two may stand there: its proposer has to show its own
            yield Finding(Wrong.WITHHELD if in_roll else Wrong.LEAF, detail, position, tree=RECORD if in_roll else 0)
        if reveal.index <= last:
            yield Finding(
                Wrong.ORDER, f"included {position} has index {reveal.index}, the one before it {last}", position - 1
            )
        last = reveal.index
    included = {record.participant for record in claimed.document.included}
    for reveal in claimed.reveals:
        if reveal.participant not in included and reveal.index not in out:
            detail = f"{reveal.participant}, index {reveal.index}, revealed, and is neither included nor excluded"
            kind = Wrong.OMISSION if _can_show(party, spec, claimed, reveal) else Wrong.RULE
            yield Finding(kind, detail, reveal.index)


def _can_show(party: Party, spec: RoundSpec, claimed: Claimed, reveal: Reveal) -> bool:
    """Whether this party can prove that a reveal was passed over: in a roll, only with the receipt for its own."""
    if reveal.participant not in claimed.rolled:
        return True
    return reveal.participant == party.account and kept_receipt(party, spec, claimed.proposer) is not None


def _exclusions(party: Party, spec: RoundSpec, claimed: Claimed, mailbox: Mailbox | None) -> Iterator[Finding]:
    enforced, nobody = spec.spec.enforced, not claimed.document.included
    reveals = {reveal.index: reveal for reveal in claimed.reveals}
    mine = next((reveal.index for reveal in claimed.reveals if reveal.participant == party.account), None)
    for which, (index, reason) in enumerate(unpack_exclusions(claimed.proposal.exclusions).items()):
        no_bound = reason is Reason.NORM_BOUND and not enforced.norm_bound
        no_rule = reason is Reason.RULE and enforced.rule < RULES.index("multi_krum") and not nobody
        if no_bound or no_rule:
            yield Finding(
                Wrong.EXCLUSION, f"index {index} is left out for {reason.name}, which this task does not have", which
            )
        elif reason is Reason.UNAVAILABLE and index == mine and kept_receipt(party, spec, claimed.proposer):
            detail = f"index {index} is left out for UNAVAILABLE, {claimed.proposer} signed a receipt for its payload"
            yield Finding(Wrong.EXCLUSION, detail, which)
        elif enforced.committee and is_of_reading(reason) and index in reveals:
            found = refutation(party, spec, reveals[index], mailbox)
            detail = f"index {index} is left out for {reason.name}, {len(found)} members found its update sound"
            yield from [Finding(Wrong.EXCLUSION, detail, which, signatures=found)] if found else []


def _rewards(party: Party, spec: RoundSpec, claimed: Claimed) -> Iterator[Finding]:
    """Accounts that are awarded something else; where all amounts are right, a tree or total that is not."""
    ours, theirs = rewards_due(party, spec, claimed), dict(claimed.document.rewards)
    root, total = sum_root(ours)
    if (root, total) == (claimed.proposal.reward_root, claimed.proposal.reward_total) or not claimed.document.included:
        return
    for account in sorted({*ours, *theirs}):
        if ours.get(account, 0) != theirs.get(account, 0):
            yield Finding(
                Wrong.REWARD,
                f"{account} is awarded {theirs.get(account, 0)} wei in all, {ours.get(account, 0)} are due",
            )
            return
    yield Finding(
        Wrong.REWARD,
        f"the rewards have root 0x{claimed.proposal.reward_root.hex()} and total {claimed.proposal.reward_total},"
        f" the right amounts have 0x{root.hex()} and {total}",
    )


def rewards_due(party: Party, spec: RoundSpec, claimed: Claimed) -> dict[str, int]:
    """Cumulative rewards after the round, by the task's rule over what the proposal includes."""
    due = round_pay(spec.spec.enforced, claimed.proposer, claimed.parts(), claimed.votes)
    return add_rewards(rewards_before(party, spec.task, spec.round), due)


def _choices(spec: RoundSpec, claimed: Claimed, gathered: Gathered) -> Iterator[Finding]:
    """Who is in and who is out, by the task's rules over what this reader could read.

    Of a group of which something could not be asked for nothing is said, nor that too few groups are left without it.
    """
    if spec.spec.summed:
        combined = combine_masked(spec, gathered)
    else:
        combined = combine(spec.spec.rule, gathered.updates, spec.spec.model.size, spec.spec.update.limit)
    ours = gathered.reasons | combined.left_out
    at = {reveal.index: reveal.participant for reveal in claimed.reveals}
    left_out = unpack_exclusions(claimed.proposal.exclusions)
    theirs = {at[index]: reason for index, reason in left_out.items() if index in at}
    unsure = set(gathered.outages)
    if unsure:
        unsure |= {participant for participant, reason in ours.items() if reason is Reason.RULE}
    for participant in sorted({*ours, *theirs} - unsure):
        if ours.get(participant) != theirs.get(participant):
            why = gathered.details.get(participant)
            yield Finding(
                Wrong.RULE,
                f"{participant} is proposed as {_fate(theirs.get(participant))}, recomputed as"
                f" {_fate(ours.get(participant))}" + (f": {why}" if why else ""),
            )
    if spec.spec.rule.reweights:
        yield from _coefficients(claimed, {update.participant: update.weight for update in combined.kept})


def _coefficients(claimed: Claimed, ours: Mapping[str, int]) -> Iterator[Finding]:
    """The first included update under another coefficient than the rule gives it."""
    for position, record in enumerate(claimed.document.included):
        weight = ours.get(record.participant)
        if weight is not None and weight != record.weight:
            detail = (
                f"included {position}, {record.participant}: weight {record.weight} is proposed, {weight} recomputed"
            )
            yield Finding(Wrong.RULE, detail, position)
            return


def _fate(reason: Reason | None) -> str:
    return "included" if reason is None else f"left out for {reason.name}"
