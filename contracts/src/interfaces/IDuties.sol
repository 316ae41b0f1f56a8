// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";
import {IModelRegistry} from "./IModelRegistry.sol";

/// @title Aggregator and standby of a task, and rollback. Called at the coordinator's address.
interface IDuties is ICoordinatorTypes {
    /// Names aggregator and standby (0 for none) anew; who loses a duty gets its bond back. Sponsor,
    /// between rounds.
    function appoint(uint32 task, address aggregator, address standby) external;

    /// Locks the sender's aggregator bond; the sender (or its master) is aggregator or standby.
    function acceptDuty(uint32 task) external;

    /// Gives the duty's bond back, between rounds.
    function resignDuty(uint32 task) external;

    /// Appends a model version that points back to an older one. Sponsor, between rounds.
    /// @param path From the head through each parent to the target.
    function rollback(uint32 task, IModelRegistry.Version[] calldata path, string calldata uri) external;
}
