// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Drawing by weight without replacement, and the median: pure, so that anybody can recompute both.
library Sampling {
    /// For k = 0 .. size - 1: x = keccak256(abi.encode(seed, k)) mod (sum of weights); the place drawn is the lowest
    /// i with weights[0] + .. + weights[i] > x, whose weight then becomes 0. Uses the array up.
    /// @dev At least `size` weights must not be 0. The modulus favours low x by less than 1 in 2^120.
    function draw(bytes32 seed, uint256[] memory weights, uint256 size)
        internal
        pure
        returns (uint256[] memory places)
    {
        uint256 sum;
        for (uint256 i; i < weights.length; ++i) {
            sum += weights[i];
        }
        places = new uint256[](size);
        for (uint256 k; k < size; ++k) {
            uint256 x = uint256(keccak256(abi.encode(seed, k))) % sum;
            uint256 i;
            for (; x >= weights[i]; ++i) {
                x -= weights[i];
            }
            places[k] = i;
            sum -= weights[i];
            weights[i] = 0;
        }
    }

    /// The lower median: of an even number of values the lesser of the middle two, so that it is one of them.
    function median(int64[] memory values) internal pure returns (int64) {
        for (uint256 i = 1; i < values.length; ++i) {
            int64 v = values[i];
            uint256 k = i;
            for (; k > 0 && values[k - 1] > v; --k) {
                values[k] = values[k - 1];
            }
            values[k] = v;
        }
        return values[(values.length - 1) / 2];
    }
}
