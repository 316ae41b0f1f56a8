// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";

/// @title Where a round is, for whoever asks.
/// @notice Called at the coordinator's address, which passes these calls on to its Court.
interface IStandings is ICoordinatorTypes {
    function roundOf(uint32 task) external view returns (RoundState memory);

    /// The part of `roundOf` that says what may be done now; `opensAt` is chain time.
    function standingOf(uint32 task) external view returns (uint32 round, Phase phase, uint40 opensAt);

    /// Whether it committed and has not opened: what `slashSilent` takes after the grace.
    function owesOpening(uint32 task, uint32 round, uint16 index) external view returns (bool);

    function contracts()
        external
        view
        returns (
            address registry,
            address consent,
            address models,
            address treasury,
            address disputes,
            address committee
        );
}
