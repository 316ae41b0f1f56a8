// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDuties} from "./interfaces/IDuties.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {CoordinatorBase} from "./CoordinatorBase.sol";

/// @title Who aggregates a task, who stands by, and the sponsor's way back to an earlier model.
abstract contract Duties is CoordinatorBase, IDuties {
    function appoint(uint32 task, address aggregator, address standby) external {
        Task storage t = _sponsored(task);
        _requireIdle(task);
        if (aggregator == address(0) || aggregator == standby) revert InvalidTask("aggregator");
        _replace(task, t.aggregator, aggregator);
        _replace(task, t.standby, standby);
        emit Appointed(task, aggregator, standby);
    }

    function acceptDuty(uint32 task) external {
        _requireRunning(_s().pause);
        Duty storage duty = _dutyOf(task);
        if (duty.bonded) revert AlreadyBonded(task, duty.account);
        duty.bonded = true;
        uint256 bond = _s().tasks[task].params.aggregatorBond;
        emit DutyAccepted(task, duty.account, bond);
        _s().registry.lock(duty.account, bond);
    }

    function resignDuty(uint32 task) external {
        Duty storage duty = _dutyOf(task);
        _requireIdle(task);
        if (!duty.bonded) revert NotBonded(task, duty.account);
        emit DutyResigned(task, duty.account);
        _unbond(task, duty);
    }

    function rollback(uint32 task, IModelRegistry.Version[] calldata path, string calldata uri) external {
        _sponsored(task);
        _requireShort(uri);
        _s().models.rollback(task, _requireIdle(task).round, path, uri);
    }

    // --- internal

    /// @dev The sender's duty: its own, or that of the participant whose delegate it is.
    function _dutyOf(uint32 task) internal view returns (Duty storage) {
        Task storage t = _taskOf(task);
        address account = _s().registry.masterOf(msg.sender);
        if (account == t.aggregator.account) return t.aggregator;
        if (account == t.standby.account) return t.standby;
        revert NotOnDuty(task, account);
    }

    function _replace(uint32 task, Duty storage duty, address account) internal {
        if (duty.account == account) return;
        if (duty.bonded) _unbond(task, duty);
        duty.account = account;
    }

    function _unbond(uint32 task, Duty storage duty) internal {
        duty.bonded = false;
        _s().registry.unlock(duty.account, _s().tasks[task].params.aggregatorBond);
    }
}
