// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRolls} from "../src/interfaces/IRolls.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";
import {Trees} from "./Trees.sol";

/// Roots of commits, and what they do to the round around them.
contract RollsTest is RollBase {
    bytes32 internal constant ROOT = keccak256("root");

    function _post(address who, uint16 leaves) internal {
        vm.prank(who);
        coordinator.postCommits(task, round, ROOT, leaves, COMMITS);
    }

    function _badRoll(uint256 leaves, uint256 most) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IRolls.BadRoll.selector, leaves, most);
    }

    function _notAPoster(address who) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IRolls.NotAPoster.selector, task, who);
    }

    function _uri(uint256 length) internal pure returns (string memory) {
        return string(new bytes(length));
    }

    function _wrong(Phase expected, Phase actual) internal view returns (bytes memory) {
        return abi.encodeWithSelector(WrongPhase.selector, task, round, expected, actual);
    }

    // --- commits

    function test_postCommits_counts_its_leaves_as_commits_and_says_where_they_lie() public {
        _open();
        _fill(0, 3);
        bytes32 root = Trees.root(commits);
        vm.expectEmit(address(coordinator));
        emit IRolls.CommitsPosted(task, 1, poster, root, 3, COMMITS);
        _postCommits();
        IRolls.Poster memory p = coordinator.posterOf(task, poster);
        vm.assertEq(p.commits, root, "root");
        vm.assertEq(p.round, 1, "round");
        vm.assertEq(p.leaves, 3, "leaves");
        vm.assertTrue(p.state == IRolls.RollState.Committed, "state");
        vm.assertEq(coordinator.roundOf(task).committed, 3, "committed");
        vm.assertEq(coordinator.rolledOf(task).rolls, 1, "rolls");
        vm.assertFalse(coordinator.hasCommitted(task, 1, 0), "nobody has a mark");
    }

    function test_postCommits_of_who_is_no_poster_is_refused() public {
        _open();
        vm.expectRevert(_notAPoster(aggregator));
        _post(aggregator, 1);
    }

    function test_postCommits_is_refused_from_the_first_second_of_the_second_half_on() public {
        _open();
        vm.warp(_half());
        _post(poster, 1);
        _enlist(other);
        vm.warp(_half() + 1);
        vm.expectRevert(abi.encodeWithSelector(IRolls.TooLateToPost.selector, _half(), _half() + 1));
        _post(other, 1);
    }

    function test_postCommits_a_second_time_in_a_round_is_refused() public {
        _open();
        _post(poster, 1);
        vm.expectRevert(abi.encodeWithSelector(IRolls.AlreadyPosted.selector, task, 1, poster));
        _post(poster, 1);
    }

    function test_postCommits_of_no_root_no_leaf_or_more_leaves_than_the_cohort_is_refused() public {
        _open();
        vm.expectRevert(_badRoll(0, SILOS));
        _post(poster, 0);
        vm.expectRevert(_badRoll(SILOS + 1, SILOS));
        _post(poster, uint16(SILOS + 1));
        vm.prank(poster);
        vm.expectRevert(_badRoll(1, SILOS));
        coordinator.postCommits(task, 1, 0, 1, COMMITS);
        _post(poster, uint16(SILOS));
    }

    function test_postCommits_of_a_fifth_roll_is_refused() public {
        _open();
        _post(poster, 1);
        for (uint256 i; i < 4; ++i) {
            address next = vm.addr(0x90 + i);
            _enlist(next);
            if (i == 3) vm.expectRevert(abi.encodeWithSelector(IRolls.NoRoomForRolls.selector, task, 1, 4));
            _post(next, 1);
        }
        vm.assertEq(coordinator.rolledOf(task).leaves, 4, "four rolls");
    }

    function test_postCommits_in_a_pause_is_refused() public {
        _open();
        uint40 until = uint40(block.timestamp + 10);
        coordinator.pause(until);
        vm.expectRevert(abi.encodeWithSelector(WhilePaused.selector, until));
        _post(poster, 1);
    }

    function test_postCommits_with_too_long_an_uri_is_refused() public {
        _open();
        vm.startPrank(poster);
        vm.expectRevert(abi.encodeWithSelector(UriTooLong.selector, 513, 512));
        coordinator.postCommits(task, 1, ROOT, 1, _uri(513));
        coordinator.postCommits(task, 1, ROOT, 1, _uri(512));
    }

    function test_postCommits_outside_of_Commit_is_refused() public {
        _rolled(2);
        _toReveal();
        vm.expectRevert(_wrong(Phase.Commit, Phase.Reveal));
        _post(poster, 1);
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, 2, 1));
        coordinator.postCommits(task, 2, ROOT, 1, COMMITS);
    }

    function test_half_a_window_is_measured_without_the_pause() public {
        _open();
        vm.warp(block.timestamp + 10);
        coordinator.pause(uint40(block.timestamp + 60));
        vm.warp(block.timestamp + 60 + COMMIT / 2 - 10);
        _post(poster, 1);
    }

    // --- what a roll does to the round

    function test_a_round_with_rolls_keeps_Commit_open_when_everybody_has_committed() public {
        _open();
        _fill(0, 1);
        _postCommits();
        for (uint256 i; i + 1 < SILOS; ++i) {
            _commit(_silo(i));
        }
        _assertPhase(Phase.Commit); // as many commits as participants, and the last is not among them
        _commit(_silo(SILOS - 1));
        _assertPhase(Phase.Commit);
        vm.assertEq(coordinator.roundOf(task).committed, SILOS + 1, "counted twice, once for nobody");
    }

    function test_a_round_with_rolls_keeps_Commit_open_for_relayed_commits_as_well() public {
        _open();
        _fill(0, 1);
        _postCommits();
        _relay(_commits(SILOS - 1));
        _assertPhase(Phase.Commit);
    }

    function test_leaves_count_for_the_quorum_of_commits() public {
        _rolled(2);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.tick(task);
        _assertPhase(Phase.Reveal);
    }

    function test_who_is_in_a_roll_may_still_commit_directly() public {
        _rolled(3);
        vm.warp(_half() + 1);
        _commit(_silo(1));
        vm.assertTrue(coordinator.hasCommitted(task, 1, 1), "committed");
    }

    function test_the_next_round_knows_nothing_of_the_rolls_before() public {
        _opened(3, 1);
        _lift(_silo(2), 2);
        _toAggregate();
        _include(0, 2);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        uint16[] memory silent = new uint16[](1);
        silent[0] = 2;
        coordinator.slashSilent(task, 1, silent);
        _open();
        IRolls.Rolled memory r = coordinator.rolledOf(task);
        vm.assertEq(keccak256(abi.encode(r)), keccak256(abi.encode(IRolls.Rolled(0, 0, 0, 0))), "none");
        for (uint256 i; i < SILOS; ++i) {
            if (i != 2) _commit(_silo(i));
        }
        _assertPhase(Phase.Reveal); // all of three: the phase ends early again
    }

    function test_noteAbsent_in_a_round_with_rolls_is_refused() public {
        _rolled(2);
        _toReveal();
        vm.expectRevert(abi.encodeWithSelector(IRolls.RolledRound.selector, task, 1));
        coordinator.noteAbsent(task, 1, new uint16[](1));
    }

    /// Somebody in it can have done nothing about it.
    function test_noteAbsent_in_a_round_whose_roll_is_void_is_refused() public {
        _rolled(2);
        _commit(_silo(3));
        _toReveal();
        _reveal(_silo(3));
        vm.prank(address(disputes));
        coordinator.strikePoster(task, 1, poster, stranger, keccak256("evidence"));
        vm.expectRevert(abi.encodeWithSelector(IRolls.RolledRound.selector, task, 1));
        coordinator.noteAbsent(task, 1, new uint16[](1));
    }
}
