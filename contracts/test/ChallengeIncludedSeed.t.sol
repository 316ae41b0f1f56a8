// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IMaskFaults} from "../src/interfaces/IMaskFaults.sol";
import {MaskFaultsBase} from "./MaskFaultsBase.sol";
import {vm} from "./Base.sol";
import {Trees} from "./Trees.sol";

/// Who includes an update that is bound to a false seed falls, and no honest proposer does, whoever works against it.
contract ChallengeIncludedSeedTest is MaskFaultsBase {
    bool internal twin; // 1 has a masking key that two private keys give

    function _secret(uint256 i) internal view override returns (bytes32) {
        return twin && i == 1 ? bytes32(uint256(8) << 248 | 0x40) : super._secret(i); // 2^254 + 8
    }

    function _lies(uint256 i, uint16 other) internal returns (Proposal memory p) {
        if (messages[0].length == 0) {
            _write();
            _prepareAll();
        }
        hashes[i][_rank(i, other)] = _seedHash(i, other, keccak256("another seed"));
        _rebind(i);
        _toAggregate();
        p = _proposed();
    }

    function included(Proposal memory p, uint256 leaf, IMaskFaults.FalseSeed memory f) public {
        bytes[] memory leaves = _leaves();
        IDisputeTypes.Piece memory shown = IDisputeTypes.Piece(leaves[leaf], Trees.path(leaves, leaf));
        vm.prank(stranger);
        disputes.challengeIncludedSeed(task, round, p, uint32(leaf), shown, f);
    }

    function _assertFallen() internal view {
        vm.assertEq(registry.participant(aggregator).stake, 0, "bond");
        vm.assertEq(_bountyOf(stranger), DUTY_BOND / 2, "bounty");
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
        vm.assertTrue(_bonded(2), "its participant's is another matter");
    }

    function test_proposer_that_includes_a_false_seed_of_a_pair_loses_its_bond() public {
        Proposal memory p = _lies(2, 1);
        IMaskFaults.FalseSeed memory f = _false(2, _bound(2, 1), 1);
        vm.expectEmit(address(disputes));
        emit IMaskFaults.IncludedSeedRefuted(task, round, stranger, _silo(2), 1);
        this.included(p, 1, f);
        _assertFallen();
        this.seed(2, _bound(2, 1), 1);
        vm.assertFalse(_bonded(2), "it was not another proposer's to lose");
    }

    function test_proposer_that_includes_a_false_self_seed_loses_its_bond() public {
        Proposal memory p = _lies(2, 2);
        this.included(p, 1, _false(2, _bound(2, 2), 2));
        _assertFallen();
    }

    function test_proposal_of_honest_updates_falls_over_no_seed() public {
        _write();
        _prepareAll();
        _toAggregate();
        Proposal memory p = _proposed();
        for (uint256 n; n < 4; ++n) {
            uint256 i = _survivors()[n];
            for (uint16 other; other < 6; ++other) {
                IMaskFaults.BoundSeed memory b = _bound(i, other);
                IMaskFaults.FalseSeed memory f = _false(i, b, other);
                vm.expectRevert(abi.encodeWithSelector(IMaskFaults.NotFalse.selector, _silo(i), b.hash));
                this.included(p, n, f);
            }
        }
    }

    /// The two keep their seed to themselves until an honest proposal stands: nobody could know of it.
    function test_two_who_are_left_cannot_turn_their_seed_against_the_proposer() public {
        Proposal memory p = _lies(2, 4);
        IMaskFaults.FalseSeed memory f = _false(2, _bound(2, 4), 4);
        vm.expectRevert(abi.encodeWithSelector(IMaskFaults.NotDropped.selector, _silo(4)));
        this.included(p, 1, f);
        this.seed(2, _bound(2, 4), 4);
        _assertStruck(2);
    }

    /// The proposer may have joined the one secret, and agreed on another seed than with the other.
    function test_secret_beside_another_with_the_same_public_half_overturns_nothing() public {
        twin = true;
        setUp();
        Proposal memory p = _lies(2, 1);
        IMaskFaults.FalseSeed memory f = _false(2, _bound(2, 1), 1);
        vm.expectRevert(abi.encodeWithSelector(IMaskFaults.AmbiguousSecret.selector, _silo(1)));
        this.included(p, 1, f);
    }

    function test_leaf_of_another_or_of_no_place_is_refused() public {
        Proposal memory p = _lies(2, 1);
        IMaskFaults.FalseSeed memory f = _false(2, _bound(2, 1), 1);
        vm.expectRevert(abi.encodeWithSelector(IMaskFaults.NotIncluded.selector, _silo(2), _silo(4)));
        this.included(p, 2, f);
        bytes[] memory leaves = _leaves();
        IDisputeTypes.Piece memory shown = IDisputeTypes.Piece(leaves[1], Trees.path(leaves, 0));
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeIncludedSeed(task, round, p, 1, shown, f);
    }

    function test_only_the_standing_proposal_falls() public {
        Proposal memory p = _lies(2, 1);
        IMaskFaults.FalseSeed memory f = _false(2, _bound(2, 1), 1);
        p.rewardTotal += 1;
        vm.expectPartialRevert(ProposalMismatch.selector);
        this.included(p, 1, f);
        p.rewardTotal -= 1;
        this.included(p, 1, f);
        vm.expectPartialRevert(IDisputeTypes.NothingToChallenge.selector);
        this.included(p, 1, f);
    }
}
