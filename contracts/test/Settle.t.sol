// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundBase, vm} from "./RoundBase.sol";

contract SettleTest is RoundBase {
    Proposal internal p;

    function _toChallenge() internal {
        _open();
        _commitAll();
        _revealAll();
        p = _proposal();
        _propose(p);
    }

    function test_settle_before_the_challenge_window_is_over_is_refused() public {
        _toChallenge();
        uint256 end = coordinator.roundOf(task).deadline;
        vm.warp(end);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, end + 1, end));
        coordinator.settle(task, 1, p);
    }

    function test_another_proposal_than_the_proposed_one_cannot_be_settled() public {
        _toChallenge();
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        p.modelRoot = keccak256("backdoor");
        vm.expectPartialRevert(ProposalMismatch.selector);
        coordinator.settle(task, 1, p);
    }

    function test_anybody_settles_and_the_head_moves_on() public {
        _toChallenge();
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        vm.prank(stranger);
        coordinator.settle(task, 1, p);
        (bytes32 head, uint32 number) = models.head(task);
        vm.assertEq(number, 1, "version");
        vm.assertTrue(head != coordinator.roundOf(task).baseVersion, "head");
        RoundState memory r = coordinator.roundOf(task);
        vm.assertEq(uint256(r.phase), uint256(Phase.Settled), "phase");
        vm.assertEq(uint256(r.status), uint256(Status.SUCCESS), "everybody is in it");
        vm.assertEq(treasury.accountOf(task).total, REWARD, "awarded");
        vm.assertEq(treasury.accountOf(task).reserved, 0, "nothing held");
    }

    function test_the_views_name_the_contracts_the_records_and_the_payments() public {
        _toChallenge();
        _settle(p);
        _claim(_silo(1));
        (address r, address l, address m, address t,,) = coordinator.contracts();
        vm.assertTrue(r == address(registry) && l == address(consent), "registry, consent");
        vm.assertTrue(m == address(models) && t == address(treasury), "models, treasury");
        Opening memory o = _opening(_silo(1));
        bytes32 record = keccak256(abi.encode(_silo(1), _digest(_silo(1), o), o.groundsHash));
        vm.assertEq(coordinator.recordAt(task, 1), record, "record");
        vm.assertEq(treasury.claimedOf(task, _silo(1)), REWARD / SILOS, "claimed");
        vm.assertFalse(registry.openAdmission(), "admission");
    }

    function test_settle_twice_is_refused() public {
        _toChallenge();
        _settle(p);
        vm.expectRevert(abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Challenge, Phase.Settled));
        coordinator.settle(task, 1, p);
    }

    function test_a_round_that_lost_somebody_is_degraded() public {
        _open();
        _commitAll();
        _revealAll();
        p = _proposal();
        p.included = 3;
        p.exclusions = abi.encodePacked(uint16(2), uint8(6));
        _propose(p);
        _settle(p);
        vm.assertEq(uint256(coordinator.roundOf(task).status), uint256(Status.DEGRADED), "status");
    }

    function test_what_a_round_does_not_award_returns_to_the_escrow() public {
        _open();
        _commitAll();
        _revealAll();
        p = _proposal();
        p.rewardTotal = 1 ether;
        _propose(p);
        _settle(p);
        vm.assertEq(treasury.accountOf(task).escrow, 10 * REWARD - 1 ether, "escrow");
    }

    function test_when_nothing_usable_came_the_round_voids_and_nobody_loses_a_bond() public {
        _open();
        _commitAll();
        _revealAll();
        p = _proposal();
        p.included = 0;
        for (uint16 i; i < SILOS; ++i) {
            p.exclusions = abi.encodePacked(p.exclusions, i, uint8(4));
        }
        _propose(p);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        vm.expectEmit(address(coordinator));
        emit RoundVoided(task, 1, Phase.Challenge);
        coordinator.settle(task, 1, p);
        _assertPhase(Phase.Voided);
        (, uint32 number) = models.head(task);
        vm.assertEq(number, 0, "no version");
        vm.assertEq(treasury.accountOf(task).escrow, 10 * REWARD, "no pay");
        vm.assertEq(registry.held(), 0, "no bond lost");
        _open();
    }

    function test_tick_cannot_end_a_challenge() public {
        _toChallenge();
        vm.warp(block.timestamp + 1_000_000);
        coordinator.tick(task);
        _assertPhase(Phase.Challenge);
        coordinator.settle(task, 1, p);
    }
}
