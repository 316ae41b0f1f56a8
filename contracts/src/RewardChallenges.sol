// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommitteeTypes} from "./interfaces/ICommitteeTypes.sol";
import {IRecordDesk} from "./interfaces/IRecordDesk.sol";
import {IRulings} from "./interfaces/IRulings.sol";
import {ITreasury} from "./interfaces/ITreasury.sol";
import {MedianScores} from "./MedianScores.sol";
import {MerklePath} from "./MerklePath.sol";
import {SumTree} from "./SumTree.sol";

/// @title The proposed rewards are not what the task's rule makes of the included updates.
/// @notice ledger -> the tree that the treasury holds; records -> the included tree; both -> the tree that is due
abstract contract RewardChallenges is MedianScores, IRecordDesk {
    using MerklePath for bytes32[];

    uint256 internal constant BPS = 10_000;
    uint8 internal constant EQUALLY = 1;
    uint8 internal constant BY_SCORES = 2;

    /// What a round pays: the fee, so much to each validator that showed a vote, and the rest by shares.
    struct Pool {
        uint256 fee;
        address proposer;
        uint256 pay;
        address[] paid; // ascending
        uint256 rest;
        uint256 most; // for one participant
        uint256 shares;
        uint8 by;
        uint256[] medians; // by place among the included, where it goes by scores
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
        Record[] calldata included,
        Scored calldata scored
    ) external {
        IRulings.Case memory k = _case(task, round, p);
        Pool memory pool = _pool(task, k, _requireRecords(p, included), included, scored);
        (Leaves memory before, Leaves memory due) = _leaves(pool, ledger, included);
        _requireBefore(task, before);
        (bytes32 root, uint256 total) = SumTree.fold(due.hashes, due.sums, due.count);
        if (root == p.rewardRoot && total == p.rewardTotal) revert NotWrong(int256(total), int256(total));
        emit RewardRefuted(task, round, msg.sender, root, total);
        _overturn(task, round, msg.sender);
    }

    // --- internal

    /// @dev The records are the included ones; returns the sum of their weights.
    function _requireRecords(Proposal calldata p, Record[] calldata included)
        internal
        view
        returns (uint256 weights)
    {
        if (included.length == 0 || included.length != p.included) {
            revert LedgerIncomplete(included.length, p.included);
        }
        bytes32[] memory leaves = new bytes32[](included.length);
        for (uint256 i; i < included.length; ++i) {
            Record calldata r = included[i];
            leaves[i] = MerklePath.record(r.participant, r.payloadRoot, r.weight);
            weights += r.weight;
        }
        _requireRoot(p.includedRoot, leaves.fold());
    }

    /// @dev What there is to share, and how. If nobody's score is above 0, the shares are equal.
    function _pool(
        uint32 task,
        IRulings.Case memory k,
        uint256 weights,
        Record[] calldata included,
        Scored calldata scored
    ) internal view returns (Pool memory pool) {
        ICommitteeTypes.Seat[] memory seats;
        if (k.rewardBy == BY_SCORES || k.seatPay != 0) seats = _shownSeats(task);
        (pool.proposer, pool.by) = (k.proposer, k.rewardBy);
        pool.fee = uint256(k.roundReward) * k.feeBps / BPS;
        pool.rest = k.roundReward - pool.fee - uint256(k.committee) * k.seatPay;
        pool.most = k.shareCapBps == 0 ? pool.rest : pool.rest * k.shareCapBps / BPS;
        if (k.seatPay != 0) (pool.pay, pool.paid) = (k.seatPay, _ascending(seats));
        if (pool.by != EQUALLY) pool.shares = weights;
        if (pool.by == BY_SCORES) (pool.medians, pool.shares) = _medians(task, seats, included, scored);
        if (pool.shares == 0) (pool.by, pool.shares) = (EQUALLY, included.length);
    }

    /// @dev Walks the ledger once; everybody included must stand in it at its place, and who is paid otherwise too.
    function _leaves(Pool memory pool, Entry[] calldata ledger, Record[] calldata included)
        internal
        pure
        returns (Leaves memory before, Leaves memory due)
    {
        (before, due) = (_room(ledger.length), _room(ledger.length));
        uint256 placed;
        uint256 validators;
        bool proposed = pool.fee == 0;
        address last;
        for (uint256 i; i < ledger.length; ++i) {
            Entry calldata e = ledger[i];
            if (e.account <= last) revert LedgerOrder(e.account);
            last = e.account;
            uint256 earned;
            if (e.place != 0) {
                ++placed;
                earned = _reward(pool, e, included);
            }
            if (e.account == pool.proposer) {
                proposed = true;
                earned += pool.fee;
            }
            if (validators < pool.paid.length && e.account == pool.paid[validators]) {
                ++validators;
                earned += pool.pay;
            }
            _add(before, e.account, e.owed);
            _add(due, e.account, e.owed + earned);
        }
        if (placed != included.length || !proposed || validators != pool.paid.length) {
            revert LedgerIncomplete(placed, included.length);
        }
    }

    /// @dev The ledger's old amounts are what the treasury holds: nobody forgotten, nobody invented.
    function _requireBefore(uint32 task, Leaves memory before) internal view {
        (bytes32 root,) = SumTree.fold(before.hashes, before.sums, before.count);
        (,,, address treasury,,) = _s().coordinator.contracts();
        _requireRoot(ITreasury(treasury).accountOf(task).rewardRoot, root);
    }

    function _reward(Pool memory pool, Entry calldata e, Record[] calldata included)
        internal
        pure
        returns (uint256 amount)
    {
        if (e.place > included.length || included[e.place - 1].participant != e.account) {
            revert WrongPlace(e.account, e.place);
        }
        uint256 share = 1;
        if (pool.by != EQUALLY) {
            share = pool.by == BY_SCORES ? pool.medians[e.place - 1] : included[e.place - 1].weight;
        }
        amount = pool.rest * share / pool.shares;
        if (amount > pool.most) amount = pool.most;
    }

    function _ascending(ICommitteeTypes.Seat[] memory seats) internal pure returns (address[] memory members) {
        members = new address[](seats.length);
        for (uint256 i; i < members.length; ++i) {
            uint256 k = i;
            for (; k > 0 && members[k - 1] > seats[i].member; --k) {
                members[k] = members[k - 1];
            }
            members[k] = seats[i].member;
        }
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
