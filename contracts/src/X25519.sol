// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {Inverses} from "./Inverses.sol";

/// @title The key agreement of masks.
/// @notice RFC 7748, section 5: https://www.rfc-editor.org/rfc/rfc7748#section-5
library X25519 {
    using Inverses for uint256;

    uint256 private constant P = 2 ** 255 - 19;
    bytes32 private constant BASE = bytes32(uint256(9) << 248); // 9, little-endian

    /// The public half of a private key, both of 32 bytes, little-endian.
    function publicOf(bytes32 key) internal view returns (bytes32) {
        return exchange(key, BASE);
    }

    /// What the holder of `key` and that of the private half of `other` agree on.
    function exchange(bytes32 key, bytes32 other) internal view returns (bytes32) {
        uint256 scalar = uint256(Bytes.reverseBytes32(key));
        scalar = (scalar & (2 ** 255 - 8)) | 2 ** 254;
        uint256 u = uint256(Bytes.reverseBytes32(other)) & (2 ** 255 - 1);
        (uint256 x, uint256 z) = _ladder(scalar, u % P);
        return Bytes.reverseBytes32(bytes32(mulmod(x, z.inverse(P), P)));
    }

    /// Whether another private key may have the same public half: with L, the order of the base point, 8L - k has that
    /// of k. Both can be scalars only below 2^254 + 2^128. With a public key off the curve the two agree on different
    /// secrets.
    function hasTwin(bytes32 key) internal pure returns (bool) {
        return (uint128(uint256(key)) & ~uint128(0xc0)) == 0; // bits 128 to 253; the two above are not read of a key
    }

    /// @dev The Montgomery ladder; x2, z2, x3, z3 as in the standard. Nothing here is secret any more, so its time may tell.
    function _ladder(uint256 scalar, uint256 u) private pure returns (uint256 x2, uint256 z2) {
        (x2, z2) = (1, 0);
        (uint256 x3, uint256 z3, uint256 p) = (u, 1, P);
        assembly ("memory-safe") {
            let swapped := 0
            for { let t := 255 } t { } {
                t := sub(t, 1)
                let bit := and(shr(t, scalar), 1)
                if xor(swapped, bit) {
                    let kept := x2
                    x2 := x3
                    x3 := kept
                    kept := z2
                    z2 := z3
                    z3 := kept
                }
                swapped := bit
                let a := addmod(x2, z2, p)
                let b := addmod(x2, sub(p, z2), p)
                let da := mulmod(addmod(x3, sub(p, z3), p), a, p)
                let cb := mulmod(addmod(x3, z3, p), b, p)
                x3 := addmod(da, cb, p)
                x3 := mulmod(x3, x3, p)
                z3 := addmod(da, sub(p, cb), p)
                z3 := mulmod(u, mulmod(z3, z3, p), p)
                a := mulmod(a, a, p)
                b := mulmod(b, b, p)
                x2 := mulmod(a, b, p)
                b := addmod(a, sub(p, b), p) // E
                z2 := mulmod(b, addmod(a, mulmod(121665, b, p), p), p)
            }
            if swapped {
                x2 := x3
                z2 := z3
            }
        }
    }
}
