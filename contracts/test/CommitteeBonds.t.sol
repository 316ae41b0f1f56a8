// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {CommitteeRound, vm} from "./CommitteeRound.sol";

/// Who may serve as a validator, and when its bond comes back.
contract CommitteeBondsTest is CommitteeRound {
    function test_createTask_refuses_each_parameter_of_a_committee_out_of_range() public {
        TaskParams memory p = _params();
        p.committee = 32;
        _refused(p, "committee");
        (p = _params()).voteWindow = 0;
        _refused(p, "voteWindow");
        (p = _params()).voteRevealWindow = 0;
        _refused(p, "voteRevealWindow");
        (p = _params()).validatorBond = 0;
        _refused(p, "validatorBond");
        (p = _params()).committee = 0; // without a committee the others are 0 too
        _refused(p, "voteWindow");
        p.voteWindow = 0;
        _refused(p, "voteRevealWindow");
        p.voteRevealWindow = 0;
        _refused(p, "validatorBond");
        p.validatorBond = 0;
        coordinator.createTask(p, "");
    }

    function test_createTask_counts_the_votes_and_their_extension_into_the_longest_round() public {
        TaskParams memory p = _params();
        uint256 votes = VOTE + GAP + 2 * VOTE_REVEAL;
        uint256 rest = REVEAL + 2 * AGGREGATE + 8 * CHALLENGE + GRACE + GAP;
        p.commitWindow = uint32(UNBONDING / 2 - rest - votes);
        coordinator.createTask(p, "");
        ++p.commitWindow;
        _refused(p, "unbondingPeriod");
    }

    function _refused(TaskParams memory p, string memory field) internal {
        vm.expectRevert(abi.encodeWithSelector(InvalidTask.selector, field));
        coordinator.createTask(p, "");
    }

    function test_admitReader_is_the_sponsors() public {
        vm.expectRevert(abi.encodeWithSelector(NotTheSponsor.selector, task, stranger, sponsor));
        vm.prank(stranger);
        committee.admitReader(task, stranger, true);
        vm.assertFalse(committee.isReader(task, stranger), "not admitted");
    }

    function test_stake_alone_grants_no_seat() public {
        address who = _validator(9);
        _register(who);
        _deposit(who, 1000 ether);
        vm.prank(who);
        vm.expectRevert(abi.encodeWithSelector(NotAReader.selector, task, who));
        committee.enlist(task, VALIDATOR_BOND);
    }

    function test_enlist_is_refused_twice_below_the_bond_and_beyond_the_stake() public {
        vm.expectRevert(abi.encodeWithSelector(AlreadyEnlisted.selector, task, _validator(0)));
        vm.prank(_validator(0));
        committee.enlist(task, VALIDATOR_BOND);
        address who = _validator(9);
        _register(who);
        _deposit(who, VALIDATOR_BOND);
        _admit(who, true);
        vm.startPrank(who);
        vm.expectRevert(
            abi.encodeWithSelector(BondTooSmall.selector, task, VALIDATOR_BOND - 1, VALIDATOR_BOND)
        );
        committee.enlist(task, VALIDATOR_BOND - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IParticipantRegistry.InsufficientStake.selector, who, VALIDATOR_BOND, VALIDATOR_BOND + 1
            )
        );
        committee.enlist(task, VALIDATOR_BOND + 1);
        committee.enlist(task, VALIDATOR_BOND);
        vm.stopPrank();
        vm.assertEq(registry.participant(who).locked, VALIDATOR_BOND, "locked");
    }

    function test_enlist_is_refused_in_a_task_without_a_committee_and_in_a_pause() public {
        TaskParams memory p = _params();
        (p.committee, p.voteWindow, p.voteRevealWindow, p.validatorBond) = (0, 0, 0, 0);
        vm.prank(sponsor);
        uint32 plain = coordinator.createTask(p, "");
        vm.expectRevert(abi.encodeWithSelector(NoCommittee.selector, plain));
        committee.enlist(plain, VALIDATOR_BOND);
        address who = _validator(9);
        _register(who);
        _deposit(who, VALIDATOR_BOND);
        _admit(who, true);
        uint40 until = uint40(block.timestamp + 10);
        coordinator.pause(until);
        vm.prank(who);
        vm.expectRevert(abi.encodeWithSelector(WhilePaused.selector, until));
        committee.enlist(task, VALIDATOR_BOND);
    }

    function test_a_task_has_room_for_sixty_four_validators_and_gives_a_free_place_again() public {
        for (uint256 i = VALIDATORS; i < 64; ++i) {
            _serve(i, VALIDATOR_BOND);
        }
        address who = _validator(64);
        _register(who);
        _deposit(who, VALIDATOR_BOND);
        _admit(who, true);
        vm.startPrank(who);
        vm.expectRevert(abi.encodeWithSelector(TooManyValidators.selector, task, 64));
        committee.enlist(task, VALIDATOR_BOND);
        vm.stopPrank();
        vm.prank(_validator(7));
        committee.resign(task);
        committee.releaseBond(task, _validator(7));
        vm.prank(who);
        committee.enlist(task, VALIDATOR_BOND);
        vm.assertEq(committee.validatorsOf(task)[7].account, who, "the free place");
        vm.assertEq(committee.validatorsOf(task).length, 64, "no more places");
    }

    function test_resign_and_releaseBond_name_who_is_no_validator() public {
        bytes memory none = abi.encodeWithSelector(NotEnlisted.selector, task, stranger);
        vm.prank(stranger);
        vm.expectRevert(none);
        committee.resign(task);
        vm.expectRevert(none);
        committee.releaseBond(task, stranger);
    }

    function test_a_bond_comes_back_only_after_resigning() public {
        vm.expectRevert(abi.encodeWithSelector(StillServing.selector, task, _validator(0), 0));
        committee.releaseBond(task, _validator(0));
        vm.prank(_validator(0));
        committee.resign(task);
        committee.releaseBond(task, _validator(0));
        vm.assertEq(registry.participant(_validator(0)).locked, 0, "free");
        vm.assertEq(committee.validatorsOf(task)[0].account, address(0), "place");
    }

    function test_a_bond_is_held_until_the_last_round_is_over() public {
        _toVoteReveal(3);
        vm.prank(_validator(0));
        committee.resign(task);
        vm.expectRevert(abi.encodeWithSelector(StillServing.selector, task, _validator(0), round));
        committee.releaseBond(task, _validator(0));
        vm.warp(uint256(coordinator.roundOf(task).deadline) + VOTE_REVEAL + 1);
        committee.releaseBond(task, _validator(0));
        vm.assertEq(registry.participant(_validator(0)).locked, 0, "free");
    }

    function test_a_bond_of_an_earlier_round_comes_back_while_the_next_one_runs() public {
        _open();
        vm.prank(_validator(0));
        committee.resign(task);
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        committee.releaseBond(task, _validator(0));
        vm.assertEq(registry.participant(_validator(0)).locked, 0, "free");
    }

    function test_who_resigns_again_gains_no_time_and_loses_none() public {
        vm.prank(_validator(0));
        committee.resign(task);
        _open();
        vm.prank(_validator(0));
        committee.resign(task);
        vm.assertEq(committee.validatorsOf(task)[0].untilRound, 0, "as said first");
    }

    function test_who_is_no_longer_admitted_serves_the_running_round_and_no_other() public {
        _open();
        _admit(_validator(0), false);
        vm.assertEq(committee.validatorsOf(task)[0].untilRound, round, "this one");
        vm.assertFalse(committee.isReader(task, _validator(0)), "no reader");
    }
}
