// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {MerklePath} from "../src/MerklePath.sol";
import {Tallies} from "../src/Tallies.sol";
import {DisputeBase, vm} from "./DisputeBase.sol";
import {bound} from "./Vm.sol";
import {Trees} from "./Trees.sol";

contract ChallengeSumTest is DisputeBase {
    function _with(uint8 rule_, uint16 trim_) internal {
        (rule, trim) = (rule_, trim_);
        setUp();
    }

    function test_aggregator_that_alters_one_word_of_the_mean_loses_its_bond() public {
        aggregateLie = 1;
        Proposal memory p = _toChallenge();
        _challengeSum(p, lieChunk, lieWord);
        vm.assertEq(registry.participant(aggregator).stake, 0, "bond");
        vm.assertEq(_bountyOf(stranger), DUTY_BOND / 2, "bounty");
    }

    /// forge-config: default.fuzz.runs = 32
    function test_no_honest_word_can_be_refuted(uint256 rule_, uint256 chunk, uint256 word) public {
        _with(uint8(bound(rule_, 0, 7)), 1);
        (chunk, word) = (bound(chunk, 1, CHUNKS - 1), bound(word, 0, WORDS - 1));
        Proposal memory p = _toChallenge();
        vm.expectPartialRevert(IDisputeTypes.NotWrong.selector);
        this.challengeSum(p, chunk, word);
    }

    /// forge-config: default.fuzz.runs = 32
    function test_every_altered_word_can_be_refuted(uint256 rule_, uint256 chunk, uint256 word, int256 lie)
        public
    {
        _with(uint8(bound(rule_, 0, 7)), 1);
        (lieChunk, lieWord) = (bound(chunk, 1, CHUNKS - 1), bound(word, 0, WORDS - 1));
        aggregateLie = lie % 1000;
        if (aggregateLie == 0) aggregateLie = -1;
        Proposal memory p = _toChallenge();
        _challengeSum(p, lieChunk, lieWord);
        vm.assertEq(coordinator.roundOf(task).proposalHash, bytes32(0), "overturned");
    }

    function challengeSum(Proposal memory p, uint256 chunk, uint256 word) external {
        _challengeSum(p, chunk, word);
    }

    function test_falsely_claimed_ranks_refute_nothing() public {
        _with(2, 1);
        Proposal memory p = _toChallenge();
        IDisputeTypes.Coordinate memory at = _at(1, 3);
        IDisputeTypes.Shown[] memory shown = _shown(0, SILOS, 1);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), 1);
        (int32 low, int32 high) = (at.low, at.high);
        (at.low, at.high) = (low - 1, high);
        vm.expectRevert(abi.encodeWithSelector(Tallies.WrongRanks.selector, at.low, at.high));
        disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
        (at.low, at.high) = (low, high + 1);
        vm.expectRevert(abi.encodeWithSelector(Tallies.WrongRanks.selector, at.low, at.high));
        disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
    }

    function test_updates_counted_in_batches_refute_as_they_do_at_once() public {
        aggregateLie = -3;
        Proposal memory p = _toChallenge();
        IDisputeTypes.Coordinate memory at = _at(lieChunk, lieWord);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), lieChunk);
        for (uint256 first; first < SILOS; first += 2) {
            bytes32[] memory siblings = Trees.pathFrom(_leaves(), first / 2, 1);
            IDisputeTypes.Shown[] memory shown = _shown(first, first + 2, lieChunk);
            vm.prank(stranger);
            disputes.challengeSum(task, round, p, at, shown, siblings, piece);
        }
        vm.assertEq(coordinator.roundOf(task).proposalHash, bytes32(0), "overturned");
    }

    function test_batch_out_of_turn_is_refused() public {
        aggregateLie = -3;
        Proposal memory p = _toChallenge();
        IDisputeTypes.Coordinate memory at = _at(lieChunk, lieWord);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), lieChunk);
        IDisputeTypes.Shown[] memory none = _shown(0, 0, lieChunk);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.OutOfTurn.selector, 0, 0, SILOS));
        disputes.challengeSum(task, round, p, at, none, new bytes32[](0), piece);
        IDisputeTypes.Shown[] memory three = _shown(0, 3, lieChunk);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.OutOfTurn.selector, 0, 3, SILOS));
        disputes.challengeSum(task, round, p, at, three, new bytes32[](0), piece);
        IDisputeTypes.Shown[] memory one = _shown(0, 1, lieChunk);
        bytes32[] memory path = Trees.path(_leaves(), 0);
        disputes.challengeSum(task, round, p, at, one, path, piece);
        IDisputeTypes.Shown[] memory two = _shown(1, 3, lieChunk);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.OutOfTurn.selector, 1, 2, SILOS));
        disputes.challengeSum(task, round, p, at, two, path, piece);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeSum(task, round, p, at, one, path, piece); // the first one a second time
    }

    function test_a_tally_belongs_to_who_began_it() public {
        aggregateLie = -3;
        Proposal memory p = _toChallenge();
        IDisputeTypes.Coordinate memory at = _at(lieChunk, lieWord);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), lieChunk);
        IDisputeTypes.Shown[] memory half = _shown(0, 2, lieChunk);
        bytes32[] memory siblings = Trees.pathFrom(_leaves(), 0, 1);
        disputes.challengeSum(task, round, p, at, half, siblings, piece);
        IDisputeTypes.Shown[] memory rest = _shown(2, 4, lieChunk);
        siblings = Trees.pathFrom(_leaves(), 1, 1);
        vm.prank(stranger);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeSum(task, round, p, at, rest, siblings, piece);
    }

    function test_forged_chunk_weight_or_participant_is_refused() public {
        Proposal memory p = _toChallenge();
        IDisputeTypes.Coordinate memory at = _at(1, 0);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), 1);
        IDisputeTypes.Shown[] memory shown = _shown(0, SILOS, 1);
        shown[1].chunk[0] = bytes1(uint8(shown[1].chunk[0]) ^ 1);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
        shown = _shown(0, SILOS, 1);
        ++shown[2].weight;
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
        shown = _shown(0, SILOS, 1);
        shown[3].participant = stranger;
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
    }

    function test_forged_aggregate_chunk_is_refused() public {
        Proposal memory p = _toChallenge();
        bytes[] memory chunks = _aggregate();
        IDisputeTypes.Piece memory piece = _piece(chunks, 1);
        piece.content[0] = bytes1(uint8(piece.content[0]) ^ 1);
        IDisputeTypes.Coordinate memory at = _at(1, 0);
        IDisputeTypes.Shown[] memory shown = _shown(0, SILOS, 1);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
    }

    function test_node_cannot_pass_for_a_chunk() public {
        Proposal memory p = _toChallenge();
        IDisputeTypes.Coordinate memory at = _at(1, 0);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), 1);
        piece.content = new bytes(CHUNK - 1);
        IDisputeTypes.Shown[] memory shown = _shown(0, SILOS, 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.ChunkLength.selector, CHUNK - 1, CHUNK));
        disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
        shown[0].chunk = new bytes(CHUNK + 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.ChunkLength.selector, CHUNK + 1, CHUNK));
        disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
    }

    function test_path_of_another_length_is_refused() public {
        Proposal memory p = _toChallenge();
        IDisputeTypes.Coordinate memory at = _at(1, 0);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), 1);
        piece.path = new bytes32[](3);
        IDisputeTypes.Shown[] memory shown = _shown(0, SILOS, 1);
        vm.expectRevert(abi.encodeWithSelector(MerklePath.BadPath.selector, 1, CHUNKS, 3));
        disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
        piece.path = new bytes32[](1);
        vm.expectRevert(abi.encodeWithSelector(MerklePath.BadPath.selector, 1, CHUNKS, 1));
        disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
    }

    function test_coordinate_outside_of_the_payload_is_refused() public {
        Proposal memory p = _toChallenge();
        IDisputeTypes.Shown[] memory shown = _shown(0, SILOS, 1);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), 1);
        uint32[2][3] memory bad = [[uint32(0), 0], [CHUNKS, 0], [uint32(1), uint32(WORDS)]];
        for (uint256 i; i < 3; ++i) {
            IDisputeTypes.Coordinate memory at = IDisputeTypes.Coordinate(bad[i][0], bad[i][1], 0, 0);
            vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.OutOfPayload.selector, bad[i][0], bad[i][1]));
            disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
        }
    }

    function test_task_that_discloses_nothing_shows_no_chunk() public {
        disclosure = 0;
        setUp();
        aggregateLie = 1;
        Proposal memory p = _toChallenge();
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotDisclosed.selector, task));
        this.challengeSum(p, lieChunk, lieWord);
    }

    function test_another_proposal_than_the_standing_one_is_refused() public {
        Proposal memory p = _toChallenge();
        p.uri = "elsewhere";
        vm.expectPartialRevert(ProposalMismatch.selector);
        this.challengeSum(p, 1, 0);
    }

    function test_after_settlement_nothing_can_be_challenged() public {
        aggregateLie = 1;
        Proposal memory p = _toChallenge();
        _settle(p);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeTypes.NothingToChallenge.selector, task, round, Phase.Settled)
        );
        this.challengeSum(p, lieChunk, lieWord);
    }

    function test_more_updates_than_are_included_are_refused() public {
        Proposal memory p = _toChallenge();
        IDisputeTypes.Coordinate memory at = _at(1, 0);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), 1);
        IDisputeTypes.Shown[] memory once = _shown(0, SILOS, 1);
        IDisputeTypes.Shown[] memory twice = new IDisputeTypes.Shown[](2 * SILOS);
        for (uint256 i; i < twice.length; ++i) {
            twice[i] = once[i % SILOS];
        }
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.OutOfTurn.selector, 0, 2 * SILOS, SILOS));
        disputes.challengeSum(task, round, p, at, twice, new bytes32[](0), piece);
    }

    function test_a_header_that_is_not_in_the_aggregate_convicts_nobody() public {
        Proposal memory p = _toChallenge();
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), 0);
        piece.content[0] ^= 0x01;
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeHeader(task, round, p, piece);
    }

    function test_altered_header_of_the_aggregate_is_refuted_and_the_right_one_not() public {
        headerLie = true;
        Proposal memory p = _toChallenge();
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), 0);
        disputes.challengeHeader(task, round, p, piece);
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
        headerLie = false;
        p = _proposal();
        vm.prank(standby);
        coordinator.propose(task, round, p);
        piece = _piece(_aggregate(), 0);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, 0, 0));
        disputes.challengeHeader(task, round, p, piece);
    }
}
