// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CoordinatorBase} from "./CoordinatorBase.sol";
import {Clock} from "./Clocks.sol";
import {Mark, Marks} from "./Marks.sol";

/// @title Who has shared and who has shown, for those who act by themselves and for those who are relayed.
abstract contract Shares is CoordinatorBase {
    using Marks for mapping(uint256 => uint256);

    function _sharer(uint32 task, uint32 round, uint16 index) internal view returns (Mark) {
        return _s().sharers[task].get(round, index);
    }

    function _dealt(address participant, bytes32 grantId, bytes32 maskingKey, bytes32 root)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(participant, grantId, maskingKey, root));
    }

    /// @dev Counts who shared; once all have, Share ends.
    function _addShared(uint32 task, Clock memory c, uint16 more) internal {
        Masks storage m = _s().masks[task];
        if (m.round != c.round) (m.round, m.shared, m.unmasked, m.openedAt) = (c.round, 0, 0, c.opensAt);
        m.shared += more;
        if (m.shared == c.cohort) _next(task, c, c.nowS);
    }

    /// @dev Counts who showed shares; once all survivors have, Unmask ends.
    function _addUnmasked(uint32 task, Clock memory c, uint16 more) internal {
        Masks storage m = _s().masks[task];
        m.unmasked += more;
        if (m.unmasked == c.revealed) _next(task, c, c.nowS);
    }
}
