// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ExclusionChallenges} from "./ExclusionChallenges.sol";
import {RolledRecords} from "./RolledRecords.sol";
import {RollDemands} from "./RollDemands.sol";
import {RightsChallenges} from "./RightsChallenges.sol";
import {RewardChallenges} from "./RewardChallenges.sol";

/// @title The part of Disputes that judges records and rewards.
/// @notice A contract may have 24,576 bytes of code; Disputes with everything in it has more. It makes its own
/// desk when it is deployed and passes calls on to it (delegatecall, the same storage). At its own address the
/// desk knows no coordinator, so it rules over nothing.
contract RecordDesk is RolledRecords, ExclusionChallenges, RightsChallenges, RewardChallenges, RollDemands {}
