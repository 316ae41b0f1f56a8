// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputesBase} from "./DisputesBase.sol";
import {IProofs} from "./interfaces/IProofs.sol";
import {IRulings} from "./interfaces/IRulings.sol";
import {MerklePath} from "./MerklePath.sol";

/// @title Bytes behind a proposal's roots, asked for in public: shown in time, or the proposer falls.
/// @notice proposal --one window to ask--> demand --one window to answer--> answer | forfeit; settlement waits one
/// more window, in which the answer can be judged. Nothing in it can last longer than four windows, and a pause counts
/// for nothing in them.
abstract contract Demands is DisputesBase, IProofs {
    using MerklePath for bytes;
    using MerklePath for bytes32;

    uint256 internal constant ASKING_WINDOWS = 2;

    function demand(uint32 task, uint32 round, Proposal calldata p, Target calldata target) external payable {
        IRulings.Case memory k = _case(task, round, p);
        DisputesStorage storage s = _s();
        if (msg.value != s.deposit) revert WrongDeposit(msg.value, s.deposit);
        uint256 last = k.proposedAt + ASKING_WINDOWS * k.challengeWindow;
        if (k.nowS > last) revert TooLateToDemand(k.pause.lastSecond(last), block.timestamp);
        _requireTarget(task, k, p, target);
        bytes32 id = _demandId(task, round, k.proposalHash, target);
        if (s.demands[id].by != address(0)) revert AlreadyDemanded(id);
        uint40 due = k.nowS + k.challengeWindow;
        s.demands[id] = Demand(msg.sender, due, uint128(msg.value));
        emit Demanded(task, round, id, target, msg.sender, k.pause.lastSecond(due));
        s.coordinator.hold(task, round, due + k.challengeWindow);
    }

    function answer(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        Target calldata target,
        Piece calldata leaf,
        Piece calldata shown
    ) external {
        IRulings.Case memory k = _case(task, round, p);
        bytes32 id = _demandId(task, round, k.proposalHash, target);
        Demand memory d = _close(id);
        if (k.nowS > d.due) revert WrongTime(k.pause.lastSecond(d.due), block.timestamp);
        _requireShown(k, p, target, leaf, shown);
        emit Answered(task, round, id, msg.sender);
        _credit(msg.sender, d.deposit);
    }

    function forfeit(uint32 task, uint32 round, Proposal calldata p, Target calldata target) external {
        IRulings.Case memory k = _case(task, round, p);
        bytes32 id = _demandId(task, round, k.proposalHash, target);
        Demand memory d = _close(id);
        if (k.nowS <= d.due) revert WrongTime(k.pause.firstSecond(uint256(d.due) + 1), block.timestamp);
        emit Forfeited(task, round, id);
        _credit(d.by, d.deposit);
        _overturn(task, round, d.by);
    }

    function refundDemand(
        uint32 task,
        uint32 round,
        bytes32 proposalHash,
        Target calldata target
    ) external {
        RoundState memory r = _s().coordinator.roundOf(task);
        bytes32 id = _demandId(task, round, proposalHash, target);
        bool stands = r.round == round && r.phase == Phase.Challenge && r.proposalHash == proposalHash;
        if (stands) revert StillStands(task, round);
        Demand memory d = _close(id);
        _credit(d.by, d.deposit);
    }

    function demandId(uint32 task, uint32 round, bytes32 proposalHash, Target calldata target)
        external
        pure
        returns (bytes32)
    {
        return _demandId(task, round, proposalHash, target);
    }

    function demandOf(bytes32 id) external view returns (Demand memory) {
        return _s().demands[id];
    }

    // --- internal

    function _requireTarget(uint32 task, IRulings.Case memory k, Proposal calldata p, Target calldata t)
        internal
        pure
    {
        if (t.tree == Tree.Payload && k.disclosure == 0) revert NotDisclosed(task);
        bool chunked = t.tree != Tree.Included && t.tree != Tree.Record;
        bool positioned = t.tree == Tree.Payload || !chunked;
        bool ok = (positioned ? t.position < p.included : t.position == 0)
            && (chunked ? t.chunk < k.chunks : t.chunk == 0);
        if (!ok) revert OutOfPayload(t.chunk, t.position);
    }

    function _requireShown(
        IRulings.Case memory k,
        Proposal calldata p,
        Target calldata t,
        Piece calldata leaf,
        Piece calldata shown
    ) internal view {
        if (t.tree == Tree.Included) {
            _requireIncluded(shown, p, t.position);
        } else if (t.tree == Tree.Record) {
            revert NoDemand(0); // answerRecord
        } else if (t.tree == Tree.Payload) {
            (, bytes32 payloadRoot,) = _requireIncluded(leaf, p, t.position);
            _requireChunk(shown, k, t.chunk, payloadRoot);
        } else {
            _requireChunk(shown, k, t.chunk, t.tree == Tree.Aggregate ? p.aggregateRoot : p.modelRoot);
        }
    }
}
