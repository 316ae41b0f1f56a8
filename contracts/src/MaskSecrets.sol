// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Inverses} from "./Inverses.sol";
import {X25519} from "./X25519.sol";

/// @title Secrets of masks, as the core has them: joined from shares, and agreed on by two.
library MaskSecrets {
    using Inverses for uint256;

    uint256 internal constant PRIME = 2 ** 256 - 189; // of Shamir's field
    bytes32 private constant SALT = "prefect-federated/1";
    bytes32 private constant INNER = bytes32(type(uint256).max / 255 * 0x36); // HMAC's pads, of 64 bytes
    bytes32 private constant OUTER = bytes32(type(uint256).max / 255 * 0x5c);

    /// The value at 0 of the one polynomial through all these points; the points differ and are not 0.
    function join(uint256[] memory points, uint256[] memory values) internal view returns (bytes32) {
        uint256 sum;
        for (uint256 i; i < points.length; ++i) {
            (uint256 above, uint256 below) = (1, 1);
            for (uint256 j; j < points.length; ++j) {
                if (j == i) continue;
                above = mulmod(above, points[j], PRIME);
                below = mulmod(below, addmod(points[j], PRIME - points[i], PRIME), PRIME);
            }
            sum = addmod(sum, mulmod(mulmod(above, below.inverse(PRIME), PRIME), values[i], PRIME), PRIME);
        }
        return bytes32(sum);
    }

    /// The seed of a pair: HKDF-SHA256 (RFC 5869) of what both agree on, with info
    /// "mask pair seed" || session || index, masking key of the lower index || the same of the higher, indices of 4 bytes.
    /// @param secret Private masking key of `other`.
    function pairSeed(
        bytes32 session,
        uint32 index,
        bytes32 key,
        uint32 other,
        bytes32 otherKey,
        bytes32 secret
    ) internal view returns (bytes32) {
        bytes memory sides = index < other
            ? abi.encodePacked(index, key, other, otherKey)
            : abi.encodePacked(other, otherKey, index, key);
        bytes32 extracted = _hmac(SALT, abi.encodePacked(X25519.exchange(secret, key)));
        return _hmac(extracted, abi.encodePacked("mask pair seed", session, sides, bytes1(0x01)));
    }

    /// What a payload says of a seed: sha256(0x00 || "mask seed" || session || owner || other || seed).
    function seedHash(bytes32 session, uint32 owner, uint32 other, bytes32 seed) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0), "mask seed", session, owner, other, seed));
    }

    /// @dev HMAC-SHA256 (RFC 2104) under a key of up to 32 bytes, zeros behind it.
    function _hmac(bytes32 key, bytes memory message) private pure returns (bytes32) {
        bytes32 hash = sha256(abi.encodePacked(key ^ INNER, INNER, message));
        return sha256(abi.encodePacked(key ^ OUTER, OUTER, hash));
    }
}
