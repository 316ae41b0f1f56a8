// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IRelays} from "../src/interfaces/IRelays.sol";
import {IRolls} from "../src/interfaces/IRolls.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";
import {Trees} from "./Trees.sol";

/// Posters, participants and aggregators that turn the rules of rolls against each other.
contract AttacksPostersTest is RollBase {
    address internal eve;

    function setUp() public override {
        super.setUp();
        eve = _silo(2);
    }

    /// Nobody crosses a poster that is about to open: its participants wait for its root, or for the second half.
    function test_nobody_is_lifted_in_front_of_a_posters_root() public {
        _rolled(3);
        _toReveal();
        vm.expectPartialRevert(TooEarly.selector);
        this.lift(eve, 2);
        _postOpenings();
        vm.assertEq(coordinator.roundOf(task).revealed, 3, "all of them");
    }

    /// It has no word of a reader that its payload was seen: it takes its commit out of the roll and opens it itself.
    function test_who_gets_no_receipt_leaves_the_roll_and_cannot_be_passed_over() public {
        _opened(4, 1);
        _lift(eve, 2);
        IRolls.Rolled memory r = coordinator.rolledOf(task);
        vm.assertEq(r.opened, 2, "of three");
        vm.assertEq(coordinator.roundOf(task).revealed, 2, "not counted twice");
        _reveal(eve);
        _toAggregate();
        _include(0, 2);
        Proposal memory p = _proposal();
        _propose(p);
        IDisputeTypes.Piece[] memory near = new IDisputeTypes.Piece[](1);
        near[0] = _includedPiece(1);
        Opening memory o = _opening(eve);
        vm.prank(eve);
        disputes.challengeOmission(task, round, p, eve, IDisputeTypes.Gap(1, near), o, "");
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
    }

    function test_who_left_a_roll_owes_its_opening_and_the_poster_its_count() public {
        _opened(4, 1);
        _lift(eve, 2);
        vm.assertTrue(coordinator.owesOpening(task, round, 2), "owed");
        uint16[] memory gaps = new uint16[](1);
        bytes32[][] memory paths = new bytes32[][](1);
        (gaps[0], paths[0]) = (3, Trees.path(openings, 3));
        vm.expectRevert(_noFault()); // three were opened, and one left out
        coordinator.refuteCount(task, round, poster, gaps, paths);
        _toAggregate();
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + GRACE + 1);
        uint16[] memory silent = new uint16[](1);
        silent[0] = 2;
        coordinator.slashSilent(task, round, silent);
        vm.assertEq(registry.participant(eve).stake, 0, "silent");
    }

    /// Its friend proves something else first: what is wrong with the roll is void all the same.
    function test_a_poster_that_lost_its_bond_before_cannot_keep_bad_openings_standing() public {
        _rolled(4);
        _toReveal();
        openings[2] = "no opening";
        _postOpeningsAs(poster, openings, 3);
        bytes32 digest = coordinator.hashInclusion(task, round, _silo(3), keccak256("never posted"));
        IRolls.Receipt memory receipt =
            IRolls.Receipt(_silo(3), keccak256("never posted"), _signature(POSTER_KEY, digest));
        IRolls.Leaf[] memory near = new IRolls.Leaf[](1);
        near[0] = _leafAt(commits, 3);
        coordinator.challengeInclusion(task, round, poster, receipt, 3, near);
        _assertStruck(address(this));
        IRolls.Leaf memory leaf = _leafAt(commits, 2);
        IRolls.Leaf memory opening = _leafAt(openings, 2);
        coordinator.refuteOpening(task, round, poster, 2, leaf, opening);
        vm.assertEq(coordinator.roundOf(task).revealed, 0, "void");
        bytes32[] memory none;
        vm.prank(eve);
        coordinator.lift(task, round, poster, 2, leaf, none);
        _reveal(eve);
    }

    function test_commit_does_not_open_again_once_openings_were_public() public {
        _open();
        _fill(0, 3);
        (commits[0], openings[0]) = (_commitLeaf(1), _openingLeaf(1));
        (commits[1], openings[1]) = (_commitLeaf(0), _openingLeaf(0));
        openings[2] = "no opening";
        _postCommits();
        _toReveal();
        _postOpeningsAs(poster, openings, 2);
        IRolls.Leaf memory leaf = _leafAt(commits, 2);
        IRolls.Leaf memory opening = _leafAt(openings, 2);
        coordinator.refuteOpening(task, round, poster, 2, leaf, opening);
        vm.assertEq(coordinator.roundOf(task).revealed, 0, "nobody's opening stands");
        IRolls.Leaf memory first = _leafAt(commits, 0);
        IRolls.Leaf memory next = _leafAt(commits, 1);
        coordinator.refuteOrder(task, round, poster, 0, first, next);
        _assertPhase(Phase.Reveal);
    }

    /// The grant comes on chain after Reveal has begun, dated back: it was not there when it counted.
    function test_a_grant_dated_back_makes_no_leaf_good() public {
        IConsentLedger.Grant memory g = _grantFor(eve, 77);
        g.deadline = uint40(block.timestamp + 100_000);
        grants[eve] = consent.hashGrant(g);
        _open();
        _fill(0, 3);
        _postCommits();
        _toReveal();
        _postOpenings();
        _bringGrant(g);
        _toAggregate();
        vm.expectRevert(_bad(2));
        this.land(2);
    }

    function test_a_poster_that_found_every_place_taken_broke_no_receipt() public {
        _open();
        for (uint256 i; i < 4; ++i) {
            address next = vm.addr(0x90 + i);
            _enlist(next);
            vm.prank(next);
            coordinator.postCommits(task, round, keccak256("nothing"), 1, COMMITS);
        }
        bytes32 digest = coordinator.hashInclusion(task, round, eve, keccak256("promised"));
        IRolls.Receipt memory receipt =
            IRolls.Receipt(eve, keccak256("promised"), _signature(POSTER_KEY, digest));
        vm.warp(_half() + 1);
        IRolls.Leaf[] memory none;
        vm.expectRevert(_noFault());
        coordinator.challengeInclusion(task, round, poster, receipt, 0, none);
    }

    /// EIP-7702: code that an account gives itself afterwards denies every signature; the key's counts all the same.
    function test_a_poster_cannot_disown_its_receipt_with_code() public {
        _rolled(3);
        bytes32 digest = coordinator.hashInclusion(task, round, _silo(3), keccak256("promised"));
        IRolls.Receipt memory receipt =
            IRolls.Receipt(_silo(3), keccak256("promised"), _signature(POSTER_KEY, digest));
        vm.etch(poster, hex"5f5ffd"); // reverts
        vm.warp(_half() + 1);
        IRolls.Leaf[] memory near = new IRolls.Leaf[](1);
        near[0] = _leafAt(commits, 2);
        coordinator.challengeInclusion(task, round, poster, receipt, 2, near);
        _assertStruck(address(this));
    }
}
