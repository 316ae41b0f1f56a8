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

    /// Whether the participant with this index committed in `round` (the current or last one; else false).
    function hasCommitted(uint32 task, uint32 round, uint16 index) external view returns (bool);

    /// Whether it opened its commitment in time.
    function hasRevealed(uint32 task, uint32 round, uint16 index) external view returns (bool);

    /// What the participant's slot holds of its last commit: keccak256(abi.encode(participant, commitment,
    /// keccak256(abi.encode(grantId, evidenceHash)))), so that whoever shows it shows under which grant it was made.
    function recordAt(uint32 task, uint16 index) external view returns (bytes32);

    /// Who opened its commitment in time, index by index: bit i of the answer's word n is index 256 n + i.
    /// @param words How many words; all after them is left out.
    function revealedBitmap(uint32 task, uint32 round, uint256 words) external view returns (uint256[] memory);
}
