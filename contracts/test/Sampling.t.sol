// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Sampling} from "../src/Sampling.sol";
import {bound, vm} from "./Vm.sol";

/// Many draws, compared with what probability says; and the median.
contract SamplingTest {
    uint256 internal constant TRIALS = 4000;

    function _weights() internal pure returns (uint256[] memory w) {
        w = new uint256[](4);
        (w[0], w[1], w[2], w[3]) = (1 ether, 1 ether, 2 ether, 4 ether);
    }

    /// Within five standard deviations of a binomial count, sqrt(n p (1 - p)); p in millionths.
    function _assertCount(uint256 count, uint256 p) internal pure {
        uint256 expected = TRIALS * p / 1e6;
        uint256 variance = TRIALS * p * (1e6 - p) / 1e12;
        uint256 off = count > expected ? count - expected : expected - count;
        vm.assertLe(off * off, 25 * variance, "as often as its weight says");
    }

    function test_each_is_drawn_first_in_proportion_to_its_weight() public pure {
        uint256[4] memory counts;
        for (uint256 i; i < TRIALS; ++i) {
            ++counts[Sampling.draw(keccak256(abi.encode("first", i)), _weights(), 1)[0]];
        }
        _assertCount(counts[0], 125_000);
        _assertCount(counts[1], 125_000);
        _assertCount(counts[2], 250_000);
        _assertCount(counts[3], 500_000);
    }

    /// P(i in two) = p_i + sum over j of p_j w_i / (W - w_j), by hand: 13/42, 13/42, 4/7, 17/21.
    function test_two_are_drawn_together_as_often_as_without_replacement() public pure {
        uint256[4] memory counts;
        for (uint256 i; i < TRIALS; ++i) {
            uint256[] memory two = Sampling.draw(keccak256(abi.encode("two", i)), _weights(), 2);
            vm.assertTrue(two[0] != two[1], "nobody twice");
            ++counts[two[0]];
            ++counts[two[1]];
        }
        _assertCount(counts[0], 309_524);
        _assertCount(counts[1], 309_524);
        _assertCount(counts[2], 571_429);
        _assertCount(counts[3], 809_524);
    }

    /// Two of five equal validators are both among three drawn in 3 of 10 draws. Who can have one block skipped
    /// draws again if that went wrong: 1 - 0.7^2 = 51 of 100. This is what docs/committee.md states.
    function test_one_skipped_block_is_worth_a_second_try_and_no_more() public pure {
        (uint256 once, uint256 twice) = (0, 0);
        for (uint256 i; i < TRIALS; ++i) {
            bool first = _both(keccak256(abi.encode("block", i)));
            bool second = _both(keccak256(abi.encode("the next slot's block", i)));
            if (first) ++once;
            if (first || second) ++twice;
        }
        _assertCount(once, 300_000);
        _assertCount(twice, 510_000);
    }

    function _both(bytes32 seed) internal pure returns (bool) {
        uint256[] memory w = new uint256[](5);
        for (uint256 i; i < 5; ++i) {
            w[i] = 1 ether;
        }
        uint256[] memory three = Sampling.draw(seed, w, 3);
        uint256 mine;
        for (uint256 k; k < 3; ++k) {
            if (three[k] < 2) ++mine;
        }
        return mine == 2;
    }

    function testFuzz_a_place_without_weight_is_never_drawn(bytes32 seed, uint256 empty) public pure {
        uint256[] memory w = _weights();
        empty = bound(empty, 0, 3);
        w[empty] = 0;
        uint256[] memory three = Sampling.draw(seed, w, 3);
        for (uint256 k; k < 3; ++k) {
            vm.assertTrue(three[k] != empty, "not this one");
        }
    }

    function testFuzz_the_median_has_at_least_half_on_either_side(int64[9] memory all, uint256 n) public pure {
        n = bound(n, 1, 9);
        int64[] memory values = new int64[](n);
        for (uint256 i; i < n; ++i) {
            values[i] = all[i];
        }
        int64 m = Sampling.median(values);
        (uint256 below, uint256 above, bool there) = (0, 0, false);
        for (uint256 i; i < n; ++i) {
            if (all[i] < m) ++below;
            if (all[i] > m) ++above;
            if (all[i] == m) there = true;
        }
        vm.assertTrue(there, "one of them");
        vm.assertLe(2 * below, n - 1, "below");
        vm.assertLe(2 * above, n, "above");
    }
}
