// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Pause} from "../Pauses.sol";
import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";

/// @title What follows from a proven offence, and what a proof needs to know.
/// @notice Called at the coordinator's address, which passes these calls on to its TaskDesk.
interface IRulings is ICoordinatorTypes {
    /// The part of a task and of its standing proposal that proofs are about. `proposedAt` and `nowS` are running
    /// time, which stands still in a pause; `pause` turns it into chain time. `accounted`: privacy loss is counted, so
    /// that sums may hold noise.
    struct Case {
        Phase phase;
        uint8 rule;
        uint8 step;
        uint8 disclosure;
        uint16 trim;
        uint32 chunkBytes;
        uint32 chunks;
        uint32 limit;
        uint32 challengeWindow;
        uint40 proposedAt;
        uint64 normBound;
        bytes32 aggregateHeader;
        bytes32 baseVersion;
        bytes32 proposalHash;
        address proposer;
        uint8 rewardBy;
        uint16 feeBps;
        uint8 committee;
        uint128 seatPay;
        uint16 shareCapBps;
        uint128 roundReward;
        uint40 nowS;
        Pause pause;
        uint16 group;
        bool accounted;
    }

    /// Voids the standing proposal and slashes its proposer. Once a round, whoever else is on duty with its
    /// bond gets a new Aggregate phase; after that, or without one, the round voids and pays its floor.
    /// Disputes only.
    function overturn(uint32 task, uint32 round, address accuser, bytes32 evidence) external;

    /// Lets the challenge window end no earlier than `until`, running time. Disputes only.
    function hold(uint32 task, uint32 round, uint40 until) external;

    /// Slashes a participant's bond: for an update beyond the task's limit, or for shares or seeds of a mask that are false.
    /// Disputes only.
    function strike(
        uint32 task,
        uint32 round,
        address participant,
        address accuser,
        bytes32 evidence,
        string calldata reason
    ) external;

    /// Pays the floor of a round that fraud voided to somebody who had revealed in it. Anyone, until the next
    /// round opens, which waits for one challenge window.
    function claimFloor(uint32 task, uint32 round, uint16 index) external;

    /// Pays a member of the committee for its shown vote in a round that pays no rewards: rejected, void for want of
    /// votes, or voided for fraud. Anyone, until the next round opens, which waits for one challenge window.
    function claimPay(uint32 task, uint32 round, uint8 seat) external;

    function caseOf(uint32 task, uint32 round) external view returns (Case memory);
}
