// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {DutyDesk} from "./DutyDesk.sol";
import {RollFaults} from "./RollFaults.sol";

/// @title The part of the coordinator's code that posters use, and who holds them to their word; and what keepers ask.
/// @notice The Court passes on to it what it does not know itself (delegatecall, the coordinator's storage).
contract RollDesk is RollFaults, Proxy {
    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address private immutable DUTY_DESK;

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        DUTY_DESK = address(new DutyDesk());
    }

    function _implementation() internal view override returns (address) {
        return DUTY_DESK;
    }
}
