// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Bases} from "./Bases.sol";
import {IOpened} from "./interfaces/IOpened.sol";
import {Mark, Marks} from "./Marks.sol";

/// @notice Documented in IOpened.
abstract contract Opened is Bases, IOpened {
    using Marks for mapping(uint256 => uint256);

    uint256 internal constant WHOLE_BITS = 16;

    function revealedIndex(uint32 task, uint32 round, address participant)
        external
        view
        returns (uint16 index, bool revealed)
    {
        Enrolment storage e = _s().enrolments[task][participant];
        index = e.index;
        revealed = e.fromRound != 0 && _markOf(task, round, index) == Mark.Revealed;
    }

    function indicesOf(uint32 task, address[] calldata participants)
        external
        view
        returns (uint16[] memory indices)
    {
        indices = new uint16[](participants.length);
        for (uint256 i; i < indices.length; ++i) {
            Enrolment storage e = _s().enrolments[task][participants[i]];
            if (e.fromRound == 0) revert NotEnrolled(task, participants[i]);
            indices[i] = e.index;
        }
    }

    function isOpening(uint32 task, uint32 round, address participant, Opening calldata o)
        external
        view
        returns (bool known)
    {
        (known,) = _opened(task, round, participant, o);
    }

    function countedWeight(uint32 task, uint32 round, address participant, Opening calldata o)
        external
        view
        returns (uint32)
    {
        (bool known, uint8 behind) = _opened(task, round, participant, o);
        return known ? _counted(o.weight, behind) : 0;
    }

    function hasCommitted(uint32 task, uint32 round, uint16 index) external view returns (bool) {
        return _markOf(task, round, index) != Mark.None;
    }

    function hasRevealed(uint32 task, uint32 round, uint16 index) external view returns (bool) {
        return _markOf(task, round, index) == Mark.Revealed;
    }

    function revealedBitmap(uint32 task, uint32 round, uint256 words) external view returns (uint256[] memory) {
        return _s().marks[task].revealed(round, words);
    }

    function recordAt(uint32 task, uint16 index) external view returns (bytes32) {
        return _s().records[task][index];
    }

    // --- internal

    function _opened(uint32 task, uint32 round, address participant, Opening calldata o)
        internal
        view
        returns (bool known, uint8 behind)
    {
        Enrolment storage e = _s().enrolments[task][participant];
        if (e.fromRound == 0 || _markOf(task, round, e.index) == Mark.None) return (false, 0);
        return _behind(task, round, participant, o, _s().records[task][e.index]);
    }

    /// @dev weight / sqrt(1 + behind), the factor of FedBuff's experiments: in integers
    /// floor(weight * floor(sqrt(floor(2^32 / (1 + behind)))) / 2^16), and at least 1.
    function _counted(uint32 weight, uint8 behind) internal pure returns (uint32) {
        uint256 factor = Math.sqrt((1 << (2 * WHOLE_BITS)) / (1 + uint256(behind)));
        uint256 counted = (weight * factor) >> WHOLE_BITS;
        return counted == 0 ? 1 : uint32(counted);
    }
}
