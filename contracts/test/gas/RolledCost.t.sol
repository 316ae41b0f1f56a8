// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundCost, vm} from "./RoundCost.sol";

/// One poster brings all commits behind one root, and all openings behind another: on chain it does not show how many
/// they are. Both name where the leaves lie.
/// forge-config: default.isolate = true
contract RolledCostTest is RoundCost {
    address internal poster = vm.addr(0x5e06);

    function setUp() public override {
        super.setUp();
        _register(poster);
        _deposit(poster, DUTY_BOND);
        vm.prank(poster);
        coordinator.enlistPoster(task);
    }

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.modes = 7;
    }

    function _mode() internal pure override returns (string memory) {
        return "rolled";
    }

    function _commitEverybody() internal override returns (uint256 gas) {
        vm.prank(poster);
        coordinator.postCommits(task, round, keccak256(abi.encode("commits", round)), uint16(n), URI);
        gas = _gas();
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.tick(task); // Commit ends by its deadline: the openings would do this too
    }

    function _revealEverybody() internal override returns (uint256 gas) {
        vm.prank(poster);
        coordinator.postOpenings(task, round, keccak256(abi.encode("openings", round)), uint16(n), URI);
        gas = _gas();
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1); // Reveal ends with the proposal
    }
}
