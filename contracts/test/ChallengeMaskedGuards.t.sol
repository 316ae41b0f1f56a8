// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IMaskDesk} from "../src/interfaces/IMaskDesk.sol";
import {MaskedProofs} from "./MaskedProofs.sol";
import {vm} from "./Base.sol";
import {Trees} from "./Trees.sol";

/// What an accuser may not show of a masked round, and what a participant cannot have bound. The sum proposed is false, so
/// that whatever slips through convicts.
contract ChallengeMaskedGuardsTest is MaskedProofs {
    function setUp() public override {
        super.setUp();
        _prepareAll();
        aggregateLie = 1;
    }

    function _ready() internal returns (Proposal memory) {
        _toAggregate();
        return _proposed();
    }

    function _named(bytes4 selector, uint256 i, uint256 other) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, _silo(i), other);
    }

    function _without(IMaskDesk.OpenedSeed[] memory seeds, uint256 left)
        internal
        pure
        returns (IMaskDesk.OpenedSeed[] memory rest)
    {
        rest = new IMaskDesk.OpenedSeed[](seeds.length - 1);
        for (uint256 i; i < rest.length; ++i) {
            rest[i] = seeds[i < left ? i : i + 1];
        }
    }

    // --- seeds

    function test_missing_seed_of_somebody_who_dropped_out_is_refused() public {
        Proposal memory p = _ready();
        for (uint256 left; left < 3; ++left) {
            IMaskDesk.MaskedUpdate memory u = _update(2, lieChunk);
            u.seeds = _without(u.seeds, left);
            _refused(p, 1, u, abi.encodeWithSelector(IMaskDesk.SeedCount.selector, _silo(2), 2, 3));
        }
    }

    function test_seed_of_a_pair_that_cancels_is_refused() public {
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(2, lieChunk);
        IMaskDesk.OpenedSeed[] memory more = new IMaskDesk.OpenedSeed[](4);
        (more[0], more[1], more[2]) = (u.seeds[0], u.seeds[1], u.seeds[2]);
        more[3] = _opened(2, 4); // 4 revealed
        IMaskDesk.OpenedSeed[] memory right = u.seeds;
        u.seeds = more;
        _refused(p, 1, u, abi.encodeWithSelector(IMaskDesk.SeedCount.selector, _silo(2), 4, 3));
        u.seeds = right;
        u.seeds[2] = more[3]; // in the place of that with 3
        _refused(p, 1, u, _named(IMaskDesk.WrongSeed.selector, 2, 4));
    }

    function test_seeds_twice_or_out_of_order_are_refused() public {
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(2, lieChunk); // with 1, itself, 3
        u.seeds[1] = u.seeds[0];
        _refused(p, 1, u, _named(IMaskDesk.WrongSeed.selector, 2, 1));
        u = _update(2, lieChunk);
        (u.seeds[0], u.seeds[1]) = (u.seeds[1], u.seeds[0]);
        _refused(p, 1, u, _named(IMaskDesk.WrongSeed.selector, 2, 1));
    }

    function test_seed_with_somebody_who_is_no_neighbour_is_refused() public {
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(2, lieChunk);
        u.seeds[2].other = 6; // dropped out before it shared: nobody masks with it
        _refused(p, 1, u, _named(IMaskDesk.WrongSeed.selector, 2, 6));
    }

    function test_other_seed_session_or_place_has_no_path() public {
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(2, lieChunk);
        u.seeds[1].seed ^= bytes32(uint256(1));
        _partlyRefused(p, 1, u, IDisputeTypes.RootMismatch.selector);
        u = _update(2, lieChunk);
        u.seeds[0].path = _opened(2, 0).path; // of the leaf beside it
        _partlyRefused(p, 1, u, IDisputeTypes.RootMismatch.selector);
        u = _update(2, lieChunk);
        u = _update(2, lieChunk);
        u.session ^= bytes32(uint256(1));
        _partlyRefused(p, 1, u, IDisputeTypes.RootMismatch.selector);
    }

    /// Who binds two seeds for one pair has them at two places, and one place alone is that pair's.
    function test_of_two_seeds_for_one_pair_the_place_by_rank_decides() public {
        bytes32 second = keccak256("a second seed");
        uint256 rank = _rank(2, 0);
        hashes[2][rank] = _seedHash(2, 1, second); // at the place of the pair with 0, whose seed nobody opens
        _rebind(2);
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(2, lieChunk);
        u.seeds[0] = IMaskDesk.OpenedSeed(1, second, _pathAt(hashes[2], rank));
        _partlyRefused(p, 1, u, IDisputeTypes.RootMismatch.selector);
        _challenge(p, lieChunk, lieWord); // with the one at its place
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
    }

    function test_leaf_of_another_owner_has_no_path() public {
        hashes[2][_rank(2, 1)] = _seedHash(4, 1, _seed(4, 1)); // a seed that 4 opens
        _rebind(2);
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(2, lieChunk);
        u.seeds[0].seed = _seed(4, 1);
        _partlyRefused(p, 1, u, IDisputeTypes.RootMismatch.selector);
    }

    // --- the note that the header binds

    function test_neighbours_or_root_that_the_header_does_not_bind_are_refused() public {
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(2, lieChunk);
        u.neighbours[0] &= ~uint256(2); // as if it had not masked with 1
        u.seeds = _without(u.seeds, 0);
        _partlyRefused(p, 1, u, IMaskDesk.HeaderMismatch.selector);
        u = _update(2, lieChunk);
        u.neighbours = new uint256[](2); // the same set in one word more
        u.neighbours[0] = nears[2];
        _partlyRefused(p, 1, u, IMaskDesk.HeaderMismatch.selector);
        u = _update(2, lieChunk);
        u.seedsRoot = _rootOver(hashes[4]);
        bytes32 digest = sha256(abi.encodePacked(hex"00", "masks", nears[2], u.seedsRoot));
        _refused(p, 1, u, abi.encodeWithSelector(IMaskDesk.HeaderMismatch.selector, _silo(2), digest));
    }

    function test_header_that_names_another_weight_than_the_leaf_is_refused() public {
        headerWeights[2] = _weightAt(2) + 1;
        _rebind(2);
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(2, lieChunk);
        _refused(p, 1, u, abi.encodeWithSelector(IMaskDesk.HeaderMismatch.selector, _silo(2), _digestAt(2)));
    }

    function test_who_masks_with_itself_as_a_neighbour_is_refused() public {
        nears[2] |= 4;
        _rebind(2);
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(2, lieChunk);
        _refused(p, 1, u, _named(IMaskDesk.OwnNeighbour.selector, 2, 2));
    }

    // --- what is shown of a payload

    function test_header_of_another_is_refused() public {
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(2, lieChunk);
        IMaskDesk.MaskedUpdate memory other = _update(4, lieChunk);
        (u.header, u.headerPath) = (other.header, other.headerPath);
        (u.neighbours, u.seedsRoot, u.seeds) = (other.neighbours, other.seedsRoot, other.seeds);
        _partlyRefused(p, 1, u, IDisputeTypes.RootMismatch.selector);
    }

    function test_forged_or_cut_chunks_are_refused() public {
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(2, lieChunk);
        u.chunk[0] ^= 0x01;
        _partlyRefused(p, 1, u, IDisputeTypes.RootMismatch.selector);
        u = _update(2, lieChunk);
        u.chunk = payloads[2][1]; // another chunk than the one asked about
        _partlyRefused(p, 1, u, IDisputeTypes.RootMismatch.selector);
        u = _update(2, lieChunk);
        u.chunk = new bytes(CHUNK - 1);
        _refused(p, 1, u, abi.encodeWithSelector(IDisputeTypes.ChunkLength.selector, CHUNK - 1, CHUNK));
        u = _update(2, lieChunk);
        u.header = new bytes(CHUNK + 1);
        _refused(p, 1, u, abi.encodeWithSelector(IDisputeTypes.ChunkLength.selector, CHUNK + 1, CHUNK));
    }

    function test_who_did_not_reveal_or_is_a_stranger_is_refused() public {
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate memory u = _update(2, lieChunk);
        u.participant = _silo(3); // committed alone
        _refused(p, 1, u, abi.encodeWithSelector(IDisputeTypes.NotRevealed.selector, _silo(3)));
        u.participant = stranger;
        _refused(p, 1, u, abi.encodeWithSelector(NotEnrolled.selector, task, stranger));
    }

    function test_somebody_else_who_revealed_cannot_stand_in() public {
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        shown[1] = _update(4, lieChunk); // twice, and 2 not at all
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
    }

    function test_word_outside_of_the_payload_or_forged_aggregate_is_refused() public {
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        bytes[] memory chunks = _aggregate();
        IDisputeTypes.Piece memory piece = IDisputeTypes.Piece(chunks[2], Trees.path(chunks, 2));
        uint32[2][3] memory bad = [[uint32(0), 0], [CHUNKS, 0], [uint32(1), uint32(WORDS)]];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.OutOfPayload.selector, bad[i][0], bad[i][1]));
            disputes.challengeMasked(
                task, round, p, _at(bad[i][0], bad[i][1]), shown, new bytes32[](0), piece
            );
        }
        piece.content[0] ^= 0x01;
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.challengeMasked(task, round, p, _at(2, 5), shown, new bytes32[](0), piece);
    }

    // --- when

    function test_only_the_standing_proposal_falls_and_only_in_its_time() public {
        Proposal memory p = _ready();
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        p.uri = "elsewhere";
        vm.expectPartialRevert(ProposalMismatch.selector);
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
        p = _proposal();
        _settle(p);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeTypes.NothingToChallenge.selector, task, round, Phase.Settled)
        );
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
    }
}
