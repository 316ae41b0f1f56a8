// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputesBase} from "./DisputesBase.sol";
import {IConsentLedger} from "./interfaces/IConsentLedger.sol";

/// @title What a grant gives, against what a proposal says of its version.
abstract contract Rights is DisputesBase {
    /// @dev Whether a grant gives all that the proposal says of its version; and its purposes.
    function _gives(Proposal calldata p, address participant, bytes32 grantId)
        internal
        view
        returns (bool gives, uint64 purposes)
    {
        uint40 expiry;
        (, address consent,,,,) = _s().coordinator.contracts();
        (purposes, expiry) = IConsentLedger(consent).rightsOf(grantId, participant);
        gives = p.purposes & ~purposes == 0 && p.usableUntil <= expiry;
    }
}
