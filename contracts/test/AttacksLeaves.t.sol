// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IRelays} from "../src/interfaces/IRelays.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";

/// Participants and posters that would bring down who relies on a leaf, by making it bad once it is relied on.
contract AttacksLeavesTest is RollBase {
    address internal eve;

    function setUp() public override {
        super.setUp();
        eve = _silo(2);
    }

    /// Everybody is opened and included; then eve does something, and the aggregator still shows eve's record.
    function _included4() internal returns (Proposal memory p) {
        _aggregating(4);
        _include(0, 4);
        p = _proposal();
        _propose(p);
        vm.warp(block.timestamp + 1);
    }

    function _shown(Proposal memory p) internal {
        IDisputeTypes.Target memory t = IDisputeTypes.Target(IDisputeTypes.Tree.Record, 2, 0);
        vm.prank(stranger);
        disputes.demand{value: DEMAND_DEPOSIT}(task, round, p, t);
        IDisputeTypes.RolledProof memory proof = _proofAt(2);
        disputes.answerRecord(task, round, p, 2, _includedPiece(2), proof);
        _settle(p);
        vm.assertEq(registry.participant(aggregator).stake, DUTY_BOND, "unharmed");
    }

    function test_who_changes_its_delegate_after_the_opening_brings_nobody_down() public {
        Proposal memory p = _included4();
        vm.prank(eve);
        registry.setDelegate(vm.addr(0xde1e));
        _shown(p);
    }

    function test_who_has_its_consent_withdrawn_after_the_opening_brings_nobody_down() public {
        Proposal memory p = _included4();
        vm.prank(holder);
        consent.withdraw(grants[eve]);
        _shown(p);
    }

    function test_who_leaves_after_the_opening_brings_nobody_down() public {
        Proposal memory p = _included4();
        vm.startPrank(eve);
        coordinator.leave(task);
        coordinator.enrol(task);
        coordinator.leave(task);
        vm.stopPrank();
        _shown(p);
    }

    function _equivocate() internal {
        IRelays.SignedCommit memory second = _unsigned(2);
        second.commitment = keccak256("another");
        (IRelays.SignedCommit memory a, IRelays.SignedCommit memory b) =
            (_commitOf(2), _sign(_key(2), second));
        vm.prank(stranger);
        coordinator.challengeEquivocation(task, round, a, b);
    }

    function test_who_loses_its_bond_after_the_opening_brings_nobody_down() public {
        Proposal memory p = _included4();
        _equivocate();
        _shown(p);
    }

    /// Enrolling anew begins a new time in the cohort, from the next round on: not while this one runs.
    function test_who_loses_its_bond_and_enrols_again_brings_nobody_down() public {
        Proposal memory p = _included4();
        _equivocate();
        _deposit(eve, BOND);
        vm.prank(eve);
        vm.expectRevert(abi.encodeWithSelector(RoundRunning.selector, task, 1, Phase.Challenge));
        coordinator.enrol(task);
        _shown(p);
        vm.prank(eve);
        coordinator.enrol(task);
    }

    /// A second roll that was never opened holds a commit of eve's too; brought on chain in the grace, it would take the
    /// place of the one that the aggregator has included.
    function test_who_is_lifted_out_of_another_roll_after_the_opening_brings_nobody_down() public {
        bytes[] memory second = new bytes[](1);
        _rolled(4);
        second[0] = commits[2];
        _enlist(other);
        _postCommitsBy(other, second);
        _toReveal();
        _postOpenings();
        _toAggregate();
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        vm.expectRevert(
            abi.encodeWithSelector(WrongPhase.selector, task, round, Phase.Reveal, Phase.Challenge)
        );
        this.liftFrom(eve, other, 0, second, second);
        _shown(p);
    }

    /// A poster copies a leaf into its own roll and has it lifted there: whoever reads the first roll's openings opens it.
    function test_a_copied_leaf_that_is_lifted_is_opened_with_what_the_first_roll_shows() public {
        bytes[] memory copied = new bytes[](1);
        _rolled(4);
        copied[0] = commits[2];
        _enlist(other);
        _postCommitsBy(other, copied);
        _toReveal();
        _postOpenings();
        vm.warp(_half() + 1);
        _liftFrom(stranger, other, 0, copied, copied);
        IRelays.RelayedOpening[] memory batch = new IRelays.RelayedOpening[](1);
        batch[0] = _openingOf(2); // the fields of openings[2]
        _relay(batch);
        vm.assertTrue(coordinator.hasRevealed(task, round, 2), "opened, in time");
        _toAggregate();
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
    }
}
