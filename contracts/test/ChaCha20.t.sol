// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChaCha20} from "../src/ChaCha20.sol";
import {Answers} from "./Answers.sol";
import {NaiveChaCha} from "./NaiveChaCha.sol";
import {vm} from "./Vm.sol";

contract ChaCha20Test is Answers {
    /// RFC 8439, appendix A.1, test vectors 1, 2 and 3, with a nonce of zeros.
    function test_blocks_of_the_standard() public pure {
        _same(
            bytes32(0),
            0,
            hex"76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
        );
        _same(
            bytes32(0),
            1,
            hex"9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"
        );
        _same(
            bytes32(uint256(1)),
            1,
            hex"3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0"
        );
    }

    function test_block_that_python_works_out_too() public view {
        uint256[] memory words = vm.parseJsonUintArray(json, ".masking.block_words");
        for (uint256 i; i < 16; ++i) {
            uint32 found = ChaCha20.word(_b(".masking.seed"), uint32(_u(".masking.block")), i);
            vm.assertEq(uint256(found), words[i], "word");
        }
    }

    /// forge-config: default.fuzz.runs = 200
    function test_every_word_is_that_of_the_plain_way(bytes32 key, uint32 number) public pure {
        uint32[16] memory words = NaiveChaCha.block_(key, number);
        for (uint256 i; i < 16; ++i) {
            vm.assertEq(uint256(ChaCha20.word(key, number, i)), words[i], "word");
        }
    }

    function test_a_word_costs_less_than_7000_gas() public view {
        uint256 before = gasleft();
        ChaCha20.word(keccak256("key"), 77, 5);
        vm.assertLe(before - gasleft(), 7000, "gas");
    }

    function _same(bytes32 key, uint32 number, bytes memory stream) internal pure {
        uint32[16] memory plain = NaiveChaCha.block_(key, number);
        for (uint256 i; i < 16; ++i) {
            uint256 word;
            for (uint256 b; b < 4; ++b) {
                word |= uint256(uint8(stream[4 * i + b])) << (8 * b);
            }
            vm.assertEq(uint256(ChaCha20.word(key, number, i)), word, "word");
            vm.assertEq(uint256(plain[i]), word, "the plain way");
        }
    }
}
