// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Bytes written one after the other into memory reserved before.
/// @notice By hand because abi.encodePacked would copy everything written so far, at each step.
library Lines {
    /// Reserves room for `most` bytes; a word more, since `add` writes whole words.
    function reserve(uint256 most) internal pure returns (bytes memory lines) {
        lines = new bytes(most + 32);
        assembly ("memory-safe") {
            mstore(lines, 0)
        }
    }

    /// Appends the first `n` bytes of a word.
    function add(bytes memory lines, bytes32 word, uint256 n) internal pure {
        assembly ("memory-safe") {
            let length := mload(lines)
            mstore(add(add(lines, 32), length), word)
            mstore(lines, add(length, n))
        }
    }

    /// Appends a slice of calldata.
    function add(bytes memory lines, bytes calldata slice) internal pure {
        assembly ("memory-safe") {
            let length := mload(lines)
            calldatacopy(add(add(lines, 32), length), slice.offset, slice.length)
            mstore(lines, add(length, slice.length))
        }
    }
}
