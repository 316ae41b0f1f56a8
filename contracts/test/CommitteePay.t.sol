// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommitteeRound, vm} from "./CommitteeRound.sol";

/// What a committee is paid in a round that pays no rewards, so that no verdict earns more than another.
contract CommitteePayTest is CommitteeRound {
    uint16 internal validatorBps = 900;

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.validatorBps = validatorBps;
    }

    function _paid(uint8 seat) internal returns (uint256) {
        uint256 before = _member(seat).balance;
        coordinator.claimPay(task, round, seat);
        return _member(seat).balance - before;
    }

    function _refused(uint32 round_, uint8 seat, bytes4 error) internal {
        vm.expectRevert(abi.encodeWithSelector(error, task, round_, seat));
        coordinator.claimPay(task, round_, seat);
    }

    function test_a_rejection_pays_every_shown_vote_alike_once() public {
        _playRejected();
        for (uint8 k; k < SIZE; ++k) {
            vm.assertEq(_paid(k), REWARD * 3 / 100, "for whatever it voted");
            _refused(round, k, NothingToPay.selector);
        }
        _refused(round, SIZE, NothingToPay.selector);
        for (uint16 i; i < SILOS; ++i) {
            coordinator.claimFloor(task, round, i); // the floors are there still
        }
        vm.assertEq(treasury.accountOf(task).floors, 0, "all of what was set aside");
    }

    function test_a_ballot_with_too_few_votes_pays_those_that_were_shown() public {
        Vote[] memory votes = _toVoteReveal(3);
        _show(1, votes[1]);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + VOTE_REVEAL + 1);
        coordinator.tick(task);
        vm.assertEq(_paid(1), REWARD * 3 / 100, "no more for the others' silence");
        _refused(round, 0, NothingToPay.selector);
    }

    function test_a_round_void_for_fraud_pays_the_votes() public {
        _showAll(_toVoteReveal(3));
        _propose(_proposal());
        vm.prank(address(disputes));
        coordinator.overturn(task, round, stranger, keccak256("evidence"));
        _refused(round, 0, NoPay.selector); // the standby may still propose, and pay it with the rewards
        Proposal memory again = _proposal();
        vm.prank(standby);
        coordinator.propose(task, round, again);
        vm.prank(address(disputes));
        coordinator.overturn(task, round, stranger, keccak256("evidence"));
        _assertPhase(Phase.Voided);
        vm.assertEq(_paid(0), REWARD * 3 / 100, "the committee did its work");
    }

    function test_a_settled_round_pays_with_its_rewards_alone() public {
        _showAll(_toVoteReveal(3));
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        _refused(round, 0, NoPay.selector);
    }

    function test_a_round_that_voids_before_anybody_votes_pays_no_vote() public {
        _open();
        _draw();
        vm.warp(block.timestamp + COMMIT + 1);
        _refused(round, 0, NoPay.selector);
    }

    function test_pay_is_fetched_until_the_next_round_and_not_for_the_votes_of_another() public {
        _playRejected();
        coordinator.claimPay(task, round, 0);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        _open();
        _refused(round, 1, NoPay.selector);
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, round - 1, round));
        coordinator.claimPay(task, round - 1, 1);
        _commitAll();
        _revealAll();
        vm.warp(uint256(coordinator.roundOf(task).deadline) + GAP + 2 * VOTE_REVEAL + 1);
        coordinator.tick(task); // void: nobody drew its committee, and seats of the last round stand there still
        _refused(round, 1, NothingToPay.selector);
    }

    function test_who_was_paid_once_is_paid_again_for_the_next_vote() public {
        for (uint256 i = 3; i < VALIDATORS; ++i) {
            vm.prank(_validator(i));
            committee.resign(task);
        }
        for (uint256 n; n < 2; ++n) {
            _playRejected();
            for (uint8 k; k < SIZE; ++k) {
                vm.assertEq(_paid(k), REWARD * 3 / 100, "each round");
            }
            vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        }
    }

    function test_a_committee_without_pay_claims_none() public {
        validatorBps = 0;
        setUp();
        _playRejected();
        _refused(round, 0, NoPay.selector);
    }

    function test_nobody_but_the_coordinator_takes_pay() public {
        _playRejected();
        vm.expectRevert(abi.encodeWithSelector(OnlyCoordinator.selector, address(this)));
        committee.takePay(task, round, 0);
    }
}
