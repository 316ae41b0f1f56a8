// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IRecordDesk} from "../src/interfaces/IRecordDesk.sol";
import {MerklePath} from "../src/MerklePath.sol";
import {Costs} from "./Costs.sol";
import {SumTreeBuilder} from "./SumTreeBuilder.sol";
import {vm} from "./RoundBase.sol";

/// A challenge of how a reward is split among `n`, all of whom were owed something before.
abstract contract RewardCosts is Costs {
    uint256 internal members;
    mapping(address => uint16) internal places;

    function _params() internal view virtual override returns (TaskParams memory p) {
        p = super._params();
        p.maxParticipants = 1000;
    }

    /// What happens between the reveals and the proposal.
    function _judged() internal virtual {}

    /// Who is owed something beside the participants.
    function _others() internal view virtual returns (address[] memory) {}

    function _scored(uint256) internal view virtual returns (IDisputeTypes.Scored memory none) {}

    function _challenge(uint256 n) internal returns (bytes memory) {
        for (uint16 i; i < SILOS; ++i) {
            places[_silo(i)] = i + 1;
        }
        for (members = SILOS; members < n; ++members) {
            this.joins(members);
        }
        address[] memory who = _ascending();
        _everybodyReveals();
        _judged();
        Proposal memory p = _proposal();
        (p.rewardRoot, p.rewardTotal) = SumTreeBuilder.root(who, _amounts(who.length, 1e15));
        _propose(p);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.settle(task, round, p);
        _everybodyReveals();
        _judged();
        IDisputeTypes.Record[] memory records = _records(n);
        p = _proposal();
        p.includedRoot = _root(records);
        (p.rewardRoot, p.rewardTotal) = SumTreeBuilder.root(who, _amounts(who.length, 1.5e15));
        _propose(p);
        IDisputeTypes.Entry[] memory ledger = new IDisputeTypes.Entry[](who.length);
        for (uint256 i; i < who.length; ++i) {
            ledger[i] = IDisputeTypes.Entry(who[i], 1e15, places[who[i]]);
        }
        return abi.encodeCall(IRecordDesk.challengeReward, (task, round, p, ledger, records, _scored(n)));
    }

    function _everybodyReveals() internal {
        _open();
        for (uint256 i; i < members; ++i) {
            this.commits(_silo(i));
        }
        vm.warp(coordinator.roundOf(task).opensAt);
        for (uint256 i; i < members; ++i) {
            this.reveals(_silo(i));
        }
    }

    /// Calls of its own, as `reveals` and `joins` are: a thousand in one would fill this test's memory.
    function commits(address silo) external {
        _commit(silo);
    }

    function reveals(address silo) external {
        _reveal(silo);
    }

    function joins(uint256 i) external {
        places[_join(i)] = uint16(i + 1);
    }

    function _records(uint256 n) internal pure returns (IDisputeTypes.Record[] memory records) {
        records = new IDisputeTypes.Record[](n);
        for (uint256 i; i < n; ++i) {
            records[i] = IDisputeTypes.Record(_silo(i), keccak256(abi.encode(i)), 100);
        }
    }

    function _root(IDisputeTypes.Record[] memory records) internal view returns (bytes32) {
        bytes32[] memory leaves = new bytes32[](records.length);
        for (uint256 i; i < records.length; ++i) {
            IDisputeTypes.Record memory r = records[i];
            leaves[i] = sha256(abi.encodePacked(bytes1(0), r.participant, r.payloadRoot, r.weight));
        }
        return MerklePath.fold(leaves);
    }

    function _amounts(uint256 n, uint256 first) internal pure returns (uint256[] memory amounts) {
        amounts = new uint256[](n);
        for (uint256 i; i < n; ++i) {
            amounts[i] = first;
        }
    }

    function _ascending() internal view returns (address[] memory who) {
        address[] memory others = _others();
        who = new address[](members + others.length);
        for (uint256 i; i < who.length; ++i) {
            who[i] = i < members ? _silo(i) : others[i - members];
            for (uint256 k = i; k > 0 && who[k - 1] > who[k]; --k) {
                (who[k - 1], who[k]) = (who[k], who[k - 1]);
            }
        }
    }
}
