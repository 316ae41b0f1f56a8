// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDepartures} from "./IDepartures.sol";
import {IDuties} from "./IDuties.sol";
import {IMaskedRelays} from "./IMaskedRelays.sol";
import {IMasking} from "./IMasking.sol";
import {IOpened} from "./IOpened.sol";
import {IPausing} from "./IPausing.sol";
import {IPrivateUpdates} from "./IPrivateUpdates.sol";
import {IRelays} from "./IRelays.sol";
import {IRolls} from "./IRolls.sol";
import {IRounds} from "./IRounds.sol";
import {IRulings} from "./IRulings.sol";
import {IStandings} from "./IStandings.sol";
import {ITaskDesk} from "./ITaskDesk.sol";
import {IUpkeep} from "./IUpkeep.sol";
import {IVerdicts} from "./IVerdicts.sol";

/// @title Tasks and their rounds: who takes part, what was promised, what was shown, what came of it.
interface ICoordinator is
    ITaskDesk,
    IDuties,
    IRounds,
    IDepartures,
    IPrivateUpdates,
    IMasking,
    IRelays,
    IMaskedRelays,
    IRolls,
    IRulings,
    IOpened,
    IPausing,
    IUpkeep,
    IStandings,
    IVerdicts
{}
