// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Duties} from "./Duties.sol";
import {Pausing} from "./Pausing.sol";
import {Upkeep} from "./Upkeep.sol";

/// @notice What operators call, and seldom: duties, pauses, upkeep. Called through the coordinator, whose storage it uses.
contract DutyDesk is Duties, Pausing, Upkeep {}
