// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bitmaps} from "../src/Bitmaps.sol";
import {Mark, Marks} from "../src/Marks.sol";
import {vm} from "./Vm.sol";

/// Sets of indices against the same by one bit after another.
contract BitmapsTest {
    using Bitmaps for uint256[];
    using Marks for mapping(uint256 => uint256);

    mapping(uint256 => uint256) internal marks;

    function _set(uint256 low, uint256 high) internal pure returns (uint256[] memory set) {
        set = new uint256[](2);
        (set[0], set[1]) = (low, high);
    }

    function _bit(uint256[] memory set, uint256 i) internal pure returns (uint256) {
        return (set[i / 256] >> (i % 256)) & 1;
    }

    /// forge-config: default.fuzz.runs = 100
    function test_counts_are_those_of_one_bit_after_another(uint256 a, uint256 b, uint256 c, uint256 d, uint16 at)
        public
        pure
    {
        (uint256[] memory set, uint256[] memory other) = (_set(a, b), _set(c, d));
        at %= 512;
        (uint256 all, uint256 below, uint256 without) = (0, 0, 0);
        for (uint256 i; i < 512; ++i) {
            uint256 bit = _bit(set, i);
            all += bit;
            if (i < at) below += bit;
            without += bit & (1 ^ _bit(other, i));
            vm.assertEq(set.has(i) ? 1 : 0, bit, "has");
        }
        vm.assertEq(set.count(), all, "count");
        vm.assertEq(set.countBelow(at), below, "below");
        vm.assertEq(set.countWithout(other), without, "without");
    }

    /// forge-config: default.fuzz.runs = 50
    function test_one_more_is_all_that_a_set_grows_by(uint256 a, uint256 b, uint16 at) public pure {
        (uint256[] memory set, uint256 index) = (_set(a, b), at % 1024);
        uint256[] memory more = set.with(index);
        vm.assertEq(more.length, index < 512 ? 2 : index / 256 + 1, "words");
        for (uint256 i; i < 1024; ++i) {
            vm.assertTrue(more.has(i) == (i == index || set.has(i)), "has");
        }
        vm.assertTrue(set[0] == a && set[1] == b, "the set is left as it is");
    }

    function test_full_and_empty_sets_and_what_lies_beyond_them() public pure {
        uint256[] memory full = _set(type(uint256).max, type(uint256).max);
        vm.assertEq(Bitmaps.ones(type(uint256).max), 256, "a whole word");
        vm.assertEq(full.count(), 512, "two");
        vm.assertEq(full.countBelow(0), 0, "below the first");
        vm.assertEq(full.countBelow(256), 256, "below the second word");
        vm.assertEq(full.countBelow(65_535), 512, "below one far beyond");
        vm.assertFalse(full.has(512), "beyond");
        vm.assertEq(new uint256[](0).count(), 0, "no words");
        vm.assertFalse(new uint256[](0).has(0), "no words");
    }

    /// forge-config: default.fuzz.runs = 50
    function test_bitmap_of_marks_has_the_revealed_alone(uint256 seed, uint8 words) public {
        uint256 size = words % 4;
        for (uint16 i; i < 900; ++i) {
            marks.set(7, i, Mark(uint256(keccak256(abi.encode(seed, i))) % 4));
        }
        uint256[] memory set = marks.revealed(7, size);
        vm.assertEq(set.length, size, "words");
        for (uint16 i; i < size * 256; ++i) {
            vm.assertEq(_bit(set, i), marks.get(7, i) == Mark.Revealed ? 1 : 0, "mark");
        }
        set = marks.revealed(8, 3); // of another round nobody
        vm.assertEq(set.count(), 0, "another round");
    }

    function test_bitmap_of_marks_ends_with_the_last_index() public {
        marks.set(7, 5, Mark.Revealed);
        marks.set(7, 65_535, Mark.Revealed);
        uint256[] memory set = marks.revealed(7, 258);
        vm.assertEq(set.count(), 2, "two");
        vm.assertTrue(set.has(5) && set.has(65_535), "the fifth and the last");
    }
}
