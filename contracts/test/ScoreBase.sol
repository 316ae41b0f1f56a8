// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {CommitteeRound} from "./CommitteeRound.sol";
import {RewardBase} from "./RewardBase.sol";
import {DisputeBase} from "./DisputeBase.sol";
import {RoundBase, vm} from "./RoundBase.sol";

/// Rounds whose committee scores the updates and is paid; what is due is worked out by the plainest code.
abstract contract ScoreBase is RewardBase, CommitteeRound {
    uint16 internal validatorBps;
    uint16 internal shareCapBps;
    uint8 internal mute = SIZE; // the seat that promises a vote and shows none; SIZE is nobody
    mapping(uint8 seat => bytes) internal vectors;

    function setUp() public virtual override(RoundBase, CommitteeRound) {
        CommitteeRound.setUp();
    }

    function _params() internal view virtual override(RewardBase, CommitteeRound) returns (TaskParams memory p) {
        p = super._params();
        (p.rewardBy, p.feeBps) = (rewardBy, feeBps);
        (p.validatorBps, p.shareCapBps) = (validatorBps, shareCapBps);
        if (validatorBps > 5000) p.floorBps = 0;
    }

    function _proposal() internal view virtual override(RewardBase, RoundBase) returns (Proposal memory) {
        return RewardBase._proposal();
    }

    function _opening(address silo) internal view override(DisputeBase, RoundBase) returns (Opening memory) {
        return DisputeBase._opening(silo);
    }

    // --- scores

    /// Seat `k` gives the four silos these scores.
    function _gives(uint8 k, uint32 a, uint32 b, uint32 c, uint32 d) internal {
        vectors[k] = abi.encodePacked(a, b, c, d);
    }

    function _scores(uint8 seat) internal view override returns (bytes memory) {
        return rewardBy == 2 ? vectors[seat] : bytes("");
    }

    function _vote(uint8 seat, bool accept, int64 metric) internal view override returns (Vote memory v) {
        v = super._vote(seat, accept, metric);
        if (rewardBy == 2) v.scoresHash = keccak256(vectors[seat]);
    }

    function _scoreIn(bytes memory vector, uint256 index) internal pure returns (uint256 word) {
        if (4 * index >= vector.length) return 0;
        for (uint256 b; b < 4; ++b) {
            word = word * 256 + uint8(vector[4 * index + b]);
        }
    }

    /// The lower median of the shown scores of the participant with this index.
    function _median(uint256 index) internal view returns (uint256) {
        int256[] memory words = new int256[](SIZE);
        uint256 shown;
        for (uint8 k; k < SIZE; ++k) {
            if (k != mute) words[shown++] = int256(_scoreIn(vectors[k], index));
        }
        assembly {
            mstore(words, shown)
        }
        _sort(words);
        return uint256(words[(shown - 1) / 2]);
    }

    function _scored() internal view virtual override returns (IDisputeTypes.Scored memory s) {
        if (rewardBy != 2) return s;
        s.vectors = new bytes[](mute < SIZE ? SIZE - 1 : SIZE);
        uint256 shown;
        for (uint8 k; k < SIZE; ++k) {
            if (k != mute) s.vectors[shown++] = vectors[k];
        }
        address[] memory there = _included();
        for (uint256 i; i < there.length; ++i) {
            s.medians = abi.encodePacked(s.medians, uint32(_median(_indexOf(there[i]))));
        }
    }

    function _indexOf(address silo) internal view returns (uint256) {
        return coordinator.enrolmentOf(task, silo).index;
    }

    // --- what is due

    function _others() internal view override returns (address[] memory who) {
        who = new address[](2 + VALIDATORS);
        (who[0], who[1]) = (vm.addr(0x5e03), standby); // the aggregator, unless a silo took its place
        for (uint256 i; i < VALIDATORS; ++i) {
            who[2 + i] = _validator(i);
        }
    }

    function _pay() internal view returns (uint256) {
        return uint256(REWARD) * validatorBps / (10_000 * uint256(SIZE));
    }

    function _share(address who) internal view returns (uint256) {
        if (rewardBy == 0) return _weightOf(who);
        return rewardBy == 1 ? 1 : _median(_indexOf(who));
    }

    function _earns(address who, address proposer) internal view override returns (uint256 amount) {
        uint256 fee = uint256(REWARD) * feeBps / 10_000;
        if (who == proposer) amount = fee;
        address[] memory members = _members();
        for (uint8 k; k < members.length; ++k) {
            if (members[k] == who && k != mute) amount += _pay();
        }
        if (_place(who) == 0) return amount;
        return amount + _reward(who, REWARD - fee - SIZE * _pay());
    }

    function _reward(address who, uint256 rest) internal view returns (uint256 amount) {
        address[] memory there = _included();
        uint256 shares;
        for (uint256 i; i < there.length; ++i) {
            shares += _share(there[i]);
        }
        amount = shares == 0 ? rest / there.length : rest * _share(who) / shares;
        uint256 most = rest * shareCapBps / 10_000;
        if (shareCapBps != 0 && amount > most) amount = most;
    }

    // --- the steps

    /// To where the aggregator may propose.
    function _toAggregate() internal {
        Vote[] memory votes = _toVoteReveal(mute < SIZE ? 3 : 2); // the third seat dissents where that turns nothing
        for (uint8 k; k < SIZE; ++k) {
            if (k != mute) _show(k, votes[k]);
        }
        if (mute < SIZE) vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        _assertPhase(Phase.Aggregate);
    }

    function _toChallenge() internal override returns (Proposal memory p) {
        _toAggregate();
        p = _proposal();
        _propose(p);
    }
}
