// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoundErrors} from "./IRoundErrors.sol";
import {IRoundEvents} from "./IRoundEvents.sol";

/// @title The words of a round: types, errors, events.
interface ICoordinatorTypes is IRoundErrors, IRoundEvents {}
