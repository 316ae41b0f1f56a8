// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Commits of a task whose updates carry noise: each spends of its grant's privacy budget.
/// @notice Called at the coordinator's address. In such a task (`privacyFloor` is not 0), and in a masked one, this is the only
/// way to commit.
interface IPrivateUpdates {
    /// As IRounds.commit, with what the update costs: a vector of Renyi divergences (RdpVector), at least the task's
    /// floor in each lane, or 0 where the task has none. In a masked task only who has shared may commit. Reverts where the grant's or the silo's own limit would be exceeded (IBudgets).
    function commitPrivate(
        uint32 task,
        uint32 round,
        bytes32 commitment,
        bytes32 grantId,
        bytes32 evidenceHash,
        uint256 cost
    ) external;

    /// Whether a round was voided in Commit, so that no update of it could be opened: its costs are refunded.
    function isUnread(uint32 task, uint32 round) external view returns (bool);
}
