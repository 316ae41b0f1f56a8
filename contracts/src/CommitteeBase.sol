// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommitteeTypes} from "./interfaces/ICommitteeTypes.sol";
import {ICoordinator} from "./interfaces/ICoordinator.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";
import {IRoundTypes} from "./interfaces/IRoundTypes.sol";

/// @title What the parts of the committee share: storage, and who is who.
abstract contract CommitteeBase is ICommitteeTypes {
    struct Answer {
        int64 metric;
        uint40 settledAt;
    }

    /// @custom:storage-location erc7201:prefect-federated.Committee
    struct CommitteeStorage {
        ICoordinator coordinator;
        uint32 drawDelay; // blocks
        bool hashDraws; // prevrandao is constant here: the block's hash stands in
        IParticipantRegistry registry;
        mapping(uint32 task => mapping(address => bool)) readers;
        mapping(uint32 task => Validator[]) validators;
        mapping(uint32 task => mapping(address => uint256)) places; // plus 1; 0 is none
        mapping(uint32 task => Ballot) ballots;
        mapping(uint32 task => mapping(uint256 seat => Seat)) seats;
        mapping(uint32 task => mapping(uint32 round => Answer)) answers;
        mapping(uint32 task => uint32) answered;
        mapping(uint32 task => address) feeds;
    }

    uint32 internal constant FOR_GOOD = type(uint32).max;
    uint256 internal constant MAX_VALIDATORS = 64;

    // keccak256(abi.encode(uint256(keccak256("prefect-federated.Committee")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT = 0x319b2e7a04b5d3ff9b769210aa28c47199cbd7490b1f94affa38289e789d6900;

    modifier onlyCoordinator() {
        if (msg.sender != address(_s().coordinator)) revert OnlyCoordinator(msg.sender);
        _;
    }

    function _validatorOf(uint32 task, address account) internal view returns (Validator storage) {
        uint256 place = _s().places[task][account];
        if (place == 0) revert NotEnlisted(task, account);
        return _s().validators[task][place - 1];
    }

    /// @dev Where the round is, which must be the ballot's too.
    function _standing(uint32 task, uint32 round)
        internal
        view
        returns (IRoundTypes.Phase phase, uint256 opensAt)
    {
        uint32 current;
        (current, phase, opensAt) = _s().coordinator.standingOf(task);
        uint32 ballot = _s().ballots[task].round;
        if (round != current || round != ballot || round == 0) revert WrongBallot(task, round, ballot);
    }

    function _currentRound(uint32 task) internal view returns (uint32 round) {
        (round,,) = _s().coordinator.standingOf(task);
    }

    /// @dev At least two thirds of the committee have shown their votes.
    function _quorate(Ballot storage b) internal view returns (bool) {
        return _twoThirds(b.revealed, b.size);
    }

    function _twoThirds(uint256 count, uint256 size) internal pure returns (bool) {
        return size != 0 && 3 * count >= 2 * size;
    }

    function _s() internal pure returns (CommitteeStorage storage s) {
        bytes32 slot = STORAGE_SLOT;
        assembly {
            s.slot := slot
        }
    }
}
