// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {MaskedHeaders} from "../src/MaskedHeaders.sol";
import {bound, vm} from "./Vm.sol";

contract MaskedHeadersTest {
    string internal constant KIND = ',"format":"federated-payload/1","kind":"update","parts":[{"count":';
    string internal constant ENCODING = ',"frac_bits":16,"limit":1000,"name":"model"';
    uint32 internal constant CHUNK = 512;
    bytes32 internal constant SECRET = 0x00ff90a0000102030405060708090a0b0c0d0e0f101112131415161718191aef;

    function _text(string memory count, string memory parts, string memory weight, uint32 chunk)
        internal
        pure
        returns (string memory)
    {
        string memory secret = Strings.toHexString(uint256(SECRET), 32); // with 0x before it
        bytes memory digits = new bytes(64);
        for (uint256 i; i < 64; ++i) {
            digits[i] = bytes(secret)[i + 2];
        }
        string memory head = string.concat('{"chunk_bytes":', Strings.toString(chunk), KIND, count, parts);
        return string.concat(head, '}],"secret":"', string(digits), '","weight":', weight, "}");
    }

    function _header(string memory text) internal pure returns (bytes memory header) {
        header = new bytes(CHUNK);
        bytes memory start = abi.encodePacked("PFP1", uint16(bytes(text).length), text);
        for (uint256 i; i < start.length; ++i) {
            header[i] = start[i];
        }
    }

    function length(bytes calldata header, bytes32 secret, uint32 weight) external pure returns (uint256) {
        return MaskedHeaders.vectorLength(header, CHUNK, secret, weight);
    }

    function _refused(string memory text) internal view {
        vm.assertEq(this.length(_header(text), SECRET, 7), 0, text);
    }

    /// forge-config: default.fuzz.runs = 100
    function test_header_in_its_canonical_form_is_read(uint32 count, uint32 weight) public view {
        count |= 1;
        string memory text = _text(Strings.toString(count), ENCODING, Strings.toString(weight), CHUNK);
        vm.assertEq(this.length(_header(text), SECRET, weight), count, "count");
        vm.assertEq(this.length(_header(text), SECRET, weight ^ 1), 0, "another weight");
        vm.assertEq(this.length(_header(text), SECRET ^ bytes32(uint256(1)), weight), 0, "another secret");
    }

    /// forge-config: default.fuzz.runs = 300
    function test_no_other_byte_passes(uint256 at, uint8 change) public view {
        bytes memory header = _header(_text("70", ENCODING, "7", CHUNK));
        uint256 end = 6 + bytes(_text("70", ENCODING, "7", CHUNK)).length;
        at = bound(at, 0, end - 1 - bytes(ENCODING).length);
        uint256 encoding = 6 + bytes(string.concat('{"chunk_bytes":512', KIND, "70")).length;
        if (at >= encoding) at += bytes(ENCODING).length; // what is not compared here: each reader does
        if (change == 0) change = 1;
        header[at] ^= bytes1(change);
        uint256 found = this.length(header, SECRET, 7);
        vm.assertTrue(found != 70, "the byte makes no difference");
        if (at < encoding - 2 || at > encoding) vm.assertEq(found, 0, "passes"); // else another count
    }

    function test_other_kinds_sizes_and_numbers_are_refused() public view {
        vm.assertEq(this.length(_header(_text("70", ENCODING, "7", CHUNK)), SECRET, 7), 70, "the right one");
        _refused(_text("70", ENCODING, "07", CHUNK));
        _refused(_text("70", ENCODING, "7", CHUNK + 1));
        _refused(_text("0", ENCODING, "7", CHUNK));
        _refused(_text("7a", ENCODING, "7", CHUNK));
        _refused(_text("-7", ENCODING, "7", CHUNK));
        _refused(_text("70 ", ENCODING, "7", CHUNK));
        _refused(_text("12345678901", ENCODING, "7", CHUNK)); // eleven digits
        _refused(_text("70", "", "7", CHUNK)); // no comma: another part's would be read
        _refused("{}");
        _refused("");
    }

    function test_length_beyond_the_chunk_is_refused() public view {
        bytes memory header = _header(_text("70", ENCODING, "7", CHUNK));
        (header[4], header[5]) = (0x01, 0xfb); // 507: with the first six bytes one more than the chunk
        vm.assertEq(this.length(header, SECRET, 7), 0, "beyond");
        (header[4], header[5]) = (0x00, 0x80); // cut short
        vm.assertEq(this.length(header, SECRET, 7), 0, "before");
    }
}
