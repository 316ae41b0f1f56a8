// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Metrics} from "./Metrics.sol";
import {MetricsFeed} from "./MetricsFeed.sol";
import {SoundUpdates} from "./SoundUpdates.sol";
import {Validators} from "./Validators.sol";

/// @title The part of the Committee that is used beside ballots: validators, metrics, feeds, sound updates.
/// @notice A contract may have 24,576 bytes of code; the Committee with everything in it has more. It makes its own
/// desk when it is deployed and passes calls on to it (delegatecall, the same storage). At its own address the desk
/// knows no coordinator, so nobody can enlist there.
contract CommitteeDesk is Validators, Metrics, SoundUpdates {
    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address private immutable FEED;

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        FEED = address(new MetricsFeed());
    }

    function _feedCode() internal view override returns (address) {
        return FEED;
    }
}
