// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";

/// @title Who opened what in a round, as disputes ask for it.
/// @notice Called at the coordinator's address.
interface IOpened is ICoordinatorTypes {
    /// Index of somebody who revealed in the round in time; `revealed` is false for anybody else.
    function revealedIndex(uint32 task, uint32 round, address participant)
        external
        view
        returns (uint16 index, bool revealed);

    /// Dense indices of these participants, in their order; each must have enrolled once.
    function indicesOf(uint32 task, address[] calldata participants) external view returns (uint16[] memory);

    /// Whether the participant's commitment of the round has this opening.
    function isOpening(uint32 task, uint32 round, address participant, Opening calldata o)
        external
        view
        returns (bool);

    /// The weight under which an update with this opening stands in the included tree, whatever the rule's coefficients:
    /// what was revealed, or less where its base lies behind the round's (Bases). 0 where it is no opening.
    function countedWeight(uint32 task, uint32 round, address participant, Opening calldata o)
        external
        view
        returns (uint32);
}
