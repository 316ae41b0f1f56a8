// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {TestToken} from "../src/TestToken.sol";
import {DisputeBase, vm} from "./DisputeBase.sol";

/// What follows once a proposal is proven wrong.
contract OverturnTest is DisputeBase {
    function _fall() internal {
        aggregateLie = 4;
        Proposal memory p = _toChallenge();
        _challengeSum(p, lieChunk, lieWord);
    }

    function test_nobody_but_the_disputes_contract_passes_judgement() public {
        _toChallenge();
        bytes memory only = abi.encodeWithSelector(OnlyDisputes.selector, address(this));
        vm.expectRevert(only);
        coordinator.overturn(task, round, address(this), 0);
        vm.expectRevert(only);
        coordinator.hold(task, round, type(uint40).max);
        vm.expectRevert(only);
        coordinator.strike(task, round, _silo(0), address(this), 0, "");
    }

    function test_standby_proposes_at_once_and_the_round_settles() public {
        _fall();
        _assertPhase(Phase.Aggregate);
        aggregateLie = 0;
        Proposal memory p = _proposal();
        vm.prank(standby);
        coordinator.propose(task, round, p);
        _settle(p);
        _assertPhase(Phase.Settled);
        vm.assertEq(registry.participant(standby).stake, DUTY_BOND, "standby unharmed");
    }

    function test_overturned_proposer_cannot_propose_again_even_with_a_new_bond() public {
        _fall();
        _deposit(aggregator, DUTY_BOND);
        vm.startPrank(aggregator);
        coordinator.acceptDuty(task);
        Proposal memory p = _proposal();
        vm.expectRevert(abi.encodeWithSelector(Overturned.selector, task, round, aggregator));
        coordinator.propose(task, round, p);
    }

    function test_second_lie_in_a_round_voids_it_and_both_bonds_are_gone() public {
        _fall();
        Proposal memory p = _proposal();
        vm.prank(standby);
        coordinator.propose(task, round, p);
        _challengeSum(p, lieChunk, lieWord);
        _assertPhase(Phase.Voided);
        vm.assertEq(registry.participant(aggregator).stake, 0, "aggregator");
        vm.assertEq(registry.participant(standby).stake, 0, "standby");
    }

    function test_without_a_standby_the_round_voids_and_honest_work_gets_its_floor() public {
        vm.prank(standby);
        coordinator.resignDuty(task);
        _fall();
        _assertPhase(Phase.Voided);
        uint256 floor = uint256(REWARD) / 2 / SILOS;
        for (uint16 i; i < SILOS; ++i) {
            uint256 before = _silo(i).balance;
            coordinator.claimFloor(task, round, i);
            vm.assertEq(_silo(i).balance - before, floor, "floor");
            vm.expectRevert(abi.encodeWithSelector(NoFloor.selector, task, round, _silo(i)));
            coordinator.claimFloor(task, round, i);
        }
        vm.assertEq(treasury.accountOf(task).floors, 0, "all fetched");
        vm.assertEq(treasury.accountOf(task).escrow, 10 * REWARD - SILOS * floor, "the rest is back");
    }

    function test_next_round_waits_until_floors_could_be_fetched_and_takes_the_rest_back() public {
        vm.prank(standby);
        coordinator.resignDuty(task);
        _fall();
        _deposit(aggregator, DUTY_BOND);
        vm.prank(aggregator);
        coordinator.acceptDuty(task);
        uint256 end = coordinator.roundOf(task).deadline;
        vm.warp(end);
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, end + 1, end));
        coordinator.openRound(task);
        vm.warp(end + 1);
        _open();
        vm.assertEq(treasury.accountOf(task).escrow, 9 * REWARD, "escrow");
        vm.expectRevert(abi.encodeWithSelector(NoFloor.selector, task, 2, _silo(0)));
        coordinator.claimFloor(task, 2, 0);
    }

    function test_round_that_voids_without_fraud_pays_no_floor() public {
        _open();
        _commitAll();
        _revealAll();
        vm.warp(block.timestamp + AGGREGATE + 1);
        coordinator.tick(task);
        vm.expectRevert(abi.encodeWithSelector(NoFloor.selector, task, round, _silo(0)));
        coordinator.claimFloor(task, round, 0);
    }

    function test_who_proves_its_own_lie_loses_half_of_its_bond() public {
        aggregateLie = 4;
        Proposal memory p = _toChallenge();
        uint256 before = aggregator.balance + registry.participant(aggregator).stake;
        _challengeAs(aggregator, p);
        _upholdAll();
        registry.collectBounty(aggregator);
        uint256 left = aggregator.balance + registry.participant(aggregator).stake;
        vm.assertEq(before - left, DUTY_BOND / 2, "half is gone");
    }

    function test_bounty_is_paid_once() public {
        _fall();
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NothingToWithdraw.selector, stranger));
        registry.collectBounty(stranger); // it may still be appealed
        _upholdAll();
        registry.collectBounty(stranger);
        uint256 had = stranger.balance;
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NothingToWithdraw.selector, stranger));
        registry.collectBounty(stranger);
        vm.assertEq(stranger.balance, had, "nothing more");
        vm.assertEq(registry.bountyOf(stranger), 0, "nothing is owed");
    }

    function _challengeAs(address accuser, Proposal memory p) internal {
        address kept = stranger;
        stranger = accuser;
        _challengeSum(p, lieChunk, lieWord);
        stranger = kept;
    }

    function test_bounty_and_forfeit_add_up_to_what_was_taken() public {
        uint256 before = registry.held();
        _fall();
        vm.assertEq(registry.held() - before, DUTY_BOND, "held");
        _upholdAll();
        uint256 forfeited = registry.forfeited() - before;
        vm.assertEq(forfeited + registry.bountyOf(stranger), DUTY_BOND, "to the wei");
    }
}

/// The same on a token's terms: the bounty is paid in it.
contract OverturnTokenTest is DisputeBase {
    function _tokens() internal override returns (address, address) {
        address token = address(new TestToken("Token", "TOK"));
        return (token, token);
    }

    function test_bounty_is_paid_in_the_stake_token() public {
        aggregateLie = 4;
        Proposal memory p = _toChallenge();
        _challengeSum(p, lieChunk, lieWord);
        _upholdAll();
        registry.collectBounty(stranger);
        vm.assertEq(_balance(stakeToken, stranger), DUTY_BOND / 2, "bounty");
    }
}
