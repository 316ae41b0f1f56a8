// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {Equivocations} from "./Equivocations.sol";
import {Relays} from "./Relays.sol";
import {Rulings} from "./Rulings.sol";
import {Standings} from "./Standings.sol";
import {Verdicts} from "./Verdicts.sol";

/// @title The part of the coordinator's code that is used in disputes, in votes and by relayers, which the TaskDesk
/// passes on to it.
/// @notice Deployed on its own: with it the coordinator's creation code would exceed its limit (EIP-3860).
contract Court is Rulings, Relays, Equivocations, Verdicts, Standings, Proxy {
    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address private immutable ROLL_DESK;

    /// @custom:oz-upgrades-unsafe-allow constructor
    /// @param rollDesk Has what the court does not know itself.
    constructor(address rollDesk) {
        ROLL_DESK = rollDesk;
    }

    function _implementation() internal view override returns (address) {
        return ROLL_DESK;
    }
}
