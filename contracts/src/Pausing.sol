// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessManagedUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IPausing} from "./interfaces/IPausing.sol";
import {CoordinatorBase} from "./CoordinatorBase.sol";
import {Clock} from "./Clocks.sol";
import {Pause, Pauses} from "./Pauses.sol";
import {Phases} from "./Phases.sol";

/// @notice Documented in IPausing.
abstract contract Pausing is CoordinatorBase, IPausing, AccessManagedUpgradeable {
    using Phases for Clock;

    uint256 internal constant LONGEST_PAUSE = 30 days;

    function pause(uint40 until) external restricted {
        Pause last = _s().pause;
        (uint256 earliest, uint256 longest) = pauseLimits();
        bool on = last.active();
        if (!on && block.timestamp < earliest) revert PauseTooSoon(earliest, block.timestamp);
        uint256 at = on ? last.until() - last.length() : block.timestamp;
        if (until > at + longest) revert PauseTooLong(until, at + longest);
        uint256 least = on ? last.until() + 1 : block.timestamp;
        if (until < least) revert PauseTooShort(until, least);
        uint256 before = on ? last.total() - last.length() : last.total();
        _s().pause = Pauses.make(until, until - at, before + until - at);
        emit Paused(uint40(at), until);
    }

    function pausedUntil() external view returns (uint40) {
        Pause p = _s().pause;
        return p.active() ? uint40(p.until()) : 0;
    }

    function consentUntil(uint32 task) external view returns (uint40) {
        Clock memory c = _load(task);
        bool asked = c.phase == Phase.Share || c.phase == Phase.Commit;
        return !asked || c.overdue() ? 0 : _consentUntil(task, c);
    }

    /// @dev Both follow from the unbonding period U, which is at least twice the longest round: a round ends
    /// within U/2 of running time, so the pause after the one that touched it comes too late for it; and
    /// U/2 + U/4 < U, so stake that was asked back when the round opened is still there when it ends.
    function pauseLimits() public view returns (uint256 earliest, uint256 longestS) {
        uint256 unbonding = _s().registry.unbondingPeriod();
        Pause last = _s().pause;
        earliest = last.until() == 0 ? 0 : last.until() + unbonding / 2 + 1;
        longestS = Math.min(unbonding / 4, LONGEST_PAUSE);
    }
}
