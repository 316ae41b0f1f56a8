// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundBase, bound, vm} from "./RoundBase.sol";

contract ProposeTest is RoundBase {
    function setUp() public override {
        super.setUp();
        _open();
        _commitAll();
        _revealAll();
    }

    function _try(address who, Proposal memory p, bytes memory error) internal {
        vm.prank(who);
        vm.expectRevert(error);
        coordinator.propose(task, round, p);
    }

    function _proposeAs(address who) internal {
        Proposal memory p = _proposal();
        vm.prank(who);
        coordinator.propose(task, round, p);
    }

    function _excluding(uint16 index, uint8 reason) internal view returns (Proposal memory p) {
        p = _proposal();
        p.included = 3;
        p.exclusions = abi.encodePacked(index, reason);
    }

    function test_a_stranger_cannot_propose() public {
        _register(stranger);
        _try(stranger, _proposal(), abi.encodeWithSelector(NotOnDuty.selector, task, stranger));
    }

    function test_the_standby_waits_for_the_middle_of_the_window() public {
        RoundState memory r = coordinator.roundOf(task);
        uint256 turn = r.opensAt + AGGREGATE / 2;
        vm.warp(turn - 1);
        _try(standby, _proposal(), abi.encodeWithSelector(TooEarly.selector, turn, turn - 1));
        vm.warp(turn);
        _proposeAs(standby);
        vm.assertEq(registry.participant(aggregator).stake, 0, "the aggregator vanished");
        vm.assertEq(coordinator.roundOf(task).proposer, standby, "proposer");
    }

    function test_the_promoted_standby_leads_the_next_round() public {
        vm.warp(block.timestamp + AGGREGATE / 2);
        Proposal memory p = _proposal();
        vm.prank(standby);
        coordinator.propose(task, round, p);
        _settle(p);
        _open();
        vm.assertEq(coordinator.taskOf(task).aggregator, standby, "promoted");
    }

    function test_an_aggregator_without_its_bond_cannot_propose() public {
        vm.warp(block.timestamp + AGGREGATE + 1);
        coordinator.tick(task); // both lose their bonds
        vm.assertEq(registry.held(), 2 * DUTY_BOND, "slashed");
        _deposit(standby, DUTY_BOND);
        vm.prank(standby);
        coordinator.acceptDuty(task);
        _open(); // promotes the standby
        vm.prank(aggregator);
        vm.expectRevert(abi.encodeWithSelector(NotOnDuty.selector, task, aggregator));
        coordinator.acceptDuty(task);
    }

    function test_an_unbonded_standby_cannot_propose() public {
        _propose(_proposal());
        _settle(_proposal());
        vm.prank(standby);
        coordinator.resignDuty(task);
        _open();
        _commitAll();
        _revealAll();
        vm.warp(block.timestamp + AGGREGATE);
        _try(standby, _proposal(), abi.encodeWithSelector(NotBonded.selector, task, standby));
    }

    function test_a_delegate_of_the_aggregator_proposes() public {
        vm.prank(aggregator);
        registry.setDelegate(stranger);
        _proposeAs(stranger);
        vm.assertEq(coordinator.roundOf(task).proposer, aggregator, "in its name");
    }

    function test_a_second_proposal_cannot_replace_the_first() public {
        _propose(_proposal());
        _try(
            aggregator,
            _proposal(),
            abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Aggregate, Phase.Challenge)
        );
    }

    function test_everybody_who_revealed_is_accounted_for() public {
        Proposal memory p = _proposal();
        p.included = 3;
        _try(aggregator, p, abi.encodeWithSelector(MiscountedProposal.selector, task, 1, 3, 0, 4));
        p.included = 4;
        p.exclusions = abi.encodePacked(uint16(0), uint8(1));
        _try(aggregator, p, abi.encodeWithSelector(MiscountedProposal.selector, task, 1, 4, 1, 4));
        p.included = 3;
        p.exclusions = abi.encodePacked(uint16(0), uint8(1), uint8(0));
        _try(aggregator, p, abi.encodeWithSelector(MiscountedProposal.selector, task, 1, 3, 1, 4));
    }

    function test_an_exclusion_needs_a_listed_reason(uint8 reason) public {
        bool listed = reason >= 1 && reason <= 7;
        Proposal memory p = _excluding(2, reason);
        if (!listed) _try(aggregator, p, abi.encodeWithSelector(BadExclusion.selector, task, 1, 2, reason));
        else _propose(p);
    }

    function test_who_did_not_reveal_cannot_be_excluded(uint16 index) public {
        index = uint16(bound(index, SILOS, 65535));
        _try(
            aggregator, _excluding(index, 1), abi.encodeWithSelector(BadExclusion.selector, task, 1, index, 1)
        );
    }

    function test_nobody_is_excluded_twice_and_exclusions_ascend() public {
        Proposal memory p = _proposal();
        p.included = 2;
        p.exclusions = abi.encodePacked(uint16(1), uint8(1), uint16(1), uint8(1));
        _try(aggregator, p, abi.encodeWithSelector(BadExclusion.selector, task, 1, 1, 1));
        p.exclusions = abi.encodePacked(uint16(1), uint8(1), uint16(0), uint8(2));
        _try(aggregator, p, abi.encodeWithSelector(BadExclusion.selector, task, 1, 0, 2));
        p.exclusions = abi.encodePacked(uint16(0), uint8(7), uint16(3), uint8(6));
        _propose(p);
    }

    function test_the_reward_total_stays_between_the_old_and_the_old_plus_this_rounds(uint128 total) public {
        Proposal memory p = _proposal();
        p.rewardTotal = total;
        if (total <= REWARD) return _propose(p);
        _try(aggregator, p, abi.encodeWithSelector(RewardOutOfRange.selector, task, total, 0, REWARD));
    }

    function test_the_reward_total_never_falls() public {
        _propose(_proposal());
        _settle(_proposal());
        _open();
        _commitAll();
        _revealAll();
        Proposal memory p = _proposal();
        uint256 old = treasury.accountOf(task).total;
        p.rewardTotal = uint128(old - 1);
        _try(
            aggregator, p, abi.encodeWithSelector(RewardOutOfRange.selector, task, old - 1, old, old + REWARD)
        );
        p.rewardTotal = uint128(old); // nobody earned anything
        _propose(p);
    }

    function test_a_uri_that_is_too_long_to_settle_is_refused() public {
        Proposal memory p = _proposal();
        p.uri = string(new bytes(513));
        _try(aggregator, p, abi.encodeWithSelector(UriTooLong.selector, 513, 512));
    }

    function test_a_proposal_can_be_challenged_from_now_on_for_the_whole_window() public {
        vm.warp(block.timestamp + 7);
        _propose(_proposal());
        RoundState memory state = coordinator.roundOf(task);
        vm.assertEq(state.opensAt, block.timestamp, "from");
        vm.assertEq(state.deadline, block.timestamp + CHALLENGE, "to");
    }

    function test_a_proposal_after_the_window_comes_too_late() public {
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        _try(
            aggregator,
            _proposal(),
            abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Aggregate, Phase.Voided)
        );
    }
}
