// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommitteeDesk} from "./interfaces/ICommitteeDesk.sol";
import {IRoundTypes} from "./interfaces/IRoundTypes.sol";
import {MemberSignatures} from "./MemberSignatures.sol";

/// @title What a committee found sound: updates that its members read, each for itself, and signed for.
abstract contract SoundUpdates is MemberSignatures, ICommitteeDesk {
    bytes32 public constant SOUND_TYPEHASH = keccak256(
        "Sound(uint32 task,uint32 round,address participant,bytes32 payloadRoot,uint32 weight,bytes32 sealedRoot,bytes32 contentKeyHash)"
    );

    function requireSound(
        uint32 task,
        uint32 round,
        address participant,
        IRoundTypes.Opening calldata o,
        SeatSignature[] calldata given
    ) external view {
        Ballot storage b = _s().ballots[task];
        if (b.round != round) revert WrongBallot(task, round, b.round);
        uint256 size = b.drawn ? b.size : 0; // before the draw the seats are those of another round
        uint256 found = _found(task, size, hashSound(task, round, participant, o), given);
        if (!_twoThirds(found, size)) revert TooFewFoundSound(task, round, participant, found, size);
    }

    function hashSound(uint32 task, uint32 round, address participant, IRoundTypes.Opening calldata o)
        public
        view
        returns (bytes32)
    {
        bytes memory said = abi.encode(
            SOUND_TYPEHASH, task, round, participant, o.payloadRoot, o.weight, o.sealedRoot, o.contentKeyHash
        );
        return _digestOf(keccak256(said));
    }

    // --- internal

    /// @dev How many of the signatures count.
    function _found(uint32 task, uint256 size, bytes32 digest, SeatSignature[] calldata given)
        internal
        view
        returns (uint256 found)
    {
        uint256 next;
        for (uint256 i; i < given.length; ++i) {
            uint256 seat = given[i].seat;
            if (seat < next || seat >= size) revert SeatOutOfTurn(seat, next, size);
            next = seat + 1;
            if (_counts(task, seat, digest, given[i].signature)) ++found;
        }
    }

    /// @dev Who fell keeps its seat, and does not count.
    function _counts(uint32 task, uint256 seat, bytes32 digest, bytes calldata signature)
        internal
        view
        returns (bool)
    {
        address member = _s().seats[task][seat].member;
        return _validatorOf(task, member).bonded != 0 && _isSignedBy(member, digest, signature);
    }
}
