// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title How much privacy loss a grant allows, how much a silo allows itself, and what was spent of both.
/// @notice Amounts are vectors of Renyi divergences in one word (RdpVector). A limit is the largest vector that keeps an
/// (epsilon, delta): it holds while the sum stays below it at one order. What a commit costs is its silo's claim, from its
/// sampling rate and noise; the coordinator holds it to the task's floor. All rounds draw on one account, so two that run
/// at once cannot both spend the rest.
interface IBudgets {
    /// What one commit spends.
    /// @param purposes A task's, all of which the grant must cover. @param until Until when, as in requireLive.
    /// @param cost The privacy loss. @param floor The least that the task asks anybody to count.
    struct Charge {
        bytes32 grantId;
        address silo;
        uint64 purposes;
        uint40 until;
        uint32 task;
        uint32 round;
        uint256 cost;
        uint256 floor;
    }

    /// Thrown when somebody other than the coordinator spends.
    error OnlyCoordinator(address caller);
    /// Thrown when a task whose commits cost no privacy asks for a grant with a budget.
    error OnlyWithPrivacy(bytes32 grantId);
    /// Thrown when a commit would spend more than the grant allows.
    error BudgetExceeded(bytes32 grantId, uint256 spent, uint256 budget);
    /// Thrown when a commit would spend more than the silo allows itself.
    error OwnLimitExceeded(address silo, uint256 spent, uint256 limit);
    /// Thrown when a commit counts less than the task's floor, or the task has none.
    error CostBelowFloor(uint256 cost, uint256 floor);
    /// Thrown when a cost is claimed back that was not spent, or of a round that went beyond Commit.
    error NothingToRefund(uint32 task, uint32 round, bytes32 grantId);

    /// @param spent Of the grant, with this cost.
    event PrivacySpent(
        uint32 indexed task,
        uint32 indexed round,
        address indexed silo,
        bytes32 grantId,
        uint256 cost,
        uint256 spent
    );
    event PrivacyRefunded(
        uint32 indexed task, uint32 indexed round, address indexed silo, bytes32 grantId, uint256 cost
    );
    event OwnLimitSet(address indexed silo, uint256 limit);

    /// Checks as requireLive does, then spends. Coordinator only.
    function spend(Charge calldata c) external;

    /// Gives back what a commit cost whose round ended in Commit: no update was opened, so nobody read any. Anyone.
    function refund(uint32 task, uint32 round, bytes32 grantId, address silo) external;

    /// Sets what the sender, as a silo, allows itself over all grants; 0 is no limit. What was spent before counts.
    function setOwnLimit(uint256 limit) external;

    /// @return spent By commits of this silo under this grant.
    function spentUnder(bytes32 grantId, address silo) external view returns (uint256 spent);

    /// @return limit What the silo allows itself, 0 for no limit. @return spent By all its commits.
    function ownBudget(address silo) external view returns (uint256 limit, uint256 spent);
}
