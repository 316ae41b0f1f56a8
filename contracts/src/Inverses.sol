// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title 1 / x modulo a prime.
library Inverses {
    /// x^(prime - 2) by the precompile of EIP-198, which is the inverse (Fermat); 0 for 0.
    function inverse(uint256 x, uint256 prime) internal view returns (uint256 y) {
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, 32)
            mstore(add(at, 0x20), 32)
            mstore(add(at, 0x40), 32)
            mstore(add(at, 0x60), x)
            mstore(add(at, 0x80), sub(prime, 2))
            mstore(add(at, 0xa0), prime)
            if iszero(staticcall(gas(), 5, at, 0xc0, 0, 0x20)) { revert(0, 0) }
            y := mload(0)
        }
    }
}
