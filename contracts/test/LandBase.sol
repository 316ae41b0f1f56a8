// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRolls} from "../src/interfaces/IRolls.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";

/// A rolled opening brought on chain: who can land it has shown that it is right, so nothing wrong may land. Each test
/// spoils one thing of silo 1's leaves, between two good ones, which land.
abstract contract LandBase is RollBase {
    address internal bob;
    uint32 internal weight = 100; // silo 1's

    function setUp() public override {
        super.setUp();
        bob = _silo(1);
    }

    function _opening(address silo) internal view override returns (Opening memory o) {
        o = super._opening(silo);
        if (silo == bob) o.weight = weight;
    }

    function _refused(bytes memory why) internal {
        vm.expectRevert(why);
        this.land(1);
        _land(0);
        _land(2);
        vm.assertTrue(coordinator.hasRevealed(task, round, 0), "the one before");
        vm.assertTrue(coordinator.hasRevealed(task, round, 2), "the one after");
    }

    function _start() internal {
        _open();
        _fill(0, 3);
    }
}
