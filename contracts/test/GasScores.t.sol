// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {CommitteeRound} from "./CommitteeRound.sol";
import {RewardCosts} from "./RewardCosts.sol";
import {RoundBase, vm} from "./RoundBase.sol";

/// What it costs to refute rewards that go by the scores of seven members, who are paid too: whole transactions, nothing
/// warm, or the calldata floor where that is dearer. The figures land in snapshots/challenge.json.
/// forge-config: default.isolate = true
contract GasScoresTest is RewardCosts, CommitteeRound {
    uint8 internal constant SEATS = 7;

    function setUp() public override(RoundBase, CommitteeRound) {
        CommitteeRound.setUp();
        for (uint256 i = VALIDATORS; i < SEATS; ++i) {
            _serve(i, VALIDATOR_BOND);
        }
    }

    function _params() internal view override(RewardCosts, CommitteeRound) returns (TaskParams memory p) {
        p = super._params();
        (p.committee, p.rewardBy, p.validatorBps, p.shareCapBps) = (SEATS, 2, 1000, 500);
    }

    /// forge-config: default.isolate = true
    function test_100_participants_scored_by_7_members() public {
        _measure(100, "reward by scores, 100 participants x 7 members");
    }

    /// forge-config: default.isolate = true
    function test_500_participants_scored_by_7_members_fit_one_transaction() public {
        _measure(500, "reward by scores, 500 participants x 7 members");
    }

    function _measure(uint256 n, string memory name) internal {
        bytes memory call = _challenge(n);
        (bool ok,) = address(disputes).call(call);
        uint256 used = vm.lastCallGas().gasTotalUsed;
        vm.assertTrue(ok, "refuted");
        uint256 floor = 21_000 + 10 * _tokens(call);
        uint256 cost = used > floor ? used : floor;
        vm.snapshotValue("challenge", name, cost);
        vm.snapshotValue("challenge", string.concat(name, ", a participant"), cost / n);
        vm.assertLe(cost, CAP, "one transaction");
    }

    function _others() internal pure override returns (address[] memory who) {
        who = new address[](SEATS);
        for (uint256 i; i < SEATS; ++i) {
            who[i] = _validator(i);
        }
    }

    /// Scores without a zero byte: the dearest.
    function _scores(uint8 seat) internal view override returns (bytes memory) {
        return _row(seat, members);
    }

    function _row(uint256 seat, uint256 n) internal pure returns (bytes memory row) {
        row = new bytes(4 * n);
        for (uint256 i; i < row.length; ++i) {
            row[i] = bytes1(uint8(1 + uint256(keccak256(abi.encode(seat, i))) % 255));
        }
    }

    function _vote(uint8 seat, bool accept, int64 metric) internal view override returns (Vote memory v) {
        v = super._vote(seat, accept, metric);
        v.scoresHash = keccak256(_scores(seat));
    }

    function _judged() internal override {
        _draw();
        for (uint8 k; k < SEATS; ++k) {
            _cast(k, _vote(k, true, 10));
        }
        vm.warp(coordinator.roundOf(task).opensAt);
        for (uint8 k; k < SEATS; ++k) {
            _show(k, _vote(k, true, 10));
        }
    }

    function _scored(uint256 n) internal pure override returns (IDisputeTypes.Scored memory s) {
        s.vectors = new bytes[](SEATS);
        for (uint256 k; k < SEATS; ++k) {
            s.vectors[k] = _row(k, n);
        }
        s.medians = new bytes(4 * n);
        for (uint256 i; i < n; ++i) {
            uint32 median = _middle(s.vectors, i);
            for (uint256 b; b < 4; ++b) {
                s.medians[4 * i + b] = bytes1(uint8(median >> (24 - 8 * b)));
            }
        }
    }

    function _middle(bytes[] memory vectors, uint256 at) internal pure returns (uint32) {
        uint32[] memory words = new uint32[](vectors.length);
        for (uint256 k; k < words.length; ++k) {
            for (uint256 b; b < 4; ++b) {
                words[k] = words[k] * 256 + uint8(vectors[k][4 * at + b]);
            }
            for (uint256 i = k; i > 0 && words[i - 1] > words[i]; --i) {
                (words[i - 1], words[i]) = (words[i], words[i - 1]);
            }
        }
        return words[(words.length - 1) / 2];
    }
}
