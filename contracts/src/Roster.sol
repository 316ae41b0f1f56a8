// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommitteeBase} from "./CommitteeBase.sol";

/// @title Which validators serve in a round, with what weight, and how one ceases to.
/// @dev A running round's weights never change, or whoever sees the seed first could change the draw: places are
/// not moved, a bond slashed in a round keeps its weight until the round is over.
abstract contract Roster is CommitteeBase {
    /// @dev The current round is its last.
    function _retire(uint32 task, address account) internal {
        Validator storage v = _validatorOf(task, account);
        if (v.untilRound != FOR_GOOD) return;
        v.untilRound = _currentRound(task);
        emit Resigned(task, account, v.untilRound);
    }

    function _mayServe(Validator storage v, uint32 round) internal view returns (bool) {
        return v.account != address(0) && v.fromRound <= round && round <= v.untilRound && v.skipped != round;
    }

    /// @dev The weight of each place in the round's draw, and how many are not 0.
    function _weights(uint32 task, uint32 round) internal view returns (uint256[] memory weights, uint256 able) {
        Validator[] storage all = _s().validators[task];
        weights = new uint256[](all.length);
        for (uint256 i; i < weights.length; ++i) {
            if (!_mayServe(all[i], round)) continue;
            weights[i] = all[i].weight;
            ++able;
        }
    }
}
