// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {MaskedTexts} from "./MaskedTexts.sol";
import {NaiveChaCha} from "./NaiveChaCha.sol";
import {vm} from "./Base.sol";
import {Trees} from "./Trees.sol";

/// A masked round of seven over real payloads: 6 never shares, 1 shares and does not commit, 3 commits and does not reveal.
/// Masks are put on by the plainest code. Tests lie in one place and have everything else right.
abstract contract MaskedSumBase is MaskedTexts {
    bytes32 internal constant SESSION = keccak256("session");

    // The lie of a test: added to the word at (lieChunk, lieWord) of the aggregate.
    int256 internal aggregateLie;
    uint256 internal lieChunk = 2;
    uint256 internal lieWord = 5;

    mapping(uint256 index => bytes[]) internal payloads;
    mapping(uint256 index => uint256) internal nears;
    mapping(uint256 index => bytes32[]) internal hashes; // of the seeds, ascending by the other's index
    mapping(uint256 index => int256) internal spoilt; // added to what it masks at the word of the lie
    mapping(uint256 index => uint32) internal headerWeights; // where a header names another weight

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i = SILOS; i < _silos(); ++i) {
            _join(i);
        }
        for (uint256 i; i < _silos(); ++i) {
            nears[i] = _masking(i) & ~(1 << i);
        }
    }

    function _params() internal view virtual override returns (TaskParams memory p) {
        p = super._params();
        (p.chunkBytes, p.chunks, p.limit) = (CHUNK, CHUNKS, 1000);
        p.aggregateHeader = Trees.leaf(_aggregateHeader());
    }

    function _silos() internal view virtual returns (uint256) {
        return 7;
    }

    function _sharers() internal view virtual returns (uint256) {
        return 6;
    }

    /// Who commits and does not reveal.
    function _leaver() internal view virtual returns (uint256) {
        return 3;
    }

    function _survivors() internal view virtual returns (uint8[] memory) {
        return _list(hex"00020405");
    }

    function _included() internal view virtual returns (uint8[] memory) {
        return _survivors();
    }

    /// A bit each: who shared among those whom a participant masks with.
    function _masking(uint256) internal view virtual returns (uint256) {
        return 63;
    }

    function _session(uint256) internal view virtual returns (bytes32) {
        return SESSION;
    }

    function _weightAt(uint256 i) internal pure returns (uint32) {
        return uint32(1 + 111 * i);
    }

    /// A participant's word, with noise that it adds to its weighted word.
    function _wordAt(uint256 i, uint256 k) internal pure returns (int256 word, int256 noise) {
        uint256 drawn = uint256(keccak256(abi.encode("word", i, k)));
        word = k == 0 ? -int256(i) - 1 : int256(drawn % 2001) - 1000;
        noise = int256(drawn >> 128) % 50 - 25;
    }

    /// What a participant masks at a word.
    function _weighted(uint256 i, uint256 k) internal view returns (int256) {
        (int256 word, int256 noise) = _wordAt(i, k);
        bool there = k == (lieChunk - 1) * WORDS + lieWord;
        return word * int256(uint256(_weightAt(i))) + noise + (there ? spoilt[i] : int256(0));
    }

    // --- masks

    function _seed(uint256 i, uint256 j) internal view virtual returns (bytes32) {
        return i < j ? keccak256(abi.encode("seed", i, j)) : keccak256(abi.encode("seed", j, i));
    }

    /// Hash of the seed that `owner` shares with `other`.
    function _seedHash(uint256 owner, uint256 other, bytes32 seed) internal view returns (bytes32) {
        return sha256(abi.encodePacked(hex"00", "mask seed", _session(owner), uint32(owner), uint32(other), seed));
    }

    /// A participant's neighbours and itself, ascending.
    function _sides(uint256 i) internal view returns (uint16[] memory sides) {
        uint256 count;
        sides = new uint16[](16);
        for (uint16 j; j < 16; ++j) {
            if (j == i || (nears[i] >> j) & 1 == 1) sides[count++] = j;
        }
        assembly {
            mstore(sides, count)
        }
    }

    function _near(uint256 i) internal view returns (uint256[] memory near) {
        near = new uint256[](1);
        near[0] = nears[i];
    }

    function _masked(uint256 i) internal view returns (int256[] memory words) {
        words = new int256[](COUNT);
        uint16[] memory sides = _sides(i);
        for (uint256 k; k < COUNT; ++k) {
            words[k] = _weighted(i, k);
        }
        for (uint256 s; s < sides.length; ++s) {
            for (uint256 k; k < COUNT; k += 16) {
                uint32[16] memory mask = NaiveChaCha.block_(_seed(i, sides[s]), uint32(k / 16));
                for (uint256 b; b < 16 && k + b < COUNT; ++b) {
                    words[k + b] += sides[s] >= i ? int256(uint256(mask[b])) : -int256(uint256(mask[b]));
                }
            }
        }
    }

    // --- payloads

    /// Fixes hashes and payload of a participant; a test changes `nears` or a hash before or after.
    function _prepare(uint256 i) internal {
        uint16[] memory sides = _sides(i);
        delete hashes[i];
        for (uint256 s; s < sides.length; ++s) {
            hashes[i].push(_seedHash(i, sides[s], _seed(i, sides[s])));
        }
        payloads[i] = _chunks(_updateHeader(i), _masked(i));
    }

    /// Writes the header anew, over what `nears` and `hashes` are now.
    function _rebind(uint256 i) internal {
        payloads[i][0] = _updateHeader(i);
    }

    function _digestAt(uint256 i) internal view returns (bytes32) {
        return sha256(abi.encodePacked(hex"00", "masks", nears[i], _rootOver(hashes[i])));
    }

    function _updateHeader(uint256 i) internal view returns (bytes memory) {
        uint32 weight = headerWeights[i] == 0 ? _weightAt(i) : headerWeights[i];
        return _text("update", 1000, Strings.toHexString(uint256(_digestAt(i)), 32), weight);
    }

    function _opening(address silo) internal view virtual override returns (Opening memory o) {
        o = super._opening(silo);
        for (uint256 i; i < _silos(); ++i) {
            if (_silo(i) != silo || payloads[i].length == 0) continue;
            o.payloadRoot = Trees.root(payloads[i]);
            o.weight = _weightAt(i);
        }
    }

    // --- the result, without any mask

    function _meanAt(uint256 k) internal view virtual returns (int256) {
        (int256 sum, int256 total) = _sumOf(_included(), k);
        return _floor(sum, total);
    }

    function _sumOf(uint8[] memory who, uint256 k) internal view returns (int256 sum, int256 total) {
        for (uint256 n; n < who.length; ++n) {
            if (k < COUNT) sum += _weighted(who[n], k);
            total += int256(uint256(_weightAt(who[n])));
        }
    }

    function _floor(int256 sum, int256 total) internal pure returns (int256) {
        int256 rest = ((sum % total) + total) % total;
        return (sum - rest) / total;
    }

    function _aggregate() internal view returns (bytes[] memory) {
        int256[] memory words = new int256[](2 * WORDS);
        for (uint256 k; k < words.length; ++k) {
            words[k] = _meanAt(k);
        }
        words[(lieChunk - 1) * WORDS + lieWord] += aggregateLie;
        return _chunks(_aggregateHeader(), words);
    }

    function _leaves() internal view virtual returns (bytes[] memory leaves) {
        uint8[] memory who = _included();
        leaves = new bytes[](who.length);
        for (uint256 n; n < who.length; ++n) {
            Opening memory o = _opening(_silo(who[n]));
            leaves[n] = abi.encodePacked(_silo(who[n]), o.payloadRoot, o.weight);
        }
    }

    function _proposal() internal view virtual override returns (Proposal memory p) {
        p = super._proposal();
        p.aggregateRoot = Trees.root(_aggregate());
        p.includedRoot = Trees.root(_leaves());
    }

    // --- the round

    function _prepareAll() internal {
        uint8[] memory who = _survivors();
        for (uint256 n; n < who.length; ++n) {
            _prepare(who[n]);
        }
    }

    /// Runs the round over what was prepared, until the sum can be proposed.
    function _toAggregate() internal {
        _open();
        _dealFirst(_sharers());
        _ends();
        coordinator.tick(task);
        _opens();
        uint8[] memory who = _survivors();
        for (uint256 n; n < who.length; ++n) {
            _commitMasked(_silo(who[n]));
        }
        _commitMasked(_silo(_leaver()));
        _ends();
        coordinator.tick(task);
        _opens();
        for (uint256 n; n < who.length; ++n) {
            _reveal(_silo(who[n]));
        }
        _ends();
        coordinator.tick(task);
        _opens();
        for (uint256 n; n < who.length; ++n) {
            _show(_silo(who[n]));
        }
        _opens();
    }
}
