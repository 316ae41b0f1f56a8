// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What has been counted of one coordinate so far. `low` and `high` are the challenger's claim of the smallest
/// and largest value that a rank rule keeps; counting shows whether the claim is true.
struct Tally {
    uint32 next; // updates counted, in the order of the included tree
    uint64 weight; // sum of weights
    int128 sum; // mean, reweighted: sum of weight * word; rank rules: sum of the words strictly between low and high
    uint32 belowLow;
    uint32 toLow; // at most low
    uint32 belowHigh;
    uint32 toHigh; // at most high
}

/// @title One coordinate of an aggregate, recomputed from words that come one by one.
/// @notice mean: floor(sum of weight * word / sum of weights). median, trimmed mean: of the n words in ascending
/// order, without the `trim` first and last, floor(sum / (n - 2 trim)); the median trims (n - 1) / 2. Bulyan is the
/// trimmed mean of those it chose. Rules from REWEIGHTED on: floor(sum of coefficient * word / (n * 2^16)), where a
/// leaf's weight is the coefficient and 2^16 one whole share: who is scaled down leaves its rest to nobody. Floor
/// rounds towards minus infinity. The same numbers stand in test/vectors.json for the Python rules.
library Tallies {
    /// Thrown when the claimed `low` and `high` are not the values of the ranks that the rule keeps first and last.
    error WrongRanks(int32 low, int32 high);

    uint8 internal constant MEDIAN = 1;
    uint8 internal constant TRIMMED_MEAN = 2;
    /// Also the first rule that leaves participants out.
    uint8 internal constant MULTI_KRUM = 3;
    uint8 internal constant BULYAN = 4;
    /// The first of the rules (geometric median, centred clipping, root of trust) under which the weight of an included
    /// leaf is a coefficient that readers recompute, and not the weight that was revealed.
    uint8 internal constant REWEIGHTED = 5;
    uint256 internal constant WHOLE_BITS = 16;

    function ranked(uint8 rule) internal pure returns (bool) {
        return rule == MEDIAN || rule == TRIMMED_MEAN || rule == BULYAN;
    }

    function add(Tally memory t, uint8 rule, int32 word, uint32 weight, int32 low, int32 high) internal pure {
        ++t.next;
        t.weight += weight;
        if (!ranked(rule)) {
            t.sum += int128(word) * int128(uint128(weight));
            return;
        }
        if (word < low) ++t.belowLow;
        if (word <= low) ++t.toLow;
        if (word < high) ++t.belowHigh;
        if (word <= high) ++t.toHigh;
        if (word > low && word < high) t.sum += word;
    }

    /// Counts a group of which only the sum of weight * word is known: by rank its mean counts once, whatever its
    /// weight; under the mean it is as if its updates came one by one.
    function addSum(Tally memory t, uint8 rule, int32 sum, uint64 weight, int32 low, int32 high) internal pure {
        if (ranked(rule)) {
            add(t, rule, int32(floorDiv(sum, weight)), 1, low, high);
            return;
        }
        ++t.next;
        t.weight += weight;
        t.sum += sum;
    }

    /// The coordinate of the aggregate, once all n = `t.next` updates are counted.
    function result(Tally memory t, uint8 rule, uint256 trim, int32 low, int32 high)
        internal
        pure
        returns (int256)
    {
        if (rule >= REWEIGHTED) return floorDiv(t.sum, uint256(t.next) << WHOLE_BITS);
        if (!ranked(rule)) return floorDiv(t.sum, uint256(t.weight));
        if (rule == MEDIAN) trim = (uint256(t.next) - 1) / 2;
        uint256 last = uint256(t.next) - 1 - trim; // the rank of `high`
        bool isLow = t.belowLow <= trim && trim < t.toLow;
        bool isHigh = t.belowHigh <= last && last < t.toHigh;
        if (!isLow || !isHigh) revert WrongRanks(low, high);
        if (low == high) return low;
        int256 sum = t.sum + int256(low) * int256(t.toLow - trim) + int256(high) * int256(last + 1 - t.belowHigh);
        return floorDiv(sum, last + 1 - trim);
    }

    function floorDiv(int256 a, uint256 b) internal pure returns (int256 q) {
        q = a / int256(b);
        if (a < 0 && a % int256(b) != 0) --q;
    }
}
