// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";

/// @title The stream cipher of masks: one word of one block.
/// @notice RFC 8439, section 2.3, with a nonce of zeros: https://www.rfc-editor.org/rfc/rfc8439#section-2.3
/// @dev A row of the state is one number: its four words of 32 bits are lanes 64 bits apart, so that four quarter rounds
/// are one. What an addition or a turn carries beyond a lane's 32 bits stays in its 64 and is cut off.
library ChaCha20 {
    uint256 private constant LANES = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
    uint256 private constant CONSTANTS = 0x000000006b2065740000000079622d32000000003320646e0000000061707865;

    /// Word `place` (0 to 15) of block `number`, as a number: its bytes in the stream are little-endian.
    function word(bytes32 key, uint32 number, uint256 place) internal pure returns (uint32) {
        uint256 turned = uint256(Bytes.reverseBytes32(key)); // the key's first word lowest
        uint256 low = _lanes(turned & type(uint128).max);
        uint256 high = _lanes(turned >> 128);
        (uint256 a, uint256 b, uint256 c, uint256 d) = _rounds(low, high, number);
        unchecked {
            uint256 row = place < 4 ? a + CONSTANTS : place < 8 ? b + low : place < 12 ? c + high : d + number;
            return uint32(row >> (64 * (place % 4)));
        }
    }

    /// @dev Four words of 32 bits, moved 64 bits apart.
    function _lanes(uint256 words) private pure returns (uint256 x) {
        x = (words | (words << 64)) & 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;
        x = (x | (x << 32)) & LANES;
    }

    /// @dev Ten double rounds. A word is turned left by n as `(word * (2^32 + 1)) >> (32 - n)`. For the diagonals the
    /// rows b, c, d are turned by one, two, three lanes, and back.
    function _rounds(uint256 low, uint256 high, uint256 number)
        private
        pure
        returns (uint256 a, uint256 b, uint256 c, uint256 d)
    {
        (a, b, c, d) = (CONSTANTS, low, high, number);
        uint256 lanes = LANES;
        assembly ("memory-safe") {
            for { let i := 0 } lt(i, 10) { i := add(i, 1) } {
                a := and(add(a, b), lanes)
                d := and(shr(16, mul(xor(d, a), 0x100000001)), lanes)
                c := and(add(c, d), lanes)
                b := and(shr(20, mul(xor(b, c), 0x100000001)), lanes)
                a := and(add(a, b), lanes)
                d := and(shr(24, mul(xor(d, a), 0x100000001)), lanes)
                c := and(add(c, d), lanes)
                b := and(shr(25, mul(xor(b, c), 0x100000001)), lanes)
                b := or(shr(64, b), shl(192, b))
                c := or(shr(128, c), shl(128, c))
                d := or(shr(192, d), shl(64, d))

                a := and(add(a, b), lanes)
                d := and(shr(16, mul(xor(d, a), 0x100000001)), lanes)
                c := and(add(c, d), lanes)
                b := and(shr(20, mul(xor(b, c), 0x100000001)), lanes)
                a := and(add(a, b), lanes)
                d := and(shr(24, mul(xor(d, a), 0x100000001)), lanes)
                c := and(add(c, d), lanes)
                b := and(shr(25, mul(xor(b, c), 0x100000001)), lanes)
                b := or(shr(192, b), shl(64, b))
                c := or(shr(128, c), shl(128, c))
                d := or(shr(64, d), shl(192, d))
            }
        }
    }
}
