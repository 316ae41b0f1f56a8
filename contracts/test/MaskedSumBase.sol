// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {MaskedBase} from "./MaskedBase.sol";
import {NaiveChaCha} from "./NaiveChaCha.sol";
import {vm} from "./Base.sol";
import {Trees} from "./Trees.sol";

/// A masked round of seven over real payloads: 6 never shares, 1 shares and does not commit, 3 commits and does not reveal.
/// Masks are put on by the plainest code. Tests lie in one place and have everything else right.
abstract contract MaskedSumBase is MaskedBase {
    uint32 internal constant CHUNK = 256;
    uint32 internal constant CHUNKS = 3;
    uint256 internal constant WORDS = CHUNK / 4;
    uint256 internal constant COUNT = 70; // the second chunk of words ends in zeros
    uint256 internal constant SHARERS = 63;
    bytes32 internal constant SESSION = keccak256("session");

    // The lie of a test: added to the word at (lieChunk, lieWord) of the aggregate.
    int256 internal aggregateLie;
    uint256 internal lieChunk = 2;
    uint256 internal lieWord = 5;

    mapping(uint256 index => bytes[]) internal payloads;
    mapping(uint256 index => uint256) internal nears;
    mapping(uint256 index => bytes32[]) internal hashes; // of the seeds, ascending by the other's index
    mapping(uint256 index => uint32) internal headerWeights; // where a header names another weight

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i = SILOS; i < 7; ++i) {
            _join(i);
        }
        for (uint256 i; i < 7; ++i) {
            nears[i] = SHARERS & ~(1 << i);
        }
    }

    function _params() internal view virtual override returns (TaskParams memory p) {
        p = super._params();
        (p.chunkBytes, p.chunks, p.limit) = (CHUNK, CHUNKS, 1000);
        p.aggregateHeader = Trees.leaf(_aggregateHeader());
    }

    function _survivors() internal view virtual returns (uint8[4] memory) {
        return [0, 2, 4, 5];
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

    // --- masks

    function _seed(uint256 i, uint256 j) internal view virtual returns (bytes32) {
        return i < j ? keccak256(abi.encode("seed", i, j)) : keccak256(abi.encode("seed", j, i));
    }

    /// Hash of the seed that `owner` shares with `other`.
    function _seedHash(uint256 owner, uint256 other, bytes32 seed) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"00", "mask seed", SESSION, uint32(owner), uint32(other), seed));
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
            (int256 word, int256 noise) = _wordAt(i, k);
            words[k] = word * int256(uint256(_weightAt(i))) + noise;
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

    function _opening(address silo) internal view virtual override returns (Opening memory o) {
        o = super._opening(silo);
        for (uint256 i; i < 7; ++i) {
            if (_silo(i) != silo || payloads[i].length == 0) continue;
            o.payloadRoot = Trees.root(payloads[i]);
            o.weight = _weightAt(i);
        }
    }

    // --- the result, without any mask

    function _meanAt(uint256 k) internal view returns (int256) {
        (int256 sum, int256 total) = (0, 0);
        uint8[4] memory who = _survivors();
        for (uint256 n; n < who.length; ++n) {
            (int256 word, int256 noise) = k < COUNT ? _wordAt(who[n], k) : (int256(0), int256(0));
            int256 weight = int256(uint256(_weightAt(who[n])));
            sum += weight * word + noise;
            total += weight;
        }
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
        uint8[4] memory who = _survivors();
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
        uint8[4] memory who = _survivors();
        for (uint256 n; n < who.length; ++n) {
            _prepare(who[n]);
        }
    }

    /// Runs the round over what was prepared, until the sum can be proposed.
    function _toAggregate() internal {
        _open();
        _dealFirst(6);
        _ends();
        coordinator.tick(task);
        _opens();
        uint8[4] memory who = _survivors();
        for (uint256 n; n < who.length; ++n) {
            _commitMasked(_silo(who[n]));
        }
        _commitMasked(_silo(3));
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
