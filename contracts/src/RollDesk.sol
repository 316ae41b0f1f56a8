// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RollFaults} from "./RollFaults.sol";
import {Upkeep} from "./Upkeep.sol";

/// @title The part of the coordinator's code that posters use, and who holds them to their word; and what keepers ask.
/// @notice The Court passes on to it what it does not know itself (delegatecall, the coordinator's storage).
contract RollDesk is RollFaults, Upkeep {}
