// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RdpVector} from "../src/RdpVector.sol";
import {bound, vm} from "./Vm.sol";

/// The lanes against the same sums on plain arrays.
contract RdpVectorTest {
    uint256 private constant MOST = type(uint32).max;

    function _lanes(uint256 vector) private pure returns (uint256[8] memory lanes) {
        for (uint256 i; i < 8; ++i) {
            lanes[i] = uint32(vector >> (32 * i));
        }
    }

    function testFuzz_plus_adds_each_lane_and_stays_at_the_largest_number(uint256 a, uint256 b) public pure {
        (uint256[8] memory x, uint256[8] memory y) = (_lanes(a), _lanes(b));
        uint256[8] memory sum = _lanes(RdpVector.plus(a, b));
        for (uint256 i; i < 8; ++i) {
            uint256 wanted = x[i] + y[i];
            vm.assertEq(sum[i], wanted > MOST ? MOST : wanted, "lane");
        }
    }

    function testFuzz_minus_takes_back_what_was_added(uint256 a, uint256 b) public pure {
        uint256 sum = RdpVector.plus(a, b);
        (uint256[8] memory x, uint256[8] memory total) = (_lanes(a), _lanes(sum));
        uint256[8] memory rest = _lanes(RdpVector.minus(sum, b));
        for (uint256 i; i < 8; ++i) {
            vm.assertEq(rest[i], total[i] == MOST ? MOST : x[i], "lane");
        }
    }

    function testFuzz_covers_looks_at_every_lane(uint256 cost, uint256 floor, uint256 lane) public pure {
        (uint256[8] memory x, uint256[8] memory y) = (_lanes(cost), _lanes(floor));
        bool all = true;
        for (uint256 i; i < 8; ++i) {
            all = all && x[i] >= y[i];
        }
        vm.assertTrue(RdpVector.covers(cost, floor) == all, "covers");
        vm.assertTrue(RdpVector.covers(cost, cost), "itself");
        uint256 at = 32 * bound(lane, 0, 7);
        uint256 one = floor | (uint256(1) << at);
        vm.assertTrue(!RdpVector.covers(one & ~(MOST << at), one), "one lane below");
    }

    function testFuzz_within_needs_one_order(uint256 spent, uint256 limit) public pure {
        (uint256[8] memory x, uint256[8] memory y) = (_lanes(spent), _lanes(limit));
        bool any;
        for (uint256 i; i < 8; ++i) {
            any = any || (y[i] != 0 && x[i] <= y[i] && x[i] != MOST);
        }
        vm.assertTrue(RdpVector.within(spent, limit) == any, "within");
    }

    function test_what_overflowed_is_within_nothing() public pure {
        vm.assertTrue(!RdpVector.within(type(uint256).max, type(uint256).max), "no bound");
        vm.assertTrue(!RdpVector.within(0, 0), "a limit of nothing");
        vm.assertTrue(RdpVector.within(7 << 224, 7 << 224), "equal is within");
        vm.assertTrue(!RdpVector.within(8 << 224, 7 << 224), "above is not");
    }
}
