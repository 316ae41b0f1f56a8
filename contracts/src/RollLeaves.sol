// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoundTypes} from "./interfaces/IRoundTypes.sol";

/// @title The bytes of a roll's leaves, as IRolls describes them.
library RollLeaves {
    uint256 internal constant COMMIT_BYTES = 182;
    uint256 internal constant OPENING_BYTES = 252;

    function index(bytes calldata leaf) internal pure returns (uint16) {
        return uint16(bytes2(leaf[:2]));
    }

    function participant(bytes calldata leaf) internal pure returns (address) {
        return address(bytes20(leaf[2:22]));
    }

    function commitment(bytes calldata leaf) internal pure returns (bytes32) {
        return bytes32(leaf[22:54]);
    }

    function grantId(bytes calldata leaf) internal pure returns (bytes32) {
        return bytes32(leaf[54:86]);
    }

    function evidenceHash(bytes calldata leaf) internal pure returns (bytes32) {
        return bytes32(leaf[86:118]);
    }

    /// Whether the bytes have the length of an opening with the URI that they say they have.
    function isOpening(bytes calldata leaf) internal pure returns (bool) {
        return leaf.length >= OPENING_BYTES
            && leaf.length == OPENING_BYTES + uint16(bytes2(leaf[OPENING_BYTES - 2:OPENING_BYTES]));
    }

    function opening(bytes calldata leaf) internal pure returns (IRoundTypes.Opening memory o) {
        o.payloadRoot = bytes32(leaf[22:54]);
        o.sealedRoot = bytes32(leaf[54:86]);
        o.contentKeyHash = bytes32(leaf[86:118]);
        o.weight = uint32(bytes4(leaf[118:122]));
        o.groundsHash = bytes32(leaf[122:154]);
        o.salt = bytes32(leaf[154:186]);
    }

    /// The signature in 64 bytes (EIP-2098) that starts at a place.
    function signature(bytes calldata leaf, uint256 at) internal pure returns (bytes32 r, bytes32 vs) {
        (r, vs) = (bytes32(leaf[at:at + 32]), bytes32(leaf[at + 32:at + 64]));
    }

    function uri(bytes calldata leaf) internal pure returns (bytes calldata) {
        return leaf[OPENING_BYTES:];
    }
}
