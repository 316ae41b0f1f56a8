// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Headers} from "./Headers.sol";
import {IBallots} from "./interfaces/IBallots.sol";
import {IRoundTypes} from "./interfaces/IRoundTypes.sol";
import {Roster} from "./Roster.sol";
import {Sampling} from "./Sampling.sol";

/// @title The draw: a ballot is opened with a round, its committee follows from a block that was fixed then.
abstract contract Draws is Roster, IBallots {
    bytes32 public constant SEED_TYPEHASH = keccak256(
        "Seed(uint256 chainId,address committee,uint32 task,uint32 round,bytes32 mix,bytes32 randomness)"
    );

    function openBallot(uint32 task, uint32 round, uint8 size) external onlyCoordinator {
        _close(task);
        (, uint256 able) = _weights(task, round);
        if (able < size) able = _forgive(task, round);
        if (able < size) revert TooFewValidators(task, able, size);
        Ballot storage b = _s().ballots[task];
        bytes32 mix = b.mix;
        delete _s().ballots[task];
        (b.round, b.size, b.mix) = (round, size, mix);
        b.drawBlock = uint64(block.number + _s().drawDelay);
        emit BallotOpened(task, round, size, b.drawBlock, mix);
    }

    function draw(uint32 task, bytes calldata header) external {
        Ballot storage b = _s().ballots[task];
        uint32 round = b.round;
        (IRoundTypes.Phase phase,) = _standing(task, round);
        if (phase > IRoundTypes.Phase.Vote) revert WrongVotePhase(task, round, phase);
        if (b.drawn) revert AlreadyDrawn(task, round);
        bytes32 seed = _seed(task, round, b.mix, _randomness(b.drawBlock, header));
        (uint256[] memory weights,) = _weights(task, round);
        uint256[] memory places = Sampling.draw(seed, weights, b.size);
        (b.drawn, b.early) = (true, phase < IRoundTypes.Phase.Vote);
        address[] memory members = new address[](places.length);
        for (uint256 k; k < places.length; ++k) {
            members[k] = _s().validators[task][places[k]].account;
            Seat storage s = _s().seats[task][k];
            (s.member, s.state, s.paid) = (members[k], VoteState.None, false);
        }
        emit CommitteeDrawn(task, round, seed, members);
    }

    function moveDraw(uint32 task) external {
        Ballot storage b = _s().ballots[task];
        _standing(task, b.round);
        if (b.drawn) revert AlreadyDrawn(task, b.round);
        bool known = block.number <= b.drawBlock || Headers.hashOf(b.drawBlock) != 0;
        if (known) revert BlockKnown(b.drawBlock);
        b.drawBlock = uint64(block.number + _s().drawDelay);
        emit DrawMoved(task, b.round, b.drawBlock);
    }

    function ballotOf(uint32 task) external view returns (Ballot memory) {
        return _s().ballots[task];
    }

    // --- internal

    /// @dev Deals with who was absent in the last ballot, once its votes can no longer change.
    function _close(uint32 task) internal virtual returns (bool);

    /// @dev Too few others are left: who was absent serves all the same, or no round could open.
    function _forgive(uint32 task, uint32 round) internal returns (uint256 able) {
        Validator[] storage all = _s().validators[task];
        for (uint256 i; i < all.length; ++i) {
            if (all[i].skipped == round) all[i].skipped = 0;
            if (_mayServe(all[i], round)) ++able;
        }
    }

    /// @dev See `draw` in ICommittee for the preimage.
    function _seed(uint32 task, uint32 round, bytes32 mix, bytes32 randomness) internal view returns (bytes32) {
        return keccak256(
            abi.encode(SEED_TYPEHASH, block.chainid, address(this), task, round, mix, randomness)
        );
    }

    function _randomness(uint256 drawBlock, bytes calldata header) internal view returns (bytes32) {
        if (block.number <= drawBlock) revert TooEarlyToDraw(drawBlock, block.number);
        bytes32 hash = Headers.hashOf(drawBlock);
        if (hash == 0) revert BlockForgotten(drawBlock);
        if (_s().hashDraws) return hash;
        bytes32 actual = keccak256(header);
        if (actual != hash) revert WrongHeader(hash, actual);
        return Headers.prevrandaoOf(header);
    }
}
