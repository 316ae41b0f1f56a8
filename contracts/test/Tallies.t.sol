// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Tallies, Tally} from "../src/Tallies.sol";
import {Answers} from "./Answers.sol";
import {vm} from "./Vm.sol";

/// One coordinate under every rule: the answers that the Python rules give too, and claims of ranks that are none.
contract TalliesTest is Answers {
    function test_coordinates_under_every_rule() public view {
        _coordinate(".coordinate_1");
        _coordinate(".coordinate_4");
        _coordinate(".coordinate_5");
        _coordinate(".coordinate_6");
        _coordinate(".coordinate_7");
        _coordinate(".coordinate_8");
        _coordinate(".coordinate_9");
    }

    function test_a_claim_of_wrong_ranks_is_refused_whichever_way_it_errs() public {
        int32[2][4] memory wrong = [[int32(3), 4], [int32(1), 4], [int32(2), 3], [int32(2), 5]];
        for (uint256 i; i < wrong.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Tallies.WrongRanks.selector, wrong[i][0], wrong[i][1]));
            this.trimmed(wrong[i][0], wrong[i][1]);
        }
        vm.assertEq(this.trimmed(2, 4), int256(3), "the right ones");
    }

    /// The trimmed mean of 1 to 5 without one at each end, under a claim of the ranks that it keeps.
    function trimmed(int32 low, int32 high) external pure returns (int256) {
        Tally memory t;
        for (int32 word = 1; word <= 5; ++word) {
            Tallies.add(t, 2, word, 1, low, high);
        }
        return Tallies.result(t, 2, 1, low, high);
    }

    function _coordinate(string memory at) internal view {
        int256[] memory words = vm.parseJsonIntArray(json, string.concat(at, ".words"));
        uint256[] memory weights = vm.parseJsonUintArray(json, string.concat(at, ".weights"));
        uint256 trim = _u(string.concat(at, ".trim"));
        _result(words, weights, 0, 0, vm.parseJsonInt(json, string.concat(at, ".mean")));
        _result(words, weights, 3, 0, vm.parseJsonInt(json, string.concat(at, ".mean")));
        _result(words, weights, 1, (words.length - 1) / 2, vm.parseJsonInt(json, string.concat(at, ".median")));
        _result(words, weights, 2, trim, vm.parseJsonInt(json, string.concat(at, ".trimmed_mean")));
        _result(words, weights, 4, trim, vm.parseJsonInt(json, string.concat(at, ".trimmed_mean")));
        int256 reweighted = vm.parseJsonInt(json, string.concat(at, ".reweighted"));
        for (uint8 rule = 5; rule <= 7; ++rule) {
            _result(words, weights, rule, 0, reweighted);
        }
    }

    function _result(
        int256[] memory words,
        uint256[] memory weights,
        uint8 rule,
        uint256 trim,
        int256 expected
    ) internal pure {
        (int32 low, int32 high) = (_ranked(words, trim), _ranked(words, words.length - 1 - trim));
        Tally memory t;
        for (uint256 i; i < words.length; ++i) {
            Tallies.add(t, rule, int32(words[i]), uint32(weights[i]), low, high);
        }
        vm.assertEq(Tallies.result(t, rule, rule == 2 || rule == 4 ? trim : 0, low, high), expected, "result");
    }

    /// The word that exactly `rank` others come before, ties in order of place.
    function _ranked(int256[] memory words, uint256 rank) internal pure returns (int32) {
        for (uint256 i; i < words.length; ++i) {
            uint256 before;
            for (uint256 k; k < words.length; ++k) {
                if (words[k] < words[i] || (words[k] == words[i] && k < i)) ++before;
            }
            if (before == rank) return int32(words[i]);
        }
        revert("no such rank");
    }
}
