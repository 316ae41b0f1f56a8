// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {IRolls} from "../src/interfaces/IRolls.sol";
import {RollBase} from "./RollBase.sol";
import {bound, vm} from "./RoundBase.sol";

contract PostersTest is RollBase {
    uint8 internal modes = 7;

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.modes = modes;
    }

    function _notAPoster(address who) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IRolls.NotAPoster.selector, task, who);
    }

    // --- enlisting

    function test_enlistPoster_locks_a_bond_as_large_as_the_aggregators() public {
        _register(other);
        _deposit(other, DUTY_BOND);
        vm.expectEmit(address(coordinator));
        emit IRolls.PosterEnlisted(task, other, DUTY_BOND);
        vm.prank(other);
        coordinator.enlistPoster(task);
        vm.assertEq(registry.participant(other).locked, DUTY_BOND, "locked");
        vm.assertTrue(coordinator.posterOf(task, other).bonded, "bonded");
        vm.assertEq(coordinator.posterOf(task, other).untilRound, type(uint32).max, "for good");
    }

    function test_enlistPoster_without_the_stake_is_refused() public {
        _register(other);
        _deposit(other, DUTY_BOND - 1);
        bytes4 short = IParticipantRegistry.InsufficientStake.selector;
        vm.expectRevert(abi.encodeWithSelector(short, other, DUTY_BOND - 1, DUTY_BOND));
        vm.prank(other);
        coordinator.enlistPoster(task);
    }

    function test_enlistPoster_twice_is_refused() public {
        _deposit(poster, DUTY_BOND);
        vm.prank(poster);
        vm.expectRevert(abi.encodeWithSelector(AlreadyBonded.selector, task, poster));
        coordinator.enlistPoster(task);
    }

    function test_a_task_that_takes_no_rolled_commits_has_no_posters() public {
        (TaskParams memory p, uint8[2] memory without) = (_params(), [1, 3]);
        p.standby = address(0);
        for (uint256 i; i < 2; ++i) {
            p.modes = without[i];
            p.specHash = keccak256(abi.encode(i));
            vm.prank(sponsor);
            uint32 another = coordinator.createTask(p, "ipfs://spec");
            vm.prank(poster);
            vm.expectRevert(abi.encodeWithSelector(IRolls.NotRolled.selector, another));
            coordinator.enlistPoster(another);
        }
    }

    function test_enlistPoster_of_an_unknown_task_is_refused() public {
        vm.prank(poster);
        vm.expectRevert(abi.encodeWithSelector(UnknownTask.selector, 99));
        coordinator.enlistPoster(99);
    }

    function test_enlistPoster_in_a_pause_is_refused() public {
        _register(other);
        _deposit(other, DUTY_BOND);
        uint40 until = uint40(block.timestamp + 100);
        coordinator.pause(until);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(WhilePaused.selector, until));
        coordinator.enlistPoster(task);
    }

    function test_a_delegate_enlists_posts_and_resigns_for_its_master() public {
        _register(other);
        _deposit(other, DUTY_BOND);
        address hand = vm.addr(0xde1e);
        vm.prank(other);
        registry.setDelegate(hand);
        vm.prank(hand);
        coordinator.enlistPoster(task);
        vm.assertTrue(coordinator.posterOf(task, other).bonded, "the master's bond");
        _open();
        _fill(0, 2);
        _postCommitsBy(hand, commits);
        _toReveal();
        _postOpeningsBy(hand, openings);
        vm.assertEq(coordinator.posterOf(task, other).opened, 2, "the master's roll");
        vm.prank(hand);
        coordinator.resignPoster(task);
        vm.assertEq(coordinator.posterOf(task, other).untilRound, 1, "the master's last round");
    }

    // --- resigning

    function test_resignPoster_makes_the_current_round_the_last() public {
        _open();
        vm.expectEmit(address(coordinator));
        emit IRolls.PosterResigned(task, poster, 1);
        vm.prank(poster);
        coordinator.resignPoster(task);
        _fill(0, 2);
        _postCommits(); // in this one it may
        vm.warp(block.timestamp + COMMIT + GAP + REVEAL + 1);
        _open();
        vm.prank(poster);
        vm.expectRevert(_notAPoster(poster));
        coordinator.postCommits(task, 2, keccak256("root"), 2, COMMITS);
    }

    function test_resignPoster_twice_or_by_who_is_no_poster_is_refused() public {
        vm.startPrank(poster);
        coordinator.resignPoster(task);
        vm.expectRevert(_notAPoster(poster));
        coordinator.resignPoster(task);
        vm.stopPrank();
        vm.prank(aggregator);
        vm.expectRevert(_notAPoster(aggregator));
        coordinator.resignPoster(task);
    }

    // --- release

    function _held() internal view returns (bytes memory) {
        return abi.encodeWithSelector(BondHeld.selector, task, poster, round);
    }

    function test_releasePoster_of_who_has_not_resigned_is_refused_at_any_time() public {
        _runDirect();
        vm.warp(block.timestamp + 10 * CHALLENGE);
        vm.expectRevert(_held());
        coordinator.releasePoster(task, poster);
        _open();
        vm.expectRevert(_held());
        coordinator.releasePoster(task, poster);
    }

    function _runDirect() internal {
        _open();
        _commitAll();
        _revealAll();
        _include(0, SILOS);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
    }

    function _resign() internal {
        vm.prank(poster);
        coordinator.resignPoster(task);
    }

    function test_releasePoster_gives_the_bond_back_once_a_later_round_has_opened() public {
        _open();
        _resign();
        vm.expectRevert(_held());
        coordinator.releasePoster(task, poster);
        vm.warp(block.timestamp + COMMIT + 1); // too few commits: void
        vm.expectRevert(_held());
        coordinator.releasePoster(task, poster);
        _open();
        vm.expectRevert(_held());
        coordinator.releasePoster(task, poster); // two windows for whoever asks for a leaf in the last second
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        vm.expectEmit(address(coordinator));
        emit IRolls.PosterReleased(task, poster, DUTY_BOND);
        vm.prank(stranger);
        coordinator.releasePoster(task, poster);
        vm.assertEq(registry.participant(poster).locked, 0, "free");
        vm.assertFalse(coordinator.posterOf(task, poster).bonded, "not bonded");
        vm.expectRevert(_notAPoster(poster));
        coordinator.releasePoster(task, poster);
    }

    function test_releasePoster_gives_the_bond_back_two_challenge_windows_after_the_last_round() public {
        _open();
        _resign();
        uint256 last = uint256(coordinator.roundOf(task).deadline) + 2 * CHALLENGE;
        vm.warp(last);
        vm.expectRevert(_held());
        coordinator.releasePoster(task, poster);
        vm.warp(last + 1);
        coordinator.releasePoster(task, poster);
        vm.assertEq(registry.participant(poster).locked, 0, "free");
    }

    function test_releasePoster_gives_the_bond_back_two_challenge_windows_into_a_phase_of_the_next_round() public {
        _open();
        _resign();
        vm.warp(block.timestamp + COMMIT + 1); // too few commits: void
        _open();
        _commitAll();
        _revealAll();
        _include(0, SILOS);
        _propose(_proposal());
        uint256 answered = uint256(coordinator.roundOf(task).opensAt) + 2 * CHALLENGE;
        vm.warp(answered);
        vm.expectRevert(_held());
        coordinator.releasePoster(task, poster);
        vm.warp(answered + 1);
        coordinator.releasePoster(task, poster);
        vm.assertEq(registry.participant(poster).locked, 0, "free");
    }

    function test_releasePoster_holds_the_bond_while_the_last_round_runs(uint256 wait) public {
        _rolled(2);
        _resign();
        wait = bound(wait, 0, COMMIT + GAP + REVEAL);
        vm.warp(block.timestamp + wait);
        vm.expectRevert(_held());
        coordinator.releasePoster(task, poster);
    }

    function test_who_was_released_can_enlist_again_and_post() public {
        _resign();
        _open();
        vm.expectRevert(_held());
        coordinator.releasePoster(task, poster); // a leaf may still be asked for
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        coordinator.releasePoster(task, poster);
        vm.prank(poster);
        coordinator.enlistPoster(task);
        _fill(0, 2);
        _postCommits();
        vm.assertEq(coordinator.rolledOf(task).leaves, 2, "posted");
    }
}
