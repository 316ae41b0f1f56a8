// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IMaskDesk} from "../src/interfaces/IMaskDesk.sol";
import {vm} from "./Base.sol";
import {MaskedProofs} from "./MaskedProofs.sol";
import {Trees} from "./Trees.sol";

/// Three groups of four who share, and whose members do not follow one another: 0 3 6 9, 1 4 7 10, 2 5 8 11. 5 does not
/// commit, 10 commits and does not reveal; 12 never shares.
abstract contract MaskedGroupsBase is MaskedProofs {
    uint256 internal constant GROUPS = 3;

    uint8 internal rule;
    uint16 internal trim;
    bytes internal inside = hex"0001020304060708090b";
    bytes internal exclusions;

    function _params() internal view virtual override returns (TaskParams memory p) {
        p = super._params();
        (p.group, p.quorum, p.maxWeight, p.rule, p.trim) = (4, 4, 2000, rule, trim);
    }

    function _silos() internal pure override returns (uint256) {
        return 13;
    }

    function _sharers() internal pure override returns (uint256) {
        return 12;
    }

    function _leaver() internal pure override returns (uint256) {
        return 10;
    }

    function _dropped() internal pure override returns (uint256) {
        return (1 << 5) | (1 << 10);
    }

    function _survivors() internal pure override returns (uint8[] memory) {
        return _list(hex"0001020304060708090b");
    }

    function _included() internal view override returns (uint8[] memory) {
        return _list(inside);
    }

    function _masking(uint256 i) internal pure override returns (uint256) {
        return 0x249 << (i % GROUPS); // every third bit
    }

    function _session(uint256 i) internal pure override returns (bytes32) {
        return keccak256(abi.encode("session of a group", i % GROUPS));
    }

    /// The included members of a group.
    function _part(uint256 group) internal view returns (uint8[] memory part) {
        uint256 count;
        part = new uint8[](inside.length);
        for (uint256 n; n < inside.length; ++n) {
            if (uint8(inside[n]) % GROUPS == group) part[count++] = uint8(inside[n]);
        }
        assembly {
            mstore(part, count)
        }
    }

    /// The means of the groups of whom somebody is included, ascending.
    function _means(uint256 k) internal view returns (int256[] memory means) {
        uint256 count;
        means = new int256[](GROUPS);
        for (uint256 group; group < GROUPS; ++group) {
            if (_part(group).length == 0) continue;
            (int256 sum, int256 total) = _sumOf(_part(group), k);
            int256 mean = _floor(sum, total);
            uint256 at = count++;
            for (; at > 0 && means[at - 1] > mean; --at) {
                means[at] = means[at - 1];
            }
            means[at] = mean;
        }
        assembly {
            mstore(means, count)
        }
    }

    /// How many the rule leaves out at each end.
    function _off(uint256 groups) internal view returns (uint256) {
        return rule == 1 ? (groups - 1) / 2 : trim;
    }

    function _meanAt(uint256 k) internal view override returns (int256) {
        if (rule == 0) return super._meanAt(k);
        int256[] memory means = _means(k);
        uint256 off = _off(means.length);
        if (means.length <= 2 * off) return 0;
        int256 sum;
        for (uint256 n = off; n < means.length - off; ++n) {
            sum += means[n];
        }
        return _floor(sum, int256(means.length - 2 * off));
    }

    /// Claims the ranks as they are at a word.
    function _claimRanks(uint256 k) internal {
        int256[] memory means = _means(k);
        uint256 off = _off(means.length);
        if (rule == 0 || means.length <= 2 * off) return;
        (low, high) = (int32(means[off]), int32(means[means.length - 1 - off]));
    }

    function _proposal() internal view override returns (Proposal memory p) {
        p = super._proposal();
        (p.included, p.exclusions) = (uint16(inside.length), exclusions);
        p.includedRoot = Trees.root(_leaves());
    }

    /// The round is over, and what the aggregator makes of it stands.
    function _ready() internal returns (Proposal memory) {
        _prepareAll();
        _toAggregate();
        _claimRanks((lieChunk - 1) * WORDS + lieWord);
        return _proposed();
    }

    function _overturned() internal view returns (bool) {
        return coordinator.roundOf(task).overturned == 1;
    }

    function _withoutTheThird() internal {
        (inside, exclusions) = (hex"00010304060709", hex"000205000805000b05");
    }

    /// Makes the sum of a member's group the most that honest updates come to, and so much more; downwards below 0.
    function _spoil(uint256 i, int256 more) internal returns (int256 sum, int256 most) {
        most = _most(i % GROUPS);
        (int256 honest,) = _sumOf(_part(i % GROUPS), (lieChunk - 1) * WORDS + lieWord);
        sum = more < 0 ? more - most : more + most;
        spoilt[i] = sum - honest;
    }

    function _most(uint256 group) internal view returns (int256) {
        (, int256 total) = _sumOf(_part(group), 0);
        return 1000 * total;
    }

    // --- batches

    function stands(Proposal memory p, uint256 size, int256 mean) external {
        uint256 last = (inside.length - 1) / size * size;
        for (uint256 first; first < last; first += size) {
            _batch(p, first, size);
        }
        IMaskDesk.MaskedUpdate[] memory rest = _shown(last, inside.length, lieChunk);
        bytes32[] memory siblings = _siblings(last, size);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, mean, mean));
        this.challenge(p, lieChunk, lieWord, rest, siblings);
    }

    function _batch(Proposal memory p, uint256 first, uint256 size) internal {
        uint256 end = first + size < inside.length ? first + size : inside.length;
        this.challenge(p, lieChunk, lieWord, _shown(first, end, lieChunk), _siblings(first, size));
    }

    function _siblings(uint256 first, uint256 size) internal view returns (bytes32[] memory) {
        bytes[] memory leaves = _leaves();
        uint256 height;
        while (1 << height < size && 1 << height < leaves.length - first) ++height;
        return Trees.pathFrom(leaves, first >> height, height);
    }
}
