// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRolls} from "../src/interfaces/IRolls.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";
import {Trees} from "./Trees.sol";

/// Roots of openings, and what they do to the round around them.
contract OpeningsTest is RollBase {
    bytes32 internal constant ROOT = keccak256("root");

    function _postRoot(bytes32 root, uint16 opened) internal {
        vm.prank(poster);
        coordinator.postOpenings(task, round, root, opened, OPENINGS);
    }

    function _badRoll(uint256 leaves, uint256 most) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IRolls.BadRoll.selector, leaves, most);
    }

    function _uri(uint256 length) internal pure returns (string memory) {
        return string(new bytes(length));
    }

    function _wrong(Phase expected, Phase actual) internal view returns (bytes memory) {
        return abi.encodeWithSelector(WrongPhase.selector, task, round, expected, actual);
    }

    function test_postOpenings_counts_them_and_says_where_they_lie() public {
        _rolled(3);
        _toReveal();
        bytes32 root = Trees.root(openings);
        vm.expectEmit(address(coordinator));
        emit IRolls.OpeningsPosted(task, 1, poster, root, 3, OPENINGS);
        _postOpenings();
        IRolls.Poster memory p = coordinator.posterOf(task, poster);
        vm.assertEq(p.openings, root, "root");
        vm.assertEq(p.opened, 3, "opened");
        vm.assertEq(p.consentAt, block.timestamp - 1, "the second before Reveal opened");
        vm.assertTrue(p.state == IRolls.RollState.Opened, "state");
        vm.assertEq(coordinator.roundOf(task).revealed, 3, "revealed");
        vm.assertEq(coordinator.rolledOf(task).opened, 3, "of rolls");
    }

    function test_postOpenings_before_Reveal_has_opened_is_refused() public {
        _rolled(2);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.tick(task);
        uint256 first = coordinator.roundOf(task).opensAt;
        vm.warp(first - 1);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, first, first - 1));
        _postRoot(ROOT, 1);
        vm.warp(first);
        _postRoot(ROOT, 1);
    }

    function test_postOpenings_in_Commit_is_refused() public {
        _rolled(2);
        vm.expectRevert(_wrong(Phase.Reveal, Phase.Commit));
        _postRoot(ROOT, 1);
    }

    function test_postOpenings_is_refused_from_the_first_second_of_the_second_half_on() public {
        _rolled(2);
        _toReveal();
        vm.warp(_half() + 1);
        vm.expectRevert(abi.encodeWithSelector(IRolls.TooLateToPost.selector, _half(), _half() + 1));
        _postRoot(ROOT, 1);
        vm.warp(_half());
        _postRoot(ROOT, 1);
    }

    function test_postOpenings_twice_is_refused() public {
        _opened(3, 1);
        vm.expectRevert(abi.encodeWithSelector(IRolls.AlreadyPosted.selector, task, 1, poster));
        _postRoot(ROOT, 1);
    }

    function test_postOpenings_without_a_roll_in_this_round_is_refused() public {
        _rolled(2);
        _enlist(other);
        _toReveal();
        vm.prank(other);
        vm.expectRevert(_noRoll(other));
        coordinator.postOpenings(task, 1, ROOT, 1, OPENINGS);
        vm.warp(block.timestamp + REVEAL + 1); // void
        _open();
        _commit(_silo(0));
        _commit(_silo(1));
        _toReveal();
        vm.expectRevert(_noRoll(poster)); // the one of the round before
        _postRoot(ROOT, 1);
    }

    function test_postOpenings_of_no_root_none_or_more_than_the_roll_has_is_refused() public {
        _rolled(3);
        _toReveal();
        vm.expectRevert(_badRoll(0, 3));
        _postRoot(ROOT, 0);
        vm.expectRevert(_badRoll(4, 3));
        _postRoot(ROOT, 4);
        vm.expectRevert(_badRoll(1, 3));
        _postRoot(0, 1);
    }

    function test_postOpenings_with_too_long_an_uri_is_refused() public {
        _rolled(2);
        _toReveal();
        vm.prank(poster);
        vm.expectRevert(abi.encodeWithSelector(UriTooLong.selector, 513, 512));
        coordinator.postOpenings(task, 1, ROOT, 1, _uri(513));
    }

    /// A pause stops no opening.
    function test_postOpenings_in_a_pause_is_taken() public {
        _rolled(2);
        _toReveal();
        coordinator.pause(uint40(block.timestamp + 10));
        _postOpenings();
        vm.assertEq(coordinator.roundOf(task).revealed, 2, "counted");
    }

    function test_postOpenings_of_who_lost_its_bond_after_its_commits_is_refused() public {
        _rolled(2);
        bytes32 digest = coordinator.hashInclusion(task, 1, _silo(3), ROOT);
        IRolls.Receipt memory receipt = IRolls.Receipt(_silo(3), ROOT, _signature(POSTER_KEY, digest));
        IRolls.Leaf[] memory near = new IRolls.Leaf[](1);
        near[0] = _leafAt(commits, 1);
        _toReveal();
        coordinator.challengeInclusion(task, 1, poster, receipt, 1, near);
        vm.expectRevert(abi.encodeWithSelector(IRolls.NotAPoster.selector, task, poster));
        _postRoot(ROOT, 2);
        _lift(_silo(0), 0); // the roll stands, its participants open for themselves
    }
}
