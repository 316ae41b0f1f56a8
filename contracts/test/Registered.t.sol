// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {Base, vm} from "./Base.sol";

/// What a registered account keeps: its delegate, and its stake for as long as it unbonds.
contract RegisteredTest is Base {
    address internal alice = vm.addr(0xa11ce);
    address internal delegate = vm.addr(0xde1);

    function test_a_delegate_that_accepts_the_same_participant_again_stays_its_delegate() public {
        _register(alice);
        vm.prank(delegate);
        registry.acceptDelegation(alice);
        vm.prank(alice);
        registry.setDelegate(delegate);
        vm.prank(delegate);
        registry.acceptDelegation(alice);
        vm.assertEq(registry.masterOf(delegate), alice, "master");
        vm.assertEq(registry.participant(alice).delegate, delegate, "delegate");
    }

    function test_unbonding_takes_its_whole_period() public {
        _register(alice);
        _deposit(alice, 10);
        vm.prank(alice);
        registry.requestUnbond(4);
        vm.assertEq(registry.participant(alice).unbondAt, block.timestamp + UNBONDING, "from now on");
        vm.prank(alice);
        vm.expectPartialRevert(IParticipantRegistry.StillUnbonding.selector);
        registry.withdraw();
    }
}
