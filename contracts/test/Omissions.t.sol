// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";

/// Somebody whose opening is on chain is neither included nor excluded.
contract OmissionsTest is RollBase {
    uint256 internal constant AGGREGATOR_KEY = 0x5e03;

    Proposal internal p;

    /// All four are opened in a roll; the proposal includes only those named, and is silent about the others.
    function _proposed(uint256 from, uint256 to, uint256 from2, uint256 to2) internal {
        _aggregating(SILOS);
        _include(from, to);
        _include(from2, to2);
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
        _challengeWith(who, IDisputeTypes.Gap(position, _near(position, count)), _receiptOf(who, AGGREGATOR_KEY));
    }

    function _challengeWith(uint256 who, IDisputeTypes.Gap memory gap, bytes memory receipt) internal {
        Opening memory o = _opening(_silo(who));
        vm.prank(stranger);
        disputes.challengeOmission(task, round, p, _silo(who), gap, o, receipt);
    }

    function challengeWith(uint256 who, IDisputeTypes.Gap memory gap, bytes memory receipt) external {
        _challengeWith(who, gap, receipt);
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
        _toAggregate();
        _include(0, 3);
        p = _proposal();
        _propose(p);
        _challengeWith(3, IDisputeTypes.Gap(2, _near(2, 1)), ""); // on chain for everybody to see
        _assertOverturned();
    }

    /// A poster that withheld its leaves could otherwise convict an aggregator that never saw them.
    function test_without_the_proposers_receipt_a_landed_opening_was_not_omitted() public {
        _proposed(1, 4, 0, 0);
        _land(0);
        IDisputeTypes.Gap memory gap = IDisputeTypes.Gap(0, _near(0, 1));
        bytes[3] memory receipts = [bytes(""), _receiptOf(0, HOLDER_KEY), _receiptOf(1, AGGREGATOR_KEY)];
        for (uint256 i; i < receipts.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, 0, 0));
            this.challengeWith(0, gap, receipts[i]);
        }
        _challenge(0, 0, 1);
        _assertOverturned();
    }

    function test_who_is_included_or_excluded_was_not_omitted() public {
        _aggregating(SILOS);
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
        bytes memory receipt = _receiptOf(1, AGGREGATOR_KEY);
        vm.expectRevert();
        this.challengeWith(1, IDisputeTypes.Gap(0, near), receipt);
        near[1] = near[0];
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        this.challengeWith(1, IDisputeTypes.Gap(0, near), receipt);
    }
}
