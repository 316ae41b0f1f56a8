// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Block headers as Ethereum encodes them, with what the tests need to say about a block.
library Rlp {
    /// A header with this number and prevrandao; everything else is made up. `extra` is at most 55 bytes.
    function header(uint256 number, bytes32 prevrandao, bytes memory extra) internal pure returns (bytes memory) {
        bytes32 w = keccak256("some root");
        bytes memory first = bytes.concat(
            _word(w), _word(w), bytes1(0x94), bytes20(w), _word(w), _word(w), _word(w), hex"b90100", new bytes(256)
        );
        bytes memory second = bytes.concat(
            bytes1(0x80), // difficulty 0
            _number(number),
            _number(30_000_000),
            _number(21_000),
            _number(1_700_000_000),
            bytes1(uint8(0x80 + extra.length)),
            extra
        );
        bytes memory third = bytes.concat(_word(prevrandao), bytes1(0x88), bytes8(0), _number(7), _word(w));
        uint256 length = first.length + second.length + third.length;
        return bytes.concat(bytes1(0xf9), bytes2(uint16(length)), first, second, third);
    }

    function _word(bytes32 w) private pure returns (bytes memory) {
        return bytes.concat(bytes1(0xa0), w);
    }

    /// Big-endian without leading zeros; one byte below 0x80 stands for itself.
    function _number(uint256 n) private pure returns (bytes memory) {
        if (n == 0) return hex"80";
        if (n < 0x80) return abi.encodePacked(uint8(n));
        bytes memory digits;
        for (; n != 0; n >>= 8) {
            digits = bytes.concat(bytes1(uint8(n)), digits);
        }
        return bytes.concat(bytes1(uint8(0x80 + digits.length)), digits);
    }
}
