// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// The last pause and all that was ever paused: 96 bits, so that it lies in one slot with an address. From the
/// lowest: `until` (40) its last second, `length` (24) in seconds, `total` (32) seconds with all earlier ones.
type Pause is uint96;

using Pauses for Pause global;

/// @title Time that stands still in a pause.
/// @notice Running time is chain time less everything ever paused. Rounds are reckoned in running time, so
/// that a pause moves every deadline by its length, and no function has to know of it. People are told
/// chain time.
///
///     chain time     -------- until - length ======= until -------->
///     running time   -------- until - total  (it stands)   -------->
///
/// Unchecked: `pause` is the only writer, and keeps length <= total <= until <= now + 30 days.
library Pauses {
    function make(uint256 until_, uint256 length_, uint256 total_) internal pure returns (Pause) {
        return Pause.wrap(uint96(until_ | (length_ << 40) | (total_ << 64)));
    }

    /// The pause's last second.
    function until(Pause p) internal pure returns (uint256) {
        return uint40(Pause.unwrap(p));
    }

    function length(Pause p) internal pure returns (uint256) {
        return uint24(Pause.unwrap(p) >> 40);
    }

    function total(Pause p) internal pure returns (uint256) {
        return Pause.unwrap(p) >> 64;
    }

    function active(Pause p) internal view returns (bool) {
        return block.timestamp <= until(p);
    }

    /// Chain time less all paused time.
    function runningTime(Pause p) internal view returns (uint40) {
        unchecked {
            return uint40((active(p) ? until(p) : block.timestamp) - total(p));
        }
    }

    /// The first second of chain time at which running time is `t`. Exact since the pause before this one.
    function firstSecond(Pause p, uint256 t) internal pure returns (uint40) {
        return _chainTime(p, t, t > _standsAt(p));
    }

    /// The last second of chain time at which running time is `t`.
    function lastSecond(Pause p, uint256 t) internal pure returns (uint40) {
        return _chainTime(p, t, t >= _standsAt(p));
    }

    /// Chain time at running time `t`, had there been no pause since running time `since`.
    function unpaused(Pause p, uint256 t, uint256 since) internal pure returns (uint40) {
        return _chainTime(p, t, since > _standsAt(p));
    }

    function _standsAt(Pause p) private pure returns (uint256) {
        unchecked {
            return until(p) - total(p);
        }
    }

    function _chainTime(Pause p, uint256 t, bool after_) private pure returns (uint40) {
        unchecked {
            return uint40(t + total(p) - (after_ ? 0 : length(p)));
        }
    }
}
