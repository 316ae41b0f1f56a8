// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommitteeTypes} from "./ICommitteeTypes.sol";

/// @title Draws and votes of a committee, and what a validator's silence or double vote costs.
interface IBallots is ICommitteeTypes {
    /// Fixes the block that the draw depends on, `drawDelay` blocks from now. Coordinator only.
    function openBallot(uint32 task, uint32 round, uint8 size) external;

    /// Draws the committee. Anyone, after the fixed block, until Vote ends; whoever calls, and when, changes nothing.
    ///
    /// seed = keccak256(abi.encode(SEED_TYPEHASH, chain id, this contract, task, round, mix, randomness)).
    /// randomness = prevrandao of the fixed block, read from its header; on a chain where that is constant, the
    /// block's hash. mix = exclusive or of keccak256(abi.encode(member, salt)) over the votes shown in the last
    /// ballot that two thirds of its committee showed; 0 before the first; a void round leaves it as it was.
    ///
    /// weights w[i] = the bonds of the task's places i = 0, 1, ..; 0 where nobody may serve in this round. For
    /// k = 0 .. size - 1: x = keccak256(abi.encode(seed, k)) mod (sum of w); seat k goes to the lowest i with
    /// w[0] + .. + w[i] > x; then w[i] = 0.
    /// @param header RLP of the fixed block's header; empty where the block's hash is the substitute.
    function draw(uint32 task, bytes calldata header) external;

    /// Fixes another block, `drawDelay` from now, once the chain no longer knows the hash of the fixed one. Anyone.
    function moveDraw(uint32 task) external;

    /// Promises the sender's vote. commitment = keccak256(abi.encode(VOTE_TYPEHASH, chain id, this contract, task,
    /// round, member, accept, metric, scoresHash, salt)).
    /// @param seat The sender's place in the committee.
    function castVote(uint32 task, uint32 round, uint8 seat, bytes32 commitment) external;

    /// Promises a vote in the name of a member who signed Attestation(uint32 task,uint32 round,address member,
    /// bytes32 commitment); its delegate may sign for it. Anyone.
    function attest(uint32 task, uint32 round, uint8 seat, bytes32 commitment, bytes calldata signature) external;

    /// Shows a promised vote. Anyone who knows it.
    /// @param scores Where the task pays by scores, the preimage of `scoresHash` (keccak256): big-endian uint32
    /// words, the word at place i is the score of the participant with index i, and what is not there is 0; at most
    /// one for each index given out. Empty in every other task.
    function revealVote(uint32 task, uint32 round, uint8 seat, Vote calldata vote, bytes calldata scores) external;

    /// Slashes the whole bond of a validator who signed two attestations for one round, or signed one and cast
    /// another vote; half goes to the sender. A vote not shown yet is void.
    /// @param first, second Two commitments; an empty signature names the one that the chain holds.
    function challengeConflict(
        uint32 task,
        uint32 round,
        address member,
        Attestation calldata first,
        Attestation calldata second
    ) external;

    /// Closes the last ballot: a member without a shown vote loses a tenth of its bond if the committee was drawn
    /// before Vote began, and is not drawn in the next round if there are enough others. Anyone, once the votes can
    /// no longer change; the next round, and `releaseBond`, do it first.
    function closeBallot(uint32 task) external;

    /// Gives the bond back of somebody who resigned or is no longer admitted, once its last round is over. Anyone.
    function releaseBond(uint32 task, address account) external;

    // --- views

    function ballotOf(uint32 task) external view returns (Ballot memory);

    /// The committee of the last draw, seat by seat.
    function seatsOf(uint32 task) external view returns (Seat[] memory);
}
