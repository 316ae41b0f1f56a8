// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Duties} from "./Duties.sol";
import {Masking} from "./Masking.sol";
import {Misses} from "./Misses.sol";
import {Opened} from "./Opened.sol";
import {Pausing} from "./Pausing.sol";
import {Retractions} from "./Retractions.sol";
import {Upkeep} from "./Upkeep.sol";

/// @notice What is called seldom: by operators duties, pauses and upkeep, of who stays away or is taken out, in disputes who
/// opened what; and the masks of masked tasks. Called through the coordinator, whose storage it uses.
contract DutyDesk is Duties, Pausing, Upkeep, Opened, Misses, Retractions, Masking {}
