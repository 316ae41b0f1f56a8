// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IMaskDesk} from "../src/interfaces/IMaskDesk.sol";
import {DisputeBase} from "./DisputeBase.sol";
import {MaskedProofs} from "./MaskedProofs.sol";
import {vm} from "./Base.sol";
import {Trees} from "./Trees.sol";
import {bound} from "./Vm.sol";

/// A false sum of masked updates falls, a right one stands.
contract ChallengeMaskedTest is MaskedProofs {
    function setUp() public override {
        super.setUp();
        _prepareAll();
        _toAggregate();
    }

    function test_aggregator_that_alters_one_word_of_a_masked_sum_loses_its_bond() public {
        aggregateLie = 1;
        Proposal memory p = _proposed();
        _challenge(p, lieChunk, lieWord);
        vm.assertEq(registry.participant(aggregator).stake, 0, "bond");
        vm.assertEq(_bountyOf(stranger), DUTY_BOND / 2, "bounty");
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
    }

    function test_refutation_names_the_word_and_both_values() public {
        aggregateLie = -7;
        Proposal memory p = _proposed();
        int256 expected = _meanAt((lieChunk - 1) * WORDS + lieWord);
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        vm.expectEmit(address(disputes));
        emit IDisputeTypes.SumRefuted(
            task, round, stranger, uint32(lieChunk), uint32(lieWord), expected, expected - 7
        );
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
    }

    /// forge-config: default.fuzz.runs = 64
    function test_every_altered_word_falls(uint256 chunk, uint256 word, int256 lie) public {
        (lieChunk, lieWord) = (bound(chunk, 1, CHUNKS - 1), bound(word, 0, WORDS - 1));
        aggregateLie = lie % 1000;
        if (aggregateLie == 0) aggregateLie = -1;
        _challenge(_proposed(), lieChunk, lieWord);
        vm.assertEq(coordinator.roundOf(task).proposalHash, bytes32(0), "overturned");
    }

    /// forge-config: default.fuzz.runs = 64
    function test_no_honest_word_falls(uint256 chunk, uint256 word) public {
        (lieChunk, lieWord) = (bound(chunk, 1, CHUNKS - 1), bound(word, 0, WORDS - 1));
        int256 mean = _meanAt((lieChunk - 1) * WORDS + lieWord);
        Proposal memory p = _proposed();
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, mean, mean));
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
    }

    function test_zeros_that_fill_the_last_chunk_carry_no_mask() public {
        (lieChunk, lieWord, aggregateLie) = (2, COUNT - WORDS, 1); // the first one behind the vector
        Proposal memory p = _proposed();
        IMaskDesk.MaskedUpdate[] memory shown = _all(2);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, 0, 0));
        this.challenge(p, 2, WORDS - 1, shown, new bytes32[](0));
        vm.expectEmit(address(disputes));
        emit IDisputeTypes.SumRefuted(task, round, stranger, 2, uint32(lieWord), 0, 1);
        this.challenge(p, 2, lieWord, shown, new bytes32[](0));
    }

    function test_negative_mean_is_rounded_down() public {
        int256 mean = _meanAt(0); // every word there is negative, and the sum is no multiple of the weights
        vm.assertTrue(mean < -1, "negative");
        (lieChunk, lieWord, aggregateLie) = (1, 0, 1);
        Proposal memory p = _proposed();
        IMaskDesk.MaskedUpdate[] memory shown = _all(1);
        vm.expectEmit(address(disputes));
        emit IDisputeTypes.SumRefuted(task, round, stranger, 1, 0, mean, mean + 1); // what rounding up would give
        this.challenge(p, 1, 0, shown, new bytes32[](0));
    }

    // --- batches

    function test_batches_refute_as_all_at_once_do() public {
        aggregateLie = -3;
        Proposal memory p = _proposed();
        this.challenge(p, lieChunk, lieWord, _shown(0, 1, lieChunk), Trees.path(_leaves(), 0));
        this.challenge(p, lieChunk, lieWord, _shown(1, 2, lieChunk), Trees.path(_leaves(), 1));
        IMaskDesk.MaskedUpdate[] memory rest = _shown(2, 4, lieChunk);
        int256 expected = _meanAt((lieChunk - 1) * WORDS + lieWord);
        vm.expectEmit(address(disputes));
        emit IDisputeTypes.SumRefuted(
            task, round, stranger, uint32(lieChunk), uint32(lieWord), expected, expected - 3
        );
        this.challenge(p, lieChunk, lieWord, rest, Trees.pathFrom(_leaves(), 1, 1));
    }

    function test_batches_over_a_right_word_end_with_not_wrong() public {
        Proposal memory p = _proposed();
        IMaskDesk.MaskedUpdate[] memory half = _shown(0, 2, 1);
        vm.expectEmit(address(disputes));
        emit IDisputeTypes.SumTallied(task, round, stranger, 2, 4);
        this.challenge(p, 1, 9, half, Trees.pathFrom(_leaves(), 0, 1));
        IMaskDesk.MaskedUpdate[] memory rest = _shown(2, 4, 1);
        bytes32[] memory siblings = Trees.pathFrom(_leaves(), 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, _meanAt(9), _meanAt(9)));
        this.challenge(p, 1, 9, rest, siblings);
    }

    function test_batch_out_of_turn_is_refused() public {
        aggregateLie = -3;
        Proposal memory p = _proposed();
        bytes32[] memory siblings = Trees.pathFrom(_leaves(), 1, 1);
        IMaskDesk.MaskedUpdate[] memory rest = _shown(2, 4, lieChunk);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        this.challenge(p, lieChunk, lieWord, rest, siblings); // before the first two
        IMaskDesk.MaskedUpdate[] memory three = _shown(0, 3, lieChunk);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.OutOfTurn.selector, 0, 3, 4));
        this.challenge(p, lieChunk, lieWord, three, siblings);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.OutOfTurn.selector, 0, 0, 4));
        this.challenge(p, lieChunk, lieWord, _none(), siblings);
    }

    function test_a_tally_belongs_to_one_accuser_and_one_word() public {
        aggregateLie = -3;
        Proposal memory p = _proposed();
        this.challenge(p, lieChunk, lieWord, _shown(0, 2, lieChunk), Trees.pathFrom(_leaves(), 0, 1));
        IMaskDesk.MaskedUpdate[] memory rest = _shown(2, 4, lieChunk);
        bytes32[] memory siblings = Trees.pathFrom(_leaves(), 1, 1);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        this.challenge(p, lieChunk, lieWord - 1, rest, siblings);
        stranger = _silo(0);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        this.challenge(p, lieChunk, lieWord, rest, siblings);
    }

    // --- what a masked task never shows

    function test_words_of_a_masked_task_are_out_of_no_range_and_in_no_plain_sum() public {
        Proposal memory p = _proposed();
        Opening memory o = _opening(_silo(0));
        IDisputeTypes.Coordinate memory at = IDisputeTypes.Coordinate(1, 0, 0, 0);
        IDisputeTypes.Piece memory masked = IDisputeTypes.Piece(payloads[0][1], Trees.path(payloads[0], 1));
        bytes memory refused = abi.encodeWithSelector(IDisputeTypes.NotDisclosed.selector, task);
        vm.expectRevert(refused);
        disputes.challengeRange(task, round, _silo(0), o, at, masked);
        IDisputeTypes.Shown[] memory shown = new IDisputeTypes.Shown[](1);
        shown[0] = IDisputeTypes.Shown(_silo(0), o.payloadRoot, o.weight, masked.content, masked.path);
        vm.expectRevert(refused);
        disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), masked);
        vm.assertTrue(_bonded(0), "bond");
    }

    function _none() internal pure returns (IMaskDesk.MaskedUpdate[] memory) {
        return new IMaskDesk.MaskedUpdate[](0);
    }
}

/// A sum beyond what updates within the limit come to is none, though the aggregate is made of it.
contract ChallengeMaskedRangeTest is MaskedProofs {
    function _outcome(int256 more) internal returns (Proposal memory) {
        (int256 sum, int256 total) = _sumOf(_survivors(), (lieChunk - 1) * WORDS + lieWord);
        spoilt[2] = (more < 0 ? -1000 : int256(1000)) * total + more - sum;
        _prepareAll();
        _toAggregate();
        return _proposed();
    }

    function test_a_sum_beyond_the_range_of_honest_ones_falls() public {
        (, int256 total) = _sumOf(_survivors(), 0);
        Proposal memory p = _outcome(-1);
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        vm.expectEmit(address(disputes));
        emit IMaskDesk.SumOutOfRange(
            task, round, stranger, uint32(lieChunk), uint32(lieWord), -1000 * total - 1, uint256(1000 * total)
        );
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
    }

    function test_a_sum_at_the_end_of_the_range_stands() public {
        Proposal memory p = _outcome(0);
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, 1000, 1000));
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
    }
}

/// A clear task has no masks to take off.
contract ChallengeMaskedInTheClearTest is DisputeBase {
    function test_a_clear_task_knows_no_masked_sum() public {
        aggregateLie = 1;
        Proposal memory p = _toChallenge();
        IMaskDesk.MaskedUpdate[] memory none = new IMaskDesk.MaskedUpdate[](0);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), lieChunk);
        IDisputeTypes.Coordinate memory at = IDisputeTypes.Coordinate(uint32(lieChunk), uint32(lieWord), 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IMaskDesk.NotMasked.selector, task));
        disputes.challengeMasked(task, round, p, at, none, new bytes32[](0), piece);
    }
}
