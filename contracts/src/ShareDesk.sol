// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MaskedRelays} from "./MaskedRelays.sol";

/// @notice What relayers bring in masked rounds beside commits and openings. Called through the coordinator, whose storage
/// it uses: the Court passes these calls on.
contract ShareDesk is MaskedRelays {}
