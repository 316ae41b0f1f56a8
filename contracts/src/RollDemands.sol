// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputesBase} from "./DisputesBase.sol";
import {IRecordDesk} from "./interfaces/IRecordDesk.sol";
import {IRolls} from "./interfaces/IRolls.sol";
import {IRulings} from "./interfaces/IRulings.sol";
import {MerklePath} from "./MerklePath.sol";

/// @title Leaves of a roll, asked for in public: shown in time, or the poster falls.
/// @notice A root over leaves that nobody can read is worth nothing to those in it: they commit for themselves, and
/// whoever asks in vain takes the poster's bond.
abstract contract RollDemands is DisputesBase, IRecordDesk {
    using MerklePath for bytes;
    using MerklePath for bytes32;

    function demandLeaf(uint32 task, uint32 round, address poster, bool openings, uint16 position)
        external
        payable
    {
        DisputesStorage storage s = _s();
        IRulings.Case memory k = s.coordinator.caseOf(task, round);
        IRolls.Poster memory roll = s.coordinator.posterOf(task, poster);
        IRolls.RollState least = openings ? IRolls.RollState.Opened : IRolls.RollState.Committed;
        bool stands = roll.round == round && roll.state >= least && roll.state != IRolls.RollState.Void;
        if (!stands || position >= roll.leaves) revert NoSuchLeaf(poster, position, roll.leaves);
        if (k.phase >= Phase.Settled) revert NothingToChallenge(task, round, k.phase);
        if (msg.value != s.deposit) revert WrongDeposit(msg.value, s.deposit);
        bytes32 id = _leafId(task, round, poster, openings, position);
        if (s.demands[id].by != address(0)) revert AlreadyDemanded(id);
        uint40 due = k.nowS + k.challengeWindow;
        s.demands[id] = Demand(msg.sender, due, uint128(msg.value));
        s.asked[id] = Root(openings ? roll.openings : roll.commits, roll.leaves);
        emit LeafDemanded(task, round, poster, openings, position, id, msg.sender, k.pause.lastSecond(due));
    }

    function answerLeaf(
        uint32 task,
        uint32 round,
        address poster,
        bool openings,
        uint16 position,
        Piece calldata leaf
    ) external {
        bytes32 id = _leafId(task, round, poster, openings, position);
        uint256 earned = _end(task, id, true).deposit;
        Root memory roll = _s().asked[id];
        _requireRoot(roll.root, leaf.content.leaf().rootOf(position, roll.leaves, leaf.path));
        emit LeafAnswered(task, round, id, msg.sender, leaf.content);
        _credit(msg.sender, earned);
    }

    function forfeitLeaf(uint32 task, uint32 round, address poster, bool openings, uint16 position) external {
        bytes32 id = _leafId(task, round, poster, openings, position);
        Demand memory d = _end(task, id, false);
        emit LeafForfeited(task, round, id);
        _credit(d.by, d.deposit);
        _s().coordinator.strikePoster(task, round, poster, d.by, keccak256(msg.data));
    }

    // --- internal

    /// @dev Takes the deposit out of an open demand, in its time or after it.
    function _end(uint32 task, bytes32 id, bool inTime) internal returns (Demand memory d) {
        d = _s().demands[id];
        if (d.due == 0) revert NoDemand(id);
        (uint32 round,,) = _s().coordinator.standingOf(task);
        IRulings.Case memory k = _s().coordinator.caseOf(task, round);
        if (inTime && k.nowS > d.due) revert WrongTime(k.pause.lastSecond(d.due), block.timestamp);
        if (!inTime && k.nowS <= d.due) {
            revert WrongTime(k.pause.firstSecond(uint256(d.due) + 1), block.timestamp);
        }
        (_s().demands[id].due, _s().demands[id].deposit) = (0, 0);
    }

    function _leafId(uint32 task, uint32 round, address poster, bool openings, uint16 position)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode("leaf", task, round, poster, openings, position));
    }
}
