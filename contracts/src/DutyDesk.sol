// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Duties} from "./Duties.sol";
import {Opened} from "./Opened.sol";
import {Pausing} from "./Pausing.sol";
import {Upkeep} from "./Upkeep.sol";

/// @notice What is called seldom: by operators duties, pauses and upkeep, in disputes who opened what. Called through the coordinator, whose storage it uses.
contract DutyDesk is Duties, Pausing, Upkeep, Opened {}
