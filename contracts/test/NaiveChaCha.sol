// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// ChaCha20's block function, word by word as RFC 8439, section 2.3 has it; the other side of src/ChaCha20.sol.
library NaiveChaCha {
    function block_(bytes32 key, uint32 number) internal pure returns (uint32[16] memory out) {
        uint32[16] memory start;
        (start[0], start[1], start[2], start[3]) = (0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);
        for (uint256 i; i < 32; ++i) {
            start[4 + i / 4] |= uint32(uint8(key[i])) << uint32(8 * (i % 4)); // little-endian
        }
        start[12] = number;
        for (uint256 i; i < 16; ++i) {
            out[i] = start[i];
        }
        for (uint256 i; i < 10; ++i) {
            _quarter(out, 0, 4, 8, 12);
            _quarter(out, 1, 5, 9, 13);
            _quarter(out, 2, 6, 10, 14);
            _quarter(out, 3, 7, 11, 15);
            _quarter(out, 0, 5, 10, 15);
            _quarter(out, 1, 6, 11, 12);
            _quarter(out, 2, 7, 8, 13);
            _quarter(out, 3, 4, 9, 14);
        }
        unchecked {
            for (uint256 i; i < 16; ++i) {
                out[i] += start[i];
            }
        }
    }

    function _quarter(uint32[16] memory x, uint256 a, uint256 b, uint256 c, uint256 d) private pure {
        unchecked {
            x[a] += x[b];
            x[d] = _turned(x[d] ^ x[a], 16);
            x[c] += x[d];
            x[b] = _turned(x[b] ^ x[c], 12);
            x[a] += x[b];
            x[d] = _turned(x[d] ^ x[a], 8);
            x[c] += x[d];
            x[b] = _turned(x[b] ^ x[c], 7);
        }
    }

    function _turned(uint32 x, uint32 bits) private pure returns (uint32) {
        return (x << bits) | (x >> (32 - bits));
    }
}
