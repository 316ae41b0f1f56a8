// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Disputes} from "../src/Disputes.sol";
import {MaskDesk} from "../src/MaskDesk.sol";
import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {ITreasury} from "../src/interfaces/ITreasury.sol";
import {Payments} from "../src/Payments.sol";
import {DisputeBase, vm} from "./DisputeBase.sol";
import {Trees} from "./Trees.sol";

/// Attacks that cross contracts; docs/attacks.md names these and all others.
contract AttacksTest is DisputeBase {
    address internal mallory = vm.addr(0xbad);

    function test_a_judge_that_somebody_deploys_himself_passes_no_judgement() public {
        aggregateLie = 1;
        Proposal memory p = _toChallenge();
        bytes memory init = abi.encodeCall(
            Disputes.initialize,
            (address(manager), address(coordinator), address(models), address(registry), 0)
        );
        Disputes own = Disputes(payable(_proxy(address(new Disputes(address(new MaskDesk()))), init)));
        IDisputeTypes.Coordinate memory at = _at(lieChunk, lieWord);
        IDisputeTypes.Shown[] memory shown = _shown(0, SILOS, lieChunk);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), lieChunk);
        vm.expectRevert(abi.encodeWithSelector(OnlyDisputes.selector, address(own)));
        own.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
        _challengeSum(p, lieChunk, lieWord); // the one that the coordinator knows
        _assertPhase(Phase.Aggregate);
    }

    function test_data_whose_consent_comes_after_the_commit_window_cannot_have_been_used() public {
        _open();
        address silo = _silo(0);
        bytes32 late = consent.hashGrant(_grantFor(silo, 99));
        bytes32 evidence = keccak256("evidence");
        vm.prank(silo);
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.UnknownGrant.selector, late));
        coordinator.commit(task, round, keccak256("commitment"), late, evidence);
        _commit(_silo(1));
        _commit(_silo(2));
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        grants[silo] = _bringGrant(_grantFor(silo, 100));
        vm.prank(silo);
        vm.expectRevert(
            abi.encodeWithSelector(WrongPhase.selector, task, round, Phase.Commit, Phase.Reveal)
        );
        coordinator.commit(task, round, keccak256("commitment"), grants[silo], evidence);
    }

    function test_a_participant_that_is_struck_does_not_void_the_others_work() public {
        Proposal memory p = _toChallenge();
        vm.prank(address(disputes));
        coordinator.strike(task, round, _silo(1), stranger, keccak256("evidence"), "any");
        _settle(p);
        _assertPhase(Phase.Settled);
        _claim(_silo(0));
        vm.assertEq(_silo(0).balance, REWARD / SILOS, "paid");
    }

    function test_a_wrong_proof_costs_the_proposer_nothing_and_can_be_followed_by_a_right_one() public {
        aggregateLie = 1;
        Proposal memory p = _toChallenge();
        IDisputeTypes.Coordinate memory at = _at(1, 1); // an honest word
        IDisputeTypes.Shown[] memory shown = _shown(0, SILOS, 1);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), 1);
        vm.prank(mallory);
        vm.expectPartialRevert(IDisputeTypes.NotWrong.selector);
        disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
        vm.assertEq(registry.participant(aggregator).stake, DUTY_BOND, "unharmed");
        _challengeSum(p, lieChunk, lieWord);
        vm.assertEq(registry.participant(aggregator).stake, 0, "fallen");
    }

    /// The only thing that asking oneself buys is time, and that is bounded.
    function test_a_proposer_that_demands_from_itself_gains_nothing() public {
        Proposal memory p = _toChallenge();
        uint256 start = block.timestamp;
        vm.deal(aggregator, DEMAND_DEPOSIT);
        IDisputeTypes.Target memory t = IDisputeTypes.Target(IDisputeTypes.Tree.Aggregate, 0, 1);
        vm.startPrank(aggregator);
        disputes.demand{value: DEMAND_DEPOSIT}(task, round, p, t);
        IDisputeTypes.Piece memory none;
        disputes.answer(task, round, p, t, none, _piece(_aggregate(), 1));
        disputes.collect(aggregator);
        vm.stopPrank();
        vm.assertEq(aggregator.balance, DEMAND_DEPOSIT, "no more than it put in");
        vm.assertLe(coordinator.roundOf(task).deadline, start + 4 * CHALLENGE, "bounded");
        _settle(p);
        _assertPhase(Phase.Settled);
    }

    function test_one_organisation_as_many_accounts_needs_admission_and_a_bond_for_each() public {
        for (uint256 i = 20; i < 25; ++i) {
            address sybil = _silo(i);
            vm.startPrank(sybil);
            registry.register(keccak256("key"), address(0));
            vm.expectRevert(abi.encodeWithSelector(NotAdmitted.selector, sybil));
            coordinator.enrol(task);
            vm.stopPrank();
            registry.setAdmission(sybil, true);
            vm.prank(sybil);
            vm.expectRevert(
                abi.encodeWithSelector(IParticipantRegistry.InsufficientStake.selector, sybil, 0, BOND)
            );
            coordinator.enrol(task);
        }
        vm.assertEq(coordinator.taskOf(task).enrolled, SILOS, "nobody came in");
    }

    function test_a_thousand_payments_of_one_wei_change_nothing_for_anybody_else() public {
        vm.deal(mallory, 1 ether);
        vm.startPrank(mallory);
        registry.register(keccak256("key"), address(0));
        for (uint256 i; i < 500; ++i) {
            registry.deposit{value: 1}(1);
            treasury.fund{value: 1}(task, 1);
            registry.requestUnbond(1);
        }
        vm.stopPrank();
        _runRound();
        _assertPhase(Phase.Settled);
        _claim(_silo(0));
        vm.assertEq(_silo(0).balance, REWARD / SILOS, "paid in full");
    }

    function test_coins_forced_upon_the_contracts_are_nobodys_and_break_no_account() public {
        _runRound();
        vm.deal(address(treasury), address(treasury).balance + 7 ether);
        vm.deal(address(registry), address(registry).balance + 7 ether);
        uint256 escrow = treasury.accountOf(task).escrow;
        vm.prank(sponsor);
        vm.expectRevert(
            abi.encodeWithSelector(ITreasury.InsufficientEscrow.selector, task, escrow, escrow + 1)
        );
        treasury.refundEscrow(task, escrow + 1);
        _claim(_silo(0));
        vm.expectRevert(abi.encodeWithSelector(ITreasury.InsufficientSlashed.selector, address(0), 0, 1));
        treasury.withdrawSlashed(address(0), mallory, 1);
        vm.prank(_silo(0));
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.InsufficientStake.selector, _silo(0), 0, 2 * BOND)
        );
        registry.requestUnbond(2 * BOND);
    }

    function test_native_value_sent_along_where_none_belongs_is_refused() public {
        vm.deal(mallory, 2 ether);
        vm.startPrank(mallory);
        registry.register(keccak256("key"), address(0));
        vm.expectRevert(abi.encodeWithSelector(Payments.WrongValue.selector, 2 ether, 1 ether));
        registry.deposit{value: 2 ether}(1 ether);
        vm.expectRevert(abi.encodeWithSelector(Payments.WrongValue.selector, 0, 1 ether));
        treasury.fund(task, 1 ether);
    }

    function test_nobody_can_answer_a_demand_with_a_node_of_the_tree() public {
        Proposal memory p = _toChallenge();
        IDisputeTypes.Target memory t = IDisputeTypes.Target(IDisputeTypes.Tree.Model, 0, 0);
        vm.deal(mallory, DEMAND_DEPOSIT);
        vm.prank(mallory);
        disputes.demand{value: DEMAND_DEPOSIT}(task, round, p, t);
        bytes[] memory chunks = _model();
        IDisputeTypes.Piece memory node;
        node.content = bytes.concat(Trees.leaf(chunks[0]), Trees.leaf(chunks[1])); // 64 bytes, as long as a chunk
        node.path = new bytes32[](2);
        node.path[0] = Trees.pathFrom(chunks, 0, 1)[0];
        IDisputeTypes.Piece memory none;
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.answer(task, round, p, t, none, node);
        disputes.answer(task, round, p, t, none, _piece(chunks, 0));
    }
}
