// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputesBase} from "./DisputesBase.sol";
import {IRecordDesk} from "./interfaces/IRecordDesk.sol";
import {IRulings} from "./interfaces/IRulings.sol";
import {ITreasury} from "./interfaces/ITreasury.sol";
import {MerklePath} from "./MerklePath.sol";
import {SumTree} from "./SumTree.sol";

/// @title The proposed rewards are not what the task's rule makes of the included updates.
/// @notice ledger -> the tree that the treasury holds; records -> the included tree; both -> the tree that is due
abstract contract RewardChallenges is DisputesBase, IRecordDesk {
    using MerklePath for bytes32[];

    uint256 internal constant BPS = 10_000;
    uint8 internal constant EQUALLY = 1;

    /// What a round pays, and among how many shares.
    struct Pool {
        uint256 fee;
        uint256 rest;
        uint256 shares;
        address proposer;
        bool equally;
    }

    /// A tree under construction: the leaves so far, of those who are owed something.
    struct Leaves {
        bytes32[] hashes;
        uint256[] sums;
        uint256 count;
    }

    function challengeReward(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        Entry[] calldata ledger,
        Record[] calldata included
    ) external {
        IRulings.Case memory k = _case(task, round, p);
        Pool memory pool = _pool(k, p, included);
        (Leaves memory before, Leaves memory due) = _leaves(pool, ledger, included);
        _requireBefore(task, before);
        (bytes32 root, uint256 total) = SumTree.fold(due.hashes, due.sums, due.count);
        if (root == p.rewardRoot && total == p.rewardTotal) revert NotWrong(int256(total), int256(total));
        emit RewardRefuted(task, round, msg.sender, root, total);
        _overturn(task, round, msg.sender);
    }

    // --- internal

    /// @dev What there is to share, once the records are shown to be the included ones.
    function _pool(IRulings.Case memory k, Proposal calldata p, Record[] calldata included)
        internal
        view
        returns (Pool memory pool)
    {
        if (included.length == 0 || included.length != p.included) {
            revert LedgerIncomplete(included.length, p.included);
        }
        pool.proposer = k.proposer;
        pool.equally = k.rewardBy == EQUALLY;
        pool.fee = uint256(k.roundReward) * k.feeBps / BPS;
        pool.rest = k.roundReward - pool.fee;
        bytes32[] memory leaves = new bytes32[](included.length);
        for (uint256 i; i < included.length; ++i) {
            Record calldata r = included[i];
            leaves[i] = MerklePath.record(r.participant, r.payloadRoot, r.weight);
            pool.shares += pool.equally ? 1 : r.weight;
        }
        _requireRoot(p.includedRoot, leaves.fold());
    }

    /// @dev Walks the ledger once; everybody included must stand in it at its place, and the proposer if it earns.
    function _leaves(Pool memory pool, Entry[] calldata ledger, Record[] calldata included)
        internal
        pure
        returns (Leaves memory before, Leaves memory due)
    {
        (before, due) = (_room(ledger.length), _room(ledger.length));
        uint256 placed;
        bool paid = pool.fee == 0;
        address last;
        for (uint256 i; i < ledger.length; ++i) {
            Entry calldata e = ledger[i];
            if (e.account <= last) revert LedgerOrder(e.account);
            last = e.account;
            uint256 earned;
            if (e.place != 0) {
                ++placed;
                earned = pool.rest * _share(pool, e, included) / pool.shares;
            }
            if (e.account == pool.proposer) {
                paid = true;
                earned += pool.fee;
            }
            _add(before, e.account, e.owed);
            _add(due, e.account, e.owed + earned);
        }
        if (placed != included.length || !paid) revert LedgerIncomplete(placed, included.length);
    }

    /// @dev The ledger's old amounts are what the treasury holds: nobody forgotten, nobody invented.
    function _requireBefore(uint32 task, Leaves memory before) internal view {
        (bytes32 root,) = SumTree.fold(before.hashes, before.sums, before.count);
        (,,, address treasury,,) = _s().coordinator.contracts();
        _requireRoot(ITreasury(treasury).accountOf(task).rewardRoot, root);
    }

    function _share(Pool memory pool, Entry calldata e, Record[] calldata included)
        internal
        pure
        returns (uint256)
    {
        if (e.place > included.length || included[e.place - 1].participant != e.account) {
            revert WrongPlace(e.account, e.place);
        }
        return pool.equally ? 1 : included[e.place - 1].weight;
    }

    function _room(uint256 count) internal pure returns (Leaves memory) {
        return Leaves(new bytes32[](count), new uint256[](count), 0);
    }

    function _add(Leaves memory leaves, address account, uint256 amount) internal pure {
        if (amount == 0) return;
        leaves.hashes[leaves.count] = SumTree.leaf(account, amount);
        leaves.sums[leaves.count] = amount;
        ++leaves.count;
    }
}
