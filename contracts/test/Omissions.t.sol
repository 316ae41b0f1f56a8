// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";

/// Somebody whose opening is on chain is neither included nor excluded.
contract OmissionsTest is RollBase {
    Proposal internal p;

    /// All four are opened in a roll; the proposal includes only those named, and is silent about the others.
    function _proposed(uint256 from, uint256 to, uint256 from2, uint256 to2) internal {
        _opened(SILOS, 0);
        _include(from, to);
        _include(from2, to2);
        for (uint256 i = included.length; i < SILOS; ++i) {
            exclusions = abi.encodePacked(exclusions, uint16(SILOS - 1), VOID_LEAF);
        }
        p = _proposal();
        _propose(p);
    }

    function _near(uint256 first, uint256 count) internal view returns (IDisputeTypes.Piece[] memory near) {
        near = new IDisputeTypes.Piece[](count);
        for (uint256 i; i < count; ++i) {
            near[i] = _includedPiece(first + i);
        }
    }

    function _challenge(uint256 who, uint32 position, uint256 count) internal {
        IDisputeTypes.Piece[] memory near = _near(position, count);
        vm.prank(stranger);
        disputes.challengeOmission(task, round, p, _silo(who), position, near);
    }

    function challenge(uint256 who, uint32 position, uint256 count) external {
        _challenge(who, position, count);
    }

    function _notWrong(uint256 who, uint32 position, uint256 count) internal {
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, who, position));
        this.challenge(who, position, count);
        vm.assertEq(registry.participant(aggregator).stake, DUTY_BOND, "unharmed");
    }

    function _assertOverturned() internal view {
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
        vm.assertEq(registry.participant(aggregator).stake, 0, "bond");
        vm.assertEq(_bountyOf(stranger), DUTY_BOND / 2, "bounty");
    }

    function test_an_omission_between_two_costs_the_bond() public {
        _proposed(0, 1, 2, 4);
        _land(1);
        vm.expectEmit(address(disputes));
        emit IDisputeTypes.Omitted(task, 1, stranger, 1);
        this.challenge(1, 0, 2);
        _assertOverturned();
    }

    function test_an_omission_before_the_first_costs_the_bond() public {
        _proposed(1, 4, 0, 0);
        _land(0);
        _challenge(0, 0, 1);
        _assertOverturned();
    }

    /// Behind reason 8 of its own index too: a leaf that can land is not void.
    function test_an_omission_after_the_last_costs_the_bond() public {
        _proposed(0, 3, 0, 0);
        _land(3);
        _challenge(3, 2, 1);
        _assertOverturned();
    }

    function test_an_omission_where_nobody_is_included_costs_the_bond() public {
        _proposed(0, 0, 0, 0);
        _land(2);
        _challenge(2, 0, 0);
        _assertOverturned();
    }

    function test_an_omission_of_a_direct_opening_costs_the_bond() public {
        _rolled(3);
        _commit(_silo(3));
        _toReveal();
        _postOpenings();
        _reveal(_silo(3));
        _include(0, 3);
        exclusions = abi.encodePacked(uint16(1), VOID_LEAF);
        p = _proposal();
        _propose(p);
        _challenge(3, 2, 1);
        _assertOverturned();
    }

    function test_who_is_included_or_excluded_was_not_omitted() public {
        _opened(SILOS, 0);
        _include(0, 3);
        exclusions = abi.encodePacked(uint16(3), uint8(4));
        p = _proposal();
        _propose(p);
        for (uint16 i; i < SILOS; ++i) {
            _land(i);
        }
        _notWrong(0, 0, 1);
        _notWrong(1, 0, 1);
        _notWrong(1, 0, 2);
        _notWrong(1, 1, 1);
        _notWrong(1, 0, 3);
        _notWrong(1, 0, 0);
        _notWrong(2, 2, 1);
        _notWrong(2, 1, 2);
        _notWrong(3, 2, 1);
    }

    function test_a_place_that_is_not_beside_the_index_shows_no_omission() public {
        _proposed(1, 4, 0, 0);
        _land(0);
        _notWrong(0, 1, 1);
        _notWrong(0, 2, 1);
        _notWrong(0, 0, 2);
        _notWrong(0, 0, 0);
    }

    function test_who_has_not_landed_was_not_omitted() public {
        _proposed(1, 4, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotRevealed.selector, _silo(0)));
        this.challenge(0, 0, 1);
    }

    function test_leaves_that_are_not_neighbours_show_no_omission() public {
        _proposed(0, 1, 2, 4);
        _land(1);
        IDisputeTypes.Piece[] memory near = _near(0, 2);
        near[1] = _includedPiece(2);
        vm.expectRevert();
        disputes.challengeOmission(task, 1, p, _silo(1), 0, near);
        near[1] = near[0];
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeOmission(task, 1, p, _silo(1), 0, near);
    }
}
