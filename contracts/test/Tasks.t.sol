// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {ITreasury} from "../src/interfaces/ITreasury.sol";
import {RoundBase, vm} from "./RoundBase.sol";

contract TasksTest is RoundBase {
    function _refused(TaskParams memory p, string memory field) internal {
        vm.expectRevert(abi.encodeWithSelector(InvalidTask.selector, field));
        coordinator.createTask(p, "");
    }

    function test_createTask_refuses_each_parameter_out_of_range() public {
        TaskParams memory p = _params();
        p.specHash = 0;
        _refused(p, "specHash");
        (p = _params()).genesisRoot = 0;
        _refused(p, "genesisRoot");
        (p = _params()).purposes = 0;
        _refused(p, "purposes");
        (p = _params()).commitWindow = 0;
        _refused(p, "commitWindow");
        (p = _params()).revealWindow = 0;
        _refused(p, "revealWindow");
        (p = _params()).aggregateWindow = 0;
        _refused(p, "aggregateWindow");
        (p = _params()).challengeWindow = 0;
        _refused(p, "challengeWindow");
        (p = _params()).quorum = 0;
        _refused(p, "quorum");
        (p = _params()).quorum = p.maxParticipants + 1;
        _refused(p, "quorum");
        (p = _params()).maxParticipants = 10_001;
        _refused(p, "maxParticipants");
        (p = _params()).maxWeight = 0;
        _refused(p, "maxWeight");
        (p = _params()).maxRounds = 0;
        _refused(p, "maxRounds");
        (p = _params()).chunkBytes = 0;
        _refused(p, "chunkBytes");
        (p = _params()).rule = 8;
        _refused(p, "rule");
        (p = _params()).aggregator = address(0);
        _refused(p, "aggregator");
        (p = _params()).standby = aggregator;
        _refused(p, "standby");
        (p = _params()).aggregatorBond = REWARD - 1;
        _refused(p, "aggregatorBond");
    }

    function test_createTask_refuses_what_no_challenge_could_be_about() public {
        TaskParams memory p = _params();
        (p = _params()).chunkBytes = 1000;
        _refused(p, "chunkBytes");
        (p = _params()).chunks = 1;
        _refused(p, "chunks");
        (p = _params()).limit = 0;
        _refused(p, "limit");
        (p = _params()).limit = 2 ** 31;
        _refused(p, "limit");
        (p = _params()).disclosure = 2;
        _refused(p, "disclosure");
        (p = _params()).floorBps = 10_001;
        _refused(p, "floorBps");
        (p = _params()).modes = 0;
        _refused(p, "modes");
        (p = _params()).modes = 2; // no way past the relayers
        _refused(p, "modes");
        (p = _params()).modes = 8;
        _refused(p, "modes");
        (p = _params()).modes = 5;
        p.revealGrace = 0; // what is lifted late could not be opened
        _refused(p, "modes");
        (p.revealGrace, p.aggregatorBond, p.roundReward) = (GRACE, 0, 0); // nor would a poster answer for anything
        _refused(p, "modes");
        (p = _params()).aggregateHeader = 0;
        _refused(p, "aggregateHeader");
        (p = _params()).rewardBy = 3;
        _refused(p, "rewardBy");
        (p = _params()).feeBps = 10_001;
        _refused(p, "feeBps");
    }

    function _withCommittee() internal view returns (TaskParams memory p) {
        p = _params();
        (p.committee, p.voteWindow, p.voteRevealWindow, p.validatorBond) = (3, 1, 1, 1);
    }

    function test_createTask_refuses_pay_that_no_committee_could_earn_or_decide() public {
        TaskParams memory p = _params();
        p.rewardBy = 2;
        _refused(p, "rewardBy");
        (p = _withCommittee()).rewardBy = 2;
        coordinator.createTask(p, "");
        p.rewardBy = 3;
        _refused(p, "rewardBy");
        (p = _params()).validatorBps = 1;
        _refused(p, "validatorBps");
        (p = _params()).shareCapBps = 10_001;
        _refused(p, "shareCapBps");
        p.shareCapBps = 10_000;
        coordinator.createTask(p, "");
    }

    function test_createTask_refuses_pay_beyond_what_a_round_reserves() public {
        TaskParams memory p = _withCommittee();
        (p.validatorBps, p.feeBps, p.floorBps) = (6000, 4000, 4000);
        coordinator.createTask(p, "");
        p.feeBps = 4001;
        _refused(p, "validatorBps");
        (p.feeBps, p.floorBps) = (4000, 4001);
        _refused(p, "validatorBps");
    }

    function test_createTask_refuses_rounds_longer_than_half_the_unbonding_period() public {
        TaskParams memory p = _params();
        p.commitWindow = uint32(UNBONDING / 2) - REVEAL - 2 * AGGREGATE - 8 * CHALLENGE - GRACE - GAP;
        coordinator.createTask(p, "");
        ++p.commitWindow;
        _refused(p, "unbondingPeriod");
        p.modes = 7; // four rolls may fall, and each may open Commit again
        p.commitWindow = (p.commitWindow - 1 - 4 * (GAP + REVEAL)) / 3;
        coordinator.createTask(p, "");
        p.commitWindow += 2;
        _refused(p, "unbondingPeriod");
    }

    function test_createTask_refuses_a_reward_token_without_code() public {
        TaskParams memory p = _params();
        p.token = vm.addr(4711);
        vm.expectRevert(abi.encodeWithSelector(ITreasury.NotAToken.selector, p.token));
        coordinator.createTask(p, "");
    }

    function test_createTask_refuses_a_uri_that_is_too_long() public {
        vm.expectRevert(abi.encodeWithSelector(UriTooLong.selector, 513, 512));
        coordinator.createTask(_params(), string(new bytes(513)));
    }

    function test_the_task_id_hashes_every_parameter_and_the_sponsor() public {
        TaskParams memory p = _params();
        bytes32 typehash =
            keccak256("Task(uint256 chainId,address coordinator,address sponsor,bytes32 paramsHash)");
        bytes32 id = keccak256(
            abi.encode(typehash, block.chainid, address(coordinator), sponsor, keccak256(abi.encode(p)))
        );
        vm.assertEq(coordinator.taskOf(task).taskId, id, "id");
        uint32 second = coordinator.createTask(p, "");
        vm.assertTrue(coordinator.taskOf(second).taskId != id, "another sponsor, another id");
        vm.assertEq(keccak256(abi.encode(coordinator.taskOf(task).params)), keccak256(abi.encode(p)), "kept");
    }

    function test_a_new_task_has_a_genesis_model() public view {
        (bytes32 head, uint32 number) = models.head(task);
        IModelRegistry.Version memory v;
        (v.task, v.modelRoot) = (task, keccak256("genesis"));
        (v.purposes, v.usableUntil) = (type(uint64).max, type(uint40).max);
        vm.assertEq(head, models.hashVersion(v), "head");
        vm.assertEq(number, 0, "number");
    }

    function test_an_unknown_task_is_named_by_every_call() public {
        bytes memory unknown = abi.encodeWithSelector(UnknownTask.selector, 9);
        vm.expectRevert(unknown);
        coordinator.taskOf(9);
        vm.expectRevert(unknown);
        coordinator.tick(9);
        vm.expectRevert(unknown);
        coordinator.openRound(9);
        vm.expectRevert(unknown);
        coordinator.enrol(9);
        vm.expectRevert(unknown);
        coordinator.acceptDuty(9);
        vm.expectRevert(unknown);
        coordinator.commit(9, 0, 0, 0, 0);
        vm.expectRevert(unknown);
        coordinator.commit(9, 1, 0, 0, 0);
    }

    function test_only_the_sponsor_appoints_opens_and_rolls_back() public {
        bytes memory refused = abi.encodeWithSelector(OnlySponsor.selector, task, stranger, sponsor);
        vm.startPrank(stranger);
        vm.expectRevert(refused);
        coordinator.appoint(task, stranger, address(0));
        vm.expectRevert(refused);
        coordinator.openRound(task);
        vm.expectRevert(refused);
        coordinator.rollback(task, new IModelRegistry.Version[](2), "");
        vm.stopPrank();
    }

    function test_the_sponsor_cannot_replace_the_aggregator_in_a_running_round() public {
        _open();
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(RoundRunning.selector, task, 1, Phase.Commit));
        coordinator.appoint(task, stranger, address(0));
    }

    function test_appoint_gives_the_replaced_their_bonds_back_and_keeps_who_stays() public {
        vm.prank(sponsor);
        coordinator.appoint(task, stranger, standby);
        vm.assertEq(registry.participant(aggregator).locked, 0, "freed");
        vm.assertEq(registry.participant(standby).locked, DUTY_BOND, "kept");
        TaskState memory t = coordinator.taskOf(task);
        vm.assertTrue(!t.aggregatorBonded && t.standbyBonded && t.aggregator == stranger, "state");
        vm.assertEq(t.params.aggregator, aggregator, "params stay as created");
    }

    function test_appoint_refuses_one_account_for_both_duties() public {
        vm.startPrank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(InvalidTask.selector, "aggregator"));
        coordinator.appoint(task, standby, standby);
        vm.expectRevert(abi.encodeWithSelector(InvalidTask.selector, "aggregator"));
        coordinator.appoint(task, address(0), standby);
        vm.stopPrank();
    }

    function test_swapping_aggregator_and_standby_loses_no_bond() public {
        vm.prank(sponsor);
        coordinator.appoint(task, standby, aggregator);
        vm.assertEq(registry.participant(aggregator).locked, 0, "aggregator");
        vm.assertEq(registry.participant(standby).locked, 0, "standby");
        vm.prank(aggregator);
        coordinator.acceptDuty(task);
        vm.prank(standby);
        coordinator.acceptDuty(task);
        TaskState memory t = coordinator.taskOf(task);
        vm.assertTrue(t.aggregatorBonded && t.standbyBonded, "both bonded");
    }

    function test_acceptDuty_is_for_the_appointed_with_enough_stake_once() public {
        _register(stranger);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(NotOnDuty.selector, task, stranger));
        coordinator.acceptDuty(task);
        vm.prank(aggregator);
        vm.expectRevert(abi.encodeWithSelector(AlreadyBonded.selector, task, aggregator));
        coordinator.acceptDuty(task);
        vm.prank(sponsor);
        coordinator.appoint(task, stranger, standby);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.InsufficientStake.selector, stranger, 0, DUTY_BOND)
        );
        coordinator.acceptDuty(task);
    }

    function test_resignDuty_waits_for_the_end_of_the_round() public {
        _open();
        vm.prank(aggregator);
        vm.expectRevert(abi.encodeWithSelector(RoundRunning.selector, task, 1, Phase.Commit));
        coordinator.resignDuty(task);
        vm.warp(block.timestamp + COMMIT + 1); // nobody committed: the round is void
        vm.startPrank(aggregator);
        coordinator.resignDuty(task);
        vm.expectRevert(abi.encodeWithSelector(NotBonded.selector, task, aggregator));
        coordinator.resignDuty(task);
        vm.stopPrank();
        vm.assertEq(registry.participant(aggregator).locked, 0, "freed");
    }

    function test_rollback_goes_through_the_sponsor_between_rounds_and_is_the_next_base() public {
        IModelRegistry.Version[] memory path = new IModelRegistry.Version[](2);
        (path[1].task, path[1].modelRoot) = (task, keccak256("genesis"));
        (path[1].purposes, path[1].usableUntil) = (type(uint64).max, type(uint40).max);
        Proposal memory p = _runRound();
        (path[0].task, path[0].number, path[0].round, path[0].kind) = (task, 1, 1, 1);
        path[0].parent = models.hashVersion(path[1]);
        (path[0].modelRoot, path[0].aggregateRoot) = (p.modelRoot, p.aggregateRoot);
        (path[0].stateRoot, path[0].metricsHash) = (p.stateRoot, p.metricsHash);
        (path[0].purposes, path[0].usableUntil) = (p.purposes, p.usableUntil);
        vm.prank(sponsor);
        coordinator.rollback(task, path, "");
        (bytes32 head, uint32 number) = models.head(task);
        vm.assertEq(number, 2, "number");
        _open();
        vm.assertEq(coordinator.roundOf(task).baseVersion, head, "base");
        vm.prank(sponsor);
        vm.expectPartialRevert(RoundRunning.selector);
        coordinator.rollback(task, path, "");
    }
}
