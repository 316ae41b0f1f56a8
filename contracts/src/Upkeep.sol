// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clock} from "./Clocks.sol";
import {CoordinatorBase} from "./CoordinatorBase.sol";
import {IUpkeep} from "./interfaces/IUpkeep.sol";
import {Phases} from "./Phases.sol";

/// @notice Documented in IUpkeep.
abstract contract Upkeep is CoordinatorBase, IUpkeep {
    using Phases for Clock;

    function checkUpkeep(bytes calldata checkData)
        external
        view
        returns (bool upkeepNeeded, bytes memory performData)
    {
        return (_load(abi.decode(checkData, (uint32))).overdue(), checkData);
    }

    function performUpkeep(bytes calldata performData) external {
        uint32 task = abi.decode(performData, (uint32));
        if (!_load(task).overdue()) revert NothingDue(task);
        _advance(task);
    }
}
