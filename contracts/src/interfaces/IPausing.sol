// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";

/// @title The pause: for a while no round opens, no stake is taken, nobody commits.
/// @notice Everything that gives back or finishes goes on: reveal, propose, settle, tick, slash of what was
/// over before, leave, withdraw, claim, consent withdrawal. Time stands still for rounds: deadlines, gap,
/// grace and challenge window move by the pause's length, and a grant that covers a round's schedule covers
/// it after a pause too. Called at the coordinator's address, which passes these calls on to its TaskDesk.
interface IPausing is ICoordinatorTypes {
    /// Thrown when a pause would outlast a quarter of the unbonding period (30 days at most) from its start.
    error PauseTooLong(uint256 until, uint256 latest);
    /// Thrown when a pause would end in the past, or earlier than was said before.
    error PauseTooShort(uint256 until, uint256 least);
    /// Thrown when a pause begins before half the unbonding period has passed since the last one.
    error PauseTooSoon(uint256 earliest, uint256 nowS);

    event Paused(uint40 at, uint40 until);

    /// Pauses until `until` (its last second, unix), or makes the pause that is on last longer. It ends by
    /// itself and is never cut short: who postponed something because of it can rely on its end. By the
    /// cooldown at most one pause touches a round (a round is no longer than half the unbonding period),
    /// so the longest pause is also the most that a round is ever held up. Governance, or its guardian.
    function pause(uint40 until) external;

    /// The last second of the pause that is on; 0 if none is.
    function pausedUntil() external view returns (uint40);

    /// Until when the grant of a commit must last now: the latest end of Reveal and its grace, were the round
    /// never paused. 0 unless the round is in Commit.
    function consentUntil(uint32 task) external view returns (uint40);

    /// What `pause` accepts now: from when the next pause may begin, and how many seconds it may last.
    function pauseLimits() external view returns (uint256 earliest, uint256 longestS);
}
