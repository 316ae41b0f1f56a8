// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAppeals} from "../src/interfaces/IAppeals.sol";
import {IReputation} from "../src/interfaces/IReputation.sol";
import {RoundBase, bound, vm} from "./RoundBase.sol";

contract ReputationTest is RoundBase {
    uint256 internal constant HALF_LIFE = 180 days;
    uint256 internal constant FIRST = 500; // a twentieth of 10,000
    uint256 private nonce = 2000;

    function _indices(uint16 first, uint16 last) internal pure returns (uint16[] memory indices) {
        indices = new uint16[](last - first + 1);
        for (uint16 i; i < indices.length; ++i) {
            indices[i] = first + i;
        }
    }

    function _all() internal pure returns (uint16[] memory) {
        return _indices(0, uint16(SILOS - 1));
    }

    /// Runs a round to its end; those in `exclusions` are left out of the result.
    function _finished(bytes memory exclusions) internal returns (Proposal memory p) {
        for (uint256 i; i < SILOS; ++i) {
            grants[_silo(i)] = _bringGrant(_grantFor(_silo(i), ++nonce)); // consent does not last for months
        }
        _open();
        _commitAll();
        _revealAll();
        p = _proposal();
        p.exclusions = exclusions;
        p.included -= uint16(exclusions.length / 3);
        _propose(p);
        _settle(p);
    }

    function _slash(address who) internal returns (uint256) {
        vm.prank(address(coordinator));
        registry.slash(who, 1, keccak256("evidence"));
        return registry.slashCount();
    }

    // --- growth

    function test_everybody_starts_at_the_least_and_grows_with_a_round_in_whose_result_it_is() public {
        vm.assertEq(reputation.scoreOf(_silo(0)), 0, "new");
        Proposal memory p = _finished("");
        vm.expectEmit(address(reputation));
        emit IReputation.Recorded(task, 1, _silo(0), uint16(FIRST), uint40(block.timestamp));
        vm.prank(stranger);
        reputation.record(task, 1, p, _all());
        for (uint256 i; i < SILOS; ++i) {
            vm.assertEq(reputation.scoreOf(_silo(i)), FIRST, "all of them");
        }
        (uint16 earned, uint40 at) = reputation.earnedOf(_silo(0));
        vm.assertEq(earned, FIRST, "earned");
        vm.assertEq(at, block.timestamp, "when");
    }

    function test_a_round_counts_once_for_each() public {
        Proposal memory p = _finished("");
        reputation.record(task, 1, p, _indices(0, 1));
        vm.warp(block.timestamp + 2 days);
        (uint16 before,) = reputation.earnedOf(_silo(0));
        reputation.record(task, 1, p, _all());
        (uint16 earned,) = reputation.earnedOf(_silo(0));
        vm.assertEq(earned, before, "not again");
        (earned,) = reputation.earnedOf(_silo(2));
        vm.assertEq(earned, FIRST, "who was not counted yet");
    }

    function test_many_quick_rounds_are_worth_one() public {
        Proposal memory p = _finished("");
        reputation.record(task, 1, p, _all());
        uint256 first = block.timestamp;
        p = _finished("");
        reputation.record(task, 2, p, _all());
        vm.assertEq(reputation.scoreOf(_silo(0)), FIRST, "within a day of the first");
        vm.warp(first + 1 days - 1);
        reputation.record(task, 2, p, _all());
        vm.assertEq(reputation.scoreOf(_silo(0)), FIRST - FIRST * (1 days - 1) / (2 * HALF_LIFE), "still");
        vm.warp(first + 1 days);
        reputation.record(task, 2, p, _all());
        uint256 left = FIRST - FIRST * 1 days / (2 * HALF_LIFE);
        vm.assertEq(reputation.scoreOf(_silo(0)), left + (10_000 - left) / 20, "a day after");
    }

    function test_whoever_is_left_out_of_the_result_earns_nothing() public {
        Proposal memory p = _finished(hex"000002000202"); // indices 0 and 2
        reputation.record(task, 1, p, _all());
        vm.assertEq(reputation.scoreOf(_silo(0)), 0, "excluded");
        vm.assertEq(reputation.scoreOf(_silo(1)), FIRST, "included");
        vm.assertEq(reputation.scoreOf(_silo(2)), 0, "excluded");
        vm.assertEq(reputation.scoreOf(_silo(3)), FIRST, "included");
    }

    function test_whoever_did_not_open_earns_nothing() public {
        _open();
        _commitAll();
        for (uint256 i = 1; i < SILOS; ++i) {
            _reveal(_silo(i));
        }
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + GRACE + 1);
        coordinator.tick(task);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        reputation.record(task, 1, p, _all());
        vm.assertEq(reputation.scoreOf(_silo(0)), 0, "silent");
        vm.assertEq(reputation.scoreOf(_silo(1)), FIRST, "opened");
    }

    // --- what is refused

    function test_a_round_that_runs_or_is_void_or_is_another_counts_for_nobody() public {
        bytes memory refused = abi.encodeWithSelector(IReputation.NotSettled.selector, task, 1);
        _open();
        _commitAll();
        _revealAll();
        Proposal memory p = _proposal();
        _propose(p);
        vm.expectRevert(refused);
        reputation.record(task, 1, p, _all());
        _settle(p);
        vm.expectRevert(abi.encodeWithSelector(IReputation.NotSettled.selector, task, 2));
        reputation.record(task, 2, p, _all());
        _open();
        vm.expectRevert(refused);
        reputation.record(task, 1, p, _all());
        vm.warp(block.timestamp + COMMIT + 1); // nobody commits: void
        coordinator.tick(task);
        vm.expectRevert(abi.encodeWithSelector(IReputation.NotSettled.selector, task, 2));
        reputation.record(task, 2, p, _all());
    }

    function test_a_proposal_with_an_exclusion_taken_out_is_refused() public {
        Proposal memory p = _finished(hex"000002");
        p.exclusions = "";
        vm.expectRevert(abi.encodeWithSelector(IReputation.NotSettled.selector, task, 1));
        reputation.record(task, 1, p, _all());
    }

    function test_indices_out_of_order_would_pass_exclusions_by_and_are_refused() public {
        Proposal memory p = _finished(hex"000002");
        uint16[] memory indices = new uint16[](2);
        (indices[0], indices[1]) = (1, 0);
        vm.expectRevert(abi.encodeWithSelector(IReputation.NotAscending.selector, 0));
        reputation.record(task, 1, p, indices);
        (indices[0], indices[1]) = (1, 1);
        vm.expectRevert(abi.encodeWithSelector(IReputation.NotAscending.selector, 1));
        reputation.record(task, 1, p, indices);
    }

    // --- decay

    function test_reputation_halves_in_a_half_life_and_never_rises_by_itself(uint256 a, uint256 t, uint256 more)
        public
        view
    {
        a = bound(a, 0, 10_000);
        t = bound(t, 0, 40 * HALF_LIFE);
        more = bound(more, 0, 40 * HALF_LIFE);
        uint256 later = reputation.decayed(a, t);
        vm.assertLe(later, a, "never more than it was");
        vm.assertLe(reputation.decayed(a, t + more), later, "never rises");
        vm.assertEq(reputation.decayed(a, t + HALF_LIFE), reputation.decayed(a >> 1, t), "half, each half-life");
        vm.assertEq(reputation.decayed(a, 15 * HALF_LIFE), 0, "nothing in the end");
    }

    function test_reputation_stays_within_its_bounds_however_long_somebody_works() public {
        uint256 before;
        for (uint256 i; i < 40; ++i) {
            Proposal memory p = _finished("");
            vm.warp(block.timestamp + 1 days);
            reputation.record(task, round, p, _all());
            uint256 score = reputation.scoreOf(_silo(0));
            vm.assertGe(score, before, "grows");
            vm.assertLe(score, 10_000, "bounded");
            before = score;
            if (i % 8 == 7) _fund(task, 10 * REWARD);
        }
        vm.assertGe(before, 8_000, "a veteran");
    }

    // --- slashes

    function test_a_slash_counts_without_anybodys_doing_and_fades() public {
        Proposal memory p = _finished("");
        reputation.record(task, 1, p, _all());
        _slash(_silo(0));
        vm.assertEq(reputation.scoreOf(_silo(0)), 0, "500 - 4,000");
        vm.assertEq(reputation.scoreOf(_silo(1)), FIRST, "the others");
        vm.warp(block.timestamp + 15 * HALF_LIFE);
        p = _finished("");
        reputation.record(task, 2, p, _all());
        vm.assertEq(reputation.scoreOf(_silo(0)), FIRST, "forgotten");
    }

    function test_an_accepted_appeal_restores_exactly_what_the_slash_took() public {
        Proposal memory p;
        for (uint256 i; i < 20; ++i) {
            p = _finished("");
            vm.warp(block.timestamp + 1 days);
            reputation.record(task, round, p, _all());
            if (i == 8) _fund(task, 20 * REWARD);
        }
        uint256 id = _slash(_silo(0));
        vm.warp(block.timestamp + 1000);
        uint256 without = reputation.scoreOf(_silo(1));
        vm.assertEq(reputation.scoreOf(_silo(0)), without - reputation.decayed(4_000, 1000), "less");
        vm.deal(_silo(0), APPEAL_DEPOSIT);
        vm.prank(_silo(0));
        appeals.open{value: APPEAL_DEPOSIT}(id, "");
        appeals.answer(id, IAppeals.Ruling.Accept);
        vm.assertEq(reputation.scoreOf(_silo(0)), without, "as if it had not been");
    }

    function test_a_new_identity_never_starts_above_anybody(uint256 seed) public {
        address fresh = vm.addr(bound(seed, 1, type(uint128).max));
        vm.assertEq(reputation.scoreOf(fresh), 0, "the least");
        _slash(_silo(0)); // the worst there is
        vm.assertLe(reputation.scoreOf(fresh), reputation.scoreOf(_silo(0)), "not above");
    }

    function test_of_very_many_slashes_the_last_sixteen_count() public {
        _deposit(_silo(0), 100);
        for (uint256 i; i < 40; ++i) {
            _slash(_silo(0));
        }
        vm.assertEq(reputation.scoreOf(_silo(0)), 0, "bounded work, and the least");
    }
}
