// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CoordinatorBase} from "./CoordinatorBase.sol";
import {Clock} from "./Clocks.sol";

/// @title What honest work earns in a round that others spoilt, and a committee in any.
abstract contract Floors is CoordinatorBase {
    uint256 internal constant BPS = 10_000;

    /// @dev The reserve pays a floor to each who revealed, and each seat of the committee that showed a vote; the next
    /// round waits until the clock's deadline for that. Where there are rolls, the count is their posters' word, and the
    /// whole cohort's floors are set aside.
    function _setFloors(uint32 task, Clock memory c) internal {
        uint256 pay = uint256(_s().tasks[task].params.committee) * _seatPay(task);
        uint256 heads = _s().rounds[task].rolls == 0 ? c.revealed : c.cohort;
        _s().treasury.setAside(task, heads * _floor(task, c) + pay);
    }

    /// @dev floor(roundReward * floorBps / (10,000 * cohort)): what a reveal earns in a round that others spoilt.
    function _floor(uint32 task, Clock memory c) internal view returns (uint256) {
        TaskParams storage p = _s().tasks[task].params;
        return uint256(p.roundReward) * p.floorBps / (BPS * c.cohort);
    }

    /// @dev floor(roundReward * validatorBps / (10,000 * committee)): what a seat that showed a vote earns.
    function _seatPay(uint32 task) internal view returns (uint256) {
        TaskParams storage p = _s().tasks[task].params;
        return p.committee == 0 ? 0 : uint256(p.roundReward) * p.validatorBps / (BPS * p.committee);
    }
}
