"""Recomputing a proposal: what everybody revealed against what was proposed, step by step, in the order of proofs.

records, exclusions --> updates --rule--> aggregate --server step--> model, state --> rewards, rights --> findings
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prefect_federated.adapters.choice_check import choice_findings
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
from prefect_federated.adapters.unmasking import gather_masked
from prefect_federated.adapters.unreached import as_far_as_asked, missed_findings, wrong_of
from prefect_federated.adapters.vouching import refutation
from prefect_federated.core.encrypted_spec import Encrypted
from prefect_federated.core.enforced import RULES
from prefect_federated.core.errors import ConfigurationError, PayloadError, StoreUnreachable
from prefect_federated.core.findings import INCLUDED, RECORD, UNASKED, Finding, Verification, Wrong
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

    def left_out(self) -> dict[str, Reason]:
        """Who revealed and is excluded, by account."""
        at = {reveal.index: reveal.participant for reveal in self.reveals}
        left_out = unpack_exclusions(self.proposal.exclusions)
        return {at[index]: reason for index, reason in left_out.items() if index in at}


def verify_proposal(
    party: Party, spec: RoundSpec, mailbox: Mailbox | None = None, holdout: HeldOut | None = None
) -> Verification:
    """Recompute a round's proposal and name everything that is wrong with it.

    Who is no reader of the round cannot read single updates: records, exclusions, step and rewards are checked.
    Where the committee opens updates, a reader joins what members released, out of a mailbox where one is given. Of
    encrypted updates there is no sum without the mailbox in which key holders left it. What
    members said of excluded updates is looked up in the party's vault, and in a mailbox where one is given; their
    scores are measured again where there is the held-out set that the task fixed.

    What the store does not answer for is told apart, as `unreached`: all else is judged without it.

    Raises:
        ProtocolError: the round has no proposal.
        ChainUnreachable: the chain could not be asked; try again.
        StoreUnreachable: the store does not answer for what this party keeps itself, or for the list of a roll; try
            again.
    """
    try:
        document = read_result(party, spec.task, spec.round)
    except (ConfigurationError, PayloadError, StoreUnreachable) as error:
        return _told([Finding(wrong_of(error), str(error), tree=INCLUDED)], reads=False)
    claimed = read_claimed(party, spec, document)
    reads = party.account.lower() in {reader.account.lower() for reader in spec.readers}
    encrypted = isinstance(spec.spec.masking, Encrypted)
    if encrypted and mailbox is None:
        reads = reads and not holders_awaited(party, None, spec)
    if reads and mailbox is not None and spec.threshold:
        join_released(party, mailbox, spec)
    gathered, missed = _gathered(party, spec, claimed, mailbox) if reads else (None, {})
    findings = [*_records(party, spec, claimed), *_exclusions(party, spec, claimed, mailbox)]
    summed = gathered if not findings and not claimed.unread and not (missed and encrypted) else None
    faults = _faults(party, spec, claimed, summed)
    findings += seed_findings(faults)
    findings += as_far_as_asked(result_findings(party, spec, claimed, summed))
    findings += as_far_as_asked(_rewards(party, spec, claimed))
    findings += rights_findings(party, spec, claimed)
    if gathered and not (missed and encrypted):
        findings += choice_findings(spec, claimed, gathered, missed)
    if gathered and not missed:
        findings += as_far_as_asked(detection_findings(party, spec, claimed.document.detection, gathered))
        findings += as_far_as_asked(score_findings(party, spec, holdout)) if holdout else []
    findings += missed_findings(claimed.document.included, missed, gathered)
    if faults.outage and str(faults.outage) not in map(str, missed.values()):
        findings.append(Finding(Wrong.UNREACHED, str(faults.outage), tree=UNASKED))
    return _told(findings, reads)


def _told(findings: Sequence[Finding], reads: bool) -> Verification:
    """What is wrong, and apart from it what was not reached, each once."""
    wrong = tuple(one for one in findings if one.wrong is not Wrong.UNREACHED)
    unreached = tuple(dict.fromkeys(one for one in findings if one.wrong is Wrong.UNREACHED))
    return Verification(wrong, reads and not unreached, unreached)


def _gathered(
    party: Party, spec: RoundSpec, claimed: Claimed, mailbox: Mailbox | None
) -> tuple[Gathered | None, Mapping[str, StoreUnreachable]]:
    """The round's updates, and by account what could not be asked for, so that nothing is said of it.

    Who withholds something must not keep all else unjudged. Nor does what is left out as unavailable, and is not to be
    had here either; but where nothing at all is, the fault may be on this side.
    """
    try:
        if spec.spec.enforced.masked:
            gathered = gather_masked(party, spec, claimed.reveals, last_try=True)
        elif spec.spec.summed:
            gathered = gather_encrypted(party, spec, claimed.reveals, mailbox)
        else:
            gathered = gather(party, spec, claimed.reveals, part=True)
    except StoreUnreachable as error:
        return None, {reveal.participant: error for reveal in claimed.reveals}
    missed, theirs = {**gathered.unreached, **gathered.outages}, claimed.left_out()
    if len(missed) == len(claimed.reveals):
        return gathered, missed
    return gathered, {name: one for name, one in missed.items() if theirs.get(name) is not Reason.UNAVAILABLE}


def _faults(party: Party, spec: RoundSpec, claimed: Claimed, gathered: Gathered | None) -> IncludedFaults:
    """False seeds of included updates in groups of which this reader could not open everything."""
    if gathered is None or not spec.spec.enforced.masked:
        return IncludedFaults()
    return included_faults(party, spec, claimed.document.included, set(gathered.details))


def read_claimed(party: Party, spec: RoundSpec, document: ResultDocument | None = None) -> Claimed:
    """The standing proposal of a round, its result document and the reveals it is about.

    Args:
        document: the result's, where it was read already.
    """
    federation = party.federation
    rolls = federation.posted_rolls(spec.task, spec.round) if spec.spec.enforced.rolled else []
    return Claimed(
        federation.proposal(spec.task, spec.round),
        document or read_result(party, spec.task, spec.round),
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
            ours = (ours[0], record.weight)  # a coefficient, which `choice_findings` compares
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
