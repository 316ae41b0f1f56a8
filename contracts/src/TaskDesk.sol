// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {Enrolments} from "./Enrolments.sol";
import {Tasks} from "./Tasks.sol";

/// @title The part of the coordinator's code that is used between rounds.
/// @notice A contract may have 24,576 bytes of code; the coordinator with everything in it has more. It
/// makes its own desk when it is deployed and passes calls on to it (delegatecall, the same storage), and the
/// desk passes what it does not know on to its court. At its own address the desk has no registry, no money
/// and no power.
contract TaskDesk is Tasks, Enrolments, Proxy {
    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address private immutable COURT;

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor(address court) {
        COURT = court;
    }

    function _implementation() internal view override returns (address) {
        return COURT;
    }
}
