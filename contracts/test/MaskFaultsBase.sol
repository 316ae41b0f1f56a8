// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IMaskFaults} from "../src/interfaces/IMaskFaults.sol";
import {MaskSecrets} from "../src/MaskSecrets.sol";
import {X25519} from "../src/X25519.sol";
import {MaskedProofs} from "./MaskedProofs.sol";
import {vm} from "./Base.sol";
import {Trees} from "./Trees.sol";

/// The masked round of seven with real messages of Share: keys, and shares to all, any four of which give a secret.
abstract contract MaskFaultsBase is MaskedProofs {
    uint256 internal needed = 4; // more than half of seven
    uint256 internal named = 4; // in the heads of messages
    uint256 internal holders = 127; // of everybody's shares, a bit each

    mapping(uint256 index => bytes32) internal publics;
    mapping(uint256 index => bytes[]) internal messages;
    mapping(uint256 index => mapping(bool => uint256)) internal shareLies; // added to the secret that is dealt
    mapping(bytes32 pair => bytes32) internal seeds;

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i; i < 7; ++i) {
            publics[i] = X25519.publicOf(_secret(i));
        }
        for (uint256 i; i < 6; ++i) {
            for (uint256 j = i + 1; j < 6; ++j) {
                bytes32 agreed = MaskSecrets.pairSeed(
                    SESSION, uint32(i), publics[i], uint32(j), publics[j], _secret(j)
                );
                seeds[keccak256(abi.encode(i, j))] = agreed;
            }
        }
    }

    function _secret(uint256 i) internal view virtual returns (bytes32) {
        return keccak256(abi.encode("masking secret", i));
    }

    function _seed(uint256 i, uint256 j) internal view override returns (bytes32) {
        if (i == j) return keccak256(abi.encode("self seed", i));
        return seeds[i < j ? keccak256(abi.encode(i, j)) : keccak256(abi.encode(j, i))];
    }

    function _indexOf(address silo) internal pure returns (uint256 i) {
        while (_silo(i) != silo) ++i;
    }

    function _key(address silo) internal view override returns (bytes32) {
        return publics[_indexOf(silo)];
    }

    function _root(address silo) internal view override returns (bytes32) {
        return Trees.root(messages[_indexOf(silo)]);
    }

    // --- shares

    function _share(uint256 i, uint256 holder, bool selfSeed) internal view returns (bytes32) {
        uint256 prime = 2 ** 256 - 189;
        uint256 value;
        for (uint256 power = needed - 1; power > 0; --power) {
            value = mulmod(value, holder + 1, prime);
            value = addmod(value, uint256(keccak256(abi.encode("coefficient", i, power, selfSeed))), prime);
        }
        uint256 secret = uint256(selfSeed ? _seed(i, i) : _secret(i));
        secret = addmod(secret, shareLies[i][selfSeed], prime);
        return bytes32(addmod(mulmod(value, holder + 1, prime), secret, prime));
    }

    function _salt(uint256 i, uint256 holder, bool selfSeed) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", i, holder, selfSeed));
    }

    function _shareHash(uint256 i, uint256 holder, bool selfSeed) internal view returns (bytes32) {
        bytes memory place = abi.encodePacked(uint32(i), uint32(holder), selfSeed ? uint32(1) : 0);
        bytes memory opening = abi.encodePacked(_share(i, holder, selfSeed), _salt(i, holder, selfSeed));
        return sha256(abi.encodePacked(hex"00", "mask share", SESSION, place, opening));
    }

    function _row(bytes memory content) internal pure returns (bytes memory row) {
        row = new bytes(256);
        for (uint256 i; i < content.length; ++i) {
            row[i] = content[i];
        }
    }

    function _headOf(
        bytes32 session,
        uint256 sharer,
        uint256 holding,
        uint256 threshold,
        bytes32 key,
        bytes32 promised
    ) internal pure returns (bytes memory) {
        bytes memory counts = abi.encodePacked(uint32(sharer), uint32(holding), uint32(threshold));
        return _row(abi.encodePacked("PFM1", session, counts, key, promised));
    }

    /// Writes the messages of all, with the lies that are told by now.
    function _write() internal {
        for (uint256 i; i < 7; ++i) {
            delete messages[i];
            bytes32 promised = _seedHash(i, i, _seed(i, i));
            messages[i].push(_headOf(SESSION, i, _count(holders), named, publics[i], promised));
            for (uint256 h; h < 7; ++h) {
                if ((holders >> h) & 1 == 0) continue;
                bytes memory entry =
                    abi.encodePacked(uint32(h), _shareHash(i, h, false), _shareHash(i, h, true));
                messages[i].push(_row(bytes.concat(entry, abi.encode("sealed", i, h))));
            }
        }
    }

    // --- proofs

    function _dealt(uint256 i) internal view returns (IMaskFaults.Dealt memory) {
        return IMaskFaults.Dealt(_silo(i), grants[_silo(i)], publics[i], Trees.root(messages[i]));
    }

    function _piece(uint256 i, uint256 at) internal view returns (IDisputeTypes.Piece memory) {
        return IDisputeTypes.Piece(messages[i][at], Trees.path(messages[i], at));
    }

    function _count(uint256 bits) internal pure returns (uint256 count) {
        for (; bits != 0; bits >>= 1) {
            count += bits & 1;
        }
    }

    /// Shares of some of the holders, a bit each.
    function _held(uint256 i, uint256 some, bool selfSeed)
        internal
        view
        returns (IMaskFaults.HeldShare[] memory held)
    {
        uint256 count;
        held = new IMaskFaults.HeldShare[](7);
        for (uint256 h; h < 7; ++h) {
            if ((some >> h) & 1 == 0) continue;
            uint256 at = 1 + _count(holders & ((1 << h) - 1));
            held[count++] = IMaskFaults.HeldShare(
                _piece(i, at), uint32(at), _share(i, h, selfSeed), _salt(i, h, selfSeed)
            );
        }
        assembly {
            mstore(held, count)
        }
    }

    function _bound(uint256 i, uint16 other) internal view returns (IMaskFaults.BoundSeed memory b) {
        b.opening = _opening(_silo(i));
        (b.header, b.headerPath) = (payloads[i][0], Trees.path(payloads[i], 0));
        (b.neighbours, b.seedsRoot) = (_near(i), _rootOver(hashes[i]));
        uint256 rank = _rank(i, other);
        (b.hash, b.path) = (hashes[i][rank], _pathAt(hashes[i], rank));
    }

    function sharing(uint256 i, IMaskFaults.HeldShare[] memory held, bool selfSeed) public {
        IMaskFaults.Dealt memory dealt = _dealt(i);
        IDisputeTypes.Piece memory head = _piece(i, 0);
        vm.prank(stranger);
        disputes.challengeSharing(task, round, dealt, head, held, selfSeed);
    }

    function _false(uint256 i, IMaskFaults.BoundSeed memory b, uint256 other)
        internal
        view
        returns (IMaskFaults.FalseSeed memory)
    {
        return IMaskFaults.FalseSeed(_dealt(i), _piece(i, 0), b, _dealt(other), _secret(other));
    }

    function seed(uint256 i, IMaskFaults.BoundSeed memory b, uint256 other) public {
        IMaskFaults.FalseSeed memory f = _false(i, b, other);
        vm.prank(stranger);
        disputes.challengeSeed(task, round, f);
    }

    function _assertStruck(uint256 i) internal view {
        vm.assertEq(registry.participant(_silo(i)).stake, 0, "bond");
        vm.assertEq(_bountyOf(stranger), BOND / 2, "bounty");
        vm.assertFalse(_bonded(i), "bonded");
    }
}
