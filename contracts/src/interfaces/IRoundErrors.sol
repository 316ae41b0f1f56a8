// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoundTypes} from "./IRoundTypes.sol";

/// @title What the coordinator refuses, and why.
interface IRoundErrors is IRoundTypes {
    /// Thrown when a task does not exist.
    error UnknownTask(uint32 task);
    /// Thrown when a parameter of a new task is out of range; names the field.
    error InvalidTask(string field);
    /// Thrown when somebody other than the sponsor does what is the sponsor's.
    error OnlySponsor(uint32 task, address caller, address sponsor);
    /// Thrown when something that waits for the end of a round comes while one runs.
    error RoundRunning(uint32 task, uint32 round, Phase phase);
    /// Thrown when somebody who is neither aggregator nor standby takes on, gives up or does their work.
    error NotOnDuty(uint32 task, address account);
    /// Thrown when the aggregator or standby acts without its bond.
    error NotBonded(uint32 task, address account);
    /// Thrown when somebody proposes again whose proposal was proven wrong in this round.
    error Overturned(uint32 task, uint32 round, address account);
    /// Thrown when somebody other than the Disputes contract passes judgement.
    error OnlyDisputes(address caller);
    /// Thrown when somebody other than the Committee contract reports votes or moves validators' bonds.
    error OnlyCommittee(address caller);
    /// Thrown when a participant is to lose a bond that the task does not hold, or one that stands for later rounds.
    error NoBond(uint32 task, address participant);
    /// Thrown when somebody claims the floor of a round that paid none, or did not reveal in it, or has it.
    error NoFloor(uint32 task, uint32 round, address participant);
    /// Thrown when a validator's pay is claimed of a round that pays it with its rewards, or pays none.
    error NoPay(uint32 task, uint32 round, uint256 seat);
    /// Thrown when a bond is locked for the second time.
    error AlreadyBonded(uint32 task, address account);
    /// Thrown when an account may not enrol: not registered, or not admitted.
    error NotAdmitted(address participant);
    /// Thrown when a participant enrols twice.
    error AlreadyEnrolled(uint32 task, address participant);
    /// Thrown when somebody leaves, lapses or is released who is not there.
    error NotEnrolled(uint32 task, address participant);
    /// Thrown when a task has no room for another participant.
    error TaskFull(uint32 task, uint256 limit);
    /// Thrown when a bond is asked back while its round runs or an opening is owed.
    error BondHeld(uint32 task, address participant, uint32 round);
    /// Thrown when somebody is to be noted as absent who can still commit.
    error StillCommitting(uint32 task, uint32 round);
    /// Thrown when a round opens before everybody who stayed silent in the last one was slashed.
    error UnslashedSilence(uint32 task, uint32 round, uint256 left);
    /// Thrown when all rounds of a task have been run.
    error RoundsExhausted(uint32 task, uint256 maxRounds);
    /// Thrown when a round opens and neither aggregator nor standby has its bond locked.
    error NoBondedAggregator(uint32 task, address aggregator);
    /// Thrown when a round opens with too few enrolled.
    error TooFewEnrolled(uint32 task, uint256 have, uint256 need);
    /// Thrown when a call names a round that is not the current one.
    error WrongRound(uint32 task, uint32 asked, uint32 current);
    /// Thrown when a call does not belong to the phase.
    error WrongPhase(uint32 task, uint32 round, Phase expected, Phase actual);
    /// Thrown when a phase is right but its time has not come.
    error TooEarly(uint256 opensAt, uint256 nowS);
    /// Thrown when somebody acts who is not in the round's cohort.
    error NotInCohort(uint32 task, uint32 round, address participant);
    /// Thrown when a participant commits twice in one round.
    error AlreadyCommitted(uint32 task, uint32 round, address participant);
    /// Thrown when a commitment is zero.
    error MissingCommitment(uint32 task, uint32 round, address participant);
    /// Thrown when a commit carries no evidence hash.
    error MissingEvidence(uint32 task, uint32 round, address participant);
    /// Thrown when somebody reveals who owes no opening: never committed, revealed already, late or slashed.
    error NothingToReveal(uint32 task, uint32 round, address participant);
    /// Thrown when a commit is to be taken out that does not stand, or is not the one that was shown.
    error NothingToRetract(uint32 task, uint32 round, address participant);
    /// Thrown when a commit is to be taken out whose grant was not withdrawn.
    error ConsentStands(uint32 task, uint32 round, bytes32 grantId);
    /// Thrown when somebody enrols whose consent was withdrawn in a round before; `until` is the first round that may
    /// run, or have run, when it does.
    error StillWaiting(uint32 task, address participant, uint32 until);
    /// Thrown when an opening does not hash to what the participant committed.
    error CommitmentMismatch(uint32 task, uint32 round, address participant);
    /// Thrown when a weight is 0 or above the task's bound.
    error WeightOutOfRange(uint256 weight, uint256 maxWeight);
    /// Thrown when a URI is longer than it may be (it would make the round dear to settle).
    error UriTooLong(uint256 length, uint256 most);
    /// Thrown when an exclusion names nobody who revealed, is out of order, or gives no listed reason.
    error BadExclusion(uint32 task, uint32 round, uint256 index, uint256 reason);
    /// Thrown when included and excluded do not add up to the revealed.
    error MiscountedProposal(uint32 task, uint32 round, uint256 included, uint256 excluded, uint256 revealed);
    /// Thrown when a proposal of a round with rolls includes updates, and with whoever is excluded and has an opening
    /// on chain they are fewer than the quorum. Masked, when a sum is of fewer than a round needs.
    error TooFewLeft(uint32 task, uint32 round, uint256 left, uint256 quorum);
    /// Thrown when a proposal's reward total lies outside [old total, old total + round reward].
    error RewardOutOfRange(uint32 task, uint256 total, uint256 least, uint256 most);
    /// Thrown when `settle`, or a challenge, gets another proposal than the one proposed.
    error ProposalMismatch(uint32 task, uint32 round, bytes32 expected, bytes32 actual);
    /// Thrown when a round opens, a bond is taken or somebody commits in a pause; `until` is its last second.
    error WhilePaused(uint256 until);
}
