// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {RoundBase, vm} from "./RoundBase.sol";
import {SumTreeBuilder} from "./SumTreeBuilder.sol";
import {Trees} from "./Trees.sol";

/// A round over real payloads: updates of chunks of words, and the aggregate and model that they make. Tests lie
/// in one place and have everything else right, so that what is proven is the lie.
abstract contract DisputeBase is RoundBase {
    uint32 internal constant CHUNK = 64;
    uint32 internal constant CHUNKS = 4;
    uint256 internal constant WORDS = CHUNK / 4;

    // The lie of a test: added to the word at (lieChunk, lieWord) of the aggregate, or of the model.
    int256 internal aggregateLie;
    int256 internal modelLie;
    uint256 internal lieChunk = 2;
    uint256 internal lieWord = 5;
    bool internal headerLie;

    uint8 internal rule;
    uint8 internal disclosure = 1;
    uint8 internal step;
    uint16 internal trim;
    uint64 internal normBound;

    function _params() internal view virtual override returns (TaskParams memory p) {
        p = super._params();
        p.genesisRoot = Trees.root(_base());
        p.chunkBytes = CHUNK;
        p.chunks = CHUNKS;
        p.rule = rule;
        p.trim = trim;
        p.step = step;
        p.normBound = normBound;
        if (rule >= 5) p.rewardBy = 1;
        p.disclosure = disclosure;
        p.limit = 1000;
        p.aggregateHeader = Trees.leaf(_header("aggregate"));
    }

    // --- payloads

    function _header(string memory kind) internal pure returns (bytes memory) {
        return _padded(bytes(kind));
    }

    function _padded(bytes memory content) internal pure returns (bytes memory chunk) {
        chunk = new bytes(CHUNK);
        for (uint256 i; i < content.length; ++i) {
            chunk[i] = content[i];
        }
    }

    function _pack(int256[] memory words) internal pure returns (bytes memory chunk) {
        chunk = new bytes(words.length * 4);
        for (uint256 i; i < words.length; ++i) {
            for (uint256 b; b < 4; ++b) {
                chunk[4 * i + b] = bytes1(uint8(uint256(words[i]) >> (8 * b)));
            }
        }
    }

    /// A silo's word: anything in [-1000, 1000], with ties among silos now and then.
    function _wordOf(address silo, uint256 chunk, uint256 word) internal view virtual returns (int256) {
        uint256 noise = uint256(keccak256(abi.encode(silo, chunk, word)));
        if (chunk == 3 && word < 2) return word == 0 ? int256(noise % 1000) + 1 : -int256(noise % 1000) - 1;
        return noise % 4 == 0 ? int256(-7) : (int256(noise) >> 8) % 1001; // both signs, and ties
    }

    function _update(address silo) internal view returns (bytes[] memory chunks) {
        chunks = new bytes[](CHUNKS);
        chunks[0] = _padded(abi.encodePacked("update", silo));
        for (uint256 c = 1; c < CHUNKS; ++c) {
            int256[] memory words = new int256[](WORDS);
            for (uint256 w; w < WORDS; ++w) {
                words[w] = _wordOf(silo, c, w);
            }
            chunks[c] = _pack(words);
        }
    }

    function _baseWord(uint256 chunk, uint256 word) internal pure returns (int256) {
        if (chunk == 3 && word == 0) return type(int32).max;
        if (chunk == 3 && word == 1) return type(int32).min;
        return int256(uint256(keccak256(abi.encode("base", chunk, word))) >> 8) % 100_000;
    }

    function _base() internal pure returns (bytes[] memory chunks) {
        chunks = new bytes[](CHUNKS);
        chunks[0] = _header("model");
        for (uint256 c = 1; c < CHUNKS; ++c) {
            int256[] memory words = new int256[](WORDS);
            for (uint256 w; w < WORDS; ++w) {
                words[w] = _baseWord(c, w);
            }
            chunks[c] = _pack(words);
        }
    }

    // --- the honest result, by the plainest code

    function _ruled(address[] memory who, uint256 chunk, uint256 word) internal view returns (int256) {
        int256[] memory v = new int256[](who.length);
        for (uint256 i; i < who.length; ++i) {
            v[i] = _wordOf(who[i], chunk, word);
        }
        if (rule == 0 || rule == 3 || rule >= 5) return _mean(who, v);
        _sort(v);
        uint256 off = rule == 1 ? (v.length - 1) / 2 : trim;
        int256 sum;
        for (uint256 i = off; i < v.length - off; ++i) {
            sum += v[i];
        }
        return _floor(sum, int256(v.length - 2 * off));
    }

    function _mean(address[] memory who, int256[] memory v) internal view returns (int256) {
        int256 sum;
        int256 total;
        for (uint256 i; i < who.length; ++i) {
            int256 weight = int256(uint256(_boundWeight(who[i])));
            sum += weight * v[i];
            total += rule < 5 ? weight : int256(65536);
        }
        return _floor(sum, total);
    }

    function _floor(int256 a, int256 b) internal pure returns (int256) {
        int256 r = ((a % b) + b) % b;
        return (a - r) / b;
    }

    function _sort(int256[] memory v) internal pure {
        for (uint256 i; i < v.length; ++i) {
            for (uint256 k = i; k > 0 && v[k - 1] > v[k]; --k) {
                (v[k - 1], v[k]) = (v[k], v[k - 1]);
            }
        }
    }

    // --- what is proposed

    function _included() internal view virtual returns (address[] memory who) {
        uint256 count;
        who = new address[](SILOS);
        for (uint256 i; i < SILOS; ++i) {
            if (coordinator.hasRevealed(task, round, uint16(i))) who[count++] = _silo(i);
        }
        assembly {
            mstore(who, count)
        }
    }

    function _aggregate() internal view returns (bytes[] memory chunks) {
        return _filled(headerLie ? _header("aggregat3") : _header("aggregate"), true);
    }

    function _model() internal view returns (bytes[] memory chunks) {
        return _filled(_header("model"), false);
    }

    function _filled(bytes memory header, bool aggregate) internal view returns (bytes[] memory chunks) {
        chunks = new bytes[](CHUNKS);
        chunks[0] = header;
        address[] memory who = _included();
        for (uint256 c = 1; c < CHUNKS; ++c) {
            int256[] memory words = new int256[](WORDS);
            for (uint256 w; w < WORDS; ++w) {
                int256 mean = _ruled(who, c, w);
                if (c == lieChunk && w == lieWord) mean += aggregateLie;
                words[w] = aggregate ? mean : _held(_baseWord(c, w) + mean);
                if (!aggregate && c == lieChunk && w == lieWord) words[w] += modelLie;
            }
            chunks[c] = _pack(words);
        }
    }

    function _held(int256 x) internal pure returns (int256) {
        if (x > type(int32).max) return type(int32).max;
        return x < type(int32).min ? int256(type(int32).min) : x;
    }

    function _leafOf(address who) internal view virtual returns (bytes memory) {
        Opening memory o = _opening(who);
        return abi.encodePacked(who, o.payloadRoot, _boundWeight(who));
    }

    function _leaves() internal view returns (bytes[] memory leaves) {
        address[] memory who = _included();
        leaves = new bytes[](who.length);
        for (uint256 i; i < who.length; ++i) {
            leaves[i] = _leafOf(who[i]);
        }
    }

    function _opening(address silo) internal view virtual override returns (Opening memory o) {
        o = super._opening(silo);
        o.payloadRoot = Trees.root(_update(silo));
        o.weight = _weightOf(silo);
    }

    function _weightOf(address silo) internal pure returns (uint32) {
        return 1 + uint32(uint160(silo)) % 50;
    }

    /// The weight of an included leaf: the revealed one, or a coefficient of 0 to 4 whole shares.
    function _boundWeight(address silo) internal view virtual returns (uint32) {
        return rule < 5 ? _weightOf(silo) : uint32(uint256(keccak256(abi.encode(silo))) % 5) * 65_535;
    }

    function _proposal() internal view virtual override returns (Proposal memory p) {
        p = super._proposal();
        p.aggregateRoot = Trees.root(_aggregate());
        p.modelRoot = Trees.root(_model());
        p.includedRoot = Trees.root(_leaves());
        p.included = uint16(_included().length);
    }

    // --- the steps

    /// Everybody opens, and the aggregator proposes what `_proposal` says.
    function _toChallenge() internal virtual returns (Proposal memory p) {
        _open();
        _commitAll();
        _revealAll();
        p = _proposal();
        _propose(p);
    }

    function _baseVersion() internal view returns (IModelRegistry.Version memory v) {
        v.task = task;
        v.modelRoot = Trees.root(_base());
        (v.purposes, v.usableUntil) = (type(uint64).max, type(uint40).max);
    }

    // --- proofs

    function _piece(bytes[] memory contents, uint256 at) internal pure returns (IDisputeTypes.Piece memory) {
        return IDisputeTypes.Piece(contents[at], Trees.path(contents, at));
    }

    function _at(uint256 chunk, uint256 word) internal view returns (IDisputeTypes.Coordinate memory at) {
        at.chunk = uint32(chunk);
        at.word = uint32(word);
        if (rule != 1 && rule != 2 && rule != 4) return at;
        address[] memory who = _included();
        int256[] memory v = new int256[](who.length);
        for (uint256 i; i < who.length; ++i) {
            v[i] = _wordOf(who[i], chunk, word);
        }
        _sort(v);
        uint256 off = rule == 1 ? (v.length - 1) / 2 : trim;
        (at.low, at.high) = (int32(v[off]), int32(v[v.length - 1 - off]));
    }

    function _shown(uint256 first, uint256 end, uint256 chunk)
        internal
        view
        returns (IDisputeTypes.Shown[] memory shown)
    {
        address[] memory who = _included();
        shown = new IDisputeTypes.Shown[](end - first);
        for (uint256 i = first; i < end; ++i) {
            Opening memory o = _opening(who[i]);
            bytes[] memory chunks = _update(who[i]);
            shown[i - first] = IDisputeTypes.Shown(
                who[i], o.payloadRoot, _boundWeight(who[i]), chunks[chunk], Trees.path(chunks, chunk)
            );
        }
    }

    function _challengeSum(Proposal memory p, uint256 chunk, uint256 word) internal {
        IDisputeTypes.Coordinate memory at = _at(chunk, word);
        IDisputeTypes.Shown[] memory shown = _shown(0, _included().length, chunk);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), chunk);
        vm.prank(stranger);
        disputes.challengeSum(task, round, p, at, shown, new bytes32[](0), piece);
    }
}
