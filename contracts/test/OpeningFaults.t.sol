// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRelays} from "../src/interfaces/IRelays.sol";
import {IRolls} from "../src/interfaces/IRolls.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";
import {Trees} from "./Trees.sol";

/// Openings that open nothing, or fewer than the poster says.
contract OpeningFaultsTest is RollBase {
    function _refuteOpening(uint16 position) internal {
        IRolls.Leaf memory commit = _leafAt(commits, position);
        IRolls.Leaf memory opening = _leafAt(openings, position);
        vm.prank(stranger);
        coordinator.refuteOpening(task, round, poster, position, commit, opening);
    }

    function refuteOpening(uint16 position) external {
        _refuteOpening(position);
    }

    function _refuteCount(uint16[] memory positions) internal {
        bytes32[][] memory paths = new bytes32[][](positions.length);
        for (uint256 i; i < positions.length; ++i) {
            paths[i] = Trees.path(openings, positions[i]);
        }
        vm.prank(stranger);
        coordinator.refuteCount(task, round, poster, positions, paths);
    }

    function refuteCount(uint16[] memory positions) external {
        _refuteCount(positions);
    }

    function _positions(uint16 a) internal pure returns (uint16[] memory positions) {
        positions = new uint16[](1);
        positions[0] = a;
    }

    function _positions(uint16 a, uint16 b) internal pure returns (uint16[] memory positions) {
        positions = new uint16[](2);
        (positions[0], positions[1]) = (a, b);
    }

    // --- openings

    function test_refuteOpening_takes_the_bond_and_the_participants_open_for_themselves() public {
        _rolled(3);
        _toReveal();
        (openings[1], openings[2]) = (hex"01", bytes(""));
        _postOpenings();
        vm.expectEmit(address(coordinator));
        emit IRolls.RollVoided(task, 1, poster, true);
        this.refuteOpening(1);
        _assertStruck(stranger);
        vm.assertEq(coordinator.roundOf(task).revealed, 0, "none");
        vm.assertEq(coordinator.roundOf(task).committed, 3, "the commits stand");
        for (uint16 i; i < 3; ++i) {
            _lift(_silo(i), i);
            _reveal(_silo(i));
        }
        _toAggregate();
    }

    function test_refuteOpening_that_a_participant_signed_for_another_uri_takes_the_bond() public {
        _rolled(3);
        _toReveal();
        IRelays.RelayedOpening memory o = _openingOf(1);
        o.uri = "s3://mallory/payload";
        openings[1] = _packed(o);
        _postOpenings();
        _toAggregate();
        _refuteOpening(1);
        _assertStruck(stranger);
        vm.assertEq(coordinator.roundOf(task).revealed, 3, "a proposal may rest on them");
    }

    function test_refuteOpening_of_an_honest_one_or_an_empty_one_is_refused() public {
        _opened(3, 1);
        for (uint16 i; i < 3; ++i) {
            vm.expectRevert(_noFault());
            this.refuteOpening(i);
        }
        _assertUnharmed();
    }

    /// Consent and cohort may change under a poster's hands: only the opening is its own.
    function test_refuteOpening_of_a_commit_whose_consent_is_gone_is_refused() public {
        _rolled(3);
        _toReveal();
        vm.prank(holder);
        consent.withdraw(grants[_silo(1)]);
        _postOpenings();
        vm.expectRevert(_noFault());
        this.refuteOpening(1);
    }

    function test_refuteOpening_with_leaves_that_are_not_in_the_roots_is_refused() public {
        _opened(3, 1);
        openings[1] = hex"01";
        vm.expectPartialRevert(IRolls.NotInRoll.selector);
        this.refuteOpening(1);
        openings[1] = _openingLeaf(1);
        commits[1] = _commitLeaf(3);
        vm.expectPartialRevert(IRolls.NotInRoll.selector);
        this.refuteOpening(1);
    }

    function test_refuteOpening_and_refuteCount_before_anything_was_opened_are_refused() public {
        _rolled(3);
        _toReveal();
        vm.expectRevert(_noRoll(poster));
        this.refuteOpening(1);
        vm.expectRevert(_noRoll(poster));
        this.refuteCount(_positions(0));
    }

    // --- counts

    function _overclaimed() internal {
        _rolled(3);
        _toReveal();
        openings[1] = "";
        openings[2] = "";
        _postOpeningsAs(poster, openings, 2);
    }

    function test_refuteCount_takes_the_bond_of_who_says_more_are_opened_than_are() public {
        _overclaimed();
        vm.expectEmit(address(coordinator));
        emit IRolls.RollVoided(task, 1, poster, true);
        this.refuteCount(_positions(1, 2));
        _assertStruck(stranger);
        vm.assertEq(coordinator.roundOf(task).revealed, 0, "none");
        _lift(_silo(2), 2);
        _reveal(_silo(2));
    }

    /// Who leaves the roll takes one off its count; the false count is shown all the same.
    function test_refuteCount_counts_who_left_the_roll() public {
        _rolled(3);
        _toReveal();
        openings[1] = "";
        _postOpeningsAs(poster, openings, 3);
        _lift(_silo(2), 2);
        this.refuteCount(_positions(1));
        _assertStruck(stranger);
    }

    function test_refuteCount_of_as_many_gaps_as_the_poster_left_is_refused() public {
        _overclaimed();
        vm.expectRevert(_noFault());
        this.refuteCount(_positions(1));
        _assertUnharmed();
    }

    function test_refuteCount_with_one_gap_shown_twice_or_descending_is_refused() public {
        _overclaimed();
        vm.expectRevert(_noFault());
        this.refuteCount(_positions(1, 1));
        vm.expectRevert(_noFault());
        this.refuteCount(_positions(2, 1));
        _assertUnharmed();
    }

    function test_refuteCount_with_what_is_no_gap_is_refused() public {
        _overclaimed();
        vm.expectPartialRevert(IRolls.NotInRoll.selector);
        this.refuteCount(_positions(0, 1));
        _assertUnharmed();
    }
}
