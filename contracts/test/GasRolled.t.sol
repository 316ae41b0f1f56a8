// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MulticallUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/MulticallUpgradeable.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";

/// What a round costs whose commits and openings are two roots: whole transactions (21,000 and calldata included, nothing
/// warm), through the proxies. One account is sponsor, aggregator and poster, and from the second round on it needs three
/// transactions a round: openings and proposal lie a window apart. The figures land in snapshots/rolled.json.
/// forge-config: default.isolate = true
contract GasRolledTest is RollBase {
    string internal constant URI =
        "s3://federated/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    uint256 private n;

    constructor() {
        sponsor = aggregator;
    }

    function setUp() public override {
        super.setUp();
        _deposit(aggregator, DUTY_BOND);
        vm.prank(aggregator);
        coordinator.enlistPoster(task);
        poster = aggregator;
    }

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.maxParticipants = 1000;
    }

    /// forge-config: default.isolate = true
    function test_gas_of_a_rolled_round_of_4() public {
        n = 4;
        _measure("4");
    }

    /// forge-config: default.isolate = true
    function test_gas_of_a_rolled_round_of_1000() public {
        n = 1000;
        for (uint256 i = SILOS; i < n; ++i) {
            _join(i);
        }
        _measure("1000");
    }

    /// The first round writes fresh storage; the second is measured call by call, the fourth in three transactions.
    function _measure(string memory size) internal {
        Proposal memory p;
        for (uint256 i = 1; i <= 3; ++i) {
            string memory group = i == 2 ? "rolled" : "";
            vm.prank(sponsor);
            coordinator.openRound(task);
            _note(group, "openRound, ", size);
            round = coordinator.roundOf(task).round;
            _call(_postCommitsCall(round));
            _note(group, "postCommits, ", size);
            _toOpenings();
            _call(_postOpeningsCall(round));
            _note(group, "postOpenings, ", size);
            _pastReveal();
            p = _everybody();
            _propose(p);
            _note(group, "propose, ", size);
            if (i == 3) break;
            vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
            coordinator.settle(task, round, p);
            _note(group, "settle, ", size);
        }
        _threeTransactions(size, p);
        _singleLeaf(size);
    }

    function _threeTransactions(string memory size, Proposal memory p) internal {
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        bytes[] memory first = new bytes[](3);
        first[0] = abi.encodeCall(coordinator.settle, (task, round, p));
        first[1] = abi.encodeCall(coordinator.openRound, (task));
        first[2] = _postCommitsCall(round + 1);
        uint256 gas = _multicall(first);
        vm.snapshotValue("rolled", string.concat("first transaction of a round, ", size), gas);
        round = coordinator.roundOf(task).round;
        _assertPhase(Phase.Commit);
        vm.assertEq(coordinator.rolledOf(task).leaves, n, "posted");
        _toOpenings();
        _call(_postOpeningsCall(round));
        gas += _note("rolled", "second transaction of a round, ", size);
        _pastReveal();
        p = _everybody();
        _propose(p);
        gas += _note("rolled", "third transaction of a round, ", size);
        vm.snapshotValue("rolled", string.concat("whole round in three transactions, ", size), gas);
        _assertPhase(Phase.Challenge);
        _settle(p);
    }

    /// Of a roll whose first leaf is real: lifted and opened by its participant, or landed.
    function _singleLeaf(string memory size) internal {
        _open();
        (commits, openings) = (new bytes[](n), new bytes[](n));
        (commits[0], openings[0]) = (_commitLeaf(0), _openingLeaf(0));
        _postCommits();
        _toOpenings();
        coordinator.tick(task);
        uint256 start = vm.snapshotState();
        vm.warp(_half() + 1);
        _lift(_silo(0), 0);
        _note("rolled", "lift, ", size);
        vm.revertToState(start);
        vm.warp(coordinator.roundOf(task).opensAt);
        _postOpeningsAs(poster, openings, uint16(n));
        _toAggregate();
        _land(0);
        _note("rolled", "land, ", size);
    }

    function _postCommitsCall(uint32 round_) internal view returns (bytes memory) {
        bytes32 root = keccak256(abi.encode("commits", round_));
        return abi.encodeCall(coordinator.postCommits, (task, round_, root, uint16(n), URI));
    }

    function _postOpeningsCall(uint32 round_) internal view returns (bytes memory) {
        bytes32 root = keccak256(abi.encode("openings", round_));
        return abi.encodeCall(coordinator.postOpenings, (task, round_, root, uint16(n), URI));
    }

    function _everybody() internal view returns (Proposal memory p) {
        p = _proposal();
        p.included = uint16(n);
        p.includedRoot = keccak256(abi.encode("included", round));
    }

    function _toOpenings() internal {
        vm.warp(uint256(coordinator.roundOf(task).deadline) + GAP);
    }

    function _pastReveal() internal {
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
    }

    function _call(bytes memory call) internal {
        vm.prank(poster);
        (bool ok,) = address(coordinator).call(call);
        vm.assertTrue(ok, "taken");
    }

    function _multicall(bytes[] memory calls) internal returns (uint256) {
        vm.prank(poster);
        MulticallUpgradeable(address(coordinator)).multicall(calls);
        return vm.lastCallGas().gasTotalUsed;
    }

    function _note(string memory group, string memory name, string memory size) internal returns (uint256 gas) {
        gas = vm.lastCallGas().gasTotalUsed;
        if (bytes(group).length != 0) vm.snapshotValue(group, string.concat(name, size), gas);
    }
}
