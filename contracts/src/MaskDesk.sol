// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MaskFaults} from "./MaskFaults.sol";
import {MaskedSums} from "./MaskedSums.sol";

/// @title The part of Disputes that judges masked rounds.
/// @notice Deployed on its own: with it the creation code of Disputes would exceed its limit (EIP-3860). RecordDesk passes
/// on to it what it does not know itself (delegatecall, the storage of Disputes). At its own address it knows no
/// coordinator, so it rules over nothing.
contract MaskDesk is MaskedSums, MaskFaults {}
