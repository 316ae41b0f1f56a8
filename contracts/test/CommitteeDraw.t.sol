// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Committee} from "../src/Committee.sol";
import {Sampling} from "../src/Sampling.sol";
import {CommitteeRound, Rlp, vm} from "./CommitteeRound.sol";

/// The draw: from a block fixed in advance, the same whoever draws and whenever.
contract CommitteeDrawTest is CommitteeRound {
    // --- the block

    function test_openRound_fixes_a_block_that_nobody_knows_yet() public {
        _open();
        vm.assertEq(committee.ballotOf(task).drawBlock, block.number + DRAW_DELAY, "ahead");
    }

    function test_drawProfile_says_which_block_decides_and_by_what() public view {
        (uint32 delay, bool hashes) = Committee(payable(address(committee))).drawProfile();
        vm.assertEq(delay, DRAW_DELAY, "blocks ahead");
        vm.assertTrue(hashes == _hashDraws(), "its hash, or prevrandao");
    }

    function test_initialize_refuses_a_draw_from_the_block_that_opens_the_round() public {
        address code = address(new Committee());
        bytes memory init = abi.encodeCall(
            Committee.initialize, (address(manager), address(coordinator), address(registry), 0, false)
        );
        vm.expectRevert(NoDrawDelay.selector);
        _proxy(code, init);
    }

    function test_draw_is_refused_until_its_block_is_past() public {
        _open();
        uint256 fixed_ = committee.ballotOf(task).drawBlock;
        vm.roll(fixed_);
        vm.expectRevert(abi.encodeWithSelector(TooEarlyToDraw.selector, fixed_, fixed_));
        committee.draw(task, "");
    }

    function test_draw_refuses_the_header_of_another_block() public {
        _open();
        bytes memory header = _header(RANDOM);
        bytes memory other = Rlp.header(block.number - 1, keccak256("mine"), "made by a test");
        vm.expectRevert(abi.encodeWithSelector(WrongHeader.selector, keccak256(header), keccak256(other)));
        committee.draw(task, other);
    }

    function test_draw_is_the_same_whoever_calls_and_whenever() public {
        _open();
        bytes memory header = _header(RANDOM);
        uint256 start = vm.snapshotState();
        committee.draw(task, header);
        bytes32 expected = keccak256(abi.encode(_members()));
        for (uint256 i = 1; i < 200; i += 11) {
            vm.revertToState(start);
            vm.roll(committee.ballotOf(task).drawBlock + 1 + i);
            vm.prank(_validator(i % VALIDATORS));
            committee.draw(task, header);
            vm.assertEq(keccak256(abi.encode(_members())), expected, "same members");
        }
    }

    function test_draw_happens_once() public {
        _open();
        _draw();
        vm.expectRevert(abi.encodeWithSelector(AlreadyDrawn.selector, task, round));
        committee.draw(task, "");
        vm.expectRevert(abi.encodeWithSelector(AlreadyDrawn.selector, task, round));
        committee.moveDraw(task);
    }

    function test_draw_is_refused_without_a_round_and_once_votes_are_being_shown() public {
        vm.expectRevert(abi.encodeWithSelector(WrongBallot.selector, task, 0, 0));
        committee.draw(task, "");
        _open();
        _commitAll();
        _revealAll();
        bytes memory header = _header(RANDOM);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        vm.expectRevert(abi.encodeWithSelector(WrongVotePhase.selector, task, round, Phase.VoteReveal));
        committee.draw(task, header);
    }

    function test_moveDraw_is_refused_while_the_fixed_block_can_still_be_used() public {
        _open();
        uint256 fixed_ = committee.ballotOf(task).drawBlock;
        bytes memory known = abi.encodeWithSelector(BlockKnown.selector, fixed_);
        vm.expectRevert(known); // it has not come
        committee.moveDraw(task);
        vm.roll(fixed_ + 1);
        vm.setBlockhash(fixed_, keccak256("a hash"));
        vm.expectRevert(known);
        committee.moveDraw(task);
        vm.roll(fixed_ + 256);
        vm.expectRevert(known);
        committee.moveDraw(task);
    }

    function test_moveDraw_fixes_another_block_once_the_chain_has_forgotten_the_first() public {
        _open();
        uint256 fixed_ = committee.ballotOf(task).drawBlock;
        vm.roll(fixed_ + 257);
        vm.expectRevert(abi.encodeWithSelector(BlockForgotten.selector, fixed_));
        committee.draw(task, "");
        committee.moveDraw(task);
        vm.assertEq(committee.ballotOf(task).drawBlock, block.number + DRAW_DELAY, "ahead again");
        _draw();
        vm.assertEq(committee.seatsOf(task).length, SIZE, "drawn");
    }

    // --- the seed

    function test_first_draw_depends_on_the_block_alone() public {
        _open();
        _draw();
        _assertDrawnFrom(_seed(0, RANDOM), _equal());
    }

    function test_later_draws_depend_on_the_salts_shown_last() public {
        Vote[] memory votes = _toVoteReveal(1);
        bytes32 mix;
        for (uint8 k; k < SIZE; ++k) {
            mix ^= keccak256(abi.encode(_member(k), votes[k].salt));
        }
        _showAll(votes);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        _open();
        vm.assertEq(committee.ballotOf(task).mix, mix, "mix");
        _draw();
        _assertDrawnFrom(_seed(mix, RANDOM), _equal());
    }

    /// Who orders the transactions decides nothing: the salts enter the same whatever their order.
    function test_the_order_in_which_votes_are_shown_changes_no_draw() public {
        Vote[] memory votes = _toVoteReveal(1);
        uint256 start = vm.snapshotState();
        _showAll(votes);
        bytes32 expected = committee.ballotOf(task).shown;
        vm.revertToState(start);
        _show(2, votes[2]);
        _show(0, votes[0]);
        _show(1, votes[1]);
        vm.assertEq(committee.ballotOf(task).shown, expected, "same");
    }

    function test_a_round_without_a_quorum_of_votes_leaves_the_mix_as_it_was() public {
        Vote[] memory votes = _toVoteReveal(1);
        _showAll(votes);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        votes = _toVoteReveal(3);
        bytes32 mix = committee.ballotOf(task).mix;
        vm.assertTrue(mix != 0, "salts of round 1");
        _show(0, votes[0]);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + VOTE_REVEAL + CHALLENGE + 1);
        _open();
        vm.assertEq(committee.ballotOf(task).mix, mix, "as it was");
    }

    function test_a_round_that_voids_before_the_votes_leaves_the_mix_as_it_was() public {
        _showAll(_toVoteReveal(1));
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        _open();
        bytes32 mix = committee.ballotOf(task).mix;
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        vm.assertEq(committee.ballotOf(task).mix, mix, "as it was");
    }

    // --- the weights of a running round

    function test_nothing_that_a_validator_does_after_the_block_is_known_changes_the_draw() public {
        _open();
        bytes memory header = _header(RANDOM);
        vm.prank(_validator(0));
        committee.resign(task);
        _admit(_validator(1), false);
        _serve(9, 1000 ether); // enlists for the next round
        bytes memory a = _attestation(_validator(2), keccak256("a"));
        bytes memory b = _attestation(_validator(2), keccak256("b"));
        committee.challengeConflict(
            task, round, _validator(2), Attestation(keccak256("a"), a), Attestation(keccak256("b"), b)
        );
        committee.draw(task, header);
        _assertDrawnFrom(_seed(0, RANDOM), _equal());
    }

    function test_who_resigned_or_fell_is_not_drawn_in_the_next_round_and_who_enlisted_can_be() public {
        _open();
        vm.prank(_validator(0));
        committee.resign(task);
        _serve(9, VALIDATOR_BOND);
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        committee.draw(task, _header(RANDOM));
        uint256[] memory weights = new uint256[](VALIDATORS + 1);
        for (uint256 i = 1; i < weights.length; ++i) {
            weights[i] = VALIDATOR_BOND;
        }
        uint256[] memory places = Sampling.draw(_seed(0, RANDOM), weights, SIZE);
        for (uint8 k; k < SIZE; ++k) {
            address expected = places[k] == VALIDATORS ? _validator(9) : _validator(places[k]);
            vm.assertEq(_member(k), expected, "member");
        }
    }

    function test_a_round_cannot_open_with_fewer_validators_than_seats() public {
        for (uint256 i; i < 3; ++i) {
            vm.prank(_validator(i));
            committee.resign(task);
        }
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(TooFewValidators.selector, task, 2, SIZE));
        coordinator.openRound(task);
    }
}
