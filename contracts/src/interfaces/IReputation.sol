// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoundTypes} from "./IRoundTypes.sol";

/// @title How much honest work a participant has done lately, 0 .. 10,000.
/// @notice Everybody starts at 0, the least there is: no new identity stands above anybody. Each part below decays
/// by itself, and nothing else is stored; anyone can recompute all of it from `Recorded`, `Slashed` and
/// `SlashRestored` (core/reputation.py does).
///
///     decayed(a, t) = h - floor(h * r / (2 * HALF_LIFE)),  h = floor(a / 2^n),  n = floor(t / HALF_LIFE),
///                     r = t - n * HALF_LIFE                 (half after a half-life, linear within one)
///     recorded now:   earned' = e + floor((MAX - e) / GROWTH_PART),  e = decayed(earned, now - earnedAt)
///     score(now)    = max(0, decayed(earned, now - earnedAt) - sum of decayed(PENALTY, now - slash.at))
///
/// The sum is over those of the participant's last SLASHES_COUNTED slashes that were not restored: a slash counts
/// without anybody's doing, and an accepted appeal undoes exactly its part. A settled round counts once for each
/// whose update is in its result, and earns at most once in GROWTH_EVERY: many quick rounds are worth one.
/// It says who took part in honest results; not that a model got better, nor who stands behind an account.
interface IReputation {
    /// Thrown when a round is recorded that is not the task's last, or did not settle with this proposal.
    error NotSettled(uint32 task, uint32 round);
    /// Thrown when indices do not ascend.
    error NotAscending(uint256 index);

    /// @param earned After it. @param at The block's time, from which it decays.
    event Recorded(
        uint32 indexed task, uint32 indexed round, address indexed participant, uint16 earned, uint40 at
    );

    /// Lets a settled round count for those whose updates are in its result, until the task's next round opens.
    /// Skips who has no update in it, was counted for it, or has earned within GROWTH_EVERY. Anyone.
    /// @param p The settled proposal, as in RoundAggregated. @param indices Of participants, ascending.
    function record(
        uint32 task,
        uint32 round,
        IRoundTypes.Proposal calldata p,
        uint16[] calldata indices
    ) external;

    /// The participant's reputation at this block's time.
    function scoreOf(address participant) external view returns (uint256);

    /// What it had earned, slashes apart, when it last earned something (`at`, unix seconds).
    function earnedOf(address participant) external view returns (uint16 earned, uint40 at);

    /// `a` after `elapsed` seconds.
    function decayed(uint256 a, uint256 elapsed) external pure returns (uint256);
}
