// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {SumTreeBuilder} from "./SumTreeBuilder.sol";
import {DisputeBase, vm} from "./DisputeBase.sol";

/// Rounds with a ledger of who is owed what, worked out by the plainest code; a test bends the tree that is proposed.
abstract contract RewardBase is DisputeBase {
    uint8 internal rewardBy;
    uint16 internal feeBps;
    mapping(address => uint256) internal owed; // before the round that is running

    // The lie: moved from the first to the second account, or the tree's shape.
    uint256 internal moved;
    address internal from;
    address internal to;
    bool internal unsorted;
    bool internal withEmptyLeaf;
    uint128 internal heldBack;

    function _params() internal view virtual override returns (TaskParams memory p) {
        p = super._params();
        (p.rewardBy, p.feeBps) = (rewardBy, feeBps);
    }

    // --- the honest ledger

    /// Everybody who can be owed something, ascending.
    function _accounts() internal view returns (address[] memory who) {
        address[] memory others = _others();
        who = new address[](SILOS + others.length);
        for (uint256 i; i < SILOS; ++i) {
            who[i] = _silo(i);
        }
        for (uint256 i; i < others.length; ++i) {
            who[SILOS + i] = others[i];
        }
        for (uint256 i; i < who.length; ++i) {
            for (uint256 k = i; k > 0 && who[k - 1] > who[k]; --k) {
                (who[k - 1], who[k]) = (who[k], who[k - 1]);
            }
        }
    }

    /// Who can be owed something beside the silos.
    function _others() internal view virtual returns (address[] memory who) {
        who = new address[](2);
        (who[0], who[1]) = (aggregator, standby);
    }

    function _place(address who) internal view returns (uint16) {
        address[] memory there = _included();
        for (uint16 i; i < there.length; ++i) {
            if (there[i] == who) return i + 1;
        }
        return 0;
    }

    function _earns(address who, address proposer) internal view virtual returns (uint256 amount) {
        uint256 fee = uint256(REWARD) * feeBps / 10_000;
        if (who == proposer) amount = fee;
        if (_place(who) == 0) return amount;
        address[] memory there = _included();
        uint256 shares;
        for (uint256 i; i < there.length; ++i) {
            shares += rewardBy == 1 ? 1 : _weightOf(there[i]);
        }
        return amount + (REWARD - fee) * (rewardBy == 1 ? 1 : _weightOf(who)) / shares;
    }

    function _tree(address proposer) internal view returns (address[] memory who, uint256[] memory amounts) {
        address[] memory all = _accounts();
        (who, amounts) = (new address[](all.length), new uint256[](all.length));
        uint256 count;
        for (uint256 i; i < all.length; ++i) {
            uint256 amount = owed[all[i]] + _earns(all[i], proposer);
            if (all[i] == from) amount -= moved;
            if (all[i] == to) amount += moved;
            if (amount == 0 && !withEmptyLeaf) continue;
            (who[count], amounts[count++]) = (all[i], amount);
        }
        assembly {
            mstore(who, count)
            mstore(amounts, count)
        }
        if (unsorted) (who[0], who[1], amounts[0], amounts[1]) = (who[1], who[0], amounts[1], amounts[0]);
    }

    function _proposal() internal view virtual override returns (Proposal memory p) {
        p = super._proposal();
        (address[] memory who, uint256[] memory amounts) = _tree(aggregator);
        if (who.length != 0) (p.rewardRoot, p.rewardTotal) = SumTreeBuilder.root(who, amounts);
        p.rewardTotal -= heldBack;
    }

    function _ledger() internal view returns (IDisputeTypes.Entry[] memory ledger) {
        address[] memory who = _accounts();
        ledger = new IDisputeTypes.Entry[](who.length);
        for (uint256 i; i < who.length; ++i) {
            ledger[i] = IDisputeTypes.Entry(who[i], uint128(owed[who[i]]), _place(who[i]));
        }
    }

    function _records() internal view returns (IDisputeTypes.Record[] memory records) {
        address[] memory who = _included();
        records = new IDisputeTypes.Record[](who.length);
        for (uint256 i; i < who.length; ++i) {
            records[i] = IDisputeTypes.Record(who[i], _opening(who[i]).payloadRoot, _weightOf(who[i]));
        }
    }

    function _scored() internal view virtual returns (IDisputeTypes.Scored memory none) {}

    /// Ends a round honestly and remembers what everybody is owed since.
    function _honestRound() internal {
        Proposal memory p = _toChallenge();
        address[] memory who = _accounts();
        uint256[] memory earned_ = new uint256[](who.length);
        for (uint256 i; i < who.length; ++i) {
            earned_[i] = _earns(who[i], aggregator);
        }
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.settle(task, round, p);
        for (uint256 i; i < who.length; ++i) {
            owed[who[i]] += earned_[i];
        }
    }

    function _again() internal {
        setUp();
        for (uint256 i; i < SILOS; ++i) {
            owed[_silo(i)] = 0;
        }
        owed[aggregator] = 0;
    }

    function _accuse(Proposal memory p) internal {
        (IDisputeTypes.Entry[] memory ledger, IDisputeTypes.Record[] memory records) = (_ledger(), _records());
        IDisputeTypes.Scored memory scored = _scored();
        vm.prank(stranger);
        disputes.challengeReward(task, round, p, ledger, records, scored);
    }

    function accuse(Proposal memory p) external {
        _accuse(p);
    }

    function _assertOverturned() internal view {
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
        vm.assertEq(registry.participant(aggregator).stake, 0, "bond");
    }

    function _without(IDisputeTypes.Entry[] memory ledger, address who)
        internal
        pure
        returns (IDisputeTypes.Entry[] memory less)
    {
        less = new IDisputeTypes.Entry[](ledger.length - 1);
        uint256 count;
        for (uint256 i; i < ledger.length; ++i) {
            if (ledger[i].account != who) less[count++] = ledger[i];
        }
    }
}
