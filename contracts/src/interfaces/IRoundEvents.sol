// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoundTypes} from "./IRoundTypes.sol";

/// @title What the coordinator says has happened; the log alone rebuilds every round.
interface IRoundEvents is IRoundTypes {
    event TaskCreated(
        uint32 indexed task,
        bytes32 indexed taskId,
        address indexed sponsor,
        TaskParams params,
        string specUri
    );
    event Appointed(uint32 indexed task, address indexed aggregator, address indexed standby);
    event DutyAccepted(uint32 indexed task, address indexed account, uint256 bond);
    event DutyResigned(uint32 indexed task, address indexed account);
    event StandbyPromoted(uint32 indexed task, address indexed account);
    event DutySlashed(
        uint32 indexed task, uint32 indexed round, address indexed account, uint256 amount, string reason
    );

    event Enrolled(uint32 indexed task, address indexed participant, uint16 index, uint32 fromRound);
    event Left(uint32 indexed task, address indexed participant, uint16 index, uint32 untilRound);
    event Missed(uint32 indexed task, uint32 indexed round, address indexed participant, uint16 misses);
    event Lapsed(uint32 indexed task, address indexed participant, uint32 round);
    event BondReleased(uint32 indexed task, address indexed participant, uint256 amount);

    event RoundStarted(
        uint32 indexed task,
        uint32 indexed round,
        bytes32 baseVersion,
        uint16 cohort,
        uint40 opensAt,
        uint40 deadline
    );
    event PhaseChanged(
        uint32 indexed task, uint32 indexed round, Phase phase, uint40 opensAt, uint40 deadline
    );
    event UpdateCommitted(
        uint32 indexed task,
        uint32 indexed round,
        address indexed participant,
        uint16 index,
        bytes32 commitment,
        bytes32 grantId,
        bytes32 evidenceHash
    );
    event UpdateRevealed(
        uint32 indexed task,
        uint32 indexed round,
        address indexed participant,
        uint16 index,
        Opening opening,
        string uri
    );
    /// The update is made over a version that lies `behind` that many before the round's base.
    event UpdateStale(
        uint32 indexed task, uint32 indexed round, address indexed participant, uint16 index, uint8 behind
    );
    event RevealedLate(
        uint32 indexed task,
        uint32 indexed round,
        address indexed participant,
        uint16 index,
        Opening opening,
        string uri
    );
    event UpdateRetracted(
        uint32 indexed task,
        uint32 indexed round,
        address indexed participant,
        uint16 index,
        bytes32 grantId,
        uint32 waitsUntil
    );
    event ParticipantSlashed(
        uint32 indexed task, uint32 indexed round, address indexed participant, uint256 amount, string reason
    );
    event RoundAggregated(
        uint32 indexed task, uint32 indexed round, address indexed proposer, Proposal proposal
    );
    event RoundSettled(
        uint32 indexed task,
        uint32 indexed round,
        Status status,
        uint32 version,
        bytes32 versionHash,
        uint16 cohort,
        uint16 committed,
        uint16 revealed,
        uint16 included
    );
    event ProposalOverturned(
        uint32 indexed task,
        uint32 indexed round,
        address indexed proposer,
        address accuser,
        uint256 taken,
        uint256 bounty,
        bytes32 evidence
    );
    event ChallengeHeld(uint32 indexed task, uint32 indexed round, uint40 deadline);
    event FloorPaid(uint32 indexed task, uint32 indexed round, address indexed participant, uint256 amount);
    event PayPaid(uint32 indexed task, uint32 indexed round, address indexed member, uint256 amount);
    event RoundVoided(uint32 indexed task, uint32 indexed round, Phase phase);
}
