// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {MaskedBase} from "./MaskedBase.sol";

/// Payloads of masked rounds, byte for byte: header, chunks of words; and roots over hashes.
abstract contract MaskedTexts is MaskedBase {
    uint32 internal constant CHUNK = 256;
    uint32 internal constant CHUNKS = 3;
    uint256 internal constant WORDS = CHUNK / 4;
    uint256 internal constant COUNT = 70; // the second chunk of words ends in zeros

    function _aggregateHeader() internal pure returns (bytes memory) {
        return _text("aggregate", type(int32).max, "0x", 0);
    }

    function _text(string memory kind, int256 limit, string memory secret, uint256 weight)
        internal
        pure
        returns (bytes memory chunk)
    {
        string memory text = string.concat(
            '{"chunk_bytes":256,"format":"federated-payload/1","kind":"',
            kind,
            '","parts":[{"count":70,"frac_bits":16,"limit":',
            Strings.toString(uint256(limit))
        );
        text = string.concat(text, ',"name":"model"}],"secret":"', _from(secret, 2), '","weight":');
        text = string.concat(text, Strings.toString(weight), "}");
        chunk = new bytes(CHUNK);
        bytes memory start = abi.encodePacked("PFP1", uint16(bytes(text).length), text);
        for (uint256 i; i < start.length; ++i) {
            chunk[i] = start[i];
        }
    }

    function _from(string memory text, uint256 first) internal pure returns (string memory) {
        bytes memory rest = new bytes(bytes(text).length - first);
        for (uint256 i; i < rest.length; ++i) {
            rest[i] = bytes(text)[first + i];
        }
        return string(rest);
    }

    function _chunks(bytes memory header, int256[] memory words) internal pure returns (bytes[] memory chunks) {
        chunks = new bytes[](CHUNKS);
        chunks[0] = header;
        for (uint256 c = 1; c < CHUNKS; ++c) {
            chunks[c] = new bytes(CHUNK);
            for (uint256 k = (c - 1) * WORDS; k < c * WORDS && k < words.length; ++k) {
                for (uint256 b; b < 4; ++b) {
                    chunks[c][4 * (k % WORDS) + b] = bytes1(uint8(uint256(words[k]) >> (8 * b)));
                }
            }
        }
    }

    function _list(bytes memory indices) internal pure returns (uint8[] memory list) {
        list = new uint8[](indices.length);
        for (uint256 i; i < list.length; ++i) {
            list[i] = uint8(indices[i]);
        }
    }

    /// Root over leaves that are hashes already.
    function _rootOver(bytes32[] memory level) internal pure returns (bytes32) {
        while (level.length > 1) level = _above(level);
        return level[0];
    }

    function _above(bytes32[] memory level) internal pure returns (bytes32[] memory above) {
        above = new bytes32[]((level.length + 1) / 2);
        for (uint256 i; i < level.length; i += 2) {
            above[i / 2] =
                i + 1 == level.length ? level[i] : sha256(bytes.concat(hex"01", level[i], level[i + 1]));
        }
    }
}
