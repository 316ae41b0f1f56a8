// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title What the header of a masked update says, read from its canonical bytes.
/// @notice "PFP1" || length of the text, 2 bytes || the text || zeros, where the text is JSON without a blank, by ascending key:
/// {"chunk_bytes":256,"format":"federated-payload/1","kind":"update","parts":[{"count":9, .. }],"secret":"<hex>","weight":7}
/// All but the encoding of the one vector is compared literally, so no other place of the text passes for what is read.
library MaskedHeaders {
    uint256 private constant AT_TEXT = 6;
    uint256 private constant DIGITS = 10; // of a number below 2^32

    /// What the header has for a secret: sha256(0x00 || "masks" || neighbours || seedsRoot).
    function noteOf(uint256[] calldata neighbours, bytes32 seedsRoot) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0), "masks", neighbours, seedsRoot));
    }

    /// How many words the vector has; 0 if the header is not one with this chunk size, secret and weight.
    function vectorLength(bytes calldata header, uint32 chunkBytes, bytes32 secret, uint32 weight)
        internal
        pure
        returns (uint256)
    {
        bytes memory head = abi.encodePacked(
            "PFP1",
            header[4:AT_TEXT],
            '{"chunk_bytes":',
            Strings.toString(chunkBytes),
            ',"format":"federated-payload/1","kind":"update","parts":[{"count":'
        );
        bytes memory tail = abi.encodePacked(
            '}],"secret":"',
            _hex(uint256(secret) >> 128),
            _hex(uint256(secret) & type(uint128).max),
            '","weight":',
            Strings.toString(weight),
            "}"
        );
        uint256 end = AT_TEXT + uint16(bytes2(header[4:AT_TEXT]));
        if (end > header.length || end < head.length + tail.length) return 0;
        bool same = keccak256(header[:head.length]) == keccak256(head)
            && keccak256(header[end - tail.length:end]) == keccak256(tail);
        return same ? _number(header[head.length:end]) : 0;
    }

    /// @dev The decimal number in front of a comma; 0 where there is none.
    function _number(bytes calldata text) private pure returns (uint256 number) {
        for (uint256 i; i < text.length && i <= DIGITS; ++i) {
            if (text[i] == ",") return number;
            uint256 digit = uint256(uint8(text[i])) ^ 0x30;
            if (digit > 9) return 0;
            number = 10 * number + digit;
        }
        return 0;
    }

    /// @dev 16 bytes as 32 digits: each half byte is moved into a byte of its own, then made a letter.
    function _hex(uint256 half) private pure returns (bytes32) {
        unchecked {
            uint256 x = (half | (half << 64)) & (type(uint256).max / (2 ** 64 + 1));
            x = (x | (x << 32)) & (type(uint256).max / (2 ** 32 + 1));
            x = (x | (x << 16)) & (type(uint256).max / (2 ** 16 + 1));
            x = (x | (x << 8)) & (type(uint256).max / (2 ** 8 + 1));
            x = (x | (x << 4)) & (type(uint256).max / 17);
            uint256 each = type(uint256).max / 255; // 1 in every byte
            uint256 letters = ((x + 6 * each) >> 4) & each;
            return bytes32(x + 0x30 * each + 0x27 * letters);
        }
    }
}
