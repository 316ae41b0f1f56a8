// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IRolls} from "../src/interfaces/IRolls.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";
import {Trees} from "./Trees.sol";

/// Posters that cheat: nobody is kept out of a round, and what can be shown costs the bond.
contract AttacksRolledTest is RollBase {
    address internal eve;

    function setUp() public override {
        super.setUp();
        eve = _silo(2);
    }

    /// Everybody commits for itself in the second half; the round is as any other, and the poster's bond is gone.
    function test_a_poster_that_withholds_its_leaves_keeps_nobody_out_and_loses_its_bond() public {
        _open();
        vm.prank(poster);
        coordinator.postCommits(task, round, keccak256("nobody knows of what"), uint16(SILOS), COMMITS);
        vm.prank(stranger);
        disputes.demandLeaf{value: DEMAND_DEPOSIT}(task, round, poster, false, 0);
        vm.warp(_half() + 1);
        for (uint256 i; i < SILOS; ++i) {
            _commit(_silo(i));
        }
        _toReveal();
        disputes.forfeitLeaf(task, round, poster, false, 0);
        _assertStruck(stranger);
        _assertPhase(Phase.Commit); // for who had relied on the roll: half a window
        _toReveal();
        _settledDirectly();
    }

    function _settledDirectly() internal {
        _revealAll();
        _settledOf(SILOS);
        vm.assertTrue(coordinator.roundOf(task).status == Status.SUCCESS, "as if it had not been there");
    }

    function test_a_poster_that_leaves_somebody_out_cannot_keep_it_out() public {
        _rolled(3);
        bytes32 digest = coordinator.hashInclusion(task, round, _silo(3), _commitOf(3).commitment);
        IRolls.Receipt memory receipt =
            IRolls.Receipt(_silo(3), _commitOf(3).commitment, _signature(POSTER_KEY, digest));
        IRolls.Leaf[] memory near = new IRolls.Leaf[](1);
        near[0] = _leafAt(commits, 2);
        vm.warp(_half() + 1);
        coordinator.challengeInclusion(task, round, poster, receipt, 2, near); // with a receipt: its bond
        _assertStruck(address(this));
        _commit(_silo(3));
        _toReveal();
        _reveal(_silo(3));
        for (uint16 i; i < 3; ++i) { // at once: without its bond the poster opens nothing
            _lift(_silo(i), i);
            _reveal(_silo(i));
        }
        _toAggregate();
        vm.assertEq(coordinator.roundOf(task).revealed, SILOS, "everybody");
    }

    function test_posters_that_fill_every_place_with_nothing_keep_nobody_out() public {
        _open();
        for (uint256 i; i < 4; ++i) {
            address next = vm.addr(0x90 + i);
            _enlist(next);
            vm.prank(next);
            coordinator.postCommits(task, round, keccak256("nothing"), uint16(SILOS), COMMITS);
        }
        for (uint256 i; i < SILOS; ++i) {
            _commit(_silo(i));
        }
        _toReveal();
        _settledDirectly();
    }

    function test_a_forged_leaf_of_somebody_else_stands_for_nobody() public {
        _open();
        _fill(0, 3);
        commits[2] = _packed(2, _sign(POSTER_KEY, _unsigned(2)));
        _postCommits();
        vm.warp(_half() + 1);
        _commit(eve); // the victim: nothing is in its way
        _toReveal();
        _postOpenings();
        vm.expectRevert(_bad(2));
        this.lift(eve, 2);
        _reveal(eve);
        _toAggregate();
        vm.expectRevert(_bad(2));
        this.land(2);
        _include(0, 3);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
    }

    /// All four are counted, two are opened. The count ends nothing: it is refuted in the second half of Reveal, and each
    /// of the four, the two who had no room to leave by the count among them, opens for itself.
    function test_a_poster_that_counts_openings_it_has_not_ends_no_Reveal_and_loses_its_bond() public {
        _robbed();
        vm.expectRevert(abi.encodeWithSelector(IRolls.Overclaimed.selector, task, 1, 4));
        this.lift(_silo(2), 2);
        _refuteCount();
        for (uint16 i; i < SILOS; ++i) {
            _lift(_silo(i), i);
            _reveal(_silo(i));
        }
        _settledOf(SILOS);
        vm.assertTrue(coordinator.roundOf(task).status == Status.SUCCESS, "as if it had not been there");
    }

    /// Where nobody refutes it in time the bond is gone all the same, and who was robbed of its opening keeps its own.
    function test_a_false_count_that_stands_until_Reveal_is_over_costs_nobody_else_a_bond() public {
        _robbed();
        _toAggregate();
        _refuteCount();
        _settledOf(2);
        uint16[] memory all = new uint16[](SILOS);
        for (uint16 i; i < SILOS; ++i) {
            all[i] = i;
        }
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + GRACE + 1);
        coordinator.slashSilent(task, round, all);
        for (uint256 i; i < SILOS; ++i) {
            vm.assertEq(registry.participant(_silo(i)).stake, BOND, "no participant's");
        }
        _open();
    }

    function _robbed() internal {
        _rolled(4);
        _toReveal();
        openings[2] = "";
        openings[3] = "";
        _postOpeningsAs(poster, openings, 4);
        vm.warp(_half() + 1);
        _assertPhase(Phase.Reveal);
    }

    function _refuteCount() internal {
        uint16[] memory positions = new uint16[](1);
        positions[0] = 2;
        bytes32[][] memory paths = new bytes32[][](1);
        paths[0] = Trees.path(openings, 2);
        vm.prank(stranger);
        coordinator.refuteCount(task, round, poster, positions, paths);
        _assertStruck(stranger);
    }

    function _settledOf(uint256 count) internal {
        _toAggregate();
        _include(0, count);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
    }

    /// What they invent earns nobody a floor: no more than the cohort's are set aside.
    function test_posters_that_count_too_many_openings_stretch_no_floors() public {
        _open();
        for (uint256 i; i < 3; ++i) {
            address next = vm.addr(0x90 + i);
            _enlist(next);
            vm.prank(next);
            coordinator.postCommits(task, round, keccak256("nothing"), uint16(SILOS), COMMITS);
        }
        _toReveal();
        for (uint256 i; i < 3; ++i) {
            vm.prank(vm.addr(0x90 + i));
            coordinator.postOpenings(task, round, keccak256("nothing"), uint16(SILOS), OPENINGS);
        }
        vm.assertEq(coordinator.roundOf(task).revealed, 3 * SILOS, "three times as many");
        _toAggregate();
        _include(0, 3);
        Proposal memory p = _proposal();
        p.included = uint16(3 * SILOS);
        _lieTwice(p);
        vm.assertEq(treasury.accountOf(task).floors, REWARD / 2, "for the cohort");
    }

    function _lieTwice(Proposal memory p) internal {
        for (uint256 i; i < 2; ++i) {
            vm.prank(i == 0 ? aggregator : standby);
            coordinator.propose(task, round, p);
            vm.prank(address(disputes));
            coordinator.overturn(task, round, stranger, keccak256("evidence"));
        }
        _assertPhase(Phase.Voided);
    }

    function test_a_poster_that_counts_too_few_openings_takes_nobodys_floor() public {
        _rolled(4);
        _toReveal();
        _postOpeningsAs(poster, openings, 2);
        _toAggregate();
        _include(0, 4);
        _lieTwice(_proposal());
        for (uint16 i; i < SILOS; ++i) {
            _land(i);
            coordinator.claimFloor(task, round, i);
            vm.assertEq(_silo(i).balance, REWARD / 2 / SILOS, "paid");
        }
    }

    /// Fewer than there are: an honest aggregator, who includes them all, must not fall over the count.
    function test_a_poster_that_counts_too_few_openings_makes_no_proposal_wrong() public {
        _rolled(4);
        _toReveal();
        _postOpeningsAs(poster, openings, 2);
        _toAggregate();
        _include(0, 4);
        Proposal memory p = _proposal();
        p.included = 4;
        _propose(p);
        _land(3);
        IDisputeTypes.Piece[] memory near = new IDisputeTypes.Piece[](1);
        near[0] = _includedPiece(2);
        Opening memory o = _opening(_silo(3));
        bytes memory receipt = _receiptOf(3, 0x5e03); // the aggregator's
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, 3, 2));
        disputes.challengeOmission(task, round, p, _silo(3), IDisputeTypes.Gap(2, near), o, receipt);
        _settle(p);
    }

    /// A participant lifts itself out of a roll that is void then: the other poster's openings count all the same.
    function test_a_poster_that_falls_takes_no_openings_of_another_with_it() public {
        _open();
        _fill(3, 4);
        bytes[] memory bad = commits;
        _postCommits();
        _enlist(other);
        _fill(0, 3);
        _postCommitsBy(other, commits);
        _toReveal();
        _postOpeningsBy(other, openings);
        vm.warp(_half() + 1);
        _liftFrom(_silo(3), poster, 0, bad, bad);
        vm.prank(address(disputes));
        coordinator.strikePoster(task, round, poster, stranger, keccak256("evidence"));
        _assertPhase(Phase.Reveal);
        vm.assertEq(coordinator.roundOf(task).committed, 4, "who was lifted still counts");
        _reveal(_silo(3));
        _toAggregate();
        vm.assertEq(coordinator.roundOf(task).revealed, 4, "everybody");
    }
}
