// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {Equivocations} from "./Equivocations.sol";
import {IMaskedRelays} from "./interfaces/IMaskedRelays.sol";
import {Relays} from "./Relays.sol";
import {Rulings} from "./Rulings.sol";
import {ShareDesk} from "./ShareDesk.sol";
import {Standings} from "./Standings.sol";
import {Verdicts} from "./Verdicts.sol";

/// @title The part of the coordinator's code that is used in disputes, in votes and by relayers, which the TaskDesk
/// passes on to it.
/// @notice Deployed on its own: with it the coordinator's creation code would exceed its limit (EIP-3860).
contract Court is Rulings, Relays, Equivocations, Verdicts, Standings, Proxy {
    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address private immutable ROLL_DESK;
    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address private immutable SHARE_DESK;

    /// @custom:oz-upgrades-unsafe-allow constructor
    /// @param rollDesk Has what neither the court nor its share desk knows.
    constructor(address rollDesk) {
        ROLL_DESK = rollDesk;
        SHARE_DESK = address(new ShareDesk());
    }

    function _implementation() internal view override returns (address) {
        bool shares = msg.sig == IMaskedRelays.dealMany.selector || msg.sig == IMaskedRelays.showMany.selector
            || msg.sig == IMaskedRelays.hashDealing.selector || msg.sig == IMaskedRelays.hashShown.selector;
        return shares ? SHARE_DESK : ROLL_DESK;
    }
}
