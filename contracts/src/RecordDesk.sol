// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {ExclusionChallenges} from "./ExclusionChallenges.sol";
import {RolledRecords} from "./RolledRecords.sol";
import {RollDemands} from "./RollDemands.sol";
import {RightsChallenges} from "./RightsChallenges.sol";
import {RewardChallenges} from "./RewardChallenges.sol";

/// @title The part of Disputes that judges records and rewards.
/// @notice A contract may have 24,576 bytes of code; Disputes with everything in it has more. It makes its own
/// desk when it is deployed and passes calls on to it (delegatecall, the same storage), and the desk passes what it
/// does not know on to the MaskDesk. At its own address the desk knows no coordinator, so it rules over nothing.
contract RecordDesk is
    RolledRecords,
    ExclusionChallenges,
    RightsChallenges,
    RewardChallenges,
    RollDemands,
    Proxy
{
    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address private immutable MASK_DESK;

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor(address maskDesk) {
        MASK_DESK = maskDesk;
    }

    function _implementation() internal view override returns (address) {
        return MASK_DESK;
    }
}
