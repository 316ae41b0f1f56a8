// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Headers} from "../src/Headers.sol";
import {Sampling} from "../src/Sampling.sol";
import {CommitteeRound, Rlp, vm} from "./CommitteeRound.sol";

/// Answers as the history contract of EIP-2935 does: 32 bytes of number in, the hash out.
contract HistoryStandIn {
    mapping(uint256 => bytes32) internal hashes;

    function set(uint256 number, bytes32 hash) external {
        hashes[number] = hash;
    }

    fallback(bytes calldata number) external returns (bytes memory) {
        return abi.encode(hashes[abi.decode(number, (uint256))]);
    }
}

/// The header of the fixed block: what it must be, and how far back the chain vouches for it.
contract CommitteeHeaderTest is CommitteeRound {
    function test_a_block_older_than_256_is_read_from_the_chains_history() public {
        _open();
        bytes memory header = _header(RANDOM);
        uint256 fixed_ = committee.ballotOf(task).drawBlock;
        vm.etch(Headers.HISTORY, address(new HistoryStandIn()).code);
        HistoryStandIn(Headers.HISTORY).set(fixed_, keccak256(header));
        vm.roll(fixed_ + 8000);
        vm.expectRevert(abi.encodeWithSelector(BlockKnown.selector, fixed_));
        committee.moveDraw(task);
        committee.draw(task, header);
        _assertDrawnFrom(_seed(0, RANDOM), _equal());
    }

    // --- the header

    function _drawWith(bytes memory header) internal {
        uint256 number = committee.ballotOf(task).drawBlock;
        vm.roll(number + 1);
        vm.setBlockhash(number, keccak256(header));
        vm.expectRevert(Headers.NoHeader.selector);
        committee.draw(task, header);
    }

    function test_draw_refuses_bytes_that_are_no_header() public {
        _open();
        bytes memory whole = Rlp.header(7, RANDOM, "x");
        _drawWith(hex"f8");
        _drawWith(hex"c20102");
        bytes memory cut = new bytes(490);
        for (uint256 i; i < 490; ++i) {
            cut[i] = whole[i];
        }
        _drawWith(cut); // ends within prevrandao
        whole[3] = 0xc1; // a list where the parent's hash should be
        _drawWith(whole);
        whole[3] = 0xbf; // a string whose length has eight bytes
        _drawWith(whole);
        whole = Rlp.header(7, RANDOM, "x");
        whole[1 + 2 + 5 * 33 + 21] = 0xb8; // the bloom's length has one byte: prevrandao lies elsewhere
        _drawWith(whole);
        _drawWith(hex"f901a0"); // ends before the first field
    }

    function test_prevrandao_is_found_whatever_the_numbers_before_it() public view {
        uint256[5] memory numbers = [uint256(0), 1, 127, 128, 2 ** 40];
        for (uint256 i; i < numbers.length; ++i) {
            bytes memory header = Rlp.header(numbers[i], RANDOM, new bytes(11 * i));
            vm.assertEq(this.prevrandaoOf(header), RANDOM, "found");
        }
    }

    function prevrandaoOf(bytes calldata header) external pure returns (bytes32) {
        return Headers.prevrandaoOf(header);
    }
}

/// On a chain whose prevrandao is constant.
contract CommitteeHashDrawTest is CommitteeRound {
    function _hashDraws() internal pure override returns (bool) {
        return true;
    }

    function test_where_prevrandao_is_constant_the_blocks_hash_stands_in() public {
        _open();
        uint256 number = committee.ballotOf(task).drawBlock;
        vm.roll(number + 1);
        vm.setBlockhash(number, RANDOM);
        committee.draw(task, "");
        bytes32 typehash = keccak256(
            "Seed(uint256 chainId,address committee,uint32 task,uint32 round,bytes32 mix,bytes32 randomness)"
        );
        bytes32 seed =
            keccak256(abi.encode(typehash, block.chainid, address(committee), task, round, bytes32(0), RANDOM));
        uint256[] memory weights = new uint256[](VALIDATORS);
        for (uint256 i; i < VALIDATORS; ++i) {
            weights[i] = VALIDATOR_BOND;
        }
        uint256[] memory places = Sampling.draw(seed, weights, SIZE);
        vm.assertEq(_member(0), _validator(places[0]), "first");
        vm.assertEq(_member(2), _validator(places[2]), "last");
    }
}
