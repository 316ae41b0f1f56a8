// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Ticks by a keeper network, with the signatures of Chainlink Automation (AutomationCompatible).
/// @notice A keeper is a convenience: anyone may call `tick`, and every other call does the same first.
/// Settling is not its work, because that takes the whole proposal. Called at the coordinator's address.
interface IUpkeep {
    /// Thrown when upkeep is performed for a task whose round needs no tick.
    error NothingDue(uint32 task);

    /// Whether the task's round stands in a phase whose time is over.
    /// @param checkData abi.encode(uint32 task). @return performData The same.
    function checkUpkeep(bytes calldata checkData)
        external
        view
        returns (bool upkeepNeeded, bytes memory performData);

    /// Ticks. Anyone, like `tick` itself.
    function performUpkeep(bytes calldata performData) external;
}
