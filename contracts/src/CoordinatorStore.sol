// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommittee} from "./interfaces/ICommittee.sol";
import {IConsentLedger} from "./interfaces/IConsentLedger.sol";
import {ICoordinatorTypes} from "./interfaces/ICoordinatorTypes.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";
import {IRolls} from "./interfaces/IRolls.sol";
import {ITreasury} from "./interfaces/ITreasury.sol";
import {Mark, Marks} from "./Marks.sol";
import {Clock, Clocks} from "./Clocks.sol";
import {Pause} from "./Pauses.sol";

/// @title What the coordinator remembers.
abstract contract CoordinatorStore is ICoordinatorTypes {
    using Marks for mapping(uint256 => uint256);

    struct Duty {
        address account;
        bool bonded;
    }

    struct Task {
        bytes32 id;
        address sponsor;
        uint16 enrolled;
        uint16 indices;
        Duty aggregator;
        Duty standby;
        TaskParams params;
    }

    struct Round {
        uint256 clock; // a packed Clock
        bytes32 baseVersion;
        address proposer; // of the last proposal; valid from Challenge on, and once one was overturned
        uint40 revealDeadline; // running time; 0 until Reveal begins
        uint16 leaves; // of this round's rolls, as in IRolls.Rolled; so are the next two
        uint16 opened;
        uint16 lifted;
        uint8 rolls; // how many, and two flags (Posters)
        bytes32 proposalHash;
    }

    /// @custom:storage-location erc7201:prefect-federated.Coordinator
    struct CoordinatorStorage {
        IParticipantRegistry registry;
        uint32 taskCount;
        IConsentLedger consent;
        Pause pause;
        IModelRegistry models;
        ITreasury treasury;
        address disputes;
        ICommittee committee;
        mapping(uint32 task => Task) tasks;
        mapping(uint32 task => Round) rounds;
        mapping(uint32 task => mapping(address => Enrolment)) enrolments;
        mapping(uint32 task => mapping(uint16 index => address)) members;
        mapping(uint32 task => mapping(uint16 index => bytes32)) records;
        mapping(uint32 task => mapping(uint256 => uint256)) marks;
        mapping(uint32 task => mapping(address => IRolls.Poster)) posters;
        mapping(uint32 task => mapping(uint256 => uint256)) landed; // as marks: Revealed is landed
        mapping(uint32 task => mapping(uint256 => uint256)) unread; // a bit a round: voided in Commit
        mapping(uint32 task => mapping(uint32 number => bytes32)) bases; // versions that rounds began from, where it counts
        mapping(uint32 task => Masks) masks;
        mapping(uint32 task => mapping(uint256 => uint256)) sharers; // as marks: Committed has shared, Revealed has unmasked
        mapping(uint32 task => mapping(uint16 index => bytes32)) shares; // what was shared, by hash (IMasking)
        mapping(uint32 task => mapping(uint16 index => bytes32)) shown; // roots over the shares of others
    }

    /// @dev Set in the stored purposes of a task with a privacy floor or masks, and in no grant's: so every way to commit
    /// but `commitPrivate` finds that no grant covers the task, at no cost to the other tasks. `commitMany` asks without it:
    /// it checks masks itself, and no task with a privacy floor may be relayed.
    uint64 internal constant ACCOUNTED = 1 << 63;

    // keccak256(abi.encode(uint256(keccak256("prefect-federated.Coordinator")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT =
        0x2a3323ecafd46d19727651cc413113faa199c5f7f78323fe821e5353c5afa000;

    function _load(uint32 task) internal view returns (Clock memory) {
        return Clocks.unpack(_s().rounds[task].clock, _s().pause);
    }

    function _save(uint32 task, Clock memory c) internal {
        _s().rounds[task].clock = Clocks.pack(c);
    }

    function _markOf(uint32 task, uint32 round, uint16 index) internal view returns (Mark) {
        return _s().marks[task].get(round, index);
    }

    function _setMark(uint32 task, uint32 round, uint16 index, Mark mark) internal {
        _s().marks[task].set(round, index, mark);
    }

    function _s() internal pure returns (CoordinatorStorage storage s) {
        bytes32 slot = STORAGE_SLOT;
        assembly {
            s.slot := slot
        }
    }
}
